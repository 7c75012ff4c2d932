"""A processor's extension and a minor's consent at the screen: what is asked first, and what is kept."""

from collections.abc import Callable

import pytest

from screens import case_panes
from screens.case_clock import DECIDES
from screens.consent import ASK_AGE
from screens.kit.widgets.ask import Ask
from screens.kit.widgets.confirm import Choice
from tests.fake_case import NOW, CaseDesk
from tests.fake_rights import NEWER, STANDING, TICKET, of_minor, of_processor
from tests.player import SIGNS
from tests.screens.conftest import until
from tests.screens.test_case_screens import Opened, opened, press, shown  # noqa: F401

Open = Callable[..., Opened]


def desk_of(view: Callable[[], object]) -> CaseDesk:
    desk = CaseDesk()
    desk.case.view = view()  # type: ignore[assignment]
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
