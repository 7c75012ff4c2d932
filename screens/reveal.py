"""One masked field in clear, for ten seconds and with a logged reason (TRM-7)."""

from typing import Final

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from screens.kit.dialog import Dialog
from screens.kit.text import shown

SHOWN_S: Final = 10
READ_S: Final = 120
"""What is read out to the person stays for so long."""
SUMMARY: Final = "s"
ORAL: Final = "CL-ACC-ORAL"
"""The checklist of an answer by mouth: only after it something is read out."""
FIELDS: Final = {
    "p": ("person", "who it is about"),
    "d": ("delivery", "where the answer goes"),
    "w": ("words", "what was asked, in words"),
    "k": ("package-key", "the key of the package"),
    SUMMARY: ("summary", "what is held, to be read out where they ask for it by mouth"),
}
REASONS: Final = {
    "1": ("answer-request", "to answer the request"),
    "2": ("reach-person", "to reach the person"),
    "3": ("check-mistake", "to look into a mistake"),
}


class RevealBox(Dialog):
    """Shows `value` and closes by itself; Esc closes it at once."""

    def __init__(self, title: str, value: str, seconds: int | None = None) -> None:
        super().__init__()
        self.words, self.value, self.rest = title, value, seconds or SHOWN_S

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(shown(self.words, "bold"), classes="title")
            with VerticalScroll(id="value"):
                yield Static(shown(self.value, lines=True), id="text")
            yield Static("", id="rest")

    def on_mount(self) -> None:
        self._count()
        self.set_interval(1, self._count)

    def _count(self) -> None:
        if self.rest <= 0:
            self.dismiss(None)
            return
        self.query_one("#rest", Static).update(shown(f"gone in {self.rest} s · Esc closes it now", "$quiet"))
        self.rest -= 1

    def forget(self) -> None:
        self.value = ""
        self.query_one("#text", Static).update(shown(""))
        self.rest = 0
