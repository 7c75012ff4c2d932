"""Letters of a case: read as they left or would leave, sent again, or told in another way."""

from typing import Any

from services.action_log import acts
from services.cases.case import Case, LetterState
from services.cases.fold_clock import CODE_LETTER
from services.cases.fold_letters import BREACH_NOTICE, FROM_CASE, failed_letters
from services.cases.oral import proven_apart
from services.desk.asks import Asks
from services.desk.cases import Cases
from services.desk.context import Context
from services.errors import BadInput, NotFound, Refused
from services.types import LetterText, Printed, Session, Tier

MEDIA = ("post", "phone", "in-person")
"""How what a letter says can reach a person when no mail does: printed and posted, or said to who has proven who they
are (Art 12(1), rules.md INT-7)."""


class Letters:
    """For whoever holds the case, and for leads. Reading is an action, so is each decision."""

    def __init__(self, ctx: Context, cases: Cases, asks: Asks) -> None:
        self._ctx, self._cases, self._asks = ctx, cases, asks

    def read(self, session: Session, case: str, letter: str) -> LetterText:
        """A letter as it left, or as it could not leave; sealed until now. Raises `Refused`, `NotFound`."""
        return self._look(session, case, {"letter": letter})

    def preview(self, session: Session, case: str, template: str) -> LetterText:
        """One of `FROM_CASE` as it would leave now; nothing is sent."""
        if template not in FROM_CASE:
            raise BadInput(f"a letter to look at before it is sent is one of {', '.join(FROM_CASE)}", place="template")
        return self._look(session, case, {"template": template})

    def retry(self, session: Session, case: str, letter: str) -> None:
        """Have a letter that failed sent again, now. Raises `Refused`."""
        state, found = self._failed(session, case, letter)
        self._ctx.record(session, acts.LetterRetryAsked(letter=found.id), state, found.item or None)

    def handed(self, session: Session, case: str, letter: str, medium: str) -> None:
        """What a letter that failed says reached the person by `medium`. Raises `Refused`."""
        if medium not in MEDIA:
            raise BadInput(f"a way is one of {', '.join(MEDIA)}", place="medium")
        state, found = self._failed(session, case, letter)
        if found.template == CODE_LETTER:
            raise Refused("a code goes to the address on file, and no other way", next_key="b sends it again")
        if medium == "phone" and found.template not in FROM_CASE and not proven_apart(state):
            raise Refused("by mouth only to who was proven by other means: a code, a call-back, the account (v)")
        if (
            medium != "post"
            and found.template not in FROM_CASE
            and not Tier.T2 <= self._cases.tier(state, session) < Tier.TX
        ):
            raise Refused("needs T2: an answer is said only to who has proven who they are", next_key="v verifies")
        self._ctx.record(session, acts.LetterHanded(letter=found.id, medium=medium), state, found.item or None)

    def print(self, session: Session, case: str, letter: str) -> Printed:
        """Have a worker write it as a PDF to be printed and posted; each is an action. Raises `Refused`, `NotFound`."""
        state = self._cases.state(case)
        found = next((one for one in state.letters if one.id == letter), None)
        of_breach = found is not None and found.template == BREACH_NOTICE
        self._ctx.permit("print-notice" if of_breach else "print-letter", state, session)
        if found is None:
            raise NotFound("there is no such letter")
        self._ctx.record(session, acts.DataViewed("letter-print", "reach-person", None, 1), state, found.item or None)
        told = self._asks.ask("letter-print", {"case": case, "letter": letter})
        return Printed(str(told["file"]), bool(told["addressed"]))

    def _failed(self, session: Session, case: str, letter: str) -> tuple[Case, LetterState]:
        state = self._cases.state(case)
        found = next((one for one in failed_letters(state) if one.id == letter), None)
        of_breach = found is not None and found.template == BREACH_NOTICE
        self._ctx.permit("breach-letter" if of_breach else "letter", state, session)
        if found is None:
            raise Refused("this letter has not failed")
        return state, found

    def _look(self, session: Session, case: str, wanted: dict[str, str]) -> LetterText:
        state = self._cases.state(case)
        self._ctx.permit("read-letter", state, session)
        self._ctx.record(session, acts.DataViewed("letter", "answer-request", None, 1), state)
        told: dict[str, Any] = self._asks.ask("letter", {"case": case, **wanted})
        return LetterText(**{name: str(told[name]) for name in ("template", "version", "language", "subject", "text")})
