"""Cuts a terminal off from central, as a network does, and lets time pass at a desk."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from db import central
from db.central_port import CentralPort
from services.action_log.moment import Moment
from services.desk.desk import Desk
from services.errors import Unavailable
from tests.lone_terminal import wait_until

LEASE_S = 15 * 60


class Line:
    """The lines to central of every terminal in this process, by owner."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._down: set[str] = set()
        for name in ("_reading", "_writing"):
            patch.setattr(CentralPort, name, self._guarded(getattr(CentralPort, name)))

    def _guarded(self, real):  # type: ignore[no-untyped-def]
        @contextmanager
        def guarded(port: CentralPort) -> Iterator[sa.Connection]:
            if port.owner in self._down:
                raise Unavailable("central does not answer")
            with real(port) as conn:
                yield conn

        return guarded

    def cut(self, desk: Desk) -> None:
        """Nothing of this desk reaches central, until `mend`."""
        self._down.add(desk._ctx.terminal)
        desk._ctx.link.wake()
        wait_until(lambda: desk.status().central == "unreachable")

    def mend(self, desk: Desk) -> None:
        """The line is back, and the link notices."""
        self._down.discard(desk._ctx.terminal)

        def back() -> bool:
            desk._ctx.link.wake()
            return desk.status().central == "reached"

        wait_until(back)


def later(desk: Desk, seconds: float = LEASE_S + 60) -> None:
    """So much time passes at this desk."""
    by, now, book = int(seconds * 1_000_000), desk._ctx.now, desk._ctx.book
    desk._ctx.now = lambda: now() + by
    for clocked in (book, book.writer):
        clock = clocked._clock
        clocked._clock = lambda clock=clock: _moved(clock(), by)  # type: ignore[misc]


def _moved(at: Moment, by: int) -> Moment:
    return Moment(at.ts + by, at.mono + by, at.boot)


def close_log(desk: Desk) -> None:
    """The open log is retired, as when central holds another history of it."""
    desk._ctx.book.refused("forked", "for the test")


def lease_over(engine: sa.Engine, case: str) -> None:
    """Central's clock passes the end of a claim."""
    with central.writing(engine).begin() as conn:
        conn.execute(sa.update(central.CLAIM).where(central.CLAIM.c.case_id == case).values(until=0))
