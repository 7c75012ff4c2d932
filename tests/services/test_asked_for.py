"""ACC-7: nothing is erased while a copy is asked for, in whatever case the person asked."""

import time
from dataclasses import replace

import pytest

from services.types import Outcome, Right
from tests.worker_centre import PEOPLE, Call
from tests.worker_fixtures import Make


@pytest.mark.rule("ACC-7")
def test_ACC_7_an_approved_erasure_waits_while_another_case_of_the_person_asks_for_a_copy(make_centre: Make) -> None:
    centre = make_centre()
    centre.start()
    desk, lead_desk = centre.desk(), centre.desk("desk-2")
    call = Call(centre, desk, PEOPLE[10], Right.ERASURE)
    call.verify()
    call.ask_to_erase()
    by_number = Call(centre, desk, replace(PEOPLE[10], email=PEOPLE[10].customer_number), Right.ACCESS)
    by_mail = Call(centre, desk, PEOPLE[10], Right.PORTABILITY)
    Call(centre, desk, PEOPLE[9], Right.ACCESS)  # the control: somebody else's holds nothing up
    centre.until(lambda: "case.opened" in centre.acts(by_mail.case))
    call.approve(lead_desk)
    here = f"SELECT count(*) FROM customer WHERE customer_number='{PEOPLE[10].customer_number}'"

    def waits_for() -> set[str]:
        view = desk.case.read(by_mail.session, call.case)
        return {one.reason for one in view.items[0].systems if one.state.startswith("waits: a copy is asked for")}

    assert centre.until(waits_for) <= {by_number.case, by_mail.case}
    for done, left in ((by_mail, by_number), (by_number, None)):
        time.sleep(0.6)
        assert ("erase.started" in centre.acts(call.case), centre.rows("crm", here)) == (False, [(1,)])
        desk.act.resolve(done.session, done.case, "1", Outcome.WITHDRAWN)
        if left is not None:
            centre.until(lambda left=left: waits_for() == {left.case})  # type: ignore[misc]
    centre.until(lambda: "erase.verified" in centre.acts(call.case))
    assert centre.rows("crm", here) == [(0,)]
