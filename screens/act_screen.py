"""The base of find, export and erase: look first, say what will happen, then show it happen until there is proof."""

from dataclasses import dataclass
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from screens import case_panes, preview_table
from screens.kit import keys
from screens.kit.messages import JobFailed, Stage
from screens.kit.screen import KitScreen
from screens.kit.text import shown
from screens.kit.widgets.heads import Crumbs
from screens.lines import pair
from screens.words import right
from services.types import CaseView, ItemState, ItemView, Preview, Right

POLL_S: Final = 1


@dataclass
class CaseRead(Message):
    case: CaseView


@dataclass
class Looked(Message):
    """The systems have answered: what the act would touch."""

    preview: Preview


@dataclass
class Asked(Message):
    """The act was asked for and is kept."""


class ActScreen(KitScreen):
    """One act on one item. `preview` is what was looked at, `asked` whether the act was asked for from here."""

    CSS_PATH = "act.tcss"
    BINDINGS = keys.bindings("list")
    AUTO_FOCUS = ""
    TITLE_WORDS: ClassVar[str] = ""
    RIGHTS: ClassVar[tuple[Right, ...]] = ()
    SINCE: ClassVar[tuple[str, ...]] = ()  # acts that begin what is watched

    def __init__(self, case: str, item: str = "", preview: Preview | None = None) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
        self.case, self.item_id, self.preview = case, item, preview
        self.view: CaseView | None = None
        self.asked = False
        self._looking = self._reading = False

    def body(self) -> ComposeResult:
        yield Crumbs()
        with VerticalScroll(id="sheet", can_focus=False):
            yield Static("", id="facts")
            yield Static("", id="table")
            yield Static("", id="progress")

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Queue", self.case, self.TITLE_WORDS)
        self.recall()
        self.set_interval(POLL_S, self._poll)

    # --- reading -----------------------------------------------------------------------------------------------------

    def recall(self) -> None:
        if self.host.session is not None:
            self._reading = True
            self.run(self.desk.case.read, self.host.session, self.case, reply=CaseRead, serial="case", stage="reading")

    def _poll(self) -> None:
        if self.asked and self.is_current and not self._reading:
            self.recall()

    @on(CaseRead)
    def _case_read(self, message: CaseRead) -> None:
        self._reading = False
        self.view = message.case
        self.place(message.case.controller_name)
        if self.preview is None and not self.asked and not self._looking:
            self._look()
        self._draw()

    def _look(self) -> None:
        item = self.item
        if item is None:
            self.flash("nobody asked for this here", "no")
            return
        self._looking = True
        self.run(
            self.desk.find.preview, self.host.session, self.case, item.id, self._tell, reply=Looked, serial="look",
            write=True, stage="searching every system",
        )  # fmt: skip

    def _tell(self, words: str) -> None:
        self.post_message(Stage(f"searching every system: {words}"))

    @on(Looked)
    def _looked(self, message: Looked) -> None:
        self._looking = False
        self.preview = message.preview
        self._draw()

    @on(JobFailed)
    def _not_looked(self) -> None:
        self._looking = self._reading = False
        self._draw()

    @property
    def item(self) -> ItemView | None:
        """The item it is about: the one named, else the first open one of these rights, else the first of them."""
        items = self.view.items if self.view else ()
        if self.item_id:
            return next((one for one in items if one.id == self.item_id), None)
        fitting = [one for one in items if one.right in self.RIGHTS]
        open_ones = [one for one in fitting if one.state is not ItemState.CLOSED]
        return next(iter(open_ones or fitting), None)

    # --- drawing -----------------------------------------------------------------------------------------------------

    def facts(self, preview: Preview) -> list[tuple[str, str]]:
        """What happens, where, to how many rows, what is kept, who approves, when it runs."""
        return []

    def _draw(self) -> None:
        item = self.item
        if self.view is None or item is None:
            return
        head: list[Content] = [shown(f"{self.TITLE_WORDS}, item {item.id}: {right(item.right)}", "bold")]
        if self.preview is not None:
            head += [pair(name, words, self._room) for name, words in self.facts(self.preview)]
            lines = preview_table.lines(self.preview, self._room, wide=self.has_class("-wide"))
            table = Content("\n").join(lines)
        else:
            words = "Searching every system …" if self._looking else "Not searched: leave and come again."
            table = shown(words, "$quiet")
        self.query_one("#facts", Static).update(Content("\n").join(head))
        self.query_one("#table", Static).update(table)
        self.query_one("#table").display = not self.asked
        self.query_one("#progress", Static).update(self._progress(self.view, item) if self.asked else Content(""))
        self.refresh_bindings()

    def _progress(self, view: CaseView, item: ItemView) -> Content:
        now = self.host.clock()
        proofs = case_panes.proofs(view.history, self.SINCE, now, self._room)
        return Content("\n").join([*case_panes.progress(item, now, self._room), *proofs])

    @property
    def _room(self) -> int:
        """Cells of a line; one is kept for the scroll bar."""
        return (self.query_one("#sheet").content_size.width or 78) - 1

    @on(Asked)
    def _asked(self) -> None:
        self.asked = True
        self.flash("asked for; it runs by itself, Esc leaves it running", "good")
        self.query_one("#sheet").scroll_home(animate=False)
        self.recall()

    # --- moving ------------------------------------------------------------------------------------------------------

    def action_move_down(self) -> None:
        self.query_one("#sheet").scroll_down(animate=False)

    def action_move_up(self) -> None:
        self.query_one("#sheet").scroll_up(animate=False)

    def action_page_down(self) -> None:
        self.query_one("#sheet").scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        self.query_one("#sheet").scroll_page_up(animate=False)

    def action_to_first(self) -> None:
        self.query_one("#sheet").scroll_home(animate=False)

    def action_to_last(self) -> None:
        self.query_one("#sheet").scroll_end(animate=False)

    # --- lock --------------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        self.view = self.preview = None
        for name in ("#facts", "#table", "#progress"):
            self.query_one(name, Static).update(shown(""))
        self.refresh_bindings()
