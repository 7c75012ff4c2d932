"""One version of a catalog: who published it, why, and everything that changed with it."""

from datetime import tzinfo

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.catalog_rows import change_line, who
from screens.kit.dialog import Dialog
from screens.kit.text import shown
from screens.words import stamp
from services.types import CatalogVersion


class ChangesBox(Dialog):
    """j k scroll, Esc closes."""

    CSS_PATH = "catalog.tcss"

    def __init__(self, version: CatalogVersion, zone: tzinfo | None) -> None:
        super().__init__()
        self.version, self.zone = version, zone

    def compose(self) -> ComposeResult:
        one = self.version
        with Vertical(classes="box"):
            yield Static(shown(f"{one.controller} · version {one.number}", "bold"), classes="title")
            with VerticalScroll(id="changes", can_focus=False):
                yield Static(content_of(one, self.zone))
            yield Static(shown("j k scroll   Esc back", "$quiet"))

    def on_key(self, event: events.Key) -> None:
        pane = self.query_one("#changes")
        if event.key in ("j", "down"):
            pane.scroll_down(animate=False)
        elif event.key in ("k", "up"):
            pane.scroll_up(animate=False)
        elif event.key in ("q", "backspace"):
            self.dismiss(None)

    def forget(self) -> None:
        self.dismiss(None)


def content_of(one: CatalogVersion, zone: tzinfo | None) -> Content:
    """Who, when, why, the digest that the log names, and each change on a line."""
    lines = [shown(f"by {who(one.by)}, {stamp(one.at, zone)}"), *([shown(one.note)] if one.note else [])]
    lines += [shown(one.digest, "$quiet"), Content("")]
    if one.fault:
        lines.append(shown(f"! {one.fault}", "bold"))
    lines += [change_line(change) for change in one.changes]
    if not one.changes and not one.fault:
        lines.append(shown("The first version: everything is new.", "$quiet"))
    return Content("\n").join(lines)
