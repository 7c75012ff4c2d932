"""How a processor's case and a minor's consent look at 80×24 and 120×40."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.app import DeskApp
from services.types import CaseView
from tests.fake_case import NOW, CaseDesk
from tests.fake_rights import of_minor, of_processor
from tests.looks.test_case_looks import LEAD, SIZES, walk


@SIZES
@pytest.mark.parametrize(
    ("view", "path"),
    [
        (of_processor, ("enter",)),
        (of_processor, ("enter", "5")),
        (of_processor, ("enter", "d", "x", "1")),
        (of_minor, ("enter", "c", "y")),
    ],
    ids=["processor", "processor-history", "processor-extends", "minor-consents"],
)
def test_look_of_rights(
    snap_compare: Any, tmp_path: Path, size: tuple[int, int], view: Callable[[], CaseView], path: tuple[str, ...]
) -> None:
    desk = CaseDesk()
    desk.case.view = view()
    app = DeskApp(lambda: desk, tmp_path / "logs", clock=lambda: NOW)
    app.QUIET_S = 0
    assert snap_compare(app, terminal_size=size, run_before=walk(path, LEAD if view is of_processor else "0042"))
