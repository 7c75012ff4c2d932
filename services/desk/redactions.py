"""What is held back from an export, read and decided part by part (Art 15(4), 20(4))."""

from dataclasses import fields, replace

from services.action_log import acts
from services.cases.case import Case, Item
from services.desk.asks import Asks
from services.desk.cases import Cases
from services.desk.context import Context
from services.errors import BadInput, NotFound
from services.types import HeldPart, Session

DISCLOSE = ("about-the-person", "they-agreed", "known-to-the-person", "no-harm")
REDACT = ("others", "in-confidence", "trade-secret", "protection")
"""Reasons to give a part out, and to keep it in."""
_ASKED = frozenset(f.name for f in fields(HeldPart)) - {"case", "item", "decision", "reason", "kinds"}


class Held:
    """For whoever holds the case, and for leads. Reading is an action, so is each decision."""

    def __init__(self, ctx: Context, cases: Cases, asks: Asks) -> None:
        self._ctx, self._cases, self._asks = ctx, cases, asks

    def waiting(self, session: Session, case: str) -> tuple[HeldPart, ...]:
        """Every part that is held back, decided or not, with masked texts. Raises `Refused`, `Unavailable`."""
        state, item = self._permit("redact", session, case)
        told = self._asks.ask("held", {"case": case, "item": item.id})["parts"]
        viewed = acts.DataViewed(what="held-parts", reason="answer-request", system=None, count=len(told))
        self._ctx.record(session, viewed, state)
        return self.decided(case, tuple(_part(case, item.id, raw) for raw in told))

    def decided(self, case: str, parts: tuple[HeldPart, ...]) -> tuple[HeldPart, ...]:
        """The same parts with what is decided about them by now; asks no worker."""
        state = self._cases.state(case)
        return tuple(_with_word(state.item(part.item), part) for part in parts)

    def decide(
        self, session: Session, part: HeldPart, decision: str, reason: str, *, alike: bool = False
    ) -> tuple[str, int]:
        """Disclose or redact a part, or with `alike` all of its group that stand open; what the item's state is then,
        and how many are left. Giving out needs the PIN again. Raises `Refused`.
        """
        reasons = {"disclose": DISCLOSE, "redact": REDACT}.get(decision, ())
        if reason not in reasons:
            raise BadInput(f"a reason is one of {', '.join(reasons)}", place="reason")
        state, item = self._permit(decision, session, part.case, part.item)
        act = acts.RedactionDecided(part.group, None if alike else part.id, decision, reason)
        self._ctx.record(session, act, state, item.id)
        now = self._cases.state(part.case).item(item.id) or item
        return now.state.value, now.undecided

    def reveal(self, session: Session, part: HeldPart, reason: str = "answer-request") -> str:
        """One part in clear, for ten seconds on a screen."""
        state, item = self._permit("redact", session, part.case, part.item)
        viewed = acts.DataViewed(what="held-part", reason=reason, system=None, count=1)
        self._ctx.record(session, viewed, state)
        what = f"held:{item.id}:{part.id}"
        return str(self._asks.ask("reveal", {"case": part.case, "what": what})["value"])

    def _permit(self, act: str, session: Session, case: str, item: str | None = None) -> tuple[Case, Item]:
        state = self._cases.state(case)
        chosen = state.item(self._ctx.permit(act, state, session, item).item)
        if chosen is None:
            raise NotFound("the item is gone")
        return state, chosen


def _part(case: str, item: str, raw: dict[str, object]) -> HeldPart:
    kinds = raw["kinds"]
    known = {name: raw[name] for name in _ASKED}
    return HeldPart(case=case, item=item, kinds=tuple(kinds) if isinstance(kinds, list) else (), **known)  # type: ignore[arg-type]


def _with_word(item: Item | None, part: HeldPart) -> HeldPart:
    words = {(group, of): (how, why) for group, of, how, why in item.decided} if item else {}
    how, why = words.get((part.group, part.id)) or words.get((part.group, "")) or ("", "")
    return replace(part, decision=how, reason=why)
