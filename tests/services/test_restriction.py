"""Restriction (Art 18): every system that holds the person is marked, read back, and what is not is said."""

import pytest

from services.errors import Refused
from services.sync.rebuild import differences
from services.types import ItemState, Right
from tests.worker_centre import PEOPLE, Call, WorkerCentre
from tests.worker_fixtures import Make

MARKED = {"crm": "customer", "desk": "requester", "news": "subscriber", "shop": "account"}


def restricted(centre: WorkerCentre) -> dict[str, int]:
    """Rows that each system marks as stored only."""
    found = {s: centre.rows(s, f"SELECT count(*) FROM {t} WHERE restricted_at IS NOT NULL") for s, t in MARKED.items()}
    return {system: int(str(count)) for system, ((count,),) in found.items()}


def test_Art_18_every_system_that_holds_the_person_is_marked_and_read_back(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, PEOPLE[1], Right.RESTRICTION)
    with pytest.raises(Refused, match="T1"):
        desk.act.restrict(call.session, call.case, "18-1-a")
    call.verify()
    assert restricted(centre) == dict.fromkeys(MARKED, 0), "the control"
    desk.act.restrict(call.session, call.case, "18-1-a")
    centre.until(lambda: centre.case(call.case).closed)
    assert restricted(centre) == dict.fromkeys(MARKED, 1)
    written = [e.params for e in centre.entries(call.case) if e.act == "restriction.written"]
    assert sorted((p["system"], p["rows"]) for p in written) == [(system, 1) for system in sorted(MARKED)]
    assert "restriction-set" in [x.template for x in centre.case(call.case).letters]
    assert differences(centre.store) == []


def test_Art_18_where_no_column_can_say_it_the_agent_gets_it_back(make_centre: Make) -> None:
    centre = make_centre()
    for file in centre.home.path.rglob("systems/shop/shop.yml"):
        file.write_text(file.read_text().replace(", restriction: {since: restricted_at}", ""))
    centre.start()
    desk = centre.desk()
    call = Call(centre, desk, PEOPLE[1], Right.RESTRICTION)
    call.verify()
    desk.act.restrict(call.session, call.case, "18-1-c")
    centre.until(lambda: centre.case(call.case).items[0].returned)
    item = centre.case(call.case).items[0]
    assert (item.state, item.returned) == (ItemState.IN_PROGRESS, "no-mark")
    assert {s.system: s.state for s in item.systems} == {**dict.fromkeys(MARKED, "done"), "shop": "failed"}
    assert restricted(centre) == {**dict.fromkeys(MARKED, 1), "shop": 0}
