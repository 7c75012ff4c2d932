"""Rectification (Art 16): what is wrong is corrected wherever it stands, read back, told; what is not taken is said."""

import pytest

from services.desk.desk import Desk
from services.errors import Refused
from services.sync.rebuild import differences
from services.types import CorrectableLine, Right
from tests.worker_centre import PEOPLE, Call, WorkerCentre
from tests.worker_fixtures import Make

ME = PEOPLE[1]


def line(desk: Desk, call: Call, field: str) -> CorrectableLine:
    """The one line of that field."""
    (found,) = [one for one in desk.rectify.lines(call.session, call.case) if one.field == field]
    return found


def family_names(centre: WorkerCentre) -> list[str]:
    return [str(name) for (name,) in centre.rows("crm", "SELECT family_name FROM customer ORDER BY id")]


def test_Art_16_a_wrong_name_is_corrected_read_back_and_told(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, ME, Right.RECTIFICATION)
    with pytest.raises(Refused, match="T1"):
        desk.rectify.lines(call.session, call.case)
    call.verify()
    before = family_names(centre)
    wrong = line(desk, call, "family name")
    assert ME.family_name not in str(desk.rectify.lines(call.session, call.case)), "masked"
    assert wrong.systems == ("crm",)
    desk.rectify.ask(call.session, call.case, {wrong: "[red]O'Neill =cmd()"})
    centre.until(lambda: centre.case(call.case).closed)
    after = family_names(centre)
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [(ME.family_name, "[red]O'Neill =cmd()")], "one row, nobody else's"
    written = [e.params for e in centre.entries(call.case) if e.act == "rectification.written"]
    assert written == [{"system": "crm", "rows": 1}]
    assert "rectification-outcome" in [x.template for x in centre.case(call.case).letters]
    assert differences(centre.store) == []
