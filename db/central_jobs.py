"""What workers share in central: jobs and who has them, leases by central's clock, who lives.

A lease is one row: taken by one statement when it is free, over or one's own, its fence raised whenever it was not
held without a break. The one that ingests holds `INGEST`; each that lives holds one of its own.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from db.central import INBOX, JOB, LEASE, LOG, META, TERMINAL, clock_us, writing
from db.central_work import WorkStore, forget_work, halts_of, not_halted
from services.errors import NotFound

INGEST = "ingest"
BEGUN = ("running", "closing")
"""States of a job that a worker has: at work, or with all written but the act that ends its item."""
_LIFE = "worker:"
_TAKE = sa.text(
    "INSERT INTO lease (name, holder, fence, since, until) VALUES (:name, :holder, 1, :now, :until) "
    "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until, "
    "fence = lease.fence + CASE WHEN lease.holder = excluded.holder AND lease.until >= :now THEN 0 ELSE 1 END, "
    "since = CASE WHEN lease.holder = excluded.holder AND lease.until >= :now THEN lease.since ELSE :now END "
    "WHERE lease.until < :now OR lease.holder = excluded.holder RETURNING fence"
)


class Deposed(Exception):
    """Another worker leads now: nothing of this transaction stays."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work to do for an item; `params` is JSON with ids and codes only. `fence` counts who took it."""

    id: str
    kind: str
    controller: str
    case: str
    item: str
    state: str
    not_before: int
    params: str
    worker: str
    fence: int


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """An enrolled worker: alive or away, since when (µs by central's clock; 0: never), the jobs it holds."""

    id: str
    name: str
    pid: int
    alive: bool
    since: int
    seen_at: int
    leads: bool
    jobs: int


