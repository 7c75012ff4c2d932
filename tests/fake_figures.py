"""Figures of two controllers, one with a hostile name, for the tests of screens."""

from dataclasses import replace
from typing import Any

from services.figures import Figures, Share, named
from services.types import FiguresView

FIGURES = Figures(
    controller="nordlicht", received=12_345, answered=11_900, open=445, overdue=12, median_days=10.5,
    month=Share(11_604, 11_912), three=Share(11_900, 11_912), extended=Share(240, 12_345), refused=Share(31, 12_020),
    paused=Share(812, 12_345), median_pause=6.0, failed_checks=Share(904, 9_412), reopened=Share(77, 12_345),
    breaches=3, touches=2.4, program=11_320, hand=700, minutes=11.2, minutes_program=8.9, minutes_hand=41.6, cost=9.52,
    cost_program=7.57, cost_hand=35.36, currency="EUR",
)  # fmt: skip


class FakeFigures:
    """`desk.figures`."""

    def __init__(self, name: str = "Albion Ltd") -> None:
        self.name = name

    def read(self, session: Any) -> tuple[FiguresView, ...]:
        other = replace(FIGURES, received=0, month=Share(0, 0), median_days=None, currency="", cost=None)
        return FiguresView("Nordlicht Versand GmbH", tuple(named(FIGURES))), FiguresView(self.name, tuple(named(other)))
