"""What workers say in central of jobs under way: how far they are, who is in a system with a limit, what is halted.

None of it is truth: acts are. A row here goes with its job.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
import sqlalchemy as sa

from db.central import JOB, META, PACE, PROGRESS, SLOT, clock_us, writing
from db.central_details import DetailStore
from db.central_shapes import ALL, HALT, Halt, halts_in

MINUTE_US = 60 * 1_000_000
_PUT = sa.text(
    "INSERT INTO progress (job, system, case_id, item, state, done, reason, until) "
    "VALUES (:job, :system, :case_id, :item, :state, :done, :reason, :until) "
    "ON CONFLICT (job, system) DO UPDATE SET state = excluded.state, done = excluded.done, "
    "reason = excluded.reason, until = excluded.until"
)
_ENTER = sa.text(
    "INSERT INTO slot (system, job, until) VALUES (:system, :job, :until) "
    "ON CONFLICT (system, job) DO UPDATE SET until = excluded.until"
)


@dataclass(frozen=True, slots=True)
class Gate:
    """A system with a limit: at most `at_once` jobs in it, `pause_us` between two that begin. `key` names it."""

    key: str
    at_once: int | None
    pause_us: int


class WorkStore(DetailStore):
    """The worker's hand in progress, slots and halts."""

    # ── progress ──────────────────────────────────────────────────────────────────────────────────────────────

    def put_progress(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Where a job is, for each named system; what was said of it before is replaced."""
        with writing(self.engine).begin() as conn:
            conn.execute(_PUT, [dict(row) for row in rows])

    # ── limits ────────────────────────────────────────────────────────────────────────────────────────────────

    def enter(self, job: str, gates: Sequence[Gate], lease_us: int) -> int:
        """Let a job into all of these systems at once, for `lease_us` (0 when it is in); else when to ask again, µs."""
        with writing(self.engine).begin() as conn:
            now = clock_us(conn)
            later = max((self._wait_at(conn, gate, job, now) for gate in gates), default=0)
            if later:
                return later
            for gate in gates:
                was_in = sa.select(SLOT.c.job).where(SLOT.c.system == gate.key, SLOT.c.job == job)
                if conn.execute(was_in).first() is None:  # one that goes on after a kill begins nothing new
                    begins = sa.update(PACE).where(PACE.c.system == gate.key).values(next_at=now + gate.pause_us)
                    conn.execute(begins)
                conn.execute(_ENTER, {"system": gate.key, "job": job, "until": now + lease_us})
        return 0

    def _wait_at(self, conn: sa.Connection, gate: Gate, job: str, now: int) -> int:
        """When to ask again; 0 when the job may begin there. Locks the gate until the transaction ends."""
        conn.execute(
            sa.text("INSERT INTO pace (system, next_at) VALUES (:s, 0) ON CONFLICT DO NOTHING"), {"s": gate.key}
        )
        pace = sa.select(PACE.c.next_at).where(PACE.c.system == gate.key).with_for_update()
        next_at = int(conn.execute(pace).scalar_one())
        others = conn.execute(
            sa.select(SLOT.c.job, SLOT.c.until).where(SLOT.c.system == gate.key, SLOT.c.until >= now)
        ).all()
        if any(other == job for other, _ in others):
            return 0
        if gate.at_once is not None and len(others) >= gate.at_once:
            return max(next_at, now + 1_000_000)
        return next_at if next_at > now else 0

    def stay(self, worker: str, lease_us: int) -> None:
        """The slots of this worker's jobs last longer: it lives."""
        mine = sa.select(JOB.c.id).where(JOB.c.worker == worker, JOB.c.state == "running")
        held = sa.select(SLOT.c.job).where(SLOT.c.job.in_(mine)).limit(1)
        with self.engine.connect() as conn:
            if conn.execute(held).first() is None:
                return
        with writing(self.engine).begin() as conn:
            until = clock_us(conn) + lease_us
            conn.execute(sa.update(SLOT).where(SLOT.c.job.in_(mine)).values(until=until))

    def leave_systems(self, job: str) -> None:
        """The job is out of every system."""
        with writing(self.engine).begin() as conn:
            conn.execute(sa.delete(SLOT).where(SLOT.c.job == job))

    # ── halts ─────────────────────────────────────────────────────────────────────────────────────────────────

    def halts(self) -> dict[str, Halt]:
        """What is halted: by controller, `ALL` for every one."""
        with self.engine.connect() as conn:
            return halts_of(conn)

    def set_halt(self, controller: str, halt: Halt | None) -> None:
        """Halt the execution for a controller (`ALL`: every one), or let it go on (None)."""
        with writing(self.engine).begin() as conn:
            set_halt(conn, controller, halt)


def set_halt(conn: sa.Connection, controller: str, halt: Halt | None) -> None:
    """The same inside a transaction. To let every one go on ends what is halted by itself too."""
    conn.execute(sa.text("INSERT INTO meta (key, value) VALUES (:k, '{}') ON CONFLICT DO NOTHING"), {"k": HALT})
    kept = sa.select(META.c.value).where(META.c.key == HALT).with_for_update()
    found = halts_in(conn.execute(kept).scalar_one())
    if halt is not None:
        found[controller] = halt
    elif controller == ALL:
        found.clear()
    else:
        found.pop(controller, None)
    value = orjson.dumps({key: [one.by, one.reason, one.since] for key, one in found.items()}).decode()
    conn.execute(sa.update(META).where(META.c.key == HALT).values(value=value))


def halts_of(conn: sa.Connection) -> dict[str, Halt]:
    """What is halted, as central has it now."""
    return halts_in(conn.execute(sa.select(META.c.value).where(META.c.key == HALT)).scalar())


def is_halted(halts: Mapping[str, Halt], controller: str) -> bool:
    """Whether nothing may begin for this controller."""
    return ALL in halts or controller in halts


def not_halted(halts: Mapping[str, Halt]) -> sa.ColumnElement[bool]:
    """Of jobs: those that may begin or go on."""
    return sa.false() if ALL in halts else JOB.c.controller.not_in(list(halts))


def forget_work(conn: sa.Connection, job: str) -> None:
    """What goes with a job that ended."""
    conn.execute(sa.delete(PROGRESS).where(PROGRESS.c.job == job))
    conn.execute(sa.delete(SLOT).where(SLOT.c.job == job))
