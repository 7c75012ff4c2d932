"""Who may sign in, as a worker asks central: tries are counted before a PIN is looked at."""

from dataclasses import dataclass, field

import sqlalchemy as sa

from db.central import AGENT, TERMINAL, clock_us, writing


@dataclass(frozen=True, slots=True)
class Account:
    """An agent's row. `roles` is JSON, by controller; `pin_rev` grows with every new PIN."""

    name: str
    pin_hash: str = field(repr=False)
    pin_rev: int
    roles: str
    disabled: bool
    locks: bool
    """Whether this try is the last one for a while, should it be wrong."""


def begin_try(engine: sa.Engine, agent: str, most: int, lock_us: int) -> tuple[Account | None, int]:
    """The account, with this try counted, and for how many µs none is taken (0: this one is).

    By central's clock and in one statement: guesses at many terminals at once are counted one by one. The try numbered
    `most` locks for `lock_us`; `end_tries` takes that back when it was right.
    """
    more = AGENT.c.tries + 1
    counted = (
        sa.update(AGENT)
        .where(AGENT.c.id == agent, AGENT.c.locked_until <= sa.bindparam("now"))
        .values(
            tries=sa.case((more >= most, 0), else_=more),
            locked_until=sa.case((more >= most, sa.bindparam("until")), else_=0),
        )
        .returning(*(AGENT.c[name] for name in ("name", "pin_hash", "pin_rev", "roles", "disabled", "locked_until")))
    )
    with writing(engine).begin() as conn:
        now = clock_us(conn)
        row = conn.execute(counted, {"now": now, "until": now + lock_us}).first()
        if row is not None:
            return Account(row[0], row[1], row[2], row[3], bool(row[4]), row[5] > now), 0
        until = conn.execute(sa.select(AGENT.c.locked_until).where(AGENT.c.id == agent)).scalar()
        return None, max(0, until - now) if until else 0


def end_tries(engine: sa.Engine, agent: str) -> None:
    """The PIN was right: what was counted is forgotten."""
    with writing(engine).begin() as conn:
        conn.execute(sa.update(AGENT).where(AGENT.c.id == agent).values(tries=0, locked_until=0))


def is_revoked(engine: sa.Engine, terminal: str) -> bool:
    """Whether the terminal was shut out, or never enrolled."""
    with engine.connect() as conn:
        found = conn.execute(sa.select(TERMINAL.c.revoked).where(TERMINAL.c.id == terminal)).scalar()
    return found is None or bool(found)
