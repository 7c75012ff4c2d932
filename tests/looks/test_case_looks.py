"""How the screens of a case look at 80×24 and 120×40, and the gravest of them without colour and in high contrast."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.app import DeskApp
from screens.kit.dialog import Dialog
from screens.kit.widgets.confirm import ARM_S
from services.types import CaseView, KeyState
from tests.fake_case import NOW, CaseDesk, by_hand, cut_off, not_taken, view as case_view
from tests.fake_clock import paused
from tests.fake_letters import FAILED, SENT, WAITS, FakeLetters
from tests.looks.conftest import signed_in
from tests.player import SIGNS
from tests.screens.conftest import until


def typed(text: str) -> tuple[str, ...]:
    """Keys that follow each other as somebody types into a field: the screen is looked at after the last."""
    return tuple(SIGNS.get(sign, sign) for sign in text)


SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
LEAD = "0007"
PATHS: dict[str, tuple[str, ...]] = {
    "intake": ("i", "a", "e", "tab", typed("ada@example.com"), "tab", typed("card4111111111111111")),
    "case": ("enter",),
    "case-identity": ("enter", "2"),
    "case-data": ("enter", "3"),
    "case-history": ("enter", "5"),
    "checklist": ("enter", "v"),
    "checklist-question": ("enter", "v", "enter", typed("20")),
    "find": ("enter", "p"),
    "export": ("enter", "x"),
    "erase": ("enter", "E"),
    "erase-confirm": ("enter", "E", "enter", typed("415")),
    "consent": ("enter", "c"),
    "rectify": ("enter", "r", "enter", typed("Noe"), "enter", "j", "j", "j"),
    "people": ("enter", "P", "space", "j", "j", "j"),
    "people-none": ("enter", "P", "f"),
    "note": ("enter", "o", typed("spoke")),
    "wrap": ("enter", "w"),
    "reveal": ("enter", "full_stop", "p", "1"),
    "review": ("e",),
    "settle": ("exclamation_mark", "j"),
    "settle-drop": ("exclamation_mark", "j", "j", "f"),
    "entry": ("colon", typed("action log"), "down", "enter", "enter"),
}


def walk(path: tuple[str | tuple[str, ...], ...], agent: str = "0042") -> Callable[[Any], Any]:
    """Press the keys, letting every dialog arm and every job come back."""

    async def pressed(pilot: Any) -> None:
        await signed_in(pilot, agent)
        for key in path:
            await pilot.press(*([key] if isinstance(key, str) else key))
            await pilot.pause(ARM_S + 0.1 if isinstance(pilot.app.screen, Dialog) else 0.12)
        await until(pilot, lambda: not pilot.app.jobs.writing)
        await still(pilot)

    return pressed


async def still(pilot: Any) -> None:
    """Until the screen has stopped changing: what a busy machine reads late belongs into the picture."""
    await pilot.pause(0.3)
    before, now = None, shown(pilot)
    for _ in range(50):
        await pilot.pause(0.2)
        before, now = now, shown(pilot)
        if before == now and all(job.is_finished for job in pilot.app.workers if job.group == "jobs"):
            return


def shown(pilot: Any) -> list[str]:
    return ["".join(segment.text for segment in strip) for strip in pilot.app.screen._compositor.render_strips()]


@pytest.fixture
def desk_app(tmp_path: Path) -> Callable[..., DeskApp]:
    """Makes the app on a desk without stores; the environment counts as it is then."""

    def made(theme: str = "dark") -> DeskApp:
        desk = CaseDesk()
        app = DeskApp(lambda: desk, tmp_path / "logs", theme=theme, clock=lambda: NOW)
        app.QUIET_S = 0
        return app

    return made


@SIZES
@pytest.mark.parametrize(
    ("view", "path"), [(cut_off, ("enter",)), (not_taken, ("enter",)), (not_taken, ("enter", "5"))],
    ids=["draft", "conflict", "conflict-history"],
)  # fmt: skip
def test_look_of_what_was_not_taken(
    snap_compare: Any, tmp_path: Path, size: tuple[int, int], view: Callable[[], CaseView], path: tuple[str, ...]
) -> None:
    desk = CaseDesk()
    desk.case.view = view()
    app = DeskApp(lambda: desk, tmp_path / "logs", clock=lambda: NOW)
    app.QUIET_S = 0
    assert snap_compare(app, terminal_size=size, run_before=walk(path))


@SIZES
@pytest.mark.parametrize(
    "path", [("enter",), ("enter", "d"), ("enter", "d", "k", "1")], ids=["case", "dates", "asking"]
)
def test_look_of_a_clock_that_stands_still(
    snap_compare: Any, tmp_path: Path, size: tuple[int, int], path: tuple[str, ...]
) -> None:
    desk = CaseDesk()
    desk.case.view = paused(desk.case.view, "answered", "chase")
    app = DeskApp(lambda: desk, tmp_path / "logs", clock=lambda: NOW)
    app.QUIET_S = 0
    assert snap_compare(app, terminal_size=size, run_before=walk(path))


@SIZES
@pytest.mark.parametrize("path", [("enter",), ("enter", "3"), ("enter", "H"), ("enter", "H", "1", typed("3"))],
                         ids=["case", "data", "which", "form"])  # fmt: skip
def test_look_of_what_is_done_by_hand(
    snap_compare: Any, tmp_path: Path, size: tuple[int, int], path: tuple[str, ...]
) -> None:
    desk = CaseDesk()
    desk.case.view = by_hand()
    app = DeskApp(lambda: desk, tmp_path / "logs", clock=lambda: NOW)
    app.QUIET_S = 0
    assert snap_compare(app, terminal_size=size, run_before=walk(path))


@SIZES
@pytest.mark.parametrize("path", [("enter", "4"), ("enter", "t"), ("enter", "t", "enter")],
                         ids=["tab", "list", "letter"])  # fmt: skip
def test_look_of_letters(snap_compare: Any, tmp_path: Path, size: tuple[int, int], path: tuple[str, ...]) -> None:
    desk = CaseDesk()
    desk.letter = FakeLetters()  # type: ignore[attr-defined]
    keys = tuple(KeyState(k.act, True) if k.act == "letter" else k for k in case_view().keys)
    desk.case.view = case_view(letters=(SENT, WAITS, FAILED), keys=keys)
    app = DeskApp(lambda: desk, tmp_path / "logs", clock=lambda: NOW)
    app.QUIET_S = 0
    assert snap_compare(app, terminal_size=size, run_before=walk(path))


@SIZES
@pytest.mark.parametrize("name", PATHS)
def test_look(snap_compare: Any, desk_app: Callable[..., DeskApp], size: tuple[int, int], name: str) -> None:
    agent = LEAD if name == "review" else "0042"
    assert snap_compare(desk_app(), terminal_size=size, run_before=walk(PATHS[name], agent))


@pytest.mark.parametrize("name", ["intake", "case", "checklist", "erase"])
def test_look_without_colour(
    snap_compare: Any, desk_app: Callable[..., DeskApp], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(desk_app(), terminal_size=(80, 24), run_before=walk(PATHS[name]))


@pytest.mark.parametrize("name", ["case", "erase"])
def test_look_in_high_contrast(snap_compare: Any, desk_app: Callable[..., DeskApp], name: str) -> None:
    assert snap_compare(desk_app("high-contrast"), terminal_size=(80, 24), run_before=walk(PATHS[name]))
