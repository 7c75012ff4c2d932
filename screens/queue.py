"""The queue: what to do next, and why. Any number of cases; only what is in view is read."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer

from screens.assigning import Assigning, Done
from screens.figures import FiguresBox, FiguresRead
from screens.kit import keys
from screens.kit.pages import Answer
from screens.kit.text import count, say
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.filter_bar import FilterBar
from screens.kit.widgets.heads import Tabs
from screens.kit.widgets.table import Column, VirtualTable
from screens.queue_filter import is_identifier, view_of
from screens.queue_preview import Preview
from services.types import Band, Cursor, QueueCounts, QueuePage, QueueRow, QueueView, Session

VIEWS: Final = ("all", "mine", "unassigned", "approval", "closed")
REFRESH_S: Final = 5
SETTLE_S: Final = 0.12  # the preview follows the cursor when it rests, not between two moves of a hand

COLUMNS: Final[tuple[Column[QueueRow], ...]] = (
    Column("Due", 12, lambda row: row.due, 1),
    Column("Case", 11, lambda row: row.case),
    Column("Right", 11, lambda row: row.rights, 2),
    Column("Person", 13, lambda row: row.person, 2),
    Column("State", 11, lambda row: f"! {row.state}" if row.conflicts else row.state, 1),
    Column("Who", 4, lambda row: row.who or "-"),
    Column("Tier", 4, lambda row: row.tier or "-"),
)
TONES: Final = {
    Band.BREACH: "late",
    Band.OVERDUE: "late",
    Band.TODAY: "soon",
    Band.PAUSE_ENDS: "soon",
    Band.CLOSED: "calm",
}


@dataclass
class CountsRead(Message):
    counts: QueueCounts
    view: QueueView


@dataclass
class NextRead(Message):
    row: QueueRow | None


@dataclass
class PersonFound(Message):
    """The cases of the person behind a whole identifier, newest first."""

    cases: tuple[str, ...]


class QueueScreen(Assigning):
    """Home of an agent and, with approvals and assigning, of a team lead."""

    CSS_PATH = "queue.tcss"
    BINDINGS = keys.bindings("queue")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
        self.view = QueueView()
        self.counts: QueueCounts | None = None
        self.all_of_view = 0  # without the filter
        self._settling: Timer | None = None

    def body(self) -> ComposeResult:
        yield Tabs(*(kind.capitalize() for kind in VIEWS))
        with Horizontal(id="main"):
            yield VirtualTable(
                COLUMNS, lambda row: row.case, tone=lambda row: TONES.get(Band(row.band), "row"), empty="No case here."
            )
            yield Preview()
        yield FilterBar()

    @property
    def table(self) -> VirtualTable[QueueRow]:
        return self.query_one(VirtualTable)

    def on_mount(self) -> None:
        self._show(self.view)
        self.set_interval(REFRESH_S, self._refresh)

    def on_screen_resume(self) -> None:
        self._refresh()

    # --- reading ---------------------------------------------------------------------------------------------------

    def _show(self, view: QueueView) -> None:
        """Another list, from its first row."""
        self.view, self.counts = view, None
        session = self.host.session
        desk = self.desk

        def read(after: Cursor | None, limit: int, reverse: bool) -> Answer[QueueRow, Any]:
            page: QueuePage = desk.queue.page(session, view, after, limit, reverse)
            return Answer(page.rows, page.first, page.last)

        if session is not None:
            self.table.show(read)  # counts follow the first rows: they are many queries, the rows are one

    def _count(self) -> None:
        view = self.view
        self.run(self.desk.queue.counts, self.host.session, view, reply=partial(_counted, view), serial="counts")

    def _refresh(self) -> None:
        if self.is_current and self.host.session is not None and self.counts is not None:
            self.table.again()
            self._count()

    @on(CountsRead)
    def _counts_read(self, message: CountsRead) -> None:
        if message.view != self.view or message.counts == self.counts:
            return  # nothing new to draw
        self.counts = message.counts
        if not self.view.text and self.view == replace(QueueView(), kind=self.view.kind):
            self.all_of_view = message.counts.total
        self.table.count(message.counts.total)
        self.query_one(FilterBar).found(f"{count(message.counts.total)} of {count(self.all_of_view)}")
        self._say_counts(message.counts)
        self.refresh_bindings()
        self.host.prepare()

    def _say_counts(self, counts: QueueCounts) -> None:
        words = f"$total cases{_not_taken(counts)} · mine $mine · unassigned $unassigned"
        if counts.approval:
            words += " · approval $approval"
        if counts.next is not None:
            words += " · next: $case, $why"
        self.query_one(FlashLine).base = say(
            words, total=count(counts.total), mine=count(counts.mine), unassigned=count(counts.unassigned),
            approval=count(counts.approval), conflicts=count(counts.conflicts), drafts=count(counts.drafts),
            kept=count(counts.kept), case=counts.next.case if counts.next else "", why=counts.next_reason,
        )  # fmt: skip

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        if self.counts is None and self.table.pages.pages:
            self._count()
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLE_S, self._settled)

    def _settled(self) -> None:
        if self.has_class("-wide"):
            self.query_one(Preview).row = self.table.current
        self.refresh_bindings()

    # --- filter and views ------------------------------------------------------------------------------------------

    @on(FilterBar.Changed)
    def _filtered(self, message: FilterBar.Changed) -> None:
        if is_identifier(message.text):
            self.query_one(FilterBar).found("Enter finds the person's cases")
            return
        view, problem = view_of(QueueView(kind=self.view.kind), message.text)
        if problem:
            self.flash(problem, "no")
        if view != self.view:
            self._show(view)

    @on(FilterBar.Left)
    def _back_to_list(self) -> None:
        bar = self.query_one(FilterBar)
        identifier = bar.text if is_identifier(bar.text) else ""
        bar.veil(bool(identifier))
        self.table.focus()
        if identifier:
            bar.clear()  # it is not shown back
            call = partial(_cases_of, self.desk, self.host.session, identifier)
            self.run(call, reply=PersonFound, serial="person", write=True, stage="looking for the person")

    @on(PersonFound)
    def _person_found(self, message: PersonFound) -> None:
        cases = message.cases[:9]
        if not cases:
            self.flash("no case of that person here", "no")
        elif len(cases) == 1:
            self.host.show("case", cases[0])
        else:
            from screens.kit.widgets.confirm import Choice

            answers = {str(n): case for n, case in enumerate(cases, 1)}
            title = f"{count(len(message.cases))} cases of that person"
            self.app.push_screen(Choice(title, [], answers), lambda key: self._show_case(answers, key))

    def _show_case(self, answers: dict[str, str], key: str | None) -> None:
        if key is not None:
            self.host.show("case", answers[key])

    def action_filter(self) -> None:
        self.query_one(FilterBar).open()

    def action_back(self) -> None:
        self.query_one(FilterBar).clear()

    def _tab(self, number: int) -> None:
        tabs = self.query_one(Tabs)
        if tabs.current != number:
            tabs.current = number
            self._show(replace(self.view, kind=VIEWS[number]))

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

    # --- acts ------------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "back" and self.is_mounted and not self.query_one(FilterBar).text:
            return False  # nothing to go back from
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        if action in ("open", "take", "assign", "mark") and self.table.current is None:
            return "no case under the cursor"
        if action == "settle" and (self.counts is None or not _not_taken(self.counts)):
            return "all that was done was taken"
        return ""

    def action_open(self) -> None:
        row = self.table.current
        if row is not None:
            self.host.show("case", row.case, "", self.view)

    def action_next_case(self) -> None:
        self.run(self.desk.queue.next, self.host.session, reply=NextRead, serial="next")

    @on(NextRead)
    def _next(self, message: NextRead) -> None:
        if message.row is None:
            self.flash("no case is waiting for you", "no")
        else:
            self.host.show("case", message.row.case)

    def action_intake(self) -> None:
        self.host.show("intake")

    def action_take(self) -> None:
        row = self.table.current
        if row is not None:
            self.take(row.case)

    def action_assign(self) -> None:
        row = self.table.current
        if row is not None:
            self.assign(tuple(sorted(self.table.marked)) or (row.case,), row.controller)

    def action_settle(self) -> None:
        self.host.show("settle")

    def action_holds(self) -> None:
        self.host.show("holds")

    def action_catalog(self) -> None:
        self.host.show("catalog")

    def action_figures(self) -> None:
        self.run(self.desk.figures.read, self.host.session, reply=FiguresRead, serial="figures", stage="counting")

    @on(FiguresRead)
    def _figures(self, message: FiguresRead) -> None:
        self.app.push_screen(FiguresBox(message.found))

    @on(Done)
    def _done(self, message: Done) -> None:
        self.flash(message.words, "good")
        self.table.marked.clear()
        self._refresh()

    def action_mark(self) -> None:
        self.table.toggle_mark()

    def action_review(self) -> None:
        self.host.show("review")

    def about(self) -> str:
        return self.table.current.case if self.table.current is not None else ""

    # --- lock ------------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        self.table.forget()
        self.query_one(Preview).row = None
        self.query_one(FlashLine).base = say("")
        self.counts = None

    def recall(self) -> None:
        self._show(self.view)


def _counted(view: QueueView, counts: QueueCounts) -> Message:
    return CountsRead(counts, view)


def _not_taken(counts: QueueCounts) -> str:
    """What waits to be settled, with the key that opens it."""
    numbers = {
        "drafts $drafts": counts.drafts,
        "conflicts $conflicts": counts.conflicts,
        "closed log $kept": counts.kept,
    }
    named = [words for words, number in numbers.items() if number]
    return f" · ! {' · '.join(named)}" if named else ""


def _cases_of(desk: Any, session: Session | None, identifier: str) -> tuple[str, ...]:
    """Asked of each controller that is granted: finding never crosses them (design.md 7.10)."""
    granted = session.controllers if session else ()
    return tuple(sorted({case for one in granted for case in desk.find.search(session, one, identifier)}, reverse=True))
