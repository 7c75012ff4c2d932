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
from tests.services.test_rectification import ADDRESSES, addresses, family_names, line, proven
from tests.worker_centre import CASE, PEOPLE, Call, WorkerCentre
from tests.worker_child import MOODY
from tests.worker_fixtures import Make

FAR = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
NEW = "New.Address@example.org"


def _correction(call: Call) -> Callable[[], None]:
    """A new e-mail address, which stands in four systems: what is wrong is read while a worker lives."""
    proven(call.centre, call.desk, call)
    wrong = line(call.desk, call, "email")
    return lambda: call.desk.rectify.ask(call.session, call.case, {wrong: NEW})


def _verified(call: Call) -> None:
    call.verify()
    call.step_up()


def _access(call: Call) -> Callable[[], None]:
    _verified(call)
    return lambda: call.desk.act.export(call.session, call.case)


def _restriction(call: Call) -> Callable[[], None]:
    _verified(call)
    return lambda: call.desk.act.restrict(call.session, call.case, "18-1-a")


ASKED: dict[Right, Callable[[Call], Callable[[], None]]] = {
    Right.ACCESS: _access,
    Right.OBJECTION_MARKETING: lambda call: lambda: call.desk.act.stop_marketing(call.session, call.case) and None,
    Right.RESTRICTION: _restriction,
    Right.RECTIFICATION: _correction,
}
"""What is prepared while a worker lives, and then asked for while none does."""


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
    ask = ASKED[right](call)
    centre.kill()
    ask()
    if right is Right.ACCESS:
        decide_what_is_held_back(centre, call)
    assert killed_at_each_step(centre, lambda: centre.case(call.case).closed) > 2
    centre.start()
    centre.until(lambda: centre.store.workers()[1][0].alive)
    each_step_once(centre, call)
    if right is Right.RECTIFICATION:
        assert addresses(centre, NEW) == dict.fromkeys(ADDRESSES, 1)
        sent = Counter((one.template, one.state) for one in centre.case(call.case).letters)
        assert (sent["rectification-notice", "sent"], sent["rectification-outcome", "sent"]) == (1, 1)


def each_step_once(centre: WorkerCentre, call: Call) -> None:
    """Every act of a worker stands once, the item ended once, nobody's act met another state."""
    entries = [e for e in centre.entries(call.case) if e.actor.startswith("worker:")]
    assert [op for op, n in Counter(e.op for e in entries).items() if n > 1] == [], "a step was written twice"
    assert Counter(e.act for e in entries)["item.resolved"] == 1
    assert centre.case(call.case).conflicts == ()
    assert differences(centre.store) == []


def test_a_worker_killed_as_a_system_took_a_correction_writes_it_once(make_centre: Make) -> None:
    centre = make_centre()
    centre.start(kill_at="step.rectify:2")
    call = Call(centre, centre.desk(), PEOPLE[1], Right.RECTIFICATION)
    call.verify()
    wrong = line(call.desk, call, "family name")
    call.desk.rectify.ask(call.session, call.case, {wrong: "Neumann"})
    assert centre.wait_dead(60) == -signal.SIGKILL
    assert family_names(centre).count("Neumann") == 1, "the system took it"
    assert "rectification.written" not in centre.acts(call.case), "and nobody had said so"
    centre.start()
    centre.until(lambda: centre.case(call.case).closed)
    each_step_once(centre, call)
    assert family_names(centre).count("Neumann") == 1
    written = [e.params["rows"] for e in centre.entries(call.case) if e.act == "rectification.written"]
    assert written == [1]


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
