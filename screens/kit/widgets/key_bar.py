"""The footer: the keys of this screen, made from the registry. A key that may not act now stands in parentheses."""

from typing import Final

from textual.content import Content
from textual.keys import key_to_character
from textual.screen import Screen

from screens.kit import live
from screens.kit.key_names import NO_KEY, shown_as
from screens.kit.text import shown
from screens.kit.widgets.bars import Bar

PINNED: Final = ("back", "help")  # they come last and always have room


class KeyBar(Bar):
    """As many keys as fit in `rows` lines, in registry order; those that may not act now give way first."""

    DEFAULT_CSS = "KeyBar { color: $foreground; }"

    def __init__(self, rows: int = 1) -> None:
        super().__init__()
        self.rows = rows
        self.styles.height = rows

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    def render(self) -> Content:
        shorts = [item for item in live.all_of(self.screen) if item.action.short]
        named = [(item, part) for item in shorts if (part := self._part(item)) is not None]
        last = [part for item, part in named if item.action.id in PINNED]
        parts = [(part, item.enabled) for item, part in named if item.action.id not in PINNED]
        while (lines := self._lines([part for part, _ in parts], last)) is None:
            dimmed = [n for n, (_, enabled) in enumerate(parts) if not enabled]
            del parts[dimmed[-1] if dimmed else -1]
        return Content("\n").join(lines)

    def _lines(self, parts: list[Content], last: list[Content]) -> list[Content] | None:
        """The parts in `rows` lines with `last` at their end, or None when they do not fit."""
        lines, width = [Content("")], self.content_size.width
        for part in [*parts, *last]:
            if lines[-1].cell_length + part.cell_length > width and lines[-1]:
                lines.append(Content(""))
            lines[-1] = lines[-1] + part + Content("  ")
        return lines if len(lines) <= self.rows or not parts else None

    def _part(self, item: live.Live) -> Content | None:
        key = shown_as(self._pressable(self.host.keys[item.action.id]))
        if not key:
            return None
        if not item.enabled:
            return shown(f"({key} {item.action.short})", "$quiet")
        return shown(key, "bold $primary") + Content(f" {item.action.short}")

    def _pressable(self, keys: str) -> str:
        """The first key that the focused widget does not take as text."""
        focused = self.screen.focused
        if focused is None:
            return keys
        free = (key for key in keys.split(",") if not focused.check_consume_key(key, key_to_character(key)))
        return next(free, NO_KEY)
