"""A dialog that asks for one line of text."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from screens.kit.dialog import Dialog
from screens.kit.text import shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.inputs import CleanInput


class Ask(Dialog):
    """Dismissed with what was typed (never empty), or None by Esc. `lines` stand above the field, as inert text."""

    def __init__(
        self,
        title: str,
        lines: Sequence[str] = (),
        *,
        placeholder: str = "",
        max_length: int = 500,
        password: bool = False,
    ) -> None:
        super().__init__()
        self.words, self.lines, self.placeholder, self.longest = title, lines, placeholder, max_length
        self.password = password

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(shown(self.words, "bold"), classes="title")
            for line in self.lines:
                yield Static(shown(line))
            yield CleanInput(placeholder=self.placeholder, max_length=self.longest, password=self.password)
            yield FlashLine()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self.dismiss(event.value.strip())
        else:
            self.flash("something must stand here; Esc leaves", "no")

    def forget(self) -> None:
        self.query_one(CleanInput).value = ""
