"""The app on a desk without stores, for tests of the screens' own behaviour."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from console.app import DeskApp
from tests.fake_desk import FakeDesk

Opened = AbstractAsyncContextManager[tuple[DeskApp, FakeDesk, Pilot[Any]]]


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Opened]:
    """`async with opened(agent="0042") as (app, desk, pilot)`: signed in, with rows on the screen."""

    @asynccontextmanager
    async def open_it(
        agent: str = "0042", size: tuple[int, int] = (80, 24), **desk_words: Any
    ) -> AsyncIterator[tuple[DeskApp, FakeDesk, Pilot[Any]]]:
        desk = FakeDesk(**desk_words)
        app = DeskApp(lambda: desk, tmp_path / "logs", clock=lambda: datetime(2026, 3, 5, 14, 3))
        app.QUIET_S = 0  # the pilot types faster than a hand; tests/terminal holds the guard
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.desk is not None)
            if agent:
                await pilot.press(*agent, "enter", *"2468", "enter")
                await until(pilot, lambda: getattr(app.screen, "counts", None) is not None)
                await until(pilot, lambda: app.status is not None)
            yield app, desk, pilot

    return open_it


async def until(pilot: Pilot[Any], holds: Callable[[], object], tries: int = 200) -> None:
    """Wait until `holds()` is true; fails after a few seconds."""
    for _ in range(tries):
        if holds():
            await pilot.pause()
            return
        await pilot.pause(0.05)
    raise AssertionError("it never came to hold")
