"""Choosing a category: typed words narrow the list, ↑ ↓ move, Enter takes it; one that is not listed is typed whole."""

from typing import Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from screens.kit.dialog import Dialog
from screens.kit.text import count, shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.inputs import CleanInput

LINES: Final = 11
STEPS: Final = {"down": 1, "up": -1, "pagedown": LINES, "pageup": -LINES}


class CategoryBox(Dialog):
    """Dismissed with a category, or None by Esc."""

    CSS_PATH = "draft.tcss"

    def __init__(self, title: str, known: tuple[str, ...], said: str) -> None:
        super().__init__()
        self.words, self.known = title, known
        self.found, self.at = known, known.index(said) if said in known else 0

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(shown(self.words, "bold"), classes="title")
            yield CleanInput(placeholder="words of it, as: contact mail; or a whole category", max_length=100)
            yield Static(_listed(self.found, self.at), id="found")
            yield Static(shown("↑ ↓ move   Enter takes it   Esc back", "$quiet"))
            yield FlashLine()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        text = event.value.strip().lower()
        found = tuple(one for one in self.known if all(word in one for word in text.split()))
        whole = (text,) if "." in text and " " not in text and text not in self.known else ()
        self.found, self.at = (*found, *whole), 0
        self._draw()

    def on_key(self, event: events.Key) -> None:
        step = STEPS.get(event.key)
        if step is not None and self.found:
            event.stop()
            self.at = min(max(0, self.at + step), len(self.found) - 1)
            self._draw()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.found:
            self.dismiss(self.found[self.at])
        else:
            self.flash("no category is like that", "no")

    def _draw(self) -> None:
        self.query_one("#found", Static).update(_listed(self.found, self.at))

    def forget(self) -> None:
        self.dismiss(None)


def _listed(found: tuple[str, ...], at: int) -> Content:
    """The categories around the one chosen, and how many there are."""
    first = min(max(0, at - LINES // 2), max(0, len(found) - LINES))
    lines = [
        shown(f"▶ {one}", "bold") if n == at else shown(f"  {one}")
        for n, one in enumerate(found[first : first + LINES], first)
    ]
    return Content("\n").join([*lines, shown(f"  {count(len(found))} categories", "$quiet")])
