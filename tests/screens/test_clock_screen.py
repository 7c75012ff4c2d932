"""The dates of a case by `d`: what is offered to whom, what it keeps, and the reasons that stand beside."""

from collections.abc import Callable

from screens import case_clock, case_panes
from screens.case import CaseScreen
from screens.kit.widgets.ask import Ask
from screens.kit.widgets.confirm import Choice, PinPrompt
from services.clock.waits import DECIDED, GROUNDS
from services.desk import clock
from services.types import Wait
from tests.fake_case import NOW, CaseDesk, view
from tests.fake_clock import paused
from tests.screens.conftest import until
from tests.screens.test_case_screens import HOSTILE, Opened, flash, opened, press, shown  # noqa: F401

Open = Callable[..., Opened]
LEAD = "0007"


def desk_with(*allowed: str, **reasons: str) -> CaseDesk:
    desk = CaseDesk()
    desk.case.view = paused(view(), *allowed, **reasons)
    return desk


def test_the_screen_and_the_desk_know_the_same_reasons() -> None:
    assert tuple(code for code, _ in case_clock.EXTENSIONS.values()) == clock.EXTENSIONS
    assert tuple(code for code, _ in case_clock.ACCEPTED.values()) == clock.ACCEPTED
    assert tuple(code for code, _ in case_clock.REFUSED.values()) == clock.REFUSED
    known = {(what, ground) for what in Wait for ground in GROUNDS[what] if ground not in DECIDED}
    assert {(what, ground) for what, ground, _ in case_clock.QUESTIONS.values()} == known


async def test_every_date_stands_with_its_reason_and_the_hard_one_in_the_light(opened: Open) -> None:  # noqa: F811
    async with opened("enter", desk=desk_with("chase"), size=(120, 40)) as (app, _, pilot):
        await until(pilot, lambda: "PAUSED 8d (hard 20d)" in shown(app))
        assert "Later end" in shown(app)
        assert "Ask again" in shown(app)
    told = case_panes.overview(paused(view(), "chase"), "", NOW, 200).plain
    assert "d  ask the person again: no answer came" in told
    for said in ("the hard date leads: no lead accepted it", "1 reminder: no new clock", "must leave by then"):
        assert said in told, said


async def test_an_agent_keeps_what_happened(opened: Open) -> None:  # noqa: F811
    async with opened("enter", desk=desk_with("answered", "chase")) as (app, desk, pilot):
        for keys, kept in (
            (("k", "1", "m"), ("ask", "identity", "identity-doubt", True, True)),
            (("k", "3", "o", "f"), ("ask", "clarification", "large-quantity", False, False)),
            (("k", "4", "y"), ("ask", "fee", "further-copy", True, False)),
            (("y",), ("answered",)),
            (("c", "m"), ("chase", True)),
            (("c", "o"), ("chase", False)),
            (("e",), ("remind",)),
        ):
            await press(pilot, "d", *keys)
            await until(pilot, lambda kept=kept: desk.clock.kept[-1:] == [kept])
            assert isinstance(app.screen, CaseScreen)


async def test_what_is_not_open_is_not_offered_and_says_why(opened: Open) -> None:  # noqa: F811
    too_early = "it is too early: ask again on 2026-03-04"
    async with opened("enter", "d", desk=desk_with("answered", chase=too_early)) as (app, desk, pilot):
        assert isinstance(app.screen, Choice)
        assert list(app.screen.lines) == [
            f"not now: ask them again, or they were asked ({too_early})",
            "not now: two months more, with a letter (for lead only)",
        ]
        assert set(app.screen.answers) == {"y", "k", "e", "m"}
        await press(pilot, "c", "x", "p", "n")
        assert desk.clock.kept == []
        assert isinstance(app.screen, Choice)


async def test_ending_a_request_unanswered_takes_the_pin(opened: Open) -> None:  # noqa: F811
    async with opened("enter", "d", "n", desk=desk_with("unanswered")) as (app, desk, pilot):
        assert isinstance(app.screen, PinPrompt)
        assert desk.clock.kept == []
        await press(pilot, *"2468", "enter")
        await until(pilot, lambda: desk.clock.kept == [("unanswered",)])


async def test_a_lead_decides_what_leads_and_extends(opened: Open) -> None:  # noqa: F811
    desk = desk_with("pause", "extend", ask="held by 0042")
    async with opened("enter", desk=desk, agent=LEAD) as (_, _, pilot):
        for keys, kept in (
            (("p", "1"), ("pause", True, "identity-needed")),
            (("h", "2"), ("pause", False, "waited-enough")),
            (("x", "1"), ("extend", "volume")),
        ):
            await press(pilot, "d", *keys)
            await until(pilot, lambda kept=kept: desk.clock.kept[-1:] == [kept])


async def test_escape_decides_nothing_at_any_step(opened: Open) -> None:  # noqa: F811
    async with opened("enter", desk=desk_with("answered", "pause", "extend")) as (app, desk, pilot):
        for keys in (("d", "k", "1"), ("d", "k", "1", "o"), ("d", "x"), ("d", "m")):
            await press(pilot, *keys, "escape")
            while not isinstance(app.screen, CaseScreen):
                await press(pilot, "escape")
        assert desk.clock.kept == []


async def test_a_case_is_named_by_hand_to_go_on_there(opened: Open) -> None:  # noqa: F811
    async with opened("enter", "d", "m", desk=desk_with()) as (app, desk, pilot):
        assert isinstance(app.screen, Ask)
        await pilot.press(*"C-26-1", "enter")
        await until(pilot, lambda: desk.clock.kept == [("merge", "C-26-1")])


async def test_hostile_reasons_are_inert(opened: Open) -> None:  # noqa: F811
    async with opened("enter", "d", desk=desk_with("ask", chase=HOSTILE)) as (app, _, _pilot):
        assert "\x1b" not in shown(app)
        assert "[@click=app.leave]" in shown(app), "as text, never as markup"
