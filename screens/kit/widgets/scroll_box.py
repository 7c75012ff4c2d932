"""A dialog with more text than fits, with or without something to decide about it."""

from collections.abc import Mapping

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.kit.dialog import Dialog
from screens.kit.text import shown


class ScrollBox(Dialog):
    """j k and the page keys scroll, Esc closes. Dismissed with the key of one of `answers`, or None."""

    DEFAULT_CSS = """
    ScrollBox > .box { width: 84; height: 90%; }
    ScrollBox #text { height: 1fr; scrollbar-size-vertical: 1; }
    """

    def __init__(self, title: str, about: str, text: Content, answers: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.words, self.state, self.text, self.answers = title, about, text, answers or {}

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(shown(self.words, "bold"), classes="title")
            yield Static(shown(self.state, "$quiet"))
            with VerticalScroll(id="text", can_focus=False):
                yield Static(self.scrolled(), id="words")
            yield Static(shown("   ".join(f"{key} {words}" for key, words in self.answers.items())), id="answers")
            yield Static(shown("j k PgUp PgDn scroll   Esc back", "$quiet"))

    def scrolled(self) -> Content:
        """What is scrolled."""
        return self.text

    def on_mount(self) -> None:
        self.query_one("#answers").display = bool(self.answers)

    def on_key(self, event: events.Key) -> None:
        pane = self.query_one("#text")
        moves = {
            "j": pane.scroll_down, "down": pane.scroll_down, "k": pane.scroll_up, "up": pane.scroll_up,
            "pagedown": pane.scroll_page_down, "space": pane.scroll_page_down, "pageup": pane.scroll_page_up,
            "home": pane.scroll_home, "g": pane.scroll_home, "end": pane.scroll_end, "G": pane.scroll_end,
        }  # fmt: skip
        if event.character in self.answers:
            if self.host.key_gap >= self.host.QUIET_S:
                self.dismiss(event.character)
        elif event.key in moves:
            moves[event.key](animate=False)
        elif event.key in ("q", "backspace"):
            self.dismiss(None)

    def forget(self) -> None:
        self.dismiss(None)
