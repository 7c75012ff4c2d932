"""Every case of central, streamed, for figures: nothing of it is held but the page at hand."""

from collections.abc import Iterator

import sqlalchemy as sa

from db.central import CASE

PAGE = 1000


def case_bodies(engine: sa.Engine, controller: str = "") -> Iterator[bytes]:
    """The folded state of each case, of one controller or all, the register of breaches included."""
    after = ""
    while True:
        query = sa.select(CASE.c.id, CASE.c.body).where(CASE.c.id > after)
        query = query.where(CASE.c.controller == controller) if controller else query
        with engine.connect() as conn:
            page = conn.execute(query.order_by(CASE.c.id).limit(PAGE)).all()
        yield from (bytes(row[1]) for row in page)
        if len(page) < PAGE:
            return
        after = page[-1][0]
