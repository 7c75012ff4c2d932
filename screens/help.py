"""Help: the keys that are live on the screen behind, from the registry. Enter runs the one under the cursor."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from screens.kit import keys
from screens.kit.dialog import Dialog
from screens.kit.key_names import shown_as
from screens.kit.live import Live
from screens.kit.text import fit, shown


class HelpScreen(Dialog):
    """Dismissed with the id of an action to run, or None."""

    CSS_PATH = "help.tcss"
    BINDINGS = keys.bindings("help", "list")

    def __init__(self, lives: list[Live]) -> None:
        super().__init__()
        self.lives = [item for item in lives if item.action.id not in ("help", "lock_anywhere")]

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(shown("Keys of this screen", "bold"), classes="title")
            yield OptionList(*(Option(self._prompt(item), id=item.action.id) for item in self.lives), markup=False)
            yield Static(shown("Enter runs it   j k move   Esc back   ( ) cannot act now and says why", "$quiet"))

    def _prompt(self, item: Live) -> Content:
        name = shown_as(self.host.keys[item.action.id])
        key = fit((name if item.enabled else f"({name})") if name else "", 11)
        words = shown(item.action.words, "" if item.enabled else "$quiet")
        return shown(f" {key} ", "bold $primary" if item.enabled else "$quiet") + words

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    def action_run(self) -> None:
        option = self._list.highlighted_option
        self.dismiss(option.id if option else None)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def action_back(self) -> None:
        self.dismiss(None)

    def action_move_down(self) -> None:
        self._list.action_cursor_down()

    def action_move_up(self) -> None:
        self._list.action_cursor_up()

    def action_page_down(self) -> None:
        self._list.action_page_down()  # type: ignore[no-untyped-call]

    def action_page_up(self) -> None:
        self._list.action_page_up()  # type: ignore[no-untyped-call]

    def action_to_first(self) -> None:
        self._list.action_first()

    def action_to_last(self) -> None:
        self._list.action_last()
