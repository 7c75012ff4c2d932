"""The review of a draft: what a live database says of itself, judged line by line; each decision is kept at once."""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from screens.draft_rows import COLUMNS, EMPTY, LABELS, Rows, facts_of, levels, next_open, rows_of, short, tone_of
from screens.kit import keys
from screens.kit.deskside import sentences
from screens.kit.messages import JobFailed
from screens.kit.pages import Answer, slice_of
from screens.kit.screen import KitScreen
from screens.kit.text import count, say, shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.confirm import Choice, TypedConfirm
from screens.kit.widgets.filter_bar import FilterBar
from screens.kit.widgets.heads import Crumbs, Tabs
from screens.kit.widgets.table import VirtualTable
from services.types import DraftDecision, DraftLine, DraftView

REFRESH_S: Final = 3
DECIDES: Final = ("accept", "decline", "category", "later")


@dataclass
class DraftOpened(Message):
    draft: Any
    view: DraftView


@dataclass
class DraftRead(Message):
    """The draft as it stands; None when it stands as before. `words`: what was done."""

    view: DraftView | None
    words: str = ""


@dataclass
class RowsRead(Message):
    rows: Rows
    wanted: tuple[object, ...]


class DraftFilter(FilterBar):
    hint = "words of a name, a category, a reason; or: open"


