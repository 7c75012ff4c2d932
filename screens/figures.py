"""The figures for the management: how requests of the last year were answered, and what that took."""

from dataclasses import dataclass

from textual.content import Content
from textual.message import Message

from screens.kit.text import shown
from screens.kit.widgets.scroll_box import ScrollBox
from services.types import FiguresView

WORDS = 33


@dataclass
class FiguresRead(Message):
    found: tuple[FiguresView, ...]


class FiguresBox(ScrollBox):
    """The figures of each controller."""

    def __init__(self, found: tuple[FiguresView, ...]) -> None:
        about = "of nobody who works here; without training"
        super().__init__("Received in the last year", about, content_of(found))


def content_of(found: tuple[FiguresView, ...]) -> Content:
    """Each controller with its figures, a line each."""
    lines: list[Content] = []
    for one in found:
        lines += [Content("")] * bool(lines) + [shown(one.name, "bold")]
        lines += [shown(f"{words:<{WORDS}}", "$quiet") + shown(said) for words, said in one.rows]
    return Content("\n").join(lines or [shown("no figures of a controller are yours", "$quiet")])
