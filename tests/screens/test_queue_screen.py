"""The queue on a desk without stores: moving, filtering, acting, and what happens when rows move or reads are slow."""

import time
from collections.abc import Callable
from typing import Any

from screens.kit.widgets.ask import Ask
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.filter_bar import FilterBar
from screens.kit.widgets.table import VirtualTable
from tests.screens.conftest import until


def table(app: Any) -> Any:
    return app.screen.query_one(VirtualTable)


async def test_moving_by_every_key(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        for key, place in (("j", 1), ("down", 2), ("k", 1), ("up", 0), ("up", 0), ("pagedown", 17), ("G", 1_203),
                           ("down", 1_203), ("g", 0), ("end", 1_203), ("home", 0)):  # fmt: skip
            await pilot.press(key)
            await until(pilot, lambda: table(app).current is not None)
            assert table(app).cursor == place, key
            assert table(app).current.case == f"C-26-{place:06d}"


async def test_a_slow_read_never_holds_up_a_key(opened: Callable[..., Any]) -> None:
    async with opened() as (app, desk, pilot):
        desk.queue.slow_s = 0.5
        await pilot.press("G")
        start = time.perf_counter()
        await pilot.press("k", "k", "k")
        assert time.perf_counter() - start < 0.4
        assert table(app).cursor == 1_200
        assert table(app).current is None, "the rows are on their way"
        await until(pilot, lambda: table(app).current is not None)
        assert table(app).current.case == "C-26-001200"


async def test_the_filter_is_live_counts_and_clears(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        await pilot.press("slash", *"0012")
        await until(pilot, lambda: table(app).pages.total == 15)
        bar = app.screen.query_one(FilterBar)
        await until(pilot, lambda: "15 of 1,204" in str(bar.query_one(".found").render()))
        await pilot.press("enter", "j")
        assert table(app).cursor == 1, "the list has the keys again and the filter stays"
        await pilot.press("escape")
        await until(pilot, lambda: table(app).pages.total == 1_204)


async def test_a_whole_identifier_is_not_left_on_the_screen(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        await pilot.press("slash", *"ann", "@", *"example.com", "enter")
        await pilot.pause(0.3)
        shot = app.export_screenshot()
        assert "example.com" not in shot


async def test_letters_typed_into_the_filter_do_not_act(opened: Callable[..., Any]) -> None:
    async with opened() as (app, desk, pilot):
        await pilot.press("slash", *"anLSq")
        await pilot.pause(0.2)
        assert desk.queue.taken == []
        assert app.screen.query_one(FilterBar).text == "anLSq"


async def test_the_cursor_stays_with_its_case_when_rows_go(opened: Callable[..., Any]) -> None:
    async with opened() as (app, desk, pilot):
        await pilot.press(*"jjjjj")
        desk.queue.removed = {0, 1, 2}
        app.screen._refresh()
        await until(pilot, lambda: table(app).cursor == 2)
        assert table(app).current.case == "C-26-000005"


async def test_take_says_done_and_a_refusal_its_reason(opened: Callable[..., Any]) -> None:
    async with opened() as (app, desk, pilot):
        line = app.screen.query_one(FlashLine)
        await pilot.press("a")
        await until(pilot, lambda: "C-26-000000 is yours" in str(line.render()))
        await pilot.press("j", "j", "j", "a")
        await until(pilot, lambda: "held by agent 0017" in str(line.render()))
        assert desk.queue.taken == ["C-26-000000"]


async def test_a_key_that_may_not_act_says_why(opened: Callable[..., Any]) -> None:
    async with opened() as (app, desk, pilot):
        await pilot.press("4")
        await until(pilot, lambda: table(app).pages.known and table(app).pages.total == 0)
        await pilot.press("a")
        await until(pilot, lambda: "no case under the cursor" in str(app.screen.query_one(FlashLine).render()))
        assert desk.queue.taken == []


async def test_a_lead_assigns_many_at_once(opened: Callable[..., Any]) -> None:
    async with opened(agent="0007") as (app, desk, pilot):
        await pilot.press("space", "j", "space", "a")
        await until(pilot, lambda: isinstance(app.screen, Ask))
        await pilot.press(*"0017", "enter")
        await until(pilot, lambda: desk.queue.assigned)
        assert desk.queue.assigned == [(("C-26-000000", "C-26-000001"), "0017")]


async def test_memory_is_bounded_however_far_one_goes(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        for _ in range(60):
            await pilot.press("pagedown")
        await pilot.pause(0.2)
        assert len(table(app).pages.pages) <= table(app).pages.keep
