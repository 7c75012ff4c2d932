"""The base of every dialog."""

from typing import Any, ClassVar

from textual.binding import BindingType
from textual.screen import ModalScreen

from screens.kit.deskside import Deskside


class Dialog(ModalScreen[Any], Deskside):
    """A box over a screen, for one decision. Esc leaves and decides nothing."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > .box {
        width: 68; max-width: 96%; height: auto; max-height: 90%;
        border: round $primary; padding: 0 1; background: $surface;
    }
    Dialog:nocolor > .box { border: ascii $primary; }
    Dialog FlashLine { padding: 0; height: 2; }
    Dialog .title { text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave_dialog", "Back")]

    def action_leave_dialog(self) -> None:
        self.dismiss(None)
