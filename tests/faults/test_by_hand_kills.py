"""A worker killed at each step boundary while people work by hand: they are asked once, and are heard once."""

from collections import Counter

import pytest
import sqlalchemy as sa

from db.central import JOB
from services.sync.rebuild import differences
from services.types import Right
from tests.by_hand import answer, waits, with_archive
from tests.faults.test_step_kills import killed_at_each_step
from tests.worker_centre import PEOPLE, Call, WorkerCentre
from tests.worker_fixtures import Make


def parked(centre: WorkerCentre, kind: str) -> bool:
    """Whether that job was begun and is nobody's now."""
    with centre.engine.connect() as conn:
        row = conn.execute(sa.select(*JOB.c["state", "worker", "fence"]).where(JOB.c.kind == kind)).first()
    return row is not None and row.state == "queued" and row.worker == "" and row.fence > 0


@pytest.mark.long
@pytest.mark.parametrize("right", [Right.ERASURE, Right.RESTRICTION, Right.CONSENT_WITHDRAW])
def test_people_are_asked_once_and_heard_once_whenever_a_worker_dies(make_centre: Make, right: Right) -> None:
    centre = make_centre()
    with_archive(centre)
    centre.start()
    call = Call(centre, centre.desk(), PEOPLE[6], right)
    if right is not Right.CONSENT_WITHDRAW:
        call.verify()
    if right is Right.ERASURE:
        call.desk.find.preview(call.session, call.case)
        answer(call, waits(call, "find"), "completed", 2)
        call.ask_to_erase()
        centre.kill()
        centre.start(kill_at="erase.due", wait=False)
        call.approve(centre.desk("desk-2"))
        centre.wait_dead()
        what, kind = "erase", "erase"
    elif right is Right.RESTRICTION:
        centre.kill()
        call.desk.act.restrict(call.session, call.case, "18-1-a")
        what, kind = "restrict", "restrict"
    else:
        centre.kill()
        call.desk.act.consent(call.session, call.case, "newsletter", given=False)
        what, kind = "consent-withdraw", "consent"
    assert killed_at_each_step(centre, lambda: parked(centre, kind)) > 2
    centre.start()
    task = waits(call, what)
    call.desk.task.answer(call.session, call.case, task.state.task, "completed", 3)
    centre.kill()
    assert killed_at_each_step(centre, lambda: centre.case(call.case).closed) > 2
    entries = [e for e in centre.entries(call.case) if e.actor.startswith("worker:")]
    assert [op for op, n in Counter(e.op for e in entries).items() if n > 1] == [], "a step was written twice"
    acts = Counter(e.act for e in centre.entries(call.case))
    assert (acts["task.asked"], acts["task.answered"]) == ((2, 2) if right is Right.ERASURE else (1, 1))
    assert acts["item.resolved"] == 1
    assert centre.case(call.case).conflicts == ()
    assert differences(centre.store) == []
