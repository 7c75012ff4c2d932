"""What a lead decides about work under way: retry (b), skip (K), the emergency stop (X); and where the work is."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from screens import halting
from screens.case import CaseScreen
from screens.case_systems import SKIPS, WHY
from screens.kit.text import BAD
from screens.kit.widgets.ask import Ask
from screens.kit.widgets.confirm import Choice, PinPrompt
from screens.queue import QueueScreen
from services.desk import work
from services.types import RecipientState, SystemResult
from tests.fake_work import DONE, FAILED, GIVEN_UP, WorkDesk, at, running
from tests.screens.conftest import until
from tests.screens.test_case_screens import HOSTILE, Opened, Watched, flash, opened, press, shown  # noqa: F401

Open = Callable[..., Opened]
LEAD, AGENT, OFFICER = "0007", "0042", "0003"
PIN = (*"2468", "enter")
WIDE = (120, 40)


def test_the_screens_and_the_desk_know_the_same_reasons() -> None:
    assert tuple(code for code, _ in SKIPS.values()) == work.SKIP_REASONS
    assert tuple(code for code, _ in halting.REASONS.values()) == work.HALT_REASONS


# --- b: try again ----------------------------------------------------------------------------------------------------


async def test_b_has_the_system_that_failed_tried_again(opened: Open) -> None:  # noqa: F811
    desk = WorkDesk(DONE, FAILED)
    async with opened("enter", desk=desk, agent=LEAD) as (app, _, pilot):
        await until(pilot, lambda: "b  try the system again that failed" in shown(app))
        await press(pilot, "b")
        await until(pilot, lambda: desk.work.kept)
        assert desk.work.kept == [("retry", "2", "shop")]
        await until(pilot, lambda: "shop is tried again" in flash(app))


@pytest.mark.parametrize("key", ["b", "K"])
async def test_control_where_nothing_failed_the_key_says_so(opened: Open, key: str) -> None:  # noqa: F811
    desk = WorkDesk(DONE)
    async with opened("enter", key, desk=desk, agent=LEAD) as (app, _, _pilot):
        assert isinstance(app.screen, CaseScreen)
        assert flash(app) == "no: no system has failed"
        assert desk.work.kept == []


async def test_of_several_that_failed_one_is_chosen(opened: Open) -> None:  # noqa: F811
    desk = WorkDesk(GIVEN_UP, DONE, FAILED)
    async with opened("enter", "b", desk=desk, agent=LEAD) as (app, _, pilot):
        assert isinstance(app.screen, Choice)
        assert "1 2 crm" in shown(app)
        assert "2 2 shop" in shown(app)
        assert "3 2 desk" not in shown(app), "what is done is not offered"
        await press(pilot, "escape")
        assert desk.work.kept == []
        await press(pilot, "b", "2")
        await until(pilot, lambda: desk.work.kept == [("retry", "2", "shop")])


@pytest.mark.parametrize("key", ["b", "K"])
async def test_what_is_being_tried_right_now_is_said_to_be(opened: Open, key: str) -> None:  # noqa: F811
    """The acts say that it failed, the worker is at it again: there is nothing to decide, and the key is not mute."""
    desk = WorkDesk(FAILED)
    (item,) = desk.case.view.items
    desk.case.view = replace(desk.case.view, items=(replace(item, systems=(SystemResult("shop", "running"),)),))
    async with opened("enter", key, desk=desk, agent=LEAD) as (app, _, _pilot):
        assert flash(app) == "no: what failed is being tried right now"
        assert desk.work.kept == []


async def test_what_the_desk_refuses_is_said_and_nothing_else(opened: Open) -> None:  # noqa: F811
    desk = WorkDesk(FAILED)
    desk.work.refuses = "shop has not failed"
    async with opened("enter", "b", desk=desk, agent=LEAD) as (app, _, pilot):
        await until(pilot, lambda: flash(app) == "no: shop has not failed")
        assert desk.work.kept == []


@pytest.mark.parametrize("key", ["b", "K", "X"])
async def test_an_agent_has_none_of_these_keys(opened: Open, key: str) -> None:  # noqa: F811
    desk = WorkDesk(GIVEN_UP, lead=False)
    async with opened("enter", desk=desk, agent=AGENT, size=WIDE) as (app, _, pilot):
        await until(pilot, lambda: "a lead decides about the system that was given up" in shown(app))
        await press(pilot, key)
        assert isinstance(app.screen, CaseScreen)
        assert desk.work.kept == []


# --- K: skip ---------------------------------------------------------------------------------------------------------

SKIPPING = ("K", "2", *"see", "space", *"note", "enter", *PIN)
AT_PIN = len(SKIPPING) - len(PIN)


async def test_K_leaves_a_system_as_it_is_with_reason_words_and_pin(opened: Open) -> None:  # noqa: F811
    desk = WorkDesk(DONE, GIVEN_UP)
    async with opened("enter", "K", desk=desk, agent=LEAD, size=WIDE) as (app, _, pilot):
        assert isinstance(app.screen, Choice)
        assert "Nothing will be done there" in shown(app)
        await press(pilot, "2")
        assert isinstance(app.screen, Ask)
        assert WHY in shown(app)
        await press(pilot, *SKIPPING[2:AT_PIN])
        assert isinstance(app.screen, PinPrompt)
        assert desk.work.kept == [], "nothing is kept before the PIN"
        await press(pilot, *PIN)
        await until(pilot, lambda: desk.work.kept)
        assert desk.work.kept == [("skip", "2", "crm", "by-hand", "see note")]
        await until(pilot, lambda: "crm is left as it is: the letter will say so" in flash(app))


@pytest.mark.parametrize("so_far", [1, 2, AT_PIN])
async def test_escape_skips_nothing_at_any_step(opened: Open, so_far: int) -> None:  # noqa: F811
    desk = WorkDesk(GIVEN_UP)
    async with opened("enter", *SKIPPING[:so_far], "escape", desk=desk, agent=LEAD) as (app, _, _pilot):
        assert isinstance(app.screen, CaseScreen)
        assert desk.work.kept == []


async def test_without_words_nothing_is_skipped(opened: Open) -> None:  # noqa: F811
    desk = WorkDesk(GIVEN_UP)
    async with opened("enter", "K", "1", "enter", "space", "enter", desk=desk, agent=LEAD) as (app, _, _pilot):
        assert isinstance(app.screen, Ask)
        assert "something must stand here" in flash(app)
        assert desk.work.kept == []


async def test_a_wrong_pin_skips_nothing(opened: Open) -> None:  # noqa: F811
    desk = WorkDesk(GIVEN_UP)
    async with opened("enter", *SKIPPING[:AT_PIN], *"0000", "enter", desk=desk, agent=LEAD) as (app, _, pilot):
        await until(pilot, lambda: flash(app) == "no: that is not the PIN")
        assert isinstance(app.screen, PinPrompt)
        assert desk.work.kept == []


async def test_a_lock_takes_the_words_of_a_skip_with_it(opened: Open) -> None:  # noqa: F811
    desk = WorkDesk(GIVEN_UP)
    async with opened("enter", "K", "1", *"secret", desk=desk, agent=LEAD) as (app, _, pilot):
        assert "secret" in shown(app)
        await press(pilot, "f9", *PIN)
        await until(pilot, lambda: app.locked_at is None)
        assert "secret" not in shown(app)
        assert desk.work.kept == []


# --- X: the emergency stop -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("keys", "screen"), [((), QueueScreen), (("enter",), CaseScreen)])
async def test_X_stops_all_work_for_a_reason(opened: Open, keys: tuple[str, ...], screen: type) -> None:  # noqa: F811
    desk = WorkDesk(DONE)
    async with opened(*keys, "X", desk=desk, agent=LEAD) as (app, _, pilot):
        await until(pilot, lambda: isinstance(app.screen, Choice))
        assert "EMERGENCY STOP" in shown(app)
        await press(pilot, "escape")
        assert desk.work.kept == [], "Esc stops nothing"
        await press(pilot, "X")
        await until(pilot, lambda: isinstance(app.screen, Choice))
        await press(pilot, "9")
        assert desk.work.kept == [], "a key that is no reason stops nothing"
        await press(pilot, "1")
        await until(pilot, lambda: desk.work.kept == [("halt", "wrong-rows")])
        await until(pilot, lambda: "all work stops, as soon as a worker hears it" in flash(app))
        assert isinstance(app.screen, screen)


async def test_a_stop_is_said_when_it_is_kept_and_not_before(opened: Open) -> None:  # noqa: F811
    desk = WorkDesk(DONE)
    desk.work.gate.clear()
    async with opened("X", desk=desk, agent=LEAD) as (app, _, pilot):
        await until(pilot, lambda: isinstance(app.screen, Choice))
        await press(pilot, "1")
        await until(pilot, lambda: app.jobs.writing)
        assert "all work stops" not in flash(app)
        desk.work.gate.set()
        await until(pilot, lambda: "all work stops" in flash(app))


async def test_a_stop_that_was_refused_says_why(opened: Open) -> None:  # noqa: F811
    desk = WorkDesk(DONE)
    desk.work.refuses = "for lead only"
    async with opened("X", desk=desk, agent=LEAD) as (app, _, pilot):
        await until(pilot, lambda: isinstance(app.screen, Choice))
        await press(pilot, "1")
        await until(pilot, lambda: flash(app) == "no: for lead only")


async def test_X_again_lets_it_go_on_with_the_pin(opened: Open) -> None:  # noqa: F811
    desk = WorkDesk(DONE)
    desk.work.stopped = ("nordlicht",)
    async with opened("X", desk=desk, agent=LEAD) as (app, _, pilot):
        await until(pilot, lambda: isinstance(app.screen, Choice))
        assert "It was stopped: nordlicht" in shown(app)
        await press(pilot, "1", "escape")
        assert desk.work.kept == []
        await press(pilot, "X")
        await until(pilot, lambda: isinstance(app.screen, Choice))
        await press(pilot, "y", *"0000", "enter")
        await until(pilot, lambda: flash(app) == "no: that is not the PIN")
        assert desk.work.kept == []
        await press(pilot, *PIN)
        await until(pilot, lambda: desk.work.kept == [("resume",)])
        await until(pilot, lambda: "work goes on, as soon as a worker hears it" in flash(app))


async def test_an_officer_is_not_offered_a_stop_that_is_a_leads(opened: Open) -> None:  # noqa: F811
    async with opened("X", desk=WorkDesk(DONE), agent=OFFICER) as (app, _, _pilot):
        assert isinstance(app.screen, QueueScreen)


@pytest.mark.parametrize("agent", [AGENT, LEAD])
async def test_everybody_sees_that_work_is_stopped(opened: Open, agent: str) -> None:  # noqa: F811
    desk = WorkDesk(DONE)
    async with opened(desk=desk, agent=agent) as (app, _, pilot):
        assert "WORK STOPPED" not in shown(app)
        desk.state = replace(desk.state, halted="WORK STOPPED for nordlicht by 0007: wrong-rows")
        await until(pilot, lambda: "WORK STOPPED for nordlicht by 0007: wrong-rows" in shown(app))
        await press(pilot, "enter")
        await until(pilot, lambda: "WORK STOPPED for nordlicht" in shown(app))


async def test_none_of_these_keys_calls_the_desk_on_the_event_loop(opened: Open) -> None:  # noqa: F811
    seen: list[str] = []
    desk = WorkDesk(GIVEN_UP)
    async with opened(desk=desk, door=Watched(desk, seen), agent=LEAD) as (app, _, pilot):
        seen.clear()
        await press(pilot, "enter", "b", *SKIPPING, "X")
        await until(pilot, lambda: isinstance(app.screen, Choice))
        await press(pilot, "2")
        await until(pilot, lambda: len(desk.work.kept) == 3)
    assert [kept[0] for kept in desk.work.kept] == ["retry", "skip", "halt"]
    assert seen == []


# --- where the work is -----------------------------------------------------------------------------------------------

LINES = (
    (SystemResult("shop", "queued"), "shop  queued"),
    (SystemResult("shop", "running"), "shop  running"),
    (DONE, "desk  done: 5 deleted, 2 masked, 1 kept"),
    (SystemResult("shop", "waiting for vendor", until=at(19)), "shop  waiting for vendor until Thu 19 Mar 2026"),
    (SystemResult("shop", "failed", reason="locked", until=at(5, 15)), "shop  failed (locked), next try "),
    (GIVEN_UP, "crm  exception (vendor-late)"),
    (SystemResult("shop", "retry asked"), "shop  retry asked"),
    (SystemResult("shop", "skipped", reason="by-hand"), "shop  skipped (by-hand)"),
)


@pytest.mark.parametrize(("one", "words"), LINES, ids=[one.state for one, _ in LINES])
async def test_each_state_of_a_system_stands_on_the_case_in_words(
    opened: Open,  # noqa: F811
    one: SystemResult,
    words: str,
) -> None:
    async with opened("enter", desk=WorkDesk(one), size=WIDE) as (app, _, pilot):
        await until(pilot, lambda: words in shown(app))
        assert "running, 1 system done" in shown(app)
        await press(pilot, "3")
        await until(pilot, lambda: "Found" in shown(app) and words in shown(app))


async def test_progress_moves_without_a_key(opened: Open) -> None:  # noqa: F811
    desk = WorkDesk(SystemResult("shop", "queued"))
    async with opened("enter", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "shop  queued" in shown(app))
        for now in (SystemResult("shop", "running"), SystemResult("shop", "done", deleted=18)):
            desk.case.view = running(now)
            before = desk.case.reads
            await until(pilot, lambda before=before: desk.case.reads > before, 1_500)
            await until(pilot, lambda now=now: f"shop  {now.state}" in shown(app))
        assert "shop  queued" not in shown(app)
        assert "18 deleted" in shown(app)


async def test_who_was_told_stands_below_the_systems(opened: Open) -> None:  # noqa: F811
    desk = WorkDesk(DONE)
    (item,) = desk.case.view.items
    told = (RecipientState("parcel service", "told"), RecipientState("card printer", "impossible", "no-address"))
    desk.case.view = replace(desk.case.view, items=(replace(item, recipients=told),))
    async with opened("enter", desk=desk, size=WIDE) as (app, _, pilot):
        await until(pilot, lambda: "parcel service  told" in shown(app))
        assert "card printer  impossible (no-address)" in shown(app)


async def test_hostile_names_of_systems_are_inert(opened: Open) -> None:  # noqa: F811
    desk = WorkDesk(replace(GIVEN_UP, system=HOSTILE, reason=HOSTILE), replace(FAILED, reason=HOSTILE))
    async with opened("enter", desk=desk, agent=LEAD, size=WIDE) as (app, _, pilot):
        await until(pilot, lambda: "[@click" in shown(app))
        for keys in (("b",), ("1",)):
            await press(pilot, *keys)
            assert not BAD.search(shown(app).replace("\n", ""))
        await until(pilot, lambda: desk.work.kept)
        await until(pilot, lambda: "is tried again" in flash(app))
        assert not BAD.search(shown(app).replace("\n", ""))
        assert app.is_running
