"""Saying no (rules.md 3): one person proposes it with its letter, a second one decides exactly that."""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256

from db.log import Detail
from services.action_log import acts
from services.action_log.entry import new_id
from services.action_log.sealing import seal
from services.cases.case import Case, Item
from services.cases.decision import DecisionState, decides, not_repeated, why_not
from services.cases.policy import may
from services.desk.asks import Asks
from services.desk.cases import Cases
from services.desk.context import Context
from services.errors import BadInput, NotFound, Refused
from services.types import DutyRole, LetterText, Proposal, Session

RETURNS = ("not-proven", "another-ground", "do-it", "in-part", "talk-to-me", "controller-declines")
LONGEST = 2_000
MOST_EARLIER = 5


class Decisions:
    """Each act raises `Refused` with the table's reason; reading a letter is an action."""

    def __init__(self, ctx: Context, cases: Cases, asks: Asks) -> None:
        self._ctx, self._cases, self._asks = ctx, cases, asks

    def preview(self, session: Session, case: str, item: str, proposal: Proposal) -> LetterText:
        """The letter that would leave. Raises `BadInput` for what cannot be decided, `Refused`, `Unavailable`."""
        state = self._cases.state(case)
        self._ctx.require(session)
        answer = may("refuse", state, self._ctx.moment(session, state.controller), item)
        if not answer.allowed:
            raise Refused(answer.reason)
        checked = self._checked(state, item, proposal)
        drafted: dict[str, object] = {
            "outcome": checked.outcome, "grounds": list(checked.grounds), "earlier": list(checked.earlier),
            "amount": checked.amount, "language": checked.language, "explanation": checked.explanation,
        }  # fmt: skip
        found = state.item(item)
        return self._letter(session, state, {"item": item, "view": found.view if found else "", **drafted})

    def propose(self, session: Session, case: str, item: str, proposal: Proposal) -> None:
        """Have a second person decide it. Raises `BadInput` for what cannot be decided (REF-2, REF-3, REF-7)."""
        state = self._cases.state(case)
        self._ctx.permit("refuse", state, session, item)
        checked = self._checked(state, item, proposal)
        text, key = checked.explanation.encode(), self._ctx.sealing_key(state)
        blob = seal(key, text, deployment=self._ctx.deployment, owner=case, kind="explanation")
        detail = Detail(sha256(blob).hexdigest(), case, "explanation", blob)
        act = acts.DecisionProposed(
            decision=new_id(), outcome=checked.outcome, grounds=checked.grounds, earlier=checked.earlier,
            amount=checked.amount or None, language=checked.language,
        )  # fmt: skip
        self._ctx.write([self._ctx.draft(session, act, state, item, (detail.hash,))], [detail])

    def read(self, session: Session, case: str, item: str) -> LetterText:
        """The letter of the decision that waits, as it would leave: what the second person decides about."""
        state = self._cases.state(case)
        self._ctx.permit("read-decision", state, session)
        self._waiting(state, item)
        return self._letter(session, state, {"item": item})

    def approve(self, session: Session, case: str, item: str, decision: str, instruction: str = "") -> None:
        """Decide exactly what was shown; a processor names the controller's `instruction` (REF-8)."""
        state = self._decided(session, case, item, decision)
        if state.duty is DutyRole.PROCESSOR and not instruction.strip():
            raise Refused("only the controller decides that: name its instruction", next_key="refer it")
        act = acts.DecisionApproved(decision=decision, instruction=instruction.strip() or None)
        self._ctx.record(session, act, state, item)

    def refer(self, session: Session, case: str, item: str, decision: str) -> None:
        """Mail what is proposed to the controller, who decides; it waits until they answered."""
        state = self._decided(session, case, item, decision)
        if state.duty is not DutyRole.PROCESSOR:
            raise Refused("we are the controller: it is decided here")
        self._ctx.record(session, acts.DecisionReferred(decision=decision), state, item)

    def send_back(self, session: Session, case: str, item: str, decision: str, reason: str) -> None:
        """Not so: the item is open again, with the reason."""
        if reason not in RETURNS:
            raise BadInput(f"a reason is one of {', '.join(RETURNS)}", place="reason")
        state = self._decided(session, case, item, decision)
        self._ctx.record(session, acts.DecisionReturned(decision=decision, reason=reason), state, item)

    def withdraw(self, session: Session, case: str, item: str) -> None:
        """Take a proposal back that nobody decided yet."""
        state = self._cases.state(case)
        self._ctx.permit("unrefuse", state, session, item)
        decision = self._waiting(state, item)
        self._ctx.record(session, acts.DecisionWithdrawn(decision=decision.id), state, item)

    def _decided(self, session: Session, case: str, item: str, decision: str) -> Case:
        """The case, when this person may decide about exactly that decision."""
        state = self._cases.state(case)
        self._ctx.permit("decide", state, session, item)
        found = self._waiting(state, item)
        if found.id != decision:
            raise Refused("another decision was proposed since it was shown: look again")
        if not decides(session.role, found.grounds):
            raise Refused("an officer decides about abuse")
        return state

    def _waiting(self, case: Case, item: str) -> DecisionState:
        found = case.item(item)
        if found is None or found.decision is None or found.decision.approved_by:
            raise NotFound("no decision waits here")
        return found.decision

    def _checked(self, state: Case, item: str, proposal: Proposal) -> Proposal:
        found = state.item(item)
        if found is None:
            raise NotFound("the item is gone")
        language = proposal.language or self._ctx.controller(state.controller).language
        earlier = tuple(dict.fromkeys(one.strip().upper() for one in proposal.earlier if one.strip()))
        checked = Proposal(
            proposal.outcome, proposal.grounds, proposal.explanation.strip(), earlier, proposal.amount, language
        )
        if why := why_not(found.right, checked.outcome, checked.grounds, earlier, checked.amount):
            raise BadInput(why, place="decision")
        if not checked.explanation or len(checked.explanation) > LONGEST:
            raise BadInput(f"say why to the person, in 1 to {LONGEST} characters", place="explanation")
        if len(earlier) > MOST_EARLIER:
            raise BadInput(f"at most {MOST_EARLIER} earlier cases", place="earlier")
        for number in earlier:
            self._repeated(state, found, number)
        return checked

    def _repeated(self, state: Case, item: Item, number: str) -> None:
        """Raises `BadInput` unless the same person asked for the same less than a year before (REF-3)."""
        try:
            other = self._cases.state(number)
        except NotFound:
            raise BadInput(f"there is no case {number}", place="earlier") from None
        if other.id == state.id or other.controller != state.controller:
            raise BadInput(f"{number} is no earlier case of this controller", place="earlier")
        if all(one.right is not item.right for one in other.items):
            raise BadInput(f"{number} did not ask for {item.right}", place="earlier")
        if self._cases.person(state) != self._cases.person(other):
            raise BadInput(f"{number} is not by the same person, as far as can be seen", place="earlier")
        if why := not_repeated(date.fromisoformat(other.received_on), date.fromisoformat(state.received_on)):
            raise BadInput(f"{number}: {why}", place="earlier")

    def _letter(self, session: Session, state: Case, wanted: Mapping[str, object]) -> LetterText:
        self._ctx.record(session, acts.DataViewed("letter", "answer-request", None, 1), state)
        told = self._asks.ask("decision", {"case": state.id, **wanted})
        return LetterText(**{name: str(told[name]) for name in ("template", "version", "language", "subject", "text")})
