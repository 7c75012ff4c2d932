"""How sign-in, queue, help and lock look at 80×24 and 120×40, in every theme."""

from collections.abc import Callable
from typing import Any

import pytest

from screens.kit.widgets.table import VirtualTable
from tests.looks.conftest import opened, signed_in
from tests.screens.conftest import until

SIZES = [(80, 24), (120, 40)]


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_sign_in(snap_compare: Any, app: Callable[..., Any], size: tuple[int, int]) -> None:
    assert snap_compare(app(notice="Demo agents: 0042 (agent), 0007 (lead)"), terminal_size=size, run_before=opened)


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("theme", ["dark", "high-contrast"])
def test_queue(snap_compare: Any, app: Callable[..., Any], size: tuple[int, int], theme: str) -> None:
    async def moved(pilot: Any) -> None:
        await signed_in(pilot)
        await pilot.press("j", "j", "j")
        await pilot.pause(0.2)

    assert snap_compare(app(theme=theme), terminal_size=size, run_before=moved)


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_queue_with_something_to_settle(snap_compare: Any, app: Callable[..., Any], size: tuple[int, int]) -> None:
    made = app()
    desk = made.opener()
    desk.queue.conflicts, desk.queue.not_taken = (2, 6), (2, 1, 5)
    assert snap_compare(made, terminal_size=size, run_before=signed_in)


def test_queue_in_training(snap_compare: Any, app: Callable[..., Any]) -> None:
    assert snap_compare(app(training=True), terminal_size=(80, 24), run_before=signed_in)


def test_queue_without_colour(snap_compare: Any, app: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(app(), terminal_size=(80, 24), run_before=signed_in)


def test_queue_filtered(snap_compare: Any, app: Callable[..., Any]) -> None:
    async def filtered(pilot: Any) -> None:
        await signed_in(pilot)
        await pilot.press("slash", *"0012")
        await until(pilot, lambda: pilot.app.screen.query_one(VirtualTable).pages.total == 15)
        await pilot.pause(0.2)

    assert snap_compare(app(), terminal_size=(80, 24), run_before=filtered)


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_help(snap_compare: Any, app: Callable[..., Any], size: tuple[int, int]) -> None:
    async def helped(pilot: Any) -> None:
        await signed_in(pilot)
        await pilot.press("question_mark")
        await pilot.pause(0.3)

    assert snap_compare(app(), terminal_size=size, run_before=helped)


def test_lock(snap_compare: Any, app: Callable[..., Any]) -> None:
    async def locked(pilot: Any) -> None:
        await signed_in(pilot)
        await pilot.press("L")
        await pilot.pause(0.3)

    assert snap_compare(app(), terminal_size=(80, 24), run_before=locked)
