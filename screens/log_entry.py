"""One entry of the log: as it was written, its leaf, the proof up to the signed head, central's receipt."""

import json

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.kit.dialog import Dialog
from screens.kit.text import shown
from services.types import LogDetail


class EntryBox(Dialog):
    """j k scroll, Esc closes."""

    CSS_PATH = "log.tcss"

    def __init__(self, detail: LogDetail) -> None:
        super().__init__()
        self.detail = detail

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(shown(f"Entry {self.detail.seq}", "bold"), classes="title")
            with VerticalScroll(id="entry", can_focus=False):
                yield Static(content_of(self.detail))
            yield Static(shown("j k scroll   Esc back", "$quiet"))

    def on_key(self, event: events.Key) -> None:
        pane = self.query_one("#entry")
        if event.key in ("j", "down"):
            pane.scroll_down(animate=False)
        elif event.key in ("k", "up"):
            pane.scroll_up(animate=False)
        elif event.key in ("q", "backspace"):
            self.dismiss(None)

    def forget(self) -> None:
        self.dismiss(None)


def content_of(detail: LogDetail) -> Content:
    """The entry's fields, then what proves it."""
    lines: list[Content] = []
    for name, value in json.loads(detail.body).items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines.append(shown(f"{name:<11}", "$quiet") + shown(text))
    lines += [Content(""), shown("leaf       ", "$quiet") + shown(detail.leaf)]
    for number, node in enumerate(detail.proof):
        lines.append(shown(f"{'proof' if number == 0 else '':<11}", "$quiet") + shown(node))
    lines += [Content(""), shown("checkpoint", "bold"), shown(detail.checkpoint, lines=True)]
    lines += [shown("receipt", "bold"), shown(detail.receipt or "not yet: central has not cosigned it", lines=True)]
    return Content("\n").join(lines)
