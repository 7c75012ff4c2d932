"""The caller of a training call, beside any screen: what they said, what they answer, the time in the story."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Protocol, cast

from textual import events
from textual.content import Content
from textual.widget import Widget

from screens.kit.text import shown
from services.types import CallerLine

WIDE: Final = 110


class Call(Protocol):
    """A call that is on."""

    title: str
    clock: datetime
    lines: Sequence[CallerLine]
    answers: Sequence[tuple[str, str, str]]


class CallerPanel(Widget, can_focus=False):
    """Seven lines under the top bar, or a column at the right where there is room. Empty while no call is on."""

    DEFAULT_CSS = """
    CallerPanel {
        display: none; height: 7; width: 100%; padding: 0 1; border-bottom: solid $training; background: $surface;
    }
    CallerPanel.-on { display: block; }
    CallerPanel.-wide {
        dock: right; width: 40; height: 100%; border-bottom: none; border-left: solid $training;
    }
    CallerPanel:nocolor { border-bottom: ascii; }
    """
    LINES: Final = 2

    def on_mount(self) -> None:
        self.look()

    def on_resize(self, event: events.Resize) -> None:
        self.look()

    def look(self) -> None:
        """The call has changed."""
        self.set_class(self.call is not None, "-on")
        self.set_class(self.app.size.width >= WIDE, "-wide")
        self.refresh(layout=False)

    @property
    def call(self) -> Call | None:
        return cast("Call | None", getattr(cast(Any, self.app), "call", None))

    def render(self) -> Content:
        call = self.call
        if call is None:
            return Content("")
        wide = self.has_class("-wide")
        head = shown("CALL ", "bold $training") + shown(f"{call.clock:%a %d %b %Y %H:%M} · {call.title}", "$quiet")
        told = [self._said(line, last=line is call.lines[-1]) for line in call.lines[-(20 if wide else 1) :]]
        known = Content(" · " if not wide else "\n").join(
            shown(f"{word} ", "$quiet") + shown(value, "bold") for _, word, value in call.answers
        )
        answers = shown("Asked, they say: ", "$quiet") + (Content("\n") if wide else Content("")) + known
        if wide:
            return Content("\n\n").join([head, answers, *reversed(told)])
        return Content("\n").join([head, *told, answers])

    @staticmethod
    def _said(line: CallerLine, *, last: bool) -> Content:
        return shown(f"{line.at_s // 60}:{line.at_s % 60:02d} ", "$quiet") + shown(
            f"“{line.text}”", "bold" if last else ""
        )
