"""A row of options picked by their own key: one of them, or several. Brackets and crosses say it without colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Generic, TypeVar, cast

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from screens.kit.host import Host
from screens.kit.text import clean, fit, shown

Value = TypeVar("Value")
TITLE: Final = 12  # cells


@dataclass(frozen=True, slots=True)
class Option(Generic[Value]):
    """What a key stands for."""

    key: str
    words: str
    value: Value


class Choices(Widget, Generic[Value], can_focus=True):
    """`title` and options. While it has focus an option's key picks it, ← → move, Space picks, Enter hands the form in.

    With `several` a pick toggles; else it moves the one choice, and arrows do so too.
    """

    DEFAULT_CSS = """
    Choices { height: auto; width: 100%; padding: 0 1; }
    Choices > .choices--here { background: $block-cursor-blurred-background; text-style: bold; }
    Choices:nocolor > .choices--here { text-style: bold underline; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"choices--here"}
    cursor = reactive(0)
    picked: reactive[frozenset[int]] = reactive(frozenset())

    @dataclass
    class Changed(Message):
        """Another choice."""

        choices: "Choices[object]"

    @dataclass
    class Submitted(Message):
        """Enter: the form is to be handed in."""

    def __init__(
        self,
        title: str,
        options: Sequence[Option[Value]] = (),
        *,
        several: bool = False,
        columns: int = 0,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.words, self.several, self.columns = title, several, columns
        self.options: tuple[Option[Value], ...] = tuple(options)
        self.set_reactive(Choices.picked, frozenset() if several or not options else frozenset({0}))

    def offer(self, options: Sequence[Option[Value]]) -> None:
        """Other options; the first one is chosen when only one can be."""
        self.options = tuple(options)
        self.picked = frozenset() if self.several or not self.options else frozenset({0})
        self.refresh(layout=True)

    @property
    def values(self) -> tuple[Value, ...]:
        """What is picked, in the order of the options."""
        return tuple(self.options[n].value for n in sorted(self.picked) if n < len(self.options))

    def pick(self, values: Sequence[Value]) -> None:
        """Pick exactly these; values that are not offered are left out."""
        found = frozenset(n for n, option in enumerate(self.options) if option.value in values)
        if found or self.several:
            self.picked = found

    # --- keys ------------------------------------------------------------------------------------------------------

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        return any(option.key == character for option in self.options)

    def on_key(self, event: events.Key) -> None:
        here = next((n for n, option in enumerate(self.options) if option.key == event.character), None)
        if event.key in ("enter", "ctrl+j"):
            if cast(Host, self.app).key_gap >= cast(Host, self.app).QUIET_S:
                self.post_message(self.Submitted())
        elif here is not None:
            self.cursor = here
            self._toggle(here)
        elif event.key in ("right", "left", "down", "up") and self.options:
            self._move(event.key)
        elif event.key == "space":
            self._toggle(self.cursor)
        else:
            return
        event.stop()
        event.prevent_default()

    def _move(self, key: str) -> None:
        step = {"right": 1, "left": -1, "down": self.columns or 1, "up": -(self.columns or 1)}[key]
        self.cursor = min(max(0, self.cursor + step), len(self.options) - 1)
        if not self.several:
            self._toggle(self.cursor)

    def _toggle(self, number: int) -> None:
        self.picked = self.picked ^ {number} if self.several else frozenset({number})
        self.post_message(self.Changed(cast("Choices[object]", self)))

    # --- drawing ---------------------------------------------------------------------------------------------------

    def render(self) -> Content:
        marker = "▶" if self.has_focus else " "
        title = shown(fit(marker + clean(self.words), TITLE), "bold" if self.has_focus else "$quiet")
        cells = [self._cell(n) for n in range(len(self.options))]
        room = self.content_size.width - TITLE
        if self.columns and cells:
            rows = [cells[n : n + self.columns] for n in range(0, len(cells), self.columns)]
            return Content("\n" + " " * TITLE).join(
                [title + Content(" ").join(rows[0]), *map(Content(" ").join, rows[1:])]
            )
        line = Content("").join(cells)
        if line.cell_length > room and self.picked:
            chosen = min(self.picked)
            line = Content("◂ ") + self._cell(chosen) + Content(f" ▸ {chosen + 1} of {len(self.options)}")
        return title + line

    def _cell(self, number: int) -> Content:
        option, on = self.options[number], number in self.picked
        if self.several:
            text = f"[{'x' if on else ' '}] {option.key} {clean(option.words)}"
            text = fit(text, (self.content_size.width - TITLE) // (self.columns or 1) - 1)
        else:
            text = f"[{option.key} {clean(option.words)}]" if on else f" {option.key} {clean(option.words)} "
        at_cursor = self.has_focus and number == self.cursor
        if at_cursor:
            style = self.get_visual_style("choices--here")
            return Content.styled(text, style)
        return shown(text, "bold" if on else "")
