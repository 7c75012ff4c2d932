"""How the figures for the management look at 80×24 and 120×40."""

from collections.abc import Callable
from typing import Any

from console.app import DeskApp
from tests.looks.test_case_looks import LEAD, SIZES, desk_app, typed, walk  # noqa: F401


@SIZES
def test_look(snap_compare: Any, desk_app: Callable[..., DeskApp], size: tuple[int, int]) -> None:  # noqa: F811
    path = ("colon", typed("figures"), "enter")
    assert snap_compare(desk_app(), terminal_size=size, run_before=walk(path, LEAD))
