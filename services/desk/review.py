"""The second pair of eyes: what waits for approval, approving exactly what was shown, sending back."""

from services.action_log import acts
from services.cases.case import from_json
from services.cases.decision import pending
from services.cases.queue import dates_of
from services.clock.traffic import light
from services.desk.cases import Cases
from services.desk.context import Context
from services.desk.decision_views import decision_view
from services.errors import BadInput, NotFound, Refused
from services.types import Approval, ItemState, Session

RETURN_REASONS = ("wrong-person", "check-again", "hold-exists", "plan-too-wide", "talk-to-me")


class Review:
    """For leads. Four eyes compares persons, not roles (design.md 7.7)."""

    def __init__(self, ctx: Context, cases: Cases) -> None:
        self._ctx, self._cases = ctx, cases

    def waiting(self, session: Session) -> tuple[Approval, ...]:
        """Everything that waits for a second person, earliest legal end first."""
        self._ctx.require(session)
        found = []
        for case_id, body in self._ctx.port().approvals():
            case = from_json(body)
            if case.controller not in session.controllers:
                continue
            controller = self._ctx.controller(case.controller)
            due = light(dates_of(case, controller).due, self._ctx.today(case.controller))
            for item in case.items:
                if item.state is not ItemState.REVIEW:
                    continue
                deletes, masks, keeps = item.counts
                plan = f"{deletes} deleted, {masks} masked, {keeps} kept"
                held = f"{item.undecided} parts may be about others"
                found.append(
                    Approval(
                        case=case_id,
                        item=item.id,
                        right=item.right,
                        asked_by=item.asked_by.removeprefix("agent:"),
                        asked_at=self._ctx.as_time(item.asked_at),
                        digest=item.digest,
                        preview=held if item.undecided else plan,
                        due=due,
                        mine=item.asked_by == session.actor and not item.undecided,
                        controller=case.controller,
                        duty=case.duty,
                        decision=decision_view(item, controller) if pending(item.state, item.decision) else None,
                    )
                )
        return tuple(found)

    def approve(self, session: Session, case: str, item: str, digest: str) -> None:
        """Approve the plan with that digest; the waiting period starts now. Raises `Refused`."""
        state = self._cases.state(case)
        self._ctx.permit("approve", state, session, item)
        found = state.item(item)
        if found is None:
            raise NotFound("the item is gone")
        if found.digest != digest:
            raise Refused("the plan changed since it was shown: look again")
        self._ctx.record(session, acts.EraseApproved(digest=digest), state, item)

    def send_back(self, session: Session, case: str, item: str, reason: str) -> None:
        """Send it back to who asked, with a reason."""
        if reason not in RETURN_REASONS:
            raise BadInput(f"a reason is one of {', '.join(RETURN_REASONS)}", place="reason")
        state = self._cases.state(case)
        self._ctx.permit("return", state, session, item)
        self._ctx.record(session, acts.EraseReturned(reason=reason), state, item)
