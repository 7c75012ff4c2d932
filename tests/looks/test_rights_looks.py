"""How a processor's case and a minor's consent look at 80×24 and 120×40."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.app import DeskApp
from services.types import CaseView, Right
from tests.fake_case import NOW, CaseDesk
from tests.fake_rights import FakeDecision, FakeWeigh, of_minor, of_processor, of_weighed
from tests.looks.test_case_looks import LEAD, SIZES, typed, walk


def objection() -> CaseView:
    return of_weighed(Right.OBJECTION_OTHER)


def heard() -> CaseView:
    return of_weighed(Right.OBJECTION_OTHER, heard=True)


def automated() -> CaseView:
    return of_weighed(Right.ADM_REVIEW)


@SIZES
@pytest.mark.parametrize(
    ("view", "path"),
    [
        (of_processor, ("enter",)),
        (of_processor, ("enter", "5")),
        (of_processor, ("enter", "d", "x", "1")),
        (of_minor, ("enter", "c", "y")),
        (objection, ("enter", "W", typed("a neighbour works there"))),
        (automated, ("enter", "W")),
        (heard, ("enter", "R", "r")),
    ],
    ids=["processor", "processor-history", "processor-extends", "minor-consents", "objection", "automated", "weighed"],
)
def test_look_of_rights(
    snap_compare: Any, tmp_path: Path, size: tuple[int, int], view: Callable[[], CaseView], path: tuple[str, ...]
) -> None:
    desk = CaseDesk()
    desk.case.view = view()
    desk.weigh, desk.decision = FakeWeigh(), FakeDecision()  # type: ignore[attr-defined]
    app = DeskApp(lambda: desk, tmp_path / "logs", clock=lambda: NOW)
    app.QUIET_S = 0
    assert snap_compare(app, terminal_size=size, run_before=walk(path, LEAD if view is of_processor else "0042"))
