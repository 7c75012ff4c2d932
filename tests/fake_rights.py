"""Cases of a processor, of a minor and of what people weigh, and the desk's doors for them, without stores."""

from dataclasses import replace

from services.types import (
    CaseView,
    DutyRole,
    ItemState,
    ItemView,
    KeyState,
    LetterText,
    Outcome,
    Proposal,
    Right,
    Session,
)
from tests.fake_case import NOW, FakeAct, lines, view
from tests.fake_clock import paused

STANDING, NEWER, TICKET = "DPA-2026/4", "DPA-2026/5", "NL-TICKET-118"


def of_processor() -> CaseView:
    """We assist the controller; its instruction changed meanwhile, and the extension is under one of its own."""
    acts = ("extension.proposed", "case.extended", *(one.act for one in lines()[2:]))
    said = ("two months more proposed to the controller: volume", "to be extended by two months: volume",
            *(one.text for one in lines()[2:]))  # fmt: skip
    under = (NEWER, TICKET, NEWER, STANDING, STANDING, STANDING)
    history = tuple(
        replace(line, act=act, text=text, under=one, synced=True)
        for line, act, text, one in zip(lines(), acts, said, under, strict=True)
    )
    held = paused(view(), "extend")
    return replace(held, duty=DutyRole.PROCESSOR, instruction=NEWER, history=history)


def of_minor() -> CaseView:
    """Somebody noted a minor, and consent is to be given."""
    items = tuple(
        ItemView(str(n), right, ItemState.IN_PROGRESS, Outcome.OPEN, "ready to be answered")
        for n, right in enumerate((Right.CONSENT_GIVE, Right.CONSENT_WITHDRAW), 1)
    )
    keys = tuple(KeyState(k.act, True) if k.act.startswith("consent") else k for k in view().keys)
    return view(items=items, keys=keys, consent_age=16, received_at=NOW)


WEIGHED = (Right.OBJECTION_OTHER, Right.ADM_REVIEW, Right.COMPLAINT)
LETTER = LetterText("objection-outcome", "2026-11", "en", "Our decision on your objection", "You told us: …")


def of_weighed(*rights: Right, heard: bool = False) -> CaseView:
    """What people weigh, open; with `heard` what the person says is noted."""
    items = tuple(
        ItemView(str(n), right, ItemState.IN_PROGRESS, Outcome.OPEN, "ready to be answered", heard=heard)
        for n, right in enumerate(rights, 1)
    )
    keys = [key for key in view().keys if key.act not in ("weigh", "complaint", "refuse")]
    noted = "" if heard else "note first what the person says (W)"
    keys += [KeyState("weigh", True), KeyState("complaint", True), KeyState("refuse", heard, noted)]
    return view(items=items, keys=tuple(keys), found=(), letters=())


class FakeConsent(FakeAct):
    """`desk.act`, with consents."""

    def consent(self, session: Session, case: str, purpose: str, *, given: bool, by: str = "") -> None:
        self.kept.append(("consent", purpose, "given" if given else "withdrawn", by))


class FakeWeigh:
    """`desk.weigh`: keeps what it was asked."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, ...]] = []

    def note(self, session: Session, case: str, item: str, words: str, *, decided_by: str = "") -> None:
        self.kept.append((item, words, decided_by))


class FakeDecision:
    """`desk.decision`: any letter, and what was proposed."""

    def __init__(self) -> None:
        self.proposed: list[Proposal] = []

    def preview(self, session: Session, case: str, item: str, proposal: Proposal) -> LetterText:
        return LETTER

    def propose(self, session: Session, case: str, item: str, proposal: Proposal) -> None:
        self.proposed.append(proposal)
