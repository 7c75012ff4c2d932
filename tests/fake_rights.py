"""Cases of a processor and of a minor, for the looks of their screens."""

from dataclasses import replace

from services.types import CaseView, DutyRole, ItemState, ItemView, KeyState, Outcome, Right
from tests.fake_case import NOW, lines, view
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
