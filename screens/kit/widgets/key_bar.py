"""The footer: the keys of this screen, made from the registry. A key that may not act now stands in parentheses."""

from textual.content import Content
from textual.keys import key_to_character
from textual.screen import Screen

from screens.kit import live
from screens.kit.key_names import NO_KEY, shown_as
from screens.kit.text import shown
from screens.kit.widgets.bars import Bar


class KeyBar(Bar):
    """As many keys as fit, in registry order; help comes last and always has room."""

    DEFAULT_CSS = "KeyBar { color: $foreground; }"

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    def render(self) -> Content:
        shorts = [item for item in live.all_of(self.screen) if item.action.short]
        parts = [part for item in shorts if (part := self._part(item)) is not None]
        width = self.content_size.width
        line, last = Content(""), next((p for i, p in zip(shorts, parts, strict=False) if i.action.id == "help"), None)
        for item, part in zip(shorts, parts, strict=False):
            if item.action.id == "help":
                continue
            room = width - (last.cell_length + 2 if last else 0)
            if line.cell_length + part.cell_length + 2 > room:
                break
            line = line + part + Content("  ")
        return line + last if last else line

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
