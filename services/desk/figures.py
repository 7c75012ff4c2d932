"""The figures for the management, for leads and officers: of their controllers, never of one person who works here."""

from datetime import timedelta

from services.desk.asks import Asks
from services.desk.context import Context
from services.errors import Refused
from services.types import FiguresView, Role, Session

DAYS = 365


class FiguresDesk:
    """Counted by a worker, over the last year."""

    def __init__(self, ctx: Context, asks: Asks) -> None:
        self._ctx, self._asks = ctx, asks

    def read(self, session: Session) -> tuple[FiguresView, ...]:
        """Raises `Refused` for whom they are not, `Unavailable` without a worker."""
        self._ctx.require(session)
        if session.role not in (Role.LEAD, Role.OFFICER):
            raise Refused("figures are for leads and the officer")
        since = min(self._ctx.today(key) for key in session.controllers) - timedelta(days=DAYS)
        told = self._asks.ask("figures", {"agent": session.agent, "since": since.isoformat()})["figures"]
        return tuple(FiguresView(str(one["name"]), tuple((str(a), str(b)) for a, b in one["rows"])) for one in told)
