"""Which cases are about one person, by keyed digests: central itself cannot tell whose they are."""

from collections.abc import Sequence

import sqlalchemy as sa

from db.central import CASE, LOOKUP

NEWEST = 50


def cases_by(engine: sa.Engine, digests: Sequence[str], controller: str) -> list[str]:
    """The newest cases of the persons behind these lookups, newest first, `NEWEST` at most."""
    subjects = sa.select(LOOKUP.c.subject).where(LOOKUP.c.digest.in_(digests), LOOKUP.c.controller == controller)
    query = sa.select(CASE.c.id).where(CASE.c.subject.in_(subjects)).order_by(CASE.c.rev.desc()).limit(NEWEST)
    with engine.connect() as conn:
        return list(conn.execute(query).scalars())


def cases_like(engine: sa.Engine, case: str) -> list[str]:
    """All cases of whoever `case` is about, by number, itself among them; itself alone once the person was erased."""
    asked = sa.select(CASE.c.subject, CASE.c.controller).where(CASE.c.id == case).subquery()
    known = sa.select(LOOKUP.c.digest).join(asked, asked.c.subject == LOOKUP.c.subject)
    same = sa.select(LOOKUP.c.subject).where(
        LOOKUP.c.digest.in_(known), LOOKUP.c.controller == sa.select(asked.c.controller).scalar_subquery()
    )
    query = sa.select(CASE.c.id).where((CASE.c.id == case) | CASE.c.subject.in_(same)).order_by(CASE.c.id)
    with engine.connect() as conn:
        return list(conn.execute(query).scalars())
