"""The list of what is held back, on a desk without stores: a reason each, the PIN before anything goes out."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from screens.case import CaseScreen
from screens.kit.text import BAD
from screens.kit.widgets.confirm import PinPrompt
from screens.redactions import DISCLOSE, REDACT, RedactionsScreen
from services.desk import redactions as acts
from services.types import HeldPart, ItemState, ItemView, KeyState, Outcome, Right, Session
from tests.fake_case import CASE, CaseDesk, view
from tests.screens.conftest import until
from tests.screens.test_case_screens import HOSTILE, Opened, flash, opened, press, shown  # noqa: F401

Open = Callable[..., Opened]


def part(number: int, why: str = "third-party", **more: object) -> HeldPart:
    base = HeldPart(CASE, "1", f"{number:032x}", "g" * 32, 2, "desk", "message", "Message", "agent_name",
                    "Our member of staff", why)  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


class FakeHeld:
    """`desk.held`: two names of staff and a text."""

    def __init__(self) -> None:
        text = part(3, "free-text", group="t" * 32, of=1, field="body", field_label="", kinds=("email", "name"))
        self.parts = [part(1), part(2), replace(text, around="please ask [email] about it")]
        self.kept: list[tuple[str, str, str, bool]] = []

    def waiting(self, session: Session, case: str) -> tuple[HeldPart, ...]:
        return tuple(self.parts)

    def decided(self, case: str, parts: tuple[HeldPart, ...]) -> tuple[HeldPart, ...]:
        return tuple(self.parts)

    def decide(
        self, session: Session, one: HeldPart, decision: str, reason: str, *, alike: bool = False
    ) -> tuple[str, int]:
        self.kept.append((one.id[-1], decision, reason, alike))
        self.parts = [
            replace(p, decision=decision, reason=reason) if p.id == one.id or (alike and p.group == one.group) else p
            for p in self.parts
        ]
        left = sum(not p.decision for p in self.parts)
        return ("review" if left else "running"), left

    def reveal(self, session: Session, one: HeldPart, reason: str) -> str:
        return f"the text of {one.id[-1]}"


@pytest.fixture
def desk() -> CaseDesk:
    made = CaseDesk()
    made.held = FakeHeld()  # type: ignore[attr-defined]
    items = (ItemView("1", Right.ACCESS, ItemState.REVIEW, Outcome.OPEN, "waits: 3 parts may be about others"),)
    keys = tuple(KeyState(k.act, True) if k.act == "redact" else k for k in view().keys)
    made.case.view = view(items=items, keys=keys)
    return made


def kept(desk: CaseDesk) -> list[tuple[str, str, str, bool]]:
    held: FakeHeld = desk.held  # type: ignore[attr-defined]
    return held.kept


def test_the_screen_and_the_desk_know_the_same_reasons() -> None:
    assert tuple(code for code, _ in DISCLOSE.values()) == acts.DISCLOSE
    assert tuple(code for code, _ in REDACT.values()) == acts.REDACT


async def test_the_case_says_that_parts_wait_and_e_opens_them(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "e  decide what may be about others" in shown(app))
        await press(pilot, "e")
        await until(pilot, lambda: "Our member of staff" in shown(app))
        assert "about somebody else" in shown(app)


async def test_nothing_waits_and_the_key_says_so(opened: Open) -> None:  # noqa: F811
    async with opened("enter", "e") as (app, _, _pilot):
        assert isinstance(app.screen, CaseScreen)
        assert flash(app) == "no: nothing waits for it"


async def test_f_keeps_one_in_with_a_reason_and_asks_no_pin(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", "e", "f", desk=desk) as (app, _, pilot):
        await press(pilot, "0", "9", "enter")
        assert kept(desk) == []
        await press(pilot, "2")
        await until(pilot, lambda: kept(desk) == [("1", "redact", "in-confidence", False)])
        await until(pilot, lambda: "stays out: it was told to us in confidence" in shown(app))


async def test_y_gives_nothing_out_without_the_pin(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", "e", "y", "1", desk=desk) as (app, _, pilot):
        assert isinstance(app.screen, PinPrompt)
        await press(pilot, "escape")
        assert kept(desk) == []
        await press(pilot, "y", "1", *"2468", "enter")
        await until(pilot, lambda: kept(desk) == [("1", "disclose", "about-the-person", False)])


async def test_F_decides_all_like_it_and_the_last_decision_leaves(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", "e", "F", desk=desk) as (app, _, pilot):
        assert "Keep all 2 like this in, because" in shown(app)
        await press(pilot, "1")
        await until(pilot, lambda: kept(desk) == [("1", "redact", "others", True)])
        await press(pilot, "end", "f", "4")
        await until(pilot, lambda: isinstance(app.screen, CaseScreen))
        assert kept(desk)[-1] == ("3", "redact", "protection", False)


async def test_a_text_is_masked_until_it_is_asked_for_with_a_reason(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", "e", "end", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "please ask [email] about it" in shown(app))
        assert "an e-mail address, a name" in shown(app)
        await press(pilot, "full_stop", "1")
        await until(pilot, lambda: "the text of 3" in shown(app))


async def test_a_lock_leaves_nothing_of_the_list(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", "e", desk=desk) as (app, _, pilot):
        screen = app.screen
        assert isinstance(screen, RedactionsScreen)
        await press(pilot, "L")
        assert screen.parts is None
        assert screen.table.pages.pages == {}


async def test_hostile_text_in_the_list_is_inert(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    held: FakeHeld = desk.held  # type: ignore[attr-defined]
    held.parts = [
        replace(p, label=HOSTILE, field_label=HOSTILE, around=HOSTILE, kinds=(HOSTILE,), why=HOSTILE)
        for p in held.parts
    ]
    async with opened("enter", "e", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "[@click" in shown(app))
        assert not BAD.search(shown(app).replace("\n", ""))
