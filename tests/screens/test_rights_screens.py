"""A processor's extension and a minor's consent at the screen: what is asked first, and what is kept."""

from collections.abc import Callable

import pytest

from screens import case_panes
from screens.case_clock import DECIDES
from screens.consent import ASK_AGE
from screens.kit.widgets.ask import Ask
from screens.kit.widgets.choices import Choices
from screens.kit.widgets.confirm import Choice
from screens.letter_box import LetterBox
from screens.refuse import RefuseScreen
from screens.refusing_words import grounds_of, outcomes_of
from screens.weigh import LONGEST, WeighScreen
from services.cases.decision import GROUNDS, WEIGHED
from services.desk import weighing
from services.types import Proposal, Right
from tests.fake_case import NOW, CaseDesk
from tests.fake_rights import (
    NEWER,
    STANDING,
    TICKET,
    FakeConsent,
    FakeDecision,
    FakeWeigh,
    of_minor,
    of_processor,
    of_weighed,
)
from tests.player import SIGNS
from tests.screens.conftest import until
from tests.screens.test_case_screens import Opened, opened, press, shown  # noqa: F401

Open = Callable[..., Opened]


def weighing_desk(*rights: Right, heard: bool = False) -> CaseDesk:
    desk = CaseDesk()
    desk.case.view = of_weighed(*rights, heard=heard)
    desk.weigh, desk.decision = FakeWeigh(), FakeDecision()  # type: ignore[attr-defined]
    return desk


def typed(text: str) -> tuple[str, ...]:
    return tuple(SIGNS.get(sign, sign) for sign in text)


def desk_of(view: Callable[[], object]) -> CaseDesk:
    desk = CaseDesk()
    desk.case.view, desk.act = view(), FakeConsent()  # type: ignore[assignment]
    return desk


def test_the_history_stands_below_the_instruction_that_each_action_was_done_under() -> None:
    told = case_panes.history(of_processor(), NOW, 200).plain.splitlines()
    heads = [(line, told[n + 1].split(" ", 2)[-1]) for n, line in enumerate(told) if line.startswith("Under ")]
    assert [head for head, _ in heads] == [
        f"Under {one}" for one in (NEWER, TICKET, NEWER, STANDING)
    ], "newest first"  # fmt: skip
    assert "to be extended by two months: volume" in told[told.index(f"Under {TICKET}") + 1]


@pytest.mark.rule("ART-28")
async def test_a_processors_lead_types_the_reference_or_proposes(opened: Open) -> None:  # noqa: F811
    async with opened("enter", desk=desk_of(of_processor), agent="0007") as (app, desk, pilot):
        await until(pilot, lambda: f"Under      {NEWER}" in shown(app) or NEWER in shown(app))
        assert "as processor" in shown(app)
        await press(pilot, "d", "x", "1")
        assert isinstance(app.screen, Choice)
        assert app.screen.answers == DECIDES
        await press(pilot, "y")
        assert isinstance(app.screen, Ask)
        await press(pilot, *(SIGNS.get(sign, sign) for sign in TICKET), "enter")
        await until(pilot, lambda: desk.clock.kept == [("extend", "volume", TICKET)])
        await press(pilot, "d", "x", "2", "p")
        await until(pilot, lambda: desk.clock.kept[1:] == [("extend", "spread")])


@pytest.mark.rule("ART-8")
async def test_giving_consent_for_a_minor_asks_who_consents(opened: Open) -> None:  # noqa: F811
    async with opened("enter", "c", desk=desk_of(of_minor)) as (app, desk, pilot):
        await press(pilot, "y")
        assert isinstance(app.screen, Choice)
        assert list(app.screen.lines) == [ASK_AGE.format(age=16)]
        assert app.screen.answers["k"] == "the child, who is 16 or older and says so"
        assert desk.act.kept == []
        await press(pilot, "escape")
        assert desk.act.kept == [], "Esc gives nothing"
        await press(pilot, "y", "p")
        await until(pilot, lambda: desk.act.kept == [("consent", "newsletter", "given", "parental")])
        await press(pilot, "f")
        await until(pilot, lambda: desk.act.kept[1:] == [("consent", "newsletter", "withdrawn", "")])


def test_the_screen_and_the_desk_know_the_same_of_what_is_weighed() -> None:
    assert {right: tuple(grounds_of(right)) for right in WEIGHED} == {right: GROUNDS[right] for right in WEIGHED}
    assert {tuple(outcomes_of(right)) for right in WEIGHED} == {("upheld", "refused")}
    assert LONGEST == weighing.LONGEST


@pytest.mark.rule("ART-21-1")
async def test_what_they_say_about_an_objection_is_noted_first_and_restricts(opened: Open) -> None:  # noqa: F811
    desk = weighing_desk(Right.OBJECTION_OTHER, Right.COMPLAINT)
    async with opened("enter", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "W  note what they say" in shown(app))
        await press(pilot, "R")
        assert "note first what the person says (W)" in shown(app)
        await press(pilot, "W", "1")
        assert isinstance(app.screen, WeighScreen)
        assert "only stored" in shown(app)
        await press(pilot, "enter")
        assert desk.weigh.kept == [], "nothing was said"
        await pilot.press(*typed("a neighbour works there"), "enter")
        await until(pilot, lambda: desk.weigh.kept == [("1", "a neighbour works there", "")])


@pytest.mark.rule("ART-22")
async def test_of_an_automated_decision_who_had_a_part_in_it_is_asked(opened: Open) -> None:  # noqa: F811
    desk = weighing_desk(Right.ADM_REVIEW)
    async with opened("enter", "W", desk=desk) as (app, _, pilot):
        assert isinstance(app.screen, WeighScreen)
        await pilot.press(*typed("a score"), "tab", *typed("0017"), "enter")
        await until(pilot, lambda: desk.weigh.kept == [("1", "a score", "0017")])


@pytest.mark.rule("ART-21-1")
async def test_who_is_right_needs_no_ground_and_who_is_not_gets_one(opened: Open) -> None:  # noqa: F811
    desk = weighing_desk(Right.OBJECTION_OTHER, heard=True)
    async with opened("enter", "R", desk=desk) as (app, _, pilot):
        assert isinstance(app.screen, RefuseScreen)
        await until(pilot, lambda: app.screen.query_one("#outcome", Choices).values == ("upheld",))
        assert not app.screen.query_one("#grounds").display
        assert "they are not" in shown(app)
        await press(pilot, "r")
        assert app.screen.query_one("#grounds").display
        await press(pilot, "tab", "b", "tab")
        await pilot.press(*typed("The court needs them."), "enter")
        await until(pilot, lambda: isinstance(app.screen, LetterBox))
        await press(pilot, "y", *"2468", "enter")
        wanted = Proposal("refused", ("21-1-claims",), "The court needs them.")
        await until(pilot, lambda: desk.decision.proposed == [wanted])
