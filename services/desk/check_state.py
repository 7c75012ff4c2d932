"""What the desk reads out of a folded check, and which ways a worker says are open; nothing of it is an answer."""

from dataclasses import replace

from services.cases.case import Case, Check as Folded
from services.cases.fold_check import CHECK_US, NO_NUMBER
from services.cases.fold_clock import code_letter
from services.desk.asks import Asks
from services.desk.context import Context
from services.errors import Refused, Unavailable
from services.identity.check import Check
from services.identity.template import templates
from services.identity.ways import Ways
from services.types import Factor, Session, Tier


class OpenWays:
    """Which ways are open, as a worker sees it; kept for one check. Offline nothing is."""

    def __init__(self, ctx: Context, asks: Asks) -> None:
        self._ctx, self._asks = ctx, asks
        self._known: dict[str, Ways] = {}

    def of(self, state: Case) -> Ways:
        """The ways of the case's check now."""
        if not self._ctx.online or not self._ctx.link.state.worker_alive:
            return Ways(offline=True)
        check = state.check.id if state.check else ""
        if check not in self._known:
            try:
                told = self._asks.ask("ways", {"case": state.id})
            except (Unavailable, Refused):  # or central has not taken the case yet: logged a moment ago
                return Ways(offline=True)
            ways = Ways(False, int(told["kbd_questions"]), bool(told["texts"]), bool(told["sessions"]))
            self._known = {check: ways}
        letter = code_letter(state)
        return replace(self._known[check], letter=letter is not None and not letter.waits)


_FACTORS = frozenset(f.value for f in Factor)


def in_hand(check: Folded, session: Session, now: int) -> bool:
    """Whether it is this session's and still holds, open or done."""
    return check.session == session.id and check.ended in ("", "done") and now <= check.started_at + CHECK_US


def higher(check: Folded, tier: Tier, session: Session, now: int) -> bool:
    """Whether it goes on, but must prove more than it was begun for; what a lead lowered stays so."""
    return in_hand(check, session, now) and not check.lowered and Tier.T0 < check.tier_needed < tier < Tier.TX


def called(check: Folded) -> bool:
    """Whether the number on file was shown for a call-back, and there was one."""
    return any(f == Factor.CBK for f, _ in check.asked) and (Factor.CBK, NO_NUMBER) not in check.failed


def engine(folded: Folded) -> Check:
    """The folded check as the engine's, with its template."""
    return Check(
        template=templates()[folded.template],
        tier_needed=Tier(folded.tier_needed),
        session=folded.session,
        actor=folded.actor,
        started_at=folded.started_at,
        passed=folded.passed,
        failed=folded.failed,
        marks=folded.marks,
        strikes=folded.strikes,
        ended=folded.ended,
        document=folded.document,
    )


def factor_of(step: str) -> Factor | None:
    """The factor of a line `step.FACTOR`, None for a guard or a sentence."""
    _, dot, name = step.partition(".")
    return Factor(name) if dot and name in _FACTORS else None
