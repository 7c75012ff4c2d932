"""The queue: pages in legal order, counts, the next-best case, taking and assigning."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from db import queue_pages
from services.action_log import acts
from services.cases.fold import LEASE_US
from services.cases.queue import REASONS
from services.clock.traffic import light, paused_light
from services.desk.cases import Cases
from services.desk.context import Context
from services.desk.settle import Settle
from services.errors import Conflict, Unavailable
from services.types import Band, Cursor, QueueCounts, QueuePage, QueueRow, QueueView, Session


class Queue:
    """Reads the terminal's replica only; nothing here waits for central but a claim."""

    def __init__(self, ctx: Context, cases: Cases, settle: Settle) -> None:
        self._ctx = ctx
        self._cases = cases
        self._settle = settle

    def page(
        self, session: Session, view: QueueView, after: Cursor | None, limit: int, reverse: bool = False
    ) -> QueuePage:
        """Up to `limit` rows after a cursor, or before it; only controllers granted to the agent."""
        self._ctx.require(session)
        today = self._today(session)
        rows = queue_pages.page(self._ctx.store, self._own(session, view), _iso(today), after, limit, reverse=reverse)
        shown = tuple(self._row(r, today) for r in rows)
        return QueuePage(shown, shown[0].cursor if shown else None, shown[-1].cursor if shown else None)

    def counts(self, session: Session, view: QueueView) -> QueueCounts:
        """Totals of the view and what is next, with the reason."""
        self._ctx.require(session)
        base = self._own(session, QueueView())
        first = self.page(session, QueueView(), None, 1).rows
        total, mine, unassigned, approval = (
            queue_pages.count(self._ctx.store, v)
            for v in (self._own(session, view), *(replace(base, kind=k) for k in ("mine", "unassigned", "approval")))
        )
        drafts, kept = self._settle.counts(session)
        return QueueCounts(
            total,
            mine,
            unassigned,
            approval,
            first[0] if first else None,
            first[0].reason if first else "",
            queue_pages.conflicts(self._ctx.store, session.controllers),
            drafts,
            kept,
        )

    def next(self, session: Session) -> QueueRow | None:
        """The next-best case that nobody else works on: mine first at equal urgency, then unassigned."""
        mine = self.page(session, QueueView(kind="mine"), None, 1).rows
        free = self.page(session, QueueView(kind="unassigned"), None, 1).rows
        both = sorted((*mine, *free), key=lambda r: (r.band, r.due_hard or date.max, r.case))
        return both[0] if both else None

    def take(self, session: Session, case: str) -> int:
        """Claim a case; its fence. Raises `Conflict` when another holds it, `Refused`, `Unavailable`."""
        state = self._cases.state(case)
        self._ctx.permit("take", state, session)
        fence = self._ctx.port().claim(case, session.actor, LEASE_US)
        if fence is None:
            raise Conflict("another agent holds it", next_key="n next")
        until = self._ctx.now() + LEASE_US
        claimed = self._ctx.draft(session, acts.CaseClaimed(until=until), state)
        self._ctx.write([replace(claimed, fence=fence)])
        self._ctx.claims.keep(replace(state, holder=session.actor, fence=fence, until=until))
        return fence

    def assign(self, session: Session, cases: Sequence[str], agent: str) -> int:
        """A lead gives cases to an agent (`` takes them back); how many were assigned."""
        states = [self._cases.state(case) for case in cases]
        for state in states:
            self._ctx.permit("assign", state, session)
        act = acts.CaseAssigned(agent=f"agent:{agent}" if agent else None)
        self._ctx.write([self._ctx.draft(session, act, state) for state in states])
        return len(states)

    def agents(self, session: Session, controller: str) -> tuple[tuple[str, str], ...]:
        """(number, name) of everyone who may work for a controller."""
        self._ctx.require(session)
        import orjson

        rows = self._ctx.store.rows("SELECT id, name, roles FROM agent WHERE disabled=0 ORDER BY id")
        return tuple((r[0], r[1]) for r in rows if controller in orjson.loads(r[2]))

    def _own(self, session: Session, view: QueueView) -> QueueView:
        return replace(view, agent=session.agent, controllers=session.controllers)

    def _today(self, session: Session) -> dict[str, date]:
        if not self._ctx.controller_keys():
            raise Unavailable("central has not told this terminal its controllers yet")
        return {key: self._ctx.today(key) for key in session.controllers}

    def _row(self, row: Sequence[Any], today: dict[str, date]) -> QueueRow:
        case, controller, rights, person, state, who, tier, due, *_, approval, conflicts, hard, paused, _, band = row
        leads = date.fromisoformat(due) if due else None
        without = date.fromisoformat(hard) if hard else leads
        day = today.get(controller, date.min + timedelta(days=1))
        if leads is None or without is None or band is Band.CLOSED:
            text = "-"
        else:
            text = paused_light(without, day, date.fromisoformat(paused)) if paused else light(leads, day)
        reason = "waits for a second person" if approval else REASONS[band]
        return QueueRow(
            case, controller, rights, person, state, who, tier, text, band, leads, reason, conflicts, without
        )


def _iso(today: dict[str, date]) -> dict[str, str]:
    return {key: day.isoformat() for key, day in today.items()}
