"""What workers share in central: one leads, one has a job, a dead one's jobs go on elsewhere. On both databases."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from db import central
from db.central_jobs import INGEST, Deposed
from db.central_store import CentralStore
from tests.services.test_central import at_once

SECOND = 1_000_000
ONE, TWO, THREE = "0000000a", "0000000b", "0000000c"
CASE = "C-26-000001"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CentralStore]:
    """An empty central with three workers and three queued jobs of one case."""
    file = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'central.db'}" if file else request.getfixturevalue("postgres")
    engine = central.create(url, bytes(32) if file else None)
    job = {"kind": "notice", "controller": "nordlicht", "case_id": CASE, "item": "1", "params": "{}"}
    queued = {"state": "queued", "not_before": 0, "worker": "", "fence": 0}
    with central.writing(engine).begin() as conn:
        conn.execute(sa.insert(central.META), [{"key": "rev", "value": "0"}])
        for number, owner in enumerate((ONE, TWO, THREE), 1):
            row = {"id": owner, "kind": "worker", "name": f"worker-{number}", "ask_key": b"", "seen_at": 0, "pid": 0}
            conn.execute(sa.insert(central.TERMINAL), [{**row, "revoked": False}])
            log = {
                "id": f"{owner}/1",
                "owner": owner,
                "kind": "worker",
                "public_key": b"",
                "next_key": b"",
                "origin": "o",
            }
            conn.execute(sa.insert(central.LOG), [{**log, "enrolled_at": 0, "problem": ""}])
        conn.execute(sa.insert(central.JOB), [{**job, **queued, "id": name} for name in ("j1", "j2", "j3")])
    yield CentralStore(engine)
    engine.dispose()


def test_one_of_many_leads_and_the_next_when_its_lease_is_over(store: CentralStore) -> None:
    found = at_once(*[lambda w=w: store.take_lease(INGEST, w, SECOND // 2) for w in (ONE, TWO, THREE)])
    assert sorted(found, key=str) == [1, None, None]
    leader = (ONE, TWO, THREE)[found.index(1)]
    assert store.take_lease(INGEST, leader, SECOND // 2) == 1, "renewed in time, it is the same lead"
    time.sleep(0.6)
    other = next(w for w in (ONE, TWO, THREE) if w != leader)
    assert store.take_lease(INGEST, other, SECOND) == 2
    assert store.take_lease(INGEST, leader, SECOND) is None
    store.leave(other)
    assert store.take_lease(INGEST, leader, SECOND) == 3, "given up, it is free at once"


def test_a_lease_that_ran_out_is_another_one_even_for_who_held_it(store: CentralStore) -> None:
    assert store.take_lease(INGEST, ONE, 1) == 1
    time.sleep(0.01)
    assert store.take_lease(INGEST, ONE, SECOND) == 2


def test_a_deposed_leaders_transaction_is_refused(store: CentralStore) -> None:
    old = store.take_lease(INGEST, ONE, 1)
    with store.ingest(old) as tx:  # the control: as long as nobody took it, its transactions pass
        tx.next_revs(5)
    time.sleep(0.01)
    assert store.take_lease(INGEST, TWO, SECOND) == 2
    with pytest.raises(Deposed), store.ingest(old) as tx:
        tx.next_revs(5)
    with store.ingest(2) as tx:
        assert tx.next_revs(1) == 6


def test_a_job_is_taken_by_one_of_many(store: CentralStore) -> None:
    found = at_once(*[lambda w=w: store.take_jobs(w, 2) for w in (ONE, TWO, THREE) * 2])
    taken = [job for jobs in found for job in jobs]  # type: ignore[attr-defined]
    assert sorted(job.id for job in taken) == ["j1", "j2", "j3"]
    assert all((job.fence, store.job(job.id).worker) == (1, job.worker) for job in taken)


def test_jobs_of_a_dead_worker_are_adopted_once_and_those_of_a_living_one_never(store: CentralStore) -> None:
    for worker in (ONE, TWO, THREE):
        store.heartbeat(worker, 1, SECOND)
    assert len(store.take_jobs(ONE, 2)) == 2
    assert len(store.take_jobs(TWO, 2)) == 1
    assert store.adopt_jobs(THREE, 9) == [], "the control: both live"
    time.sleep(0.6)
    store.heartbeat(TWO, 1, SECOND)
    store.heartbeat(THREE, 1, SECOND)
    time.sleep(0.6)
    found = at_once(*[lambda w=w: store.adopt_jobs(w, 9) for w in (TWO, THREE)])
    adopted = [job for jobs in found for job in jobs]  # type: ignore[attr-defined]
    assert [(job.id, job.fence) for job in sorted(adopted, key=lambda j: j.id)] == [("j1", 2), ("j2", 2)]
    assert not store.holds("j1", 1)
    assert store.holds("j1", 2)
    assert not store.end_job("j1", 1, "failed"), "what it says afterwards moves nothing"
    assert store.end_job("j1", 2, "done")


def test_what_a_dead_worker_had_handed_in_is_folded_before_its_jobs_go_on(store: CentralStore) -> None:
    store.take_jobs(ONE, 9)
    row = {"log": f"{ONE}/1", "start": 0, "count": 1, "entries": b"", "details": b"", "checkpoint": "o"}
    with central.writing(store.engine).begin() as conn:
        conn.execute(sa.insert(central.INBOX), [{**row, "received_at": 0}])
    assert store.adopt_jobs(TWO, 9) == []
    with central.writing(store.engine).begin() as conn:
        conn.execute(sa.delete(central.INBOX))
    assert len(store.adopt_jobs(TWO, 9)) == 3


def test_every_worker_is_told_of_with_what_it_holds(store: CentralStore) -> None:
    store.heartbeat(ONE, 17, SECOND)
    store.heartbeat(TWO, 18, 1)
    store.take_lease(INGEST, ONE, SECOND)
    store.take_jobs(ONE, 2)
    time.sleep(0.01)
    now, (one, two, three) = store.workers()
    assert (one.name, one.pid, one.alive, one.leads, one.jobs) == ("worker-1", 17, True, True, 2)
    assert 0 <= now - one.since < SECOND
    assert (two.alive, two.leads, two.jobs, two.since) == (False, False, 0, two.seen_at)
    assert (three.alive, three.since) == (False, 0)


def test_of_jobs_that_close_at_once_one_is_the_last_and_stays_until_it_ends(
    store: CentralStore,
) -> None:
    jobs = {job.id: job for job in store.take_jobs(ONE, 9)}
    assert not store.close_job(jobs["j1"])
    assert any(at_once(*[lambda j=j: store.close_job(jobs[j]) for j in ("j2", "j3")]))
    assert store.close_job(jobs["j1"]), "asked again, as after a kill, it says what is true now"
    assert [job.id for job in store.begun_jobs(ONE)] == ["j1", "j2", "j3"]
    assert {job.id for job in store.adopt_jobs(TWO, 9)} == {"j1", "j2", "j3"}


def test_a_job_that_failed_keeps_the_others_from_being_the_last(store: CentralStore) -> None:
    one, two, three = store.take_jobs(ONE, 9)
    assert store.end_job(three.id, three.fence, "failed")
    assert not store.close_job(one)
    assert not store.close_job(two)
