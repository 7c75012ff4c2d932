"""What central counts for whoever watches it: numbers and codes only, no person, no case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from db.central import ASK, CASE, CLAIM, HEAD, INBOX, JOB, LEASE, LOG, TERMINAL, clock_us
from db.central_work import halts_of


@dataclass(frozen=True, slots=True)
class Count:
    """One number with its labels."""

    name: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


def counts(engine: sa.Engine, today: date) -> list[Count]:
    """Everything there is to watch; `today` decides what is overdue."""
    with engine.connect() as conn:
        now = clock_us(conn)
        return [*_log(conn, now), *_work(conn, now), *_cases(conn, today), *_machines(conn, now)]


def _log(conn: sa.Connection, now: int) -> list[Count]:
    entries, logs = conn.execute(sa.select(sa.func.coalesce(sa.func.sum(HEAD.c.size), 0), sa.func.count())).one()
    columns = (sa.func.count(), sa.func.coalesce(sa.func.sum(INBOX.c.count), 0), sa.func.min(INBOX.c.received_at))
    batches, waiting, oldest = conn.execute(sa.select(*columns)).one()
    refused = conn.execute(sa.select(sa.func.count()).select_from(LOG).where(LOG.c.problem != "")).scalar_one()
    return [
        Count("entries", entries),
        Count("logs", logs),
        Count("logs_refused", refused),
        Count("inbox_batches", batches),
        Count("inbox_entries", waiting),
        Count("inbox_oldest_seconds", _age(now, oldest)),
    ]


def _work(conn: sa.Connection, now: int) -> list[Count]:
    jobs = conn.execute(sa.select(JOB.c.kind, JOB.c.state, sa.func.count()).group_by(JOB.c.kind, JOB.c.state)).all()
    asks = sa.select(sa.func.count(), sa.func.min(ASK.c.made_at)).where(ASK.c.reply.is_(None))
    waiting, oldest = conn.execute(asks).one()
    held = sa.select(sa.func.count()).select_from(CLAIM).where(CLAIM.c.until >= now, CLAIM.c.holder != "")
    return [
        *(Count("jobs", number, (("kind", kind), ("state", state))) for kind, state, number in jobs),
        *(Count("work_halted", 1, (("controller", key),)) for key in sorted(halts_of(conn))),
        Count("asks_waiting", waiting),
        Count("asks_oldest_seconds", _age(now, oldest)),
        Count("claims_held", conn.execute(held).scalar_one()),
    ]


def _cases(conn: sa.Connection, today: date) -> list[Count]:
    def those(where: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((where, 1), else_=0)), 0)

    names = (
        "cases_open",
        "cases_overdue",
        "cases_unacknowledged",
        "cases_breach",
        "cases_to_approve",
        "cases_conflicts",
        "cases_extended",
        "cases_paused",
    )
    wanted: Sequence[sa.ColumnElement[bool]] = (
        CASE.c.is_open,
        CASE.c.is_open & (CASE.c.due < today.isoformat()),
        CASE.c.is_open & sa.not_(CASE.c.acknowledged),
        CASE.c.is_open & CASE.c.breach,
        CASE.c.approval,
        CASE.c.conflicts > 0,
        CASE.c.extended,
        CASE.c.is_open & (CASE.c.paused != ""),
    )
    query = sa.select(CASE.c.controller, sa.func.count(), *map(those, wanted)).group_by(CASE.c.controller)
    found = []
    for controller, whole, *numbers in conn.execute(query.order_by(CASE.c.controller)):
        labels = (("controller", str(controller)),)
        found.append(Count("cases", whole, labels))
        found += [Count(name, number, labels) for name, number in zip(names, numbers, strict=True)]
    return found


def _machines(conn: sa.Connection, now: int) -> list[Count]:
    held = conn.execute(sa.select(sa.func.count()).select_from(LEASE).where(LEASE.c.until >= now)).scalar_one()
    rows = conn.execute(sa.select(TERMINAL.c.name, TERMINAL.c.seen_at).where(TERMINAL.c.kind == "worker")).all()
    terminals = sa.select(sa.func.count()).select_from(TERMINAL).where(
        TERMINAL.c.kind == "terminal", sa.not_(TERMINAL.c.revoked)
    )  # fmt: skip
    return [
        *(Count("worker_seen_seconds_ago", _age(now, seen), (("worker", name),)) for name, seen in rows if seen),
        Count("leases_held", held),
        Count("terminals", conn.execute(terminals).scalar_one()),
    ]


def _age(now: int, at: int | None) -> float:
    """Seconds since a moment in µs; 0 when there is none."""
    return max(0, now - at) / 1_000_000 if at else 0
