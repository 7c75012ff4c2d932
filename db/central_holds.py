"""Legal holds in central: as folded, who is held by them, and which cases that touches."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from db.central import CASE, DETAIL, LOOKUP
from db.central_store import IN_CHUNK


class HoldRow(SQLModel, table=True):
    """A legal hold as folded (rules.md 9), who is held by it in `hold_digest`."""

    __tablename__ = "hold"
    id: str = Field(primary_key=True)
    controller: str
    case_id: str
    stands: bool
    body: bytes


class HoldDigestRow(SQLModel, table=True):
    """Keyed digest of an identifier whose bearer's data are held; it goes when the hold is lifted."""

    __tablename__ = "hold_digest"
    digest: str = Field(primary_key=True)
    hold: str = Field(primary_key=True)


HOLD = SQLModel.metadata.tables["hold"]
HOLD_DIGEST = SQLModel.metadata.tables["hold_digest"]


def holds(conn: sa.Connection, *, standing: bool = False) -> dict[str, bytes]:
    """JSON of every hold by id, or of those that stand."""
    query = sa.select(HOLD.c.id, HOLD.c.body)
    if standing:
        query = query.where(HOLD.c.stands)
    return {row[0]: bytes(row[1]) for row in conn.execute(query)}


def put_hold(conn: sa.Connection, row: dict[str, object]) -> None:
    """Keep a hold as it is now."""
    conn.execute(sa.delete(HOLD).where(HOLD.c.id == row["id"]))
    conn.execute(sa.insert(HOLD), [row])


def put_digests(conn: sa.Connection, hold: str, digests: Iterable[str]) -> None:
    """Who is held by it, from now on; nobody when there are none."""
    conn.execute(sa.delete(HOLD_DIGEST).where(HOLD_DIGEST.c.hold == hold))
    rows = [{"digest": digest, "hold": hold} for digest in sorted(set(digests))]
    if rows:
        conn.execute(sa.insert(HOLD_DIGEST), rows)


def digests_of_case(conn: sa.Connection, case: str) -> list[str]:
    """Keyed digests of the case's person, as given at intake."""
    subject = sa.select(CASE.c.subject).where(CASE.c.id == case).scalar_subquery()
    return list(conn.execute(sa.select(LOOKUP.c.digest).where(LOOKUP.c.subject == subject)).scalars())


def named_by(conn: sa.Connection, digests: Sequence[str], case: str = "") -> set[str]:
    """Ids of the holds that stand over whoever bears one of these digests, or that were set for this case."""
    found = (
        set(conn.execute(sa.select(HOLD.c.id).where(HOLD.c.stands, HOLD.c.case_id == case)).scalars())
        if case
        else set()
    )
    for at in range(0, len(digests), IN_CHUNK):
        query = sa.select(HOLD_DIGEST.c.hold).where(HOLD_DIGEST.c.digest.in_(digests[at : at + IN_CHUNK]))
        found |= set(conn.execute(query).scalars())
    return found


def forget_matter(conn: sa.Connection, hold: str) -> int:
    """Delete what a lifted hold was about, its key included; 1 if there was something."""
    return int(conn.execute(sa.delete(DETAIL).where(DETAIL.c.owner == hold)).rowcount > 0)


def subjects_held(conn: sa.Connection, subjects: Sequence[str]) -> dict[str, set[str]]:
    """Ids of the holds over each of these subjects; those over whom there is none are left out."""
    found: dict[str, set[str]] = {}
    if conn.execute(sa.select(HOLD.c.id).where(HOLD.c.stands).limit(1)).first() is None:
        return found  # as mostly: an import writes a million cases
    by_case = sa.select(CASE.c.subject, HOLD.c.id).join(HOLD, HOLD.c.case_id == CASE.c.id).where(HOLD.c.stands)
    by_digest = sa.select(LOOKUP.c.subject, HOLD_DIGEST.c.hold).join(
        HOLD_DIGEST, HOLD_DIGEST.c.digest == LOOKUP.c.digest
    )
    for at in range(0, len(subjects), IN_CHUNK):
        some = subjects[at : at + IN_CHUNK]
        rows = [
            *conn.execute(by_case.where(CASE.c.subject.in_(some))),
            *conn.execute(by_digest.where(LOOKUP.c.subject.in_(some))),
        ]
        for subject, hold in rows:
            found.setdefault(subject, set()).add(hold)
    return found


def subjects_of(conn: sa.Connection, hold: str, case: str) -> list[str]:
    """The subjects that a hold is over, by its digests and the case it was set for."""
    by_digest = sa.select(LOOKUP.c.subject).join(HOLD_DIGEST, HOLD_DIGEST.c.digest == LOOKUP.c.digest)
    by_case = sa.select(CASE.c.subject).where(CASE.c.id == case)
    query = by_digest.where(HOLD_DIGEST.c.hold == hold).union(by_case)
    return sorted(conn.execute(query).scalars())


def cases_of(conn: sa.Connection, subjects: Sequence[str]) -> list[tuple[str, str, int]]:
    """(case, subject, how much of it is held) of these subjects' cases."""
    found: list[tuple[str, str, int]] = []
    for at in range(0, len(subjects), IN_CHUNK):
        query = sa.select(CASE.c.id, CASE.c.subject, CASE.c.on_hold).where(
            CASE.c.subject.in_(subjects[at : at + IN_CHUNK])
        )
        found += [(row[0], row[1], row[2]) for row in conn.execute(query.order_by(CASE.c.id))]
    return found
