"""Closed cases of which sealed details are left, for the retention of our own data."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from db.central import CASE, DETAIL, LOOKUP, META, writing

DAY = "retention-day"
"""The key of the fact that says on which day (ISO) the last run was."""
PAGE = 500


class Kept(NamedTuple):
    """A closed case: its folded state, whether some of it is on hold, how many sealed details it has of each kind."""

    id: str
    subject: str
    body: bytes
    on_hold: bool
    kinds: dict[str, int]


def closed_cases(engine: sa.Engine) -> Iterator[Kept]:
    """Those with sealed details, by page."""
    after = ""
    while True:
        left = sa.select(DETAIL.c.hash).where(DETAIL.c.owner == CASE.c.id).exists()
        query = sa.select(CASE.c.id, CASE.c.subject, CASE.c.body, CASE.c.on_hold)
        query = query.where(CASE.c.id > after, sa.not_(CASE.c.is_open), left).order_by(CASE.c.id).limit(PAGE)
        with engine.connect() as conn:
            page = conn.execute(query).all()
            kinds = _kinds(conn, [row[0] for row in page])
        yield from (Kept(row[0], row[1], bytes(row[2]), bool(row[3]), kinds[row[0]]) for row in page)
        if len(page) < PAGE:
            return
        after = page[-1][0]


def _kinds(conn: sa.Connection, cases: Sequence[str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {case: {} for case in cases}
    query = sa.select(DETAIL.c.owner, DETAIL.c.kind, sa.func.count()).where(DETAIL.c.owner.in_(cases))
    for owner, kind, count in conn.execute(query.group_by(DETAIL.c.owner, DETAIL.c.kind)):
        found[owner][kind] = count
    return found


def busy_subjects(engine: sa.Engine) -> set[str]:
    """Subjects of whom a case is open, and all who are found by the same identifier: one person each."""
    still = sa.select(CASE.c.subject).where(CASE.c.is_open)
    mine, other = LOOKUP.alias(), LOOKUP.alias()
    same = sa.select(mine.c.subject).join(other, other.c.digest == mine.c.digest).where(other.c.subject.in_(still))
    with engine.connect() as conn:
        return set(conn.execute(still.union(same)).scalars())


def last_day(engine: sa.Engine) -> str:
    """The day of the last run; empty when there was none."""
    with engine.connect() as conn:
        return str(conn.execute(sa.select(META.c.value).where(META.c.key == DAY)).scalar() or "")


def put_day(engine: sa.Engine, day: str) -> None:
    """A run is over."""
    with writing(engine).begin() as conn:
        if conn.execute(sa.update(META).where(META.c.key == DAY).values(value=day)).rowcount == 0:
            conn.execute(sa.insert(META), [{"key": DAY, "value": day}])


def drop_kinds(conn: sa.Connection, case: str, kinds: Sequence[str] | None) -> None:
    """Delete a case's sealed details of these kinds; None: all of them, the key included."""
    mine = DETAIL.c.owner == case
    conn.execute(sa.delete(DETAIL).where(mine if kinds is None else mine & DETAIL.c.kind.in_(kinds)))


def nothing_left(conn: sa.Connection, subject: str) -> bool:
    """Whether no case of the subject has a sealed detail, nor is open."""
    left = sa.select(DETAIL.c.hash).where(DETAIL.c.owner == CASE.c.id).exists()
    query = sa.select(CASE.c.id).where(CASE.c.subject == subject, CASE.c.is_open | left)
    return conn.execute(query.limit(1)).first() is None
