"""A field of several lines: it wraps, Enter hands it in, and nothing but text enters."""

from dataclasses import dataclass
from typing import cast

from textual import events
from textual.message import Message
from textual.widgets import TextArea

from screens.kit.host import Host
from screens.kit.text import clean


class TextBox(TextArea):
    """Free words of at most `longest` characters. A paste of any size is cleaned and cut to the room left."""

    DEFAULT_CSS = """
    TextBox, TextBox:focus { border: none; padding: 0 1; background: $panel; scrollbar-size-vertical: 1; }
    TextBox:focus { background: $block-cursor-blurred-background; }
    TextBox .text-area--cursor-line { background: $block-cursor-blurred-background; }
    TextBox:nocolor { text-style: underline; }
    """

    @dataclass
    class Submitted(Message):
        """Enter."""

        text: str

    def __init__(self, *, id: str | None = None, longest: int = 2_000, placeholder: str = "") -> None:
        super().__init__(id=id, placeholder=placeholder, highlight_cursor_line=False)
        self.cursor_blink = False
        self.longest = longest

    def put(self, text: str) -> None:
        """Show other words, with the cursor behind them."""
        self.text = clean(text, lines=True, limit=self.longest)
        self.move_cursor(self.document.end)

    async def _on_key(self, event: events.Key) -> None:
        host = cast(Host, self.app)
        if event.key in ("enter", "ctrl+j"):
            event.stop()
            event.prevent_default()
            if host.key_gap >= host.QUIET_S:
                self.post_message(self.Submitted(self.text))
        elif event.is_printable and len(self.text) >= self.longest:
            event.stop()
            event.prevent_default()
        else:
            await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        text = clean(event.text, lines=True, limit=max(0, self.longest - len(self.text)))
        self._replace_via_keyboard(text, *self.selection)
