"""How the review of a draft looks at 80×24 and 120×40."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.app import DeskApp
from console.review_app import ReviewApp
from services.discovery.review import Draft
from tests.draft_folder import SHOP, DraftsIn, put_draft, text_of
from tests.fake_case import NOW, CaseDesk
from tests.looks.test_case_looks import SIZES, still, typed, walk

OFFICER = "0003"
LONG = {name: {name: [("category", "user.name", 0.5, name)], "b": []} for name in ("[red]x[/]", "\x1b[2J", "a b" * 160)}
PATHS: dict[str, tuple[str | tuple[str, ...], ...]] = {
    "open": (),
    "half": ("y", "f", "minus"),
    "every": ("2", "G"),
    "category": ("enter", typed("addr")),
    "levels": ("Y",),
    "confirm": ("Y", "2", typed("acc")),
}


@pytest.fixture
def reviewing(tmp_path: Path) -> Callable[..., DeskApp]:
    """The officer's desk, with drafts that say this."""

    def made(*texts: str) -> DeskApp:
        desk = CaseDesk()
        desk.reviewing = DraftsIn(tmp_path / "nordlicht" / "systems")  # type: ignore[attr-defined]
        for number, text in enumerate(texts):
            put_draft(tmp_path / "nordlicht" / "systems", text, f"shop{number}")
        app = DeskApp(lambda: desk, tmp_path / "logs", clock=lambda: NOW)
        app.QUIET_S = 0
        return app

    return made


@SIZES
@pytest.mark.parametrize("name", PATHS)
def test_look(snap_compare: Any, reviewing: Callable[..., DeskApp], size: tuple[int, int], name: str) -> None:
    assert snap_compare(
        reviewing(text_of(SHOP)), terminal_size=size, run_before=walk(("l", "e", *PATHS[name]), OFFICER)
    )


@pytest.mark.parametrize(
    ("texts", "path"),
    [((text_of(LONG),), ("j", "j")), ((text_of(SHOP), text_of(LONG)), ())],
    ids=["hostile", "which"],
)
def test_look_of_what_is_odd(
    snap_compare: Any, reviewing: Callable[..., DeskApp], texts: tuple[str, ...], path: tuple[str, ...]
) -> None:
    assert snap_compare(reviewing(*texts), terminal_size=(80, 24), run_before=walk(("l", "e", *path), OFFICER))


def test_look_alone_without_colour(snap_compare: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = ReviewApp(Draft(put_draft(tmp_path, text_of(SHOP))), tmp_path / "logs", clock=lambda: NOW)
    app.QUIET_S = 0

    async def decided(pilot: Any) -> None:
        await still(pilot)
        await pilot.press(*"yyyyyyy")
        await still(pilot)

    assert snap_compare(app, terminal_size=(80, 24), run_before=decided)
