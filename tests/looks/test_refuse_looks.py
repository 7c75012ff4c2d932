"""How refusing looks at 80×24 and 120×40: the form, its letter, and what a second person sees; without colour, too."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.app import DeskApp
from services.types import CaseView, DutyRole
from tests.fake_case import NOW, CaseDesk
from tests.fake_decisions import FakeDecisions, refusable, waiting
from tests.looks.test_case_looks import LEAD, SIZES, typed, walk
from tests.screens.test_transfer_screen import portable

WORDS = typed("You had your data in February, and nothing has changed since.")
FORM = ("enter", "R", "f", "tab", "b", "tab", typed("C-26-003911"), "tab", typed("25"), "tab", WORDS)
PATHS: dict[str, tuple[Callable[[], CaseView], str, tuple[str | tuple[str, ...], ...]]] = {
    "form": (refusable, "0042", FORM),
    "form-wrong": (refusable, "0042", ("enter", "R", "tab", "c", "enter")),
    "form-letter": (refusable, "0042", ("enter", "R", "tab", "a", "tab", "tab", WORDS, "enter")),
    "case": (waiting, LEAD, ("enter",)),
    "decide": (waiting, LEAD, ("enter", "y")),
    "transfer": (portable, "0042", ("enter", "x", "enter", "d", typed("Nordstrom AG"), "tab", typed("in@example"))),
    "decide-processor": (lambda: waiting(duty=DutyRole.PROCESSOR), LEAD, ("enter", "y")),
}


def app_with(view: CaseView, logs: Path) -> DeskApp:
    desk = CaseDesk()
    desk.case.view, desk.decision = view, FakeDecisions()  # type: ignore[attr-defined]
    app = DeskApp(lambda: desk, logs, clock=lambda: NOW)
    app.QUIET_S = 0
    return app


@SIZES
@pytest.mark.parametrize("name", PATHS)
def test_look(snap_compare: Any, tmp_path: Path, size: tuple[int, int], name: str) -> None:
    view, agent, path = PATHS[name]
    assert snap_compare(app_with(view(), tmp_path), terminal_size=size, run_before=walk(path, agent))


def test_look_without_colour(snap_compare: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(app_with(refusable(), tmp_path), terminal_size=(80, 24), run_before=walk(FORM))
