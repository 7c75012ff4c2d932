"""A worker killed at every step boundary of every kind of job: each goes on, and what is written is written once.

It dies between what a step did and the engine's note that it was done, so each step is also done over.
"""

import signal
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from services.sync.rebuild import differences
from services.types import Right
from tests.faults.test_waiting_systems import asked, erase_job, mood
from tests.faults.test_worker_kills import counts, finish, half_erased, others
from tests.worker_centre import CASE, PEOPLE, Call, WorkerCentre
from tests.worker_child import MOODY
from tests.worker_fixtures import Make

FAR = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
ASKED: dict[Right, Callable[[Call], None]] = {
    Right.ACCESS: lambda call: call.desk.act.export(call.session, call.case),
    Right.OBJECTION_MARKETING: lambda call: call.desk.act.stop_marketing(call.session, call.case) and None,
    Right.RESTRICTION: lambda call: call.desk.act.restrict(call.session, call.case, "18-1-a"),
}


def killed_at_each_step(centre: WorkerCentre, over: Callable[[], bool]) -> int:
    """Workers one after the other, each of which takes one step and dies as the next is done; how many died."""
    kills = 0
    while True:
        centre.start(kill_at="step.done:2", wait=False)
        assert centre.worker is not None
        centre.until(lambda: centre.worker.poll() is not None or over(), 60)  # type: ignore[union-attr]
        if over():
            centre.kill()
            return kills
        assert centre.wait_dead() == -signal.SIGKILL
        kills += 1


def decide_what_is_held_back(centre: WorkerCentre, call: Call) -> None:
    """Names of staff wait for a word: all are said while no worker runs, so that the next one has the whole export."""
    centre.start()
    centre.until(lambda: "export.held" in centre.acts(call.case))
    parts = centre.until(lambda: call.desk.held.waiting(call.session, call.case))
    centre.kill()
    for group in {part.group: part for part in parts}.values():
        call.desk.held.decide(call.session, group, "redact", "others", alike=True)


@pytest.mark.long
def test_an_erasure_killed_at_every_step_is_done_once_and_never_half(make_due: Make) -> None:
    centre = make_due()
    before, rows = counts(centre), others(centre)

    def over() -> bool:
        assert half_erased(before, counts(centre)) == []
        return centre.case(CASE).shredded

    assert killed_at_each_step(centre, over) > 5
    centre.start()
    finish(centre, rows)


@pytest.mark.long
@pytest.mark.parametrize("right", list(ASKED))
def test_a_job_killed_at_every_step_ends_its_item_once(make_centre: Make, right: Right) -> None:
    centre = make_centre()
    centre.start()
    call = Call(centre, centre.desk(), PEOPLE[1], right)
    centre.until(lambda: "case.acknowledged" in centre.acts(call.case))
    if right is not Right.OBJECTION_MARKETING:
        call.verify()
        call.step_up()
    centre.kill()
    ASKED[right](call)

    if right is Right.ACCESS:
        decide_what_is_held_back(centre, call)
    assert killed_at_each_step(centre, lambda: centre.case(call.case).closed) > 2
    centre.start()
    centre.until(lambda: centre.store.workers()[1][0].alive)
    entries = [e for e in centre.entries(call.case) if e.actor.startswith("worker:")]
    assert [op for op, n in Counter(e.op for e in entries).items() if n > 1] == [], "a step was written twice"
    assert Counter(e.act for e in entries)["item.resolved"] == 1
    assert centre.case(call.case).conflicts == ()
    assert differences(centre.store) == []


def test_killed_as_it_put_a_job_down_the_job_waits_on_and_what_was_done_is_not_done_over(make_due: Make) -> None:
    centre = make_due()
    mood(centre, "crm", FAR)
    centre.start(MOODY, kill_at="job.parked", wait=False)
    assert centre.wait_dead(60) == -signal.SIGKILL
    assert (erase_job(centre).state, erase_job(centre).worker) == ("queued", "")
    times = asked(centre)
    assert Counter(times) == {"crm": 1, "desk": 1, "news": 1, "shop": 1}, "the control"
    centre.start(MOODY)
    centre.store.wake_job(erase_job(centre).id)  # before its day: it looks, and goes on waiting
    centre.until(lambda: erase_job(centre).fence > 1 and erase_job(centre).state == "queued")
    assert asked(centre) == times
    assert Counter(e.act for e in centre.entries(CASE))["erase.system_done"] == 3
