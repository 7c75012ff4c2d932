"""The figures for the management: how requests of the last year were answered, and what that took."""

from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from screens.kit.dialog import Dialog
from screens.kit.text import shown
from services.types import FiguresView

WORDS = 33


@dataclass
class FiguresRead(Message):
    found: tuple[FiguresView, ...]


class FiguresBox(Dialog):
    """j k scroll, Esc closes."""

    CSS_PATH = "figures.tcss"

    def __init__(self, found: tuple[FiguresView, ...]) -> None:
        super().__init__()
        self.found = found

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(shown("Received in the last year", "bold"), classes="title")
            with VerticalScroll(id="figures", can_focus=False):
                yield Static(content_of(self.found))
            yield Static(shown("j k scroll   Esc back   of nobody who works here; without training", "$quiet"))

    def on_key(self, event: events.Key) -> None:
        pane = self.query_one("#figures")
        if event.key in ("j", "down"):
            pane.scroll_down(animate=False)
        elif event.key in ("k", "up"):
            pane.scroll_up(animate=False)
        elif event.key in ("q", "backspace"):
            self.dismiss(None)

    def forget(self) -> None:
        self.dismiss(None)


def content_of(found: tuple[FiguresView, ...]) -> Content:
    """Each controller with its figures, a line each."""
    lines: list[Content] = []
    for one in found:
        lines += [Content("")] * bool(lines) + [shown(one.name, "bold")]
        lines += [shown(f"{words:<{WORDS}}", "$quiet") + shown(said) for words, said in one.rows]
    return Content("\n").join(lines or [shown("no figures of a controller are yours", "$quiet")])
