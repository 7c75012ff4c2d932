"""Pictures that do not change by themselves: a frozen clock, no blinking, no animation, jobs awaited."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from console.app import DeskApp
from tests.fake_desk import FakeDesk
from tests.screens.conftest import until

NOW = datetime(2026, 3, 5, 14, 3)


@pytest.fixture
def app(tmp_path: Path) -> Callable[..., DeskApp]:
    """An app on a desk without stores; `training=True` and `theme=…` as wanted."""

    def made(*, theme: str = "dark", training: bool = False, notice: str = "") -> DeskApp:
        desk = FakeDesk(training=training)
        made_app = DeskApp(lambda: desk, tmp_path / "logs", theme=theme, notice=notice, clock=lambda: NOW)
        made_app.QUIET_S = 0
        return made_app

    return made


async def opened(pilot: Pilot[Any]) -> None:
    """Until the desk is open and the status line says so."""
    await until(pilot, lambda: pilot.app.status is not None)  # type: ignore[attr-defined]


async def signed_in(pilot: Pilot[Any], agent: str = "0042") -> None:
    """Until the queue shows rows and counts."""
    await until(pilot, lambda: pilot.app.desk is not None)  # type: ignore[attr-defined]
    await pilot.press(*agent, "enter", *"2468", "enter")
    await until(pilot, lambda: getattr(pilot.app.screen, "counts", None) is not None)
    await opened(pilot)
    await pilot.pause(0.15)
