"""The list of what was not taken, on a desk without stores: which keys settle, which only say why not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from screens import case_panes
from screens.case import CaseScreen
from screens.kit.text import BAD
from screens.kit.widgets.confirm import PinPrompt
from screens.queue import QueueScreen
from screens.settle import DROPS, SettleScreen
from services.types import Unsettled
from tests.fake_case import NOW, CaseDesk, cut_off, not_taken, unsettled, view
from tests.screens.conftest import until
from tests.screens.test_case_screens import HOSTILE, Opened, flash, hostile, opened, press, shown  # noqa: F401

Open = Callable[..., Opened]


async def test_y_repeats_only_what_may_be_repeated_and_else_says_why(opened: Open) -> None:  # noqa: F811
    async with opened("exclamation_mark") as (app, desk, pilot):
        await press(pilot, "y")
        assert flash(app) == "no: held by 0017"
        assert desk.settle.kept == []
        await press(pilot, "j", "y")
        await until(pilot, lambda: desk.settle.kept == [("repeat", 31)])
        await until(pilot, lambda: "done anew: consent withdrawn" in shown(app))


async def test_f_drops_with_a_reason_and_no_other_key_drops(opened: Open) -> None:  # noqa: F811
    async with opened("exclamation_mark", "f") as (app, desk, pilot):
        assert "Drop “marketing stopped”, because" in shown(app)
        await press(pilot, "0", "9", "a", "enter", "space", "ctrl+x", "Y")
        assert desk.settle.kept == []
        await press(pilot, "escape")
        assert isinstance(app.screen, SettleScreen)
        assert desk.settle.kept == []
        await press(pilot, "f", "2")
        await until(pilot, lambda: desk.settle.kept == [("not-wanted", 30)])


async def test_all_of_a_case_that_cannot_be_repeated_goes_at_once_and_nothing_else(opened: Open) -> None:  # noqa: F811
    async with opened("exclamation_mark", "f", "5") as (_, desk, pilot):
        await until(pilot, lambda: [seq for _, seq in desk.settle.kept] == [30, 32, 33])
        assert {reason for reason, _ in desk.settle.kept} == {DROPS["4"][0]}


async def test_what_is_not_mine_is_shown_and_neither_key_moves_it(opened: Open) -> None:  # noqa: F811
    async with opened("exclamation_mark", "end", "y") as (app, desk, pilot):
        assert flash(app) == "no: 0017 did it: they settle it, or a lead"
        await press(pilot, "f")
        assert isinstance(app.screen, SettleScreen)
        assert desk.settle.kept == []


async def test_a_grave_act_asks_for_the_pin_before_it_is_repeated(opened: Open) -> None:  # noqa: F811
    desk = CaseDesk()
    desk.settle.found = [unsettled(text="erasure asked for, ground 17-1-b", no_repeat="", pin=True)]
    async with opened("exclamation_mark", "y", desk=desk) as (app, _, pilot):
        assert isinstance(app.screen, PinPrompt)
        await press(pilot, "escape")
        assert desk.settle.kept == []
        await press(pilot, "y", *"2468", "enter")
        await until(pilot, lambda: desk.settle.kept == [("repeat", 30)])


async def test_the_key_is_dim_where_everything_was_taken(opened: Open) -> None:  # noqa: F811
    desk = CaseDesk()
    desk.queue.not_taken = (0, 0, 0)
    async with opened("exclamation_mark", desk=desk) as (app, _, pilot):
        assert isinstance(app.screen, QueueScreen)
        assert flash(app) == "no: all that was done was taken"
        await press(pilot, "enter", "exclamation_mark")
        assert isinstance(app.screen, CaseScreen)
        assert flash(app) == "no: all that was done here was taken"


async def test_a_lock_leaves_nothing_of_the_list(opened: Open) -> None:  # noqa: F811
    async with opened("exclamation_mark") as (app, _, pilot):
        screen = app.screen
        await press(pilot, "L")
        assert screen.found is None  # type: ignore[attr-defined]
        assert screen.table.pages.pages == {}  # type: ignore[attr-defined]
        await press(pilot, *"2468", "enter")
        await until(pilot, lambda: isinstance(app.screen, SettleScreen) and "g1 passed" in shown(app))


async def test_hostile_text_in_the_list_is_inert(opened: Open) -> None:  # noqa: F811
    desk = CaseDesk()
    desk.settle.found = [replace(hostile(one), kind=one.kind, no_repeat=HOSTILE) for one in desk.settle.found]
    async with opened("exclamation_mark", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "[@click" in shown(app))
        await press(pilot, "f")
        assert not BAD.search(shown(app).replace("\n", ""))


def test_many_conflicts_on_a_case_leave_room_for_what_it_is_about() -> None:
    many: tuple[Unsettled, ...] = tuple(unsettled(n) for n in range(40))
    lines = case_panes.facts(replace(not_taken(), conflicts=many), "0042", NOW.tzinfo, 36).plain.splitlines()
    assert sum("! not taken" in line for line in lines) == case_panes.SHOWN_CONFLICTS
    assert "! and 38 more" in lines


def test_the_next_step_names_the_draft_and_the_conflict() -> None:
    assert case_panes.next_step(cut_off()).startswith("what you do now is a draft")
    assert case_panes.next_step(not_taken()).startswith("!  settle")
    others = replace(not_taken(), conflicts=(unsettled(no_drop="0017 did it"),))
    assert not case_panes.next_step(others).startswith("!")
    assert not case_panes.next_step(view()).startswith("!")


def test_a_line_of_the_history_says_once_why_it_does_not_count() -> None:
    line = replace(view().history[0], text="marketing stopped", mark="not taken: over", synced=False)
    for mark, words in (("not taken: over", "(not taken: over)"), ("", "(not synced yet)")):
        shown_line = case_panes.history_line(replace(line, mark=mark), NOW + timedelta(minutes=1), 120).plain
        assert shown_line.endswith(f"marketing stopped {words}")
