"""Sign-in, lock, switch, help and palette, on a desk without stores."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from textual.widgets import OptionList

from screens.help import HelpScreen
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.inputs import CleanInput, CodeInput
from screens.kit.widgets.table import VirtualTable
from screens.lock import LockScreen
from screens.queue import QueueScreen
from screens.signin import SignInScreen
from tests.screens.conftest import until


def flash(app: Any) -> str:
    return str(app.screen.query_one(FlashLine).render())


async def test_a_wrong_pin_is_refused_and_cleared(opened: Callable[..., Any]) -> None:
    async with opened(agent="") as (app, desk, pilot):
        await pilot.press(*"0042", "enter", *"1111", "enter")
        await until(pilot, lambda: "wrong" in flash(app))
        assert isinstance(app.screen, SignInScreen)
        assert app.screen.query_one("#pin", CodeInput).value == ""
        assert app.session is None
        assert desk.sign.calls == ["sign_in 0042"]


async def test_sign_in_says_what_it_waits_for_and_escape_ends_it(opened: Callable[..., Any]) -> None:
    async with opened(agent="") as (app, desk, pilot):
        desk.sign.away = True
        await pilot.press(*"0042", "enter", *"2468", "enter")
        await until(pilot, lambda: "asking central about the PIN" in flash(app))
        await pilot.press("escape")
        await until(pilot, lambda: "taken back" in flash(app))
        assert (app.session, isinstance(app.screen, SignInScreen)) == (None, True)
        desk.sign.away = False
        await pilot.press(*"2468", "enter")
        await until(pilot, lambda: isinstance(app.screen, QueueScreen))


async def test_a_sign_in_without_central_says_so_and_until_when_it_counts(opened: Callable[..., Any]) -> None:
    async with opened(agent="") as (app, desk, pilot):
        desk.sign.until = datetime(2026, 3, 5, 23, 59).astimezone()
        await pilot.press(*"0042", "enter", *"2468", "enter")
        await until(pilot, lambda: "this desk checked the PIN itself, good until 23:59" in flash(app))
        desk.sign.until = None
    async with opened() as (app, desk, pilot):
        assert "checked the PIN itself" not in flash(app)  # control


async def test_keys_typed_in_one_go_go_where_they_belong(opened: Callable[..., Any]) -> None:
    from textual import events

    async with opened(agent="") as (app, desk, pilot):
        for key in [*"0042", "enter", *"2468", "enter"]:
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: isinstance(app.screen, QueueScreen))
        assert desk.sign.calls[0] == "sign_in 0042"


async def test_L_locks_at_once_and_drops_every_row(opened: Callable[..., Any]) -> None:
    async with opened() as (app, desk, pilot):
        queue = app.screen
        assert queue.query_one(VirtualTable).current is not None
        await pilot.press("L")
        await until(pilot, lambda: isinstance(app.screen, LockScreen))
        assert queue.query_one(VirtualTable).pages.pages == {}
        assert app.screen.query_one("#agent", CleanInput).value == "0042"
        await pilot.press(*"2468", "enter")
        await until(pilot, lambda: app.screen is queue and queue.query_one(VirtualTable).current is not None)
        assert desk.sign.calls[-2:] == ["lock 0042 key", "unlock 0042"]


async def test_a_locked_desk_takes_no_other_key(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(app.screen, LockScreen))
        await pilot.press("escape", "tab", "tab", "f1", "ctrl+p", "escape")
        await pilot.pause(0.1)
        assert isinstance(app.screen, LockScreen)


async def test_another_agent_signs_in_over_a_lock(opened: Callable[..., Any]) -> None:
    async with opened() as (app, desk, pilot):
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, LockScreen))
        await pilot.press(*"0007", "enter", *"2468", "enter")
        await until(pilot, lambda: isinstance(app.screen, QueueScreen) and app.session.agent == "0007")
        assert desk.sign.calls[-2:] == ["lock 0042 switch", "sign_in 0007"]


async def test_the_desk_locks_by_itself(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        app.last_seen -= 175
        await until(pilot, lambda: "locks in" in flash(app))
        app.last_seen -= 10
        await until(pilot, lambda: isinstance(app.screen, LockScreen))


async def test_help_shows_this_screens_keys_and_runs_one(opened: Callable[..., Any]) -> None:
    async with opened() as (app, desk, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        listed = app.screen.query_one(OptionList)
        ids = [listed.get_option_at_index(n).id for n in range(listed.option_count)]
        assert {"take", "filter", "lock", "next_case"} <= set(ids)
        assert "assign" not in ids, "an agent has no such key"
        assert "breach" in ids, "everybody may raise one, everywhere"
        assert "breaches" not in ids, "the register is for leads and officers"
        for _ in range(ids.index("take")):
            await pilot.press("j")
        await pilot.press("enter")
        await until(pilot, lambda: desk.queue.taken == ["C-26-000000"])


async def test_the_palette_offers_the_registry_and_no_screenshot(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        await pilot.press("colon")
        await until(
            pilot, lambda: type(app.screen).__name__ == "DeskPalette" and app.screen.query_one(OptionList).option_count
        )
        words = [str(app.screen.query_one(OptionList).get_option_at_index(n).prompt) for n in range(12)]
        assert any("log a request" in line for line in words)
        assert not any("creenshot" in line for line in words)


async def test_leaving_signs_out(opened: Callable[..., Any]) -> None:
    async with opened() as (app, desk, pilot):
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)
        assert desk.sign.calls[-1] == "sign_out 0042 left"