class DraftScreen(KitScreen):
    """y accepts, f says no, Enter gives another category, - leaves it for later, Y accepts many, u takes back."""

    CSS_PATH = "draft.tcss"
    BINDINGS = keys.bindings("draft")
    AUTO_FOCUS = "VirtualTable"
    KEY_ROWS = 2

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder
        self.draft: Any = None
        self.view: DraftView | None = None
        self.lines: tuple[DraftLine, ...] = ()
        self.waiting: Counter[tuple[str, str]] = Counter()
        self.going: set[str] = set()  # lines whose decision is being kept
        self.later: set[str] = set()
        self._shown: tuple[object, ...] = ()  # tab and filter of the list as it stands

    def body(self) -> ComposeResult:
        yield Crumbs()
        yield Tabs(*LABELS)
        yield VirtualTable(COLUMNS, lambda line: line.key, tone=tone_of, empty=EMPTY[0])
        with Vertical(id="detail"):
            yield Static("", id="facts")
        yield DraftFilter()

    @property
    def table(self) -> VirtualTable[DraftLine]:
        return self.query_one(VirtualTable)

    @property
    def line(self) -> DraftLine | None:
        """The line under the cursor, when it is read."""
        return self.table.current if self.is_mounted else None

    def on_mount(self) -> None:
        self._crumbs(Path(self.folder).name)
        self.recall()
        self.set_interval(REFRESH_S, self._refresh)

    # --- reading -----------------------------------------------------------------------------------------------------

    def recall(self) -> None:
        session, folder, desk = self.host.session, self.folder, self.desk

        def opened() -> DraftOpened:
            draft = desk.reviewing.open(session, folder)
            return DraftOpened(draft, draft.view())

        if self.draft is None:
            self.run(opened, reply=lambda found: found, serial="open", stage="reading the draft")

    def _refresh(self) -> None:
        if self.is_current and self.draft is not None:
            self.run(self.draft.changed, reply=DraftRead, serial="look")

    @on(DraftOpened)
    def _opened(self, message: DraftOpened) -> None:
        self.draft = message.draft
        self._crumbs(f"{message.view.controller}/{message.view.system}")
        self._take(message.view)

    def _crumbs(self, name: str) -> None:
        head = ("Queue", "Catalog") if self.host.session is not None else ()
        self.query_one(Crumbs).path = (*head, "Draft", short(name, 60))

    @on(DraftRead)
    def _read(self, message: DraftRead) -> None:
        if message.view is not None and self.draft is not None:
            self._take(message.view)
        if message.words:
            self.flash(message.words, "good")

    def _take(self, view: DraftView) -> None:
        before = self.view
        if before is not None and view.number < before.number:
            return  # an answer that another one overtook
        self.view = view
        if before is not None and view.reads != before.reads:
            self.flash("the draft was changed elsewhere: this is how it stands now", "no")
        progress = f"{count(view.asked - view.open)} of {count(view.asked)} decided" if view.asked else "nothing waits"
        self.query_one(Tabs).labels = (f"{LABELS[0]} · {progress}", LABELS[1])
        done = "all decided: `rightsdesk catalog publish $who` publishes it" if view.asked and not view.open else ""
        self.query_one(FlashLine).base = say(done, who=view.controller)
        self._list()

    def _list(self) -> None:
        """The lines of the tab, in a thread: a draft may have many thousand fields."""
        if self.view is not None:
            wanted = (self.query_one(Tabs).current, self.query_one(FilterBar).text)
            call = partial(rows_of, self.view, *wanted)
            self.run(call, reply=lambda rows: RowsRead(rows, wanted), serial="rows", stage="listing")

    @on(RowsRead)
    def _rows_read(self, message: RowsRead) -> None:
        if self.view is None:
            return
        self.lines, self.waiting = message.rows.lines, message.rows.waiting
        self.going &= {line.key for line in self.lines if line.state == "open"}
        if message.wanted == self._shown:
            self.table.count(len(self.lines))
            self.table.again()
        else:
            self._shown = message.wanted
            self.table.empty = EMPTY[self.query_one(Tabs).current]
            self.table.show(self._page, len(self.lines))
            first = next_open(self.lines, -1, self.going, self.later)
            if first and not message.wanted[1]:
                self.table.cursor = first
        self.query_one(FilterBar).found(f"{count(len(self.lines))} of {count(message.rows.all)}")
        if self.line is None:
            self._draw()  # else the table tells when the line under the cursor was read
        self.refresh_bindings()

    def _page(self, after: Any, limit: int, reverse: bool) -> Answer[DraftLine, Any]:
        return slice_of(self.lines, after, limit, reverse)

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        self._draw()

    def _draw(self) -> None:
        line = self.line
        room = (self.query_one("#detail").content_size.width or 78) - 1
        lines = [] if line is None else facts_of(line, line.key in self.later, room)
        self.query_one("#facts", Static).update(Content("\n").join(lines))
        self.refresh_bindings()

    # --- filter, tabs ------------------------------------------------------------------------------------------------

    @on(FilterBar.Changed)
    def _filtered(self) -> None:
        self._list()

    @on(FilterBar.Left)
    def _back_to_list(self) -> None:
        self.table.focus()

    def action_filter(self) -> None:
        self.query_one(FilterBar).open()

    def action_tab_1(self) -> None:
        self.query_one(Tabs).current = 0
        self._list()

    def action_tab_2(self) -> None:
        self.query_one(Tabs).current = 1
        self._list()

    def action_back(self) -> None:
        if self.query_one(FilterBar).text:
            self.query_one(FilterBar).clear()
            self.table.focus()
        else:
            self.dismiss(None)

    # --- deciding ----------------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        line = self.line
        if action == "undo":
            return "" if self.view is not None and self.view.can_undo else "nothing was decided in this sitting"
        if action == "next_open":
            return "" if self.view is not None and self.view.open else "nothing waits any more"
        if action == "accept_alike":
            here = line is not None and self.waiting[line.dataset, line.collection]
            return "" if here else "nothing waits in this collection"
        return _why_not(action, line) if action in DECIDES else ""

    def action_accept(self) -> None:
        self._decide("accepted")

    def action_decline(self) -> None:
        line = self.line
        self._decide("no-reference" if line is not None and line.of == "reference" else "not-personal")

    def action_category(self) -> None:
        from screens.category import CategoryBox

        line = self.line
        if line is None or self.view is None:
            return

        def chosen(category: str | None) -> None:
            if category is not None:
                same = line.state == "open" and category == line.said
                self._decide("accepted" if same else "changed", category, line)

        title = f"Category of {short(line.collection, 60)}.{short(line.field, 60)}"
        self.app.push_screen(CategoryBox(title, self.view.categories, line.said), chosen)

    def action_later(self) -> None:
        line = self.line
        if line is not None:
            self.later ^= {line.key}
            self._onwards()

    def _decide(self, decision: DraftDecision, category: str = "", line: DraftLine | None = None) -> None:
        """Have it kept, and go on to what waits next without waiting for that."""
        line = line or self.line
        if line is None or self.draft is None or line.key in self.going:
            return
        was_open = line.state == "open"
        self.going.add(line.key)
        self.later.discard(line.key)
        self.run(self.draft.decide, line, decision, category, reply=DraftRead, write=True, stage="keeping the decision")
        if was_open:
            self._onwards()

    def _onwards(self) -> None:
        to = next_open(self.lines, self.table.cursor, self.going, self.later)
        if to is None or to == self.table.cursor:
            self._draw()
        else:
            self.table.cursor = to  # it tells when it stands there

    def action_next_open(self) -> None:
        self._onwards()

    def action_accept_alike(self) -> None:
        line, view = self.line, self.view
        if line is None or view is None:
            return
        place = (line.dataset, line.collection)
        offered = levels([o for o in view.lines if o.state == "open" and (o.dataset, o.collection) == place])
        name = short(line.collection, 60)

        def chosen(key: str | None) -> None:
            if key is not None:
                self._confirm(name, *offered[key])

        answers = {key: words for key, (words, _) in offered.items()}
        self.app.push_screen(Choice(f"Accept in {name} what is as sure as", [], answers), chosen)

    def _confirm(self, name: str, words: str, lines: tuple[DraftLine, ...]) -> None:
        number = count(len(lines))
        what = "proposal" if len(lines) == 1 else "proposals"

        def confirmed(yes: bool | None) -> None:
            if yes and self.draft is not None:
                done = partial(DraftRead, words=f"{number} accepted; u takes them back")
                self.run(self.draft.accept_all, lines, reply=done, write=True, stage="keeping the decisions")

        box = TypedConfirm(
            f"Accept {number} {what} in {name}?",
            [f"Confidence {words}.", "They hold from then on; u takes them back while this is open."],
            f"accept {number}",
        )
        self.app.push_screen(box, confirmed)

    def action_undo(self) -> None:
        if self.draft is not None:
            done = partial(DraftRead, words="taken back")
            self.run(self.draft.undo, reply=done, write=True, stage="taking it back")

    @on(JobFailed)
    def _not_kept(self, message: JobFailed) -> None:
        """What was not kept waits again; the draft may be another one by now."""
        self.going.clear()
        if self.draft is not None:
            self.run(self.draft.view, reply=DraftRead, serial="look")
        else:  # file and line need room
            self.query_one("#facts", Static).update(shown(sentences(message.error)))

    # --- lock --------------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        self.draft = self.view = None
        self.lines, self._shown = (), ()
        self.waiting.clear()
        self.going.clear()
        self.later.clear()
        self.table.forget()
        self.query_one("#facts", Static).update(shown(""))
        self.query_one(FlashLine).base = say("")
        self.query_one(Crumbs).path = ()
        self.query_one(Tabs).labels = LABELS


def _why_not(action: str, line: DraftLine | None) -> str:
    if line is None:
        return "nothing under the cursor"
    if action == "category":
        return "a reference has no category: y or f" if line.of == "reference" else ""
    if action == "decline":
        return "" if line.state == "open" or line.categories or line.of == "reference" else "it has no category"
    return "" if line.state == "open" else "this waits for nobody: Enter, f and u change it"
