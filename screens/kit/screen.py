"""The base of every full screen. How to make one: screens/kit/__init__.py."""

from typing import ClassVar

from textual.app import ComposeResult

from screens.kit.deskside import Deskside
from screens.kit.widgets.bars import FlashLine, StatusBar
from screens.kit.widgets.heads import TopBar
from screens.kit.widgets.key_bar import KeyBar


class KitScreen(Deskside):
    """A full screen: top bar, `body()`, flash line, keys, status."""

    KEY_ROWS: ClassVar[int] = 1  # lines of keys at the foot

    def body(self) -> ComposeResult:
        """What stands between the bars."""
        yield from ()

    def compose(self) -> ComposeResult:
        yield TopBar()
        yield from self.host.beside()
        yield from self.body()
        yield FlashLine()
        yield KeyBar(self.KEY_ROWS)
        yield StatusBar()

    def on_screen_resume(self) -> None:
        """What the bars say may have changed while another screen was in front."""
        self.query("StatusBar, TopBar").refresh()

    def place(self, words: str) -> None:
        """Name the controller this screen is about in the top bar."""
        self.query_one(TopBar).place = words

    def action_back(self) -> None:
        self.dismiss(None)
