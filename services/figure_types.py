"""What the console shows of the figures."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FiguresView:
    """One controller's figures over what was received since a day: each with its words, in the order to read them."""

    name: str
    rows: tuple[tuple[str, str], ...]
