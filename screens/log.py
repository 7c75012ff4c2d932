"""This terminal's action log: newest first, filter, one entry with its proof, and the whole log verified."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.message import Message

from screens.kit import keys
from screens.kit.messages import Stage
from screens.kit.pages import Answer, slice_of
from screens.kit.screen import KitScreen
from screens.kit.text import count, say
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.filter_bar import FilterBar
from screens.kit.widgets.heads import Crumbs
from screens.kit.widgets.table import Column, VirtualTable
from screens.log_entry import EntryBox
from screens.words import stamp
from services.types import LogDetail, LogLine

SCAN: Final = 500  # lines read at once while filtering
FOUND_MOST: Final = 1_000
REFRESH_S: Final = 2


@dataclass
class DetailRead(Message):
    detail: LogDetail


@dataclass
class Verified(Message):
    whole: bool
    words: str


@dataclass
class Found(Message):
    lines: tuple[LogLine, ...]
    text: str


class LogScreen(KitScreen):
    """Lines by number, newest first; the newest come in by themselves while the cursor is at the top."""

    CSS_PATH = "log.tcss"
    BINDINGS = keys.bindings("log")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self) -> None:
        super().__init__()
        self.size_shown = 0
        self.verifying = False

    def body(self) -> ComposeResult:
        yield Crumbs()
        columns: tuple[Column[LogLine], ...] = (
            Column("Entry", 6, lambda one: str(one.seq)),
            Column("When", 15, lambda one: f"{stamp(one.at, self.host.clock().tzinfo)}:{one.at:%S}"),
            Column("Act", 18, lambda one: one.act, 1),
            Column("Who", 9, lambda one: one.actor.removeprefix("agent:"), 1),
            Column("Case", 11, lambda one: one.case or "-"),
            Column("At", 7, lambda one: "central" if one.synced else "here"),
        )
        yield VirtualTable(columns, lambda one: str(one.seq), empty="No such entry.")
        yield FilterBar()

    @property
    def table(self) -> VirtualTable[LogLine]:
        return self.query_one(VirtualTable)

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Queue", "Action log of this terminal")
        self.recall()
        self.set_interval(REFRESH_S, self._refresh)

    # --- reading -----------------------------------------------------------------------------------------------------

    def recall(self) -> None:
        status = self.host.status
        self.size_shown = status.log_size if status else 0
        self.table.show(partial(_page, self.desk, self.host.session, self.size_shown), self.size_shown)
        self._say()

    def _refresh(self) -> None:
        status = self.host.status
        new = status is not None and status.log_size != self.size_shown
        if new and self.is_current and not self.query_one(FilterBar).text and self.table.cursor == 0:
            self.recall()

    def _say(self) -> None:
        status = self.host.status
        words = "$n entries · $sync" if status else ""
        self.query_one(FlashLine).base = say(words, n=count(self.size_shown), sync=status.sync_text if status else "")

    @on(FilterBar.Changed)
    def _filtered(self, message: FilterBar.Changed) -> None:
        if not message.text:
            self.recall()
            return
        call = partial(_matching, self.desk, self.host.session, message.text.lower())
        self.run(call, reply=lambda lines: Found(lines, message.text), serial="filter", stage="looking through the log")

    @on(Found)
    def _found(self, message: Found) -> None:
        if message.text == self.query_one(FilterBar).text:
            self.table.show(partial(slice_of, message.lines), len(message.lines))
            more = " or more" if len(message.lines) == FOUND_MOST else ""
            self.query_one(FilterBar).found(f"{count(len(message.lines))}{more} of {count(self.size_shown)}")

    @on(FilterBar.Left)
    def _back_to_list(self) -> None:
        self.table.focus()

    # --- keys --------------------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        if action == "open" and self.is_mounted and self.table.current is None:
            return "no entry under the cursor"
        if action == "verify_log" and self.verifying:
            return "it is being verified"
        return ""

    def action_filter(self) -> None:
        self.query_one(FilterBar).open()

    def action_back(self) -> None:
        if self.query_one(FilterBar).text:
            self.query_one(FilterBar).clear()
            self.table.focus()
        else:
            self.dismiss(None)

    def action_open(self) -> None:
        one = self.table.current
        if one is not None:
            self.run(self.desk.log.detail, self.host.session, one.seq, reply=DetailRead, serial="detail")

    @on(DetailRead)
    def _detail_read(self, message: DetailRead) -> None:
        self.app.push_screen(EntryBox(message.detail))

    def action_verify_log(self) -> None:
        self.verifying = True
        self.refresh_bindings()
        self.run(
            self.desk.log.verify, self.host.session, self._tell, reply=lambda found: Verified(*found), serial="verify",
            stage="verifying the whole log",
        )  # fmt: skip

    def _tell(self, words: str) -> None:
        self.post_message(Stage(words))

    @on(Verified)
    def _verified(self, message: Verified) -> None:
        self.verifying = False
        self.flash(message.words, "good" if message.whole else "bad")
        self.refresh_bindings()

    def forget(self) -> None:
        self.table.forget()
        self.query_one(FlashLine).base = say("")


def _page(desk: Any, session: object, size: int, after: Any, limit: int, reverse: bool) -> Answer[LogLine, Any]:
    """Entries are numbered without gaps, so a page read backwards is one read forwards from further up."""
    if reverse:
        low = int(after) + 1 if after is not None else 0
        before, limit = min(size, low + limit), min(limit, size - low)
    else:
        before = int(after) if after is not None else size
    lines = desk.log.page(session, before, limit)
    return Answer(tuple(lines), lines[0].seq if lines else None, lines[-1].seq if lines else None)


def _matching(desk: Any, session: object, text: str) -> tuple[LogLine, ...]:
    """The newest lines whose number, act, actor or case holds `text`."""
    found: list[LogLine] = []
    before: int | None = None
    while len(found) < FOUND_MOST:
        lines = desk.log.page(session, before, SCAN)
        found += [one for one in lines if text in f"{one.seq} {one.act} {one.actor} {one.case}".lower()]
        if len(lines) < SCAN:
            break
        before = lines[-1].seq
    return tuple(found[:FOUND_MOST])
