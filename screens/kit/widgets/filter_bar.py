"""The live filter of a list: `/` opens it, every pause in typing filters, Enter keeps it, Esc clears it."""

from dataclasses import dataclass

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from screens.kit.text import shown
from screens.kit.widgets.inputs import CleanInput

PAUSE_S = 0.12


class FilterBar(Horizontal):
    """Hidden until opened. Posts `Changed` while typing and `Left` when the list is to have the keys again."""

    DEFAULT_CSS = """
    FilterBar { height: 1; display: none; background: $panel; }
    FilterBar.-open { display: block; }
    FilterBar > .mark { width: 9; padding: 0 1; text-style: bold; }
    FilterBar > CleanInput { width: 1fr; }
    FilterBar > .found { width: auto; padding: 0 1; color: $quiet; }
    """

    @dataclass
    class Changed(Message):
        """The filter reads like this now."""

        text: str

    @dataclass
    class Left(Message):
        """The list gets the keys again."""

    _timer: Timer | None = None
    hint = "words, case number, or right: state: due: controller:"

    def compose(self) -> ComposeResult:
        yield Static(shown("filter /"), classes="mark")
        yield CleanInput(placeholder=self.hint, max_length=200)
        yield Static("", classes="found")

    @property
    def text(self) -> str:
        return self.query_one(CleanInput).value.strip()

    def open(self) -> None:
        """Show the bar and take the keys."""
        self.add_class("-open")
        self.veil(False)
        self.query_one(CleanInput).focus()

    def veil(self, hide: bool) -> None:
        """Show dots for what is typed: a whole identifier is not left on the screen."""
        self.query_one(CleanInput).password = hide

    def found(self, words: str) -> None:
        """`37 of 1,204`, at the right."""
        self.query_one(".found", Static).update(shown(words))

    def clear(self) -> None:
        """No filter any more."""
        self.remove_class("-open")
        self.query_one(CleanInput).value = ""
        self._tell()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE_S, self._tell)

    @on(Input.Submitted)
    def _kept(self, event: Input.Submitted) -> None:
        event.stop()
        self._tell()
        if not self.text:
            self.remove_class("-open")
        self.post_message(self.Left())

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.clear()
            self.post_message(self.Left())

    def _tell(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.post_message(self.Changed(self.text))
