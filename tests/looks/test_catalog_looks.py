"""How the officer's catalog looks at 80×24 and 120×40."""

from collections.abc import Callable
from typing import Any

import pytest

from console.app import DeskApp
from tests.looks.test_case_looks import SIZES, desk_app, typed, walk  # noqa: F401

OFFICER = "0003"
PATHS: dict[str, tuple[str | tuple[str, ...], ...]] = {
    "systems": ("l", "G"),
    "collections": ("l", "G", "enter", "j"),
    "fields": ("l", "3", "j", "j"),
    "fields-filtered": ("l", "3", "slash", typed("user.name"), "enter"),
    "versions": ("l", "4", "j"),
    "changes": ("l", "4", "j", "j", "enter"),
}


@SIZES
@pytest.mark.parametrize("name", PATHS)
def test_look(
    snap_compare: Any,
    desk_app: Callable[..., DeskApp],  # noqa: F811
    size: tuple[int, int],
    name: str,
) -> None:
    assert snap_compare(desk_app(), terminal_size=size, run_before=walk(PATHS[name], OFFICER))


@pytest.mark.parametrize("name", ["systems", "versions"])
def test_look_without_colour(
    snap_compare: Any,
    desk_app: Callable[..., DeskApp],  # noqa: F811
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(desk_app(), terminal_size=(80, 24), run_before=walk(PATHS[name], OFFICER))