class JobStore(WorkStore):
    """The worker's hand in jobs and leases."""

    # ── leases ────────────────────────────────────────────────────────────────────────────────────────────────

    def take_lease(self, name: str, holder: str, lease_us: int) -> int | None:
        """Take or lengthen a lease; its fence, None while another holds it."""
        with writing(self.engine).begin() as conn:
            return _take(conn, name, holder, lease_us)

    def leave(self, worker: str) -> None:
        """Every lease of that worker is over: others need not wait for its end."""
        with writing(self.engine).begin() as conn:
            conn.execute(sa.update(LEASE).where(LEASE.c.holder == worker).values(until=0))

    def heartbeat(self, worker: str, pid: int, lease_us: int) -> None:
        """This worker lives, and counts as living for `lease_us`."""
        with writing(self.engine).begin() as conn:
            seen = {"seen_at": clock_us(conn), "pid": pid}
            conn.execute(sa.update(TERMINAL).where(TERMINAL.c.id == worker).values(seen))
            _take(conn, _LIFE + worker, worker, lease_us)

    def workers(self) -> tuple[int, list[WorkerSeen]]:
        """Central's clock (µs) and every enrolled worker, by name."""
        held = sa.select(sa.func.count()).where(JOB.c.worker == TERMINAL.c.id, JOB.c.state.in_(BEGUN))
        lead = sa.select(LEASE.c.holder).where(LEASE.c.name == INGEST)
        life = sa.and_(LEASE.c.holder == TERMINAL.c.id, LEASE.c.name != INGEST)
        with self.engine.connect() as conn:
            now = clock_us(conn)
            leader = conn.execute(lead.where(LEASE.c.until >= now)).scalar()
            query = (
                sa.select(TERMINAL, LEASE.c.since, LEASE.c.until, held.scalar_subquery().label("jobs"))
                .outerjoin(LEASE, life)
                .where(TERMINAL.c.kind == "worker")
                .order_by(TERMINAL.c.name)
            )
            rows = conn.execute(query).mappings().all()
        found = []
        for r in rows:
            alive = (r["until"] or 0) >= now
            since = r["since"] if alive else r["seen_at"]
            leads = r["id"] == leader
            found.append(WorkerSeen(r["id"], r["name"], r["pid"], alive, since, r["seen_at"], leads, r["jobs"]))
        return now, found

    # ── jobs ──────────────────────────────────────────────────────────────────────────────────────────────────

    def due_jobs(self, now: int, limit: int = 20) -> list[Job]:
        """Queued jobs whose time has come, oldest first."""
        return self._jobs((JOB.c.state == "queued") & (JOB.c.not_before <= now), limit)

    def begun_jobs(self, worker: str) -> list[Job]:
        """Jobs that this worker has taken and not ended."""
        return self._jobs((JOB.c.worker == worker) & JOB.c.state.in_(BEGUN), 1000)

    def unsettled_jobs(self, case: str) -> list[Job]:
        """Jobs of a case that wait, are at work or failed."""
        return self._jobs((JOB.c.case_id == case) & JOB.c.state.in_(("queued", "running", "failed")), 1000)

    def job(self, job: str) -> Job:
        """One job; raises `NotFound`."""
        found = self._jobs(JOB.c.id == job, 1)
        if not found:
            raise NotFound(f"there is no job {job}")
        return found[0]

    def queue_job(self, job: str, kind: str, controller: str, params: str) -> None:
        """A job of no case, that an operator asks for."""
        row = {"id": job, "kind": kind, "controller": controller, "case_id": "", "item": "", "state": "queued"}
        with writing(self.engine).begin() as conn:
            now = clock_us(conn)
            conn.execute(sa.insert(JOB), [{**row, "not_before": now, "params": params, "worker": "", "fence": 0}])

    def take_jobs(self, worker: str, limit: int) -> list[Job]:
        """Due jobs that nobody else has from now on, oldest first; none of a controller that is halted."""
        with self.engine.connect() as conn:
            due = (JOB.c.state == "queued") & (JOB.c.not_before <= clock_us(conn)) & not_halted(halts_of(conn))
        return self._take_jobs(worker, due, limit)

    def adopt_jobs(self, worker: str, limit: int) -> list[Job]:
        """Running jobs of workers that no longer live, which are this one's from now on.

        Only when central has folded all that their worker handed in: what it did counts, what it does later does not.
        """
        with self.engine.connect() as conn:
            living = sa.select(LEASE.c.holder).where(LEASE.c.name != INGEST, LEASE.c.until >= clock_us(conn))
            goes_on = not_halted(halts_of(conn))
        waits = sa.select(INBOX.c.id).join(LOG, LOG.c.id == INBOX.c.log).where(LOG.c.owner == JOB.c.worker)
        left = JOB.c.state.in_(BEGUN) & (JOB.c.worker != worker) & JOB.c.worker.not_in(living) & ~waits.exists()
        left &= goes_on
        return self._take_jobs(worker, left, limit, settled=True)

    def _take_jobs(self, worker: str, which: sa.ColumnElement[bool], limit: int, *, settled: bool = False) -> list[Job]:
        """One UPDATE that raises the fence, and says again what it takes: of many who try at once one wins.

        `settled`: not while a batch is ingested, whose results are judged by the fence that was.
        """
        wanted = sa.select(JOB.c.id).where(which).order_by(JOB.c.not_before, JOB.c.id).limit(limit)
        with self.engine.connect() as conn:
            if limit < 1 or conn.execute(wanted.limit(1)).first() is None:
                return []
        mine = {"state": "running", "worker": worker, "fence": JOB.c.fence + 1}
        take = sa.update(JOB).where(JOB.c.id.in_(wanted), which).values(mine).returning(*JOB.columns)
        with writing(self.engine).begin() as conn:
            if settled:
                lock_ingest(conn)
            return [_job(row) for row in conn.execute(take).mappings().all()]

    def _jobs(self, where: sa.ColumnElement[bool], limit: int) -> list[Job]:
        query = sa.select(JOB).where(where).order_by(JOB.c.not_before, JOB.c.id).limit(limit)
        with self.engine.connect() as conn:
            return [_job(row) for row in conn.execute(query).mappings().all()]

    def holds(self, job: str, fence: int) -> bool:
        """Whether nobody took the job since it was given with this fence."""
        with self.engine.connect() as conn:
            return conn.execute(sa.select(JOB.c.fence).where(JOB.c.id == job)).scalar() == fence

    def end_job(self, job: str, fence: int, state: str) -> bool:
        """Move a job to its last `state`, unless somebody else has it by now; whether it moved."""
        mine = (JOB.c.id == job) & (JOB.c.fence == fence)
        with writing(self.engine).begin() as conn:
            moved = conn.execute(sa.update(JOB).where(mine).values(state=state)).rowcount == 1
            if moved:
                forget_work(conn, job)
            return moved

    def wake_job(self, job: str) -> None:
        """A job that was put down may be taken now."""
        waiting = (JOB.c.id == job) & (JOB.c.state == "queued")
        with writing(self.engine).begin() as conn:
            conn.execute(sa.update(JOB).where(waiting).values(not_before=clock_us(conn)))

    def park_job(self, job: str, fence: int, not_before: int) -> None:
        """Put a running job down until `not_before` (µs), unless somebody else has it by now; nobody holds it then.

        All that its worker wrote of it must be folded before: whoever takes it next has another fence. Not while a
        batch is ingested, which may wake it: a look after this sees what was ingested before.
        """
        mine = (JOB.c.id == job) & (JOB.c.fence == fence) & JOB.c.state.in_(BEGUN)
        parked = {"state": "queued", "worker": "", "not_before": not_before}
        with writing(self.engine).begin() as conn:
            lock_ingest(conn)
            conn.execute(sa.update(JOB).where(mine).values(parked))

    def close_job(self, job: Job) -> bool:
        """All that this job was to write is written; whether it is the last of those of its kind under its item.

        Of several that close at once one finds itself the last, and finds it again when it is asked again. It stays
        with its worker until `end_job`, so that the act which ends the item is not lost with it.
        """
        mine = (JOB.c.id == job.id) & (JOB.c.fence == job.fence) & JOB.c.state.in_(BEGUN)
        same = (JOB.c.case_id == job.case) & (JOB.c.item == job.item) & (JOB.c.kind == job.kind)
        others = same & (JOB.c.id != job.id) & JOB.c.state.in_(("queued", "running", "failed"))
        with writing(self.engine).begin() as conn:
            lock_ingest(conn)
            conn.execute(sa.update(JOB).where(mine).values(state="closing"))
            return conn.execute(sa.select(JOB.c.id).where(others).limit(1)).first() is None


def lock_ingest(conn: sa.Connection) -> None:
    """No batch is ingested until this transaction's end."""
    conn.execute(sa.select(META.c.value).where(META.c.key == "rev").with_for_update())


def _take(conn: sa.Connection, name: str, holder: str, lease_us: int) -> int | None:
    now = clock_us(conn)
    values = {"name": name, "holder": holder, "now": now, "until": now + lease_us}
    return conn.execute(_TAKE, values).scalar()


def _job(row: sa.RowMapping) -> Job:
    names = ("id", "kind", "controller", "case_id", "item", "state", "not_before", "params", "worker", "fence")
    return Job(*(row[name] for name in names))
