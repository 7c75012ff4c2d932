"""`desk.decision` without stores, and cases in which one waits."""

from dataclasses import replace
from typing import Any

from services.types import CaseView, DecisionView, DutyRole, ItemState, KeyState, LetterText, Outcome, Proposal, Session
from tests.fake_case import NOW, view

DECISION = DecisionView("d" * 32, "refused", ("12-5-repetitive",), "0042", NOW, ("C-26-003911",), waits=True)
TEXT = "\n".join(["Wir tun das nicht.", "", *(f"Line {n} of the letter, as the person reads it." for n in range(40))])


def refusable(*, duty: DutyRole = DutyRole.CONTROLLER) -> CaseView:
    """A case with an access request that can be refused."""
    base = view()
    item = replace(base.items[0], state=ItemState.IN_PROGRESS, outcome=Outcome.OPEN, text="ready to be answered")
    return replace(base, items=(item,), duty=duty, keys=_keys(base, refuse="", decide="for lead or officer only"))


def waiting(why: str = "", *, duty: DutyRole = DutyRole.CONTROLLER) -> CaseView:
    """A case in which a refusal waits for a second person."""
    base = refusable(duty=duty)
    item = replace(base.items[0], state=ItemState.REVIEW, text="refusal: waits for a second person", decision=DECISION)
    no = "it waits for a second person"
    return replace(base, items=(item,), keys=_keys(base, refuse=no, decide=why, unrefuse=""))


def _keys(base: CaseView, **reasons: str) -> tuple[KeyState, ...]:
    others = tuple(key for key in base.keys if key.act not in reasons)
    return (*others, *(KeyState(act, not why, why) for act, why in reasons.items()))


class FakeDecisions:
    """Keeps what it was asked."""

    def __init__(self) -> None:
        self.kept: list[tuple[Any, ...]] = []
        self.refused: Exception | None = None

    def preview(self, session: Session, case: str, item: str, proposal: Proposal) -> LetterText:
        if self.refused is not None:
            raise self.refused
        return LetterText("refusal", "2026-11", "de", "Unsere Entscheidung", f"{proposal.explanation}\n{TEXT}")

    def propose(self, session: Session, case: str, item: str, proposal: Proposal) -> None:
        self.kept.append(("propose", item, proposal))

    def read(self, session: Session, case: str, item: str) -> LetterText:
        self.kept.append(("read", item))
        return LetterText("refusal", "2026-11", "de", "Unsere Entscheidung", TEXT)

    def approve(self, session: Session, case: str, item: str, decision: str, instruction: str = "") -> None:
        self.kept.append(("approve", item, decision, instruction))

    def refer(self, session: Session, case: str, item: str, decision: str) -> None:
        self.kept.append(("refer", item, decision))

    def send_back(self, session: Session, case: str, item: str, decision: str, reason: str) -> None:
        self.kept.append(("send back", item, decision, reason))

    def withdraw(self, session: Session, case: str, item: str) -> None:
        self.kept.append(("withdraw", item))
