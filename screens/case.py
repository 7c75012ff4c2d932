"""A case: what is asked and until when, five tabs, and one key for each act; a key that may not act says why."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from screens import case_panes
from screens.case_clock import CaseClock
from screens.kit import keys
from screens.kit.deskside import sentences
from screens.kit.messages import JobFailed
from screens.kit.text import shown
from screens.kit.widgets.heads import Crumbs, Tabs
from services.types import CaseView, Cursor, QueueRow, QueueView

TABS: Final = ("Overview", "Identity", "Data", "Letters", "History")
TICK_S: Final = 1
CALM_TICKS: Final = 5  # a case in which nothing moves is read again this seldom


@dataclass
class CaseRead(Message):
    case: CaseView


@dataclass
class Neighbour(Message):
    row: QueueRow | None
    way: str


class CaseScreen(CaseClock):
    """Opened with a case, what to say to the caller (after intake), and the queue's view for `[` and `]`."""

    CSS_PATH = "case.tcss"
    BINDINGS = keys.bindings("case", "list")
    AUTO_FOCUS = ""
    KEY_ROWS = 2

    def __init__(self, case: str, say: str = "", queue: QueueView | None = None) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
        self.case, self.say, self.queue = case, say, queue or QueueView()
        self.view: CaseView | None = None
        self._ticks, self._reading, self._failed_with = 0, False, ""

    def body(self) -> ComposeResult:
        yield Crumbs()
        yield Tabs(*TABS)
        with Horizontal(id="main"):
            with VerticalScroll(id="left", can_focus=False):
                yield Static("", id="facts")
            with VerticalScroll(id="right", can_focus=False):
                yield Static("", id="pane")

    def on_mount(self) -> None:
        self.recall()
        self.set_interval(TICK_S, self._tick)

    def on_screen_resume(self) -> None:
        if self.view is not None:
            self.recall()

    # --- reading -----------------------------------------------------------------------------------------------------

    def recall(self) -> None:
        if self.host.session is None:
            return
        self._ticks, self._reading = 0, True
        self.run(
            self.desk.case.read, self.host.session, self.case, reply=CaseRead, serial="case", stage="reading the case"
        )

    def _tick(self) -> None:
        """Read again: every second while something moves, seldom else. The countdown runs here."""
        self._ticks += 1
        if not self.is_current or self.view is None or self._reading:
            return
        if case_panes.moving(self.view) or self._ticks >= CALM_TICKS:
            self.recall()
        self._draw()

    @on(CaseRead)
    def _case_read(self, message: CaseRead) -> None:
        self._reading, self._failed_with = False, ""
        if message.case.id == self.case:
            self.say_kept(message.case)
            changed = message.case != self.view
            self.view = message.case
            if changed:
                self._draw()
                self.refresh_bindings()

    @on(JobFailed)
    def _read_failed(self, message: JobFailed) -> None:
        if message.what != "reading the case":
            return
        self._reading = False
        words = sentences(message.error)
        if words == self._failed_with:
            message.stop()
            message.prevent_default()
        self._failed_with = words

    # --- drawing -----------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Lines are broken by the width of their pane: what was drawn before that was known is drawn again."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        view, session = self.view, self.host.session
        if view is None or session is None:
            return
        self.place(view.controller_name)
        zone = self.host.clock().tzinfo
        tab = self.query_one(Tabs).current
        self.query_one(Crumbs).path = ("Queue", view.id, TABS[tab])
        self.query_one("#facts", Static).update(case_panes.facts(view, session.agent, zone, self._room("#left")))
        self.query_one("#pane", Static).update(self._pane(view, tab))

    def _pane(self, view: CaseView, tab: int) -> Content:
        now, room = self.host.clock(), self._room("#right")
        if tab == 0:
            return case_panes.overview(view, self.say, now, room)
        if tab == 1:
            return case_panes.identity(view, self.host.session.id if self.host.session else "", now, room)
        if tab == 2:
            return case_panes.data(view, now.tzinfo)
        if tab == 3:
            return case_panes.letters(view, room, now.tzinfo)
        return case_panes.history(view, now, room)

    def _room(self, pane: str) -> int:
        """Cells of a line of a pane; one is kept for its scroll bar."""
        return (self.query_one(pane).content_size.width or 36) - 1

    def _tab(self, number: int) -> None:
        self.query_one(Tabs).current = number
        self.query_one("#right").scroll_home(animate=False)
        self._draw()

    def action_tab_1(self) -> None:
        self._tab(0)

    def action_tab_2(self) -> None:
        self._tab(1)

    def action_tab_3(self) -> None:
        self._tab(2)

    def action_tab_4(self) -> None:
        self._tab(3)

    def action_tab_5(self) -> None:
        self._tab(4)

    # --- moving ------------------------------------------------------------------------------------------------------

    def action_move_down(self) -> None:
        self.query_one("#right").scroll_down(animate=False)

    def action_move_up(self) -> None:
        self.query_one("#right").scroll_up(animate=False)

    def action_page_down(self) -> None:
        self.query_one("#right").scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        self.query_one("#right").scroll_page_up(animate=False)

    def action_to_first(self) -> None:
        self.query_one("#right").scroll_home(animate=False)

    def action_to_last(self) -> None:
        self.query_one("#right").scroll_end(animate=False)

    def action_following_case(self) -> None:
        self._neighbour("next", reverse=False)

    def action_previous_case(self) -> None:
        self._neighbour("previous", reverse=True)

    def _neighbour(self, way: str, *, reverse: bool) -> None:
        if self.view is None:
            return
        here = Cursor(self.view.band, self.view.leads.isoformat() if self.view.leads else "", self.case)
        read: Callable[[], QueueRow | None] = partial(
            _row_beside, self.desk, self.host.session, self.queue, here, reverse
        )
        self.run(read, reply=partial(_neighbour, way), serial="neighbour")

    @on(Neighbour)
    def _go(self, message: Neighbour) -> None:
        if message.row is None:
            self.flash(f"there is no {message.way} case in this queue", "no")
            return
        self.forget()
        self.case, self.say = message.row.case, ""
        self.recall()

    # --- lock --------------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        self.view, self.say, self.kept = None, "", ""
        for name in ("#facts", "#pane"):
            self.query_one(name, Static).update(shown(""))
        self.query_one(Crumbs).path = ("Queue",)
        self.refresh_bindings()


def _row_beside(desk: Any, session: object, queue: QueueView, here: Cursor, reverse: bool) -> QueueRow | None:
    rows = desk.queue.page(session, queue, here, 1, reverse).rows
    return rows[0] if rows else None


def _neighbour(way: str, row: QueueRow | None) -> Message:
    return Neighbour(row, way)
