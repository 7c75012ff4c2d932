"""Text fields that let nothing in but text."""

from typing import ClassVar, cast

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from screens.kit.host import Host
from screens.kit.text import clean

LONGEST = 2_000  # characters


class CleanInput(Input, inherit_css=False):
    """A one-line field: control, bidi and hidden characters never enter, a paste of any size is cut to `max_length`.

    With `quiet_enter`, Enter counts only after a short silence, so that a raw paste that holds a line break does not
    submit. A field that must take keys typed ahead (sign-in) switches that off. The library's own stylesheet of the
    field is left out: it is the longest to parse on the way to the first frame.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j", "submit", show=False)
    ]  # Enter, typed before the terminal was ours
    COMPONENT_CLASSES: ClassVar[set[str]] = Input.COMPONENT_CLASSES
    DEFAULT_CSS = """
    CleanInput { height: 1; width: 100%; padding: 0 1; background: $panel; color: $foreground; scrollbar-size: 0 0; }
    CleanInput:focus { background: $block-cursor-blurred-background; }
    CleanInput:disabled { color: $quiet; }
    CleanInput:nocolor { text-style: underline; }
    CleanInput > .input--cursor { text-style: reverse; }
    CleanInput > .input--selection { background: $input-selection-background; }
    CleanInput > .input--placeholder { color: $quiet; }
    """

    def __init__(
        self, *, placeholder: str = "", password: bool = False, id: str | None = None, quiet_enter: bool = True,
        max_length: int = LONGEST, disabled: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            placeholder=placeholder,
            password=password,
            id=id,
            max_length=max_length,
            disabled=disabled,
            select_on_focus=False,
        )
        self.cursor_blink = False
        self.quiet_enter = quiet_enter

    def validate_value(self, value: str) -> str:
        return clean(value, limit=self.max_length or LONGEST)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(clean(event.text, limit=self.max_length or LONGEST))

    async def action_submit(self) -> None:
        host = cast(Host, self.app)
        if self.quiet_enter and host.key_gap < host.QUIET_S:
            return
        await super().action_submit()


class CodeInput(CleanInput):
    """A field for a code or PIN: typed, never pasted. With `storm_ok`, keys may come as fast as they like."""

    class Pasted(Message):
        """A paste was refused."""

    def __init__(
        self, *, password: bool = False, id: str | None = None, max_length: int = 12, disabled: bool = False,
        storm_ok: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(password=password, id=id, max_length=max_length, disabled=disabled, quiet_enter=not storm_ok)
        self.storm_ok = storm_ok

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.post_message(self.Pasted())

    async def _on_key(self, event: events.Key) -> None:
        host = cast(Host, self.app)
        if event.is_printable and not self.storm_ok and self.value and host.key_gap < host.QUIET_S / 4:
            event.stop()
            event.prevent_default()
            self.value = ""
            self.post_message(self.Pasted())
            return
        await super()._on_key(event)
