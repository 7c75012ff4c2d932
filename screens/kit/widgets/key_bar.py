"""The footer: the keys of this screen, made from the registry. A key that may not act now stands in parentheses."""

from textual.content import Content
from textual.keys import key_to_character
from textual.screen import Screen

from screens.kit import live
from screens.kit.key_names import NO_KEY, shown_as
from screens.kit.text import shown
from screens.kit.widgets.bars import Bar


class KeyBar(Bar):
    """As many keys as fit in `rows` lines, in registry order; help comes last and always has room."""

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
        parts = [(item, part) for item in shorts if (part := self._part(item)) is not None]
        last = next((part for item, part in parts if item.action.id == "help"), Content(""))
        lines = [Content("")]
        for item, part in parts:
            if item.action.id == "help":
                continue
            if lines[-1].cell_length + part.cell_length > self._room(lines, last):
                if len(lines) == self.rows:
                    break
                lines.append(Content(""))
            lines[-1] = lines[-1] + part + Content("  ")
        return Content("\n").join([*lines[:-1], lines[-1] + last])

    def _room(self, lines: list[Content], last: Content) -> int:
        """Cells of the line being filled; the last one leaves room for help."""
        width = self.content_size.width
        return width - (last.cell_length + 2 if len(lines) == self.rows else 0)

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
