"""Limits, halts, progress and put-down jobs in central, the same for every worker. On both databases."""

import pytest
import sqlalchemy as sa

from db.central import PACE, PROGRESS, SLOT
from db.central_port import CentralPort
from db.central_shapes import ALL, Halt, Progress
from db.central_store import CentralStore
from db.central_work import Gate
from tests.services.test_central import at_once
from tests.services.test_central_jobs import CASE, ONE, SECOND, TWO, store

__all__ = ["store"]

TWO_AT_ONCE, ONE_A_MINUTE = Gate("nordlicht/crm", 2, 0), Gate("nordlicht/api", None, 60 * SECOND)
LONG = 60 * SECOND
HALT = Halt("operator:0000000f", "moved", 1)


def test_no_more_jobs_are_in_a_system_than_its_limit_however_many_workers_try(store: CentralStore) -> None:
    def enter(job: str):  # type: ignore[no-untyped-def]
        return lambda: store.enter(job, [TWO_AT_ONCE], LONG)

    turns = at_once(*[enter(f"j{n}") for n in range(5)])
    assert sorted(bool(turn) for turn in turns) == [False, False, True, True, True]
    inside = [f"j{n}" for n, turn in enumerate(turns) if not turn]
    store.leave_systems(inside[0])
    late = next(f"j{n}" for n, turn in enumerate(turns) if turn)
    assert store.enter(late, [TWO_AT_ONCE], LONG) == 0, "one left"
    assert store.enter("j9", [TWO_AT_ONCE], LONG) > 0
    free = at_once(*[lambda n=n: store.enter(f"k{n}", [], LONG) for n in range(3)])
    assert free == [0, 0, 0], "the control: no limit"


def test_a_job_whose_worker_died_frees_its_place_when_its_lease_is_over(store: CentralStore) -> None:
    one = Gate("nordlicht/crm", 1, 0)
    assert store.enter("j1", [one], LONG) == 0
    assert store.enter("j2", [one], LONG) > 0
    assert store.enter("j1", [one], LONG) == 0, "who adopted it goes on in its place"
    with store.engine.begin() as conn:
        conn.execute(sa.update(SLOT).values(until=0))
    assert store.enter("j2", [one], LONG) == 0


def test_a_pause_lies_between_two_that_begin_in_a_system(store: CentralStore) -> None:
    assert store.enter("j1", [ONE_A_MINUTE], LONG) == 0
    store.leave_systems("j1")
    turn = store.enter("j2", [ONE_A_MINUTE], LONG)
    with store.engine.connect() as conn:
        next_at = conn.execute(sa.select(PACE.c.next_at)).scalar_one()
    assert turn == next_at
    with store.engine.begin() as conn:
        conn.execute(sa.update(PACE).values(next_at=0))
    assert store.enter("j2", [ONE_A_MINUTE], LONG) == 0


def test_several_systems_are_entered_together_or_not_at_all(store: CentralStore) -> None:
    one, other = Gate("nordlicht/crm", 1, 0), Gate("nordlicht/shop", 1, 0)
    assert store.enter("j1", [other], LONG) == 0
    assert store.enter("j2", [one, other], LONG) > 0
    with store.engine.connect() as conn:
        assert conn.execute(sa.select(SLOT.c.system, SLOT.c.job)).all() == [("nordlicht/shop", "j1")]


def test_a_living_workers_places_last_and_no_others(store: CentralStore) -> None:
    for job in store.take_jobs(ONE, 1):
        assert store.enter(job.id, [TWO_AT_ONCE], LONG) == 0
    assert store.enter("j3", [TWO_AT_ONCE], LONG) == 0, "nobody's: j3 is queued"
    with store.engine.begin() as conn:
        conn.execute(sa.update(SLOT).values(until=1))
    store.stay(ONE, LONG)
    with store.engine.connect() as conn:
        kept = dict(conn.execute(sa.select(SLOT.c.job, SLOT.c.until)).all())
    assert (kept["j1"] > 1, kept["j3"]) == (True, 1)


@pytest.mark.parametrize("scope", [ALL, "nordlicht"])
def test_while_work_is_halted_nothing_is_taken_nor_adopted(store: CentralStore, scope: str) -> None:
    assert len(store.take_jobs(ONE, 1)) == 1
    store.set_halt(scope, HALT)
    assert store.take_jobs(TWO, 9) == []
    assert store.adopt_jobs(TWO, 9) == [], "ONE has no life"
    assert store.halts() == {scope: HALT}
    assert CentralPort(store.engine, "x").feed().halts != ""
    store.set_halt(scope, None)
    assert len(store.adopt_jobs(TWO, 9)) == 1
    assert len(store.take_jobs(TWO, 9)) == 2


def test_a_halt_of_one_controller_is_not_another_ones(store: CentralStore) -> None:
    store.set_halt("harbour", HALT)
    assert len(store.take_jobs(ONE, 9)) == 3
    store.set_halt("nordlicht", HALT)
    store.set_halt(ALL, None)
    assert store.halts() == {}, "to let all go on ends every halt"


def test_a_job_that_was_put_down_is_nobodys_until_its_time_or_until_it_is_woken(store: CentralStore) -> None:
    (job,) = store.take_jobs(ONE, 1)
    store.park_job(job.id, job.fence + 1, 0)
    assert [one.id for one in store.begun_jobs(ONE)] == [job.id], "the control: another has it"
    store.park_job(job.id, job.fence, 2**52)
    assert store.begun_jobs(ONE) == []
    assert job.id not in [one.id for one in store.take_jobs(TWO, 9)]
    store.wake_job(job.id)
    (again,) = store.take_jobs(TWO, 9)
    assert (again.id, again.fence, again.worker) == (job.id, job.fence + 1, TWO)


def test_progress_goes_with_its_job(store: CentralStore) -> None:
    (job,) = store.take_jobs(ONE, 1)
    row = {"job": job.id, "case_id": CASE, "item": "1", "system": "crm", "done": 0, "reason": "", "until": 0}
    store.put_progress([{**row, "state": "running"}])
    store.put_progress([{**row, "state": "done", "done": 7}])
    assert CentralPort(store.engine, "x").progress(CASE) == [Progress("1", "crm", "done", 7, "", 0)]
    store.end_job(job.id, job.fence + 1, "done")
    assert CentralPort(store.engine, "x").progress(CASE) != [], "the control: another's word ends nothing"
    store.end_job(job.id, job.fence, "done")
    with store.engine.connect() as conn:
        assert conn.execute(sa.select(PROGRESS.c.job)).all() == []
