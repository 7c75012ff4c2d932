"""Refusing by keys: what is asked for, what is said beside a field, the letter, and the second person's look at it."""

from collections.abc import Callable

import pytest

from screens import refusing_words
from screens.case import CaseScreen
from screens.kit.widgets.ask import Ask
from screens.kit.widgets.confirm import Choice, PinPrompt
from screens.letter_box import LetterBox
from screens.refuse import RefuseScreen, hundredths
from services.cases.decision import GROUNDS
from services.desk.decisions import RETURNS
from services.errors import BadInput
from services.types import DutyRole, Right
from tests.fake_case import CaseDesk
from tests.fake_decisions import DECISION, FakeDecisions, refusable, waiting
from tests.screens.conftest import until
from tests.screens.test_case_screens import HOSTILE, Opened, flash, opened, press, shown  # noqa: F401

Open = Callable[..., Opened]
LEAD = "0007"
PIN = (*"2468", "enter")


def desk_with(view: object) -> CaseDesk:
    desk = CaseDesk()
    desk.case.view, desk.decision = view, FakeDecisions()  # type: ignore[assignment, attr-defined]
    return desk


def test_the_screen_and_the_desk_know_the_same_grounds_and_reasons() -> None:
    assert {right: set(refusing_words.grounds_of(right)) for right in GROUNDS} == {
        r: set(c) for r, c in GROUNDS.items()
    }
    assert refusing_words.grounds_of(Right.OBJECTION_MARKETING) == {}
    assert tuple(code for code, _ in refusing_words.RETURNS.values()) == RETURNS


async def test_R_proposes_what_was_typed_once_its_letter_was_seen_and_the_pin_typed(opened: Open) -> None:  # noqa: F811
    desk = desk_with(refusable())
    async with opened("enter", "R", desk=desk) as (app, _, pilot):
        assert isinstance(app.screen, RefuseScreen)
        await until(pilot, lambda: "Never a reason: the effort" in shown(app))
        await press(pilot, "f", "tab", "b", "tab")
        await until(pilot, lambda: "less than a year before" in shown(app))
        await press(pilot, *"C-26-003911", "tab", *"25,5", "tab", *"Nothing new.", "enter")
        await until(pilot, lambda: isinstance(app.screen, LetterBox))
        assert "Nothing new." in shown(app)
        await press(pilot, "y")
        assert isinstance(app.screen, PinPrompt)
        assert not desk.decision.kept, "nothing before the PIN"  # type: ignore[attr-defined]
        await press(pilot, *PIN)
        await until(pilot, lambda: desk.decision.kept)  # type: ignore[attr-defined]
        ((_, item, made),) = desk.decision.kept  # type: ignore[attr-defined]
        assert (item, made.outcome, made.grounds) == ("1", "fee", ("12-5-repetitive",))
        assert (made.earlier, made.amount, made.explanation) == (("C-26-003911",), 2_550, "Nothing new.")
        await until(pilot, lambda: isinstance(app.screen, CaseScreen))
        assert "a second person decides" in flash(app)
        assert not any(name.startswith("refuse") for name in desk.draft.kept)


async def test_what_lacks_is_said_beside_its_field_and_escape_keeps_what_was_typed(opened: Open) -> None:  # noqa: F811
    desk = desk_with(refusable())
    async with opened("enter", "R", desk=desk) as (app, _, pilot):
        await press(pilot, "enter")
        assert "a ground is needed" in flash(app)
        await press(pilot, "d", "enter")
        await until(pilot, lambda: "▲ say why, in words for the person" in shown(app))
        await press(pilot, *"They [red]wrote[/]")
        desk.decision.refused = BadInput("say why to the person, in 1 to 2000 characters", place="explanation")  # type: ignore[attr-defined]
        await press(pilot, "enter")
        await until(pilot, lambda: "▲ say why to the person" in shown(app))
        await press(pilot, "escape")
        assert isinstance(app.screen, CaseScreen)
        await press(pilot, "R")
        await until(pilot, lambda: "They [red]wrote[/]" in shown(app))
        form = app.screen
        await press(pilot, "f9")
        assert form.query_one("TextBox").text == "", "nothing stays on a locked screen"  # type: ignore[attr-defined]


async def test_an_earlier_case_and_a_fee_are_asked_for_only_where_they_count(opened: Open) -> None:  # noqa: F811
    async with opened("enter", "R", desk=desk_with(refusable())) as (app, _, pilot):
        assert "Earlier" not in shown(app)
        assert "Fee" not in shown(app)
        await press(pilot, "tab", "c")
        await until(pilot, lambda: "An officer decides" in " ".join(shown(app).split()))


async def test_a_second_person_sees_the_letter_and_decides_with_the_pin(opened: Open) -> None:  # noqa: F811
    desk = desk_with(waiting())
    async with opened("enter", "y", agent=LEAD, desk=desk) as (app, _, pilot):
        await until(pilot, lambda: isinstance(app.screen, LetterBox))
        assert "refuse all of it: asked again within a year (excessive) (C-26-003911)" in " ".join(shown(app).split())
        await press(pilot, "y", *PIN)
        await until(pilot, lambda: ("approve", "1", DECISION.id, "") in desk.decision.kept)  # type: ignore[attr-defined]
        await press(pilot, "f")
        await until(pilot, lambda: isinstance(app.screen, LetterBox))
        await press(pilot, "f")
        assert isinstance(app.screen, Choice)
        await press(pilot, "1", *PIN)
        await until(pilot, lambda: ("send back", "1", DECISION.id, "not-proven") in desk.decision.kept)  # type: ignore[attr-defined]


async def test_who_proposed_it_reads_the_letter_and_can_only_take_it_back(opened: Open) -> None:  # noqa: F811
    desk = desk_with(waiting("you proposed it: a second person decides"))
    async with opened("enter", "y", agent=LEAD, desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "you proposed it: a second person decides" in shown(app))
        await press(pilot, "y")
        assert isinstance(app.screen, LetterBox), "no key decides here"
        await press(pilot, "escape", "u")
        await until(pilot, lambda: ("withdraw", "1") in desk.decision.kept)  # type: ignore[attr-defined]
        assert [one[0] for one in desk.decision.kept] == ["read", "withdraw"]  # type: ignore[attr-defined]


async def test_REF_8_for_a_processor_the_controllers_reference_is_asked_or_it_is_put_to_it(opened: Open) -> None:  # noqa: F811
    desk = desk_with(waiting(duty=DutyRole.PROCESSOR))
    async with opened("enter", "y", agent=LEAD, desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "put it to the controller" in shown(app))
        await press(pilot, "y")
        assert isinstance(app.screen, Ask)
        await press(pilot, *"DPO-17", "enter", *PIN)
        await until(pilot, lambda: ("approve", "1", DECISION.id, "DPO-17") in desk.decision.kept)  # type: ignore[attr-defined]
        await press(pilot, "y")
        await until(pilot, lambda: isinstance(app.screen, LetterBox))
        await press(pilot, "r", *PIN)
        await until(pilot, lambda: ("refer", "1", DECISION.id) in desk.decision.kept)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("text", "amount"), [("25", 2_500), ("25.5", 2_550), (" 0,99 ", 99)])
def test_an_amount_is_read_as_people_write_it(text: str, amount: int) -> None:
    assert hundredths(text) == amount


@pytest.mark.parametrize("text", ["", "0", "0.00", "-1", "1.234", "1e3", "٢٥", "25€", "1.2.3", "=1+1"])
def test_what_is_no_amount_is_not_taken(text: str) -> None:
    with pytest.raises(BadInput):
        hundredths(text)
