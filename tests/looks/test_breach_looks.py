"""How raising a breach and the register look at 80×24 and 120×40, and without colour."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.app import DeskApp
from services.types import BreachDecision
from tests.fake_breach import AWARE, line, people
from tests.fake_case import NOW, CaseDesk
from tests.looks.test_case_looks import LEAD, SIZES, desk_app, typed, walk  # noqa: F401

FORM = ("enter", "B", typed("the order of another customer was read out"), "tab", "tab", "c", "tab", typed("1"))
REGISTER = ("colon", typed("register of breaches"), "enter")
PATHS: dict[str, tuple[str, tuple[str | tuple[str, ...], ...]]] = {
    "form": ("0042", FORM),
    "form-wrong": ("0042", ("B", "tab", typed("noon"), "shift+tab", typed("a mail"), "enter")),
    "register": (LEAD, REGISTER),
    "decide": (LEAD, (*REGISTER, "enter")),
    "closed": (LEAD, (*REGISTER, "j", "j", "enter", "t")),
    "notice": (LEAD, (*REGISTER, "enter", "w", typed("a list went to a wrong address"))),
    "notice-letter": (
        LEAD,
        (*REGISTER, "enter", "w", typed("x"), "tab", typed("y"), "tab", typed("z"), "tab", typed("w"), "enter"),
    ),
}


@SIZES
@pytest.mark.parametrize("name", PATHS)
def test_look(
    snap_compare: Any,
    desk_app: Callable[..., DeskApp],  # noqa: F811
    size: tuple[int, int],
    name: str,
) -> None:
    agent, path = PATHS[name]
    assert snap_compare(desk_app(), terminal_size=size, run_before=walk(path, agent))


@SIZES
def test_look_of_who_is_told(snap_compare: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    letters, desk = BreachDecision("persons", None, "high-risk", "0007", AWARE), CaseDesk()
    desk.breach.lines = (line(people=people("told", "failed", "waiting", "public"), decisions=(letters,)),)
    app = DeskApp(lambda: desk, tmp_path / "logs", clock=lambda: NOW)
    app.QUIET_S = 0
    assert snap_compare(app, terminal_size=size, run_before=walk(REGISTER, LEAD))


def test_look_without_colour(
    snap_compare: Any,
    desk_app: Callable[..., DeskApp],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(desk_app(), terminal_size=(80, 24), run_before=walk(*reversed(PATHS["register"])))  # type: ignore[arg-type]
