"""The caller of a training call, beside any screen: what they said, what they answer, the time in the story."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol, cast

from textual import events
from textual.content import Content
from textual.widget import Widget

from screens.kit.text import shown
from services.types import CallerLine

WIDE: Final = 110
LEFT_OUT: Final = ("name", "phone", "city")
"""What no question of the checklists asks for, where there are six lines only."""


class Call(Protocol):
    """A call that is on."""

    title: str
    clock: datetime
    lines: Sequence[CallerLine]
    answers: Sequence[tuple[str, str, str]]


class TrainingBanner(Widget, can_focus=False):
    """For screens without a top bar: sign-in and lock."""

    DEFAULT_CSS = """
    TrainingBanner {
        dock: top; height: 1; width: 100%; padding: 0 1;
        background: $training; color: $training-ink; text-style: bold;
    }
    TrainingBanner:nocolor { text-style: reverse; }
    """

    def render(self) -> Content:
        return Content("TRAINING: invented people, nothing here is real")


class CallerPanel(Widget, can_focus=False):
    """Six lines at the top that no screen scrolls away, or a column at the right where there is room.

    Empty while no call is on.
    """

    DEFAULT_CSS = """
    CallerPanel { display: none; dock: top; height: 6; width: 100%; padding: 0 1; background: $panel; }
    CallerPanel.-on { display: block; }
    CallerPanel.-wide {
        dock: right; width: 40; height: 100%; border-left: solid $training; background: $surface;
    }
    CallerPanel:nocolor { text-style: underline; }
    """

    def on_mount(self) -> None:
        self.look()

    def on_resize(self, event: events.Resize) -> None:
        self.look()

    def look(self) -> None:
        """The call has changed."""
        self.set_class(self.call is not None, "-on")
        self.set_class(self.app.size.width >= WIDE, "-wide")
        self.refresh()

    @property
    def call(self) -> Call | None:
        return cast("Call | None", getattr(self.app, "call", None))

    def render(self) -> Content:
        call = self.call
        if call is None:
            return Content("")
        head = shown("TRAINING CALL", "bold $training-ink on $training")
        head += shown(f" {call.clock:%a %d %b %Y %H:%M} · {call.title}", "$quiet")
        told = [_said(line, last=line is call.lines[-1]) for line in call.lines]
        if self.has_class("-wide"):
            known = Content("\n").join(_answer(word, value) for _, word, value in call.answers)
            return Content("\n\n").join([head, shown("Asked, they say", "$quiet") + Content("\n") + known, *told[::-1]])
        few = [_answer(word, value) for fact, word, value in call.answers if fact not in LEFT_OUT]
        return Content("\n").join([head, *told[-1:], Content(" · ").join(few)])


def _said(line: CallerLine, *, last: bool) -> Content:
    at = shown(f"{line.at_s // 60}:{line.at_s % 60:02d} ", "$quiet")
    return at + shown(f"“{line.text}”", "bold" if last else "")


def _answer(word: str, value: str) -> Content:
    return shown(f"{word} ", "$quiet") + shown(value)
