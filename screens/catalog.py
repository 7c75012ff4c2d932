"""The catalog: which systems there are, what they hold, how long it is kept, who gets it; and who changed what.

Four lists over one reading: systems, collections, fields, versions. Enter goes down into what is under the cursor.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from screens.catalog_rows import COLUMNS, EMPTY, Row, facts_of, key_of, rows_of, tone_of
from screens.kit import keys
from screens.kit.pages import slice_of
from screens.kit.screen import KitScreen
from screens.kit.text import count, say, shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.confirm import Choice
from screens.kit.widgets.filter_bar import FilterBar
from screens.kit.widgets.heads import Crumbs, Tabs
from screens.kit.widgets.table import VirtualTable
from services.types import CatalogView, DraftFound

LABELS: Final = ("Systems", "Collections", "Fields", "Versions")
SYSTEMS, COLLECTIONS, FIELDS, VERSIONS = range(4)
REFRESH_S: Final = 5


@dataclass
class CatalogRead(Message):
    view: CatalogView


@dataclass
class RowsRead(Message):
    """The rows of one list, for the words they were filtered by, and how many there are without."""

    rows: tuple[Row, ...]
    all: int
    wanted: tuple[object, ...]


@dataclass
class DraftsRead(Message):
    found: tuple[DraftFound, ...]


class CatalogFilter(FilterBar):
    hint = "words that a line or its facts hold: a name, a category, a law, a recipient"


class CatalogScreen(KitScreen):
    """`scope` is what the list is narrowed to: (controller, system) or (controller, system, collection)."""

    CSS_PATH = "catalog.tcss"
    BINDINGS = keys.bindings("catalog")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self) -> None:
        super().__init__()
        self.view: CatalogView | None = None
        self.scope: tuple[str, ...] = ()
        self.made: dict[int, tuple[Row, ...]] = {}  # every line of a list, once it was asked for

    def body(self) -> ComposeResult:
        yield Crumbs()
        yield Tabs(*LABELS)
        yield VirtualTable(COLUMNS[SYSTEMS], key_of, tone=tone_of, empty=EMPTY[SYSTEMS])
        with Vertical(id="detail"):
            yield Static("", id="facts")
        yield CatalogFilter()

    @property
    def table(self) -> VirtualTable[Row]:
        return self.query_one(VirtualTable)

    @property
    def tab(self) -> int:
        return self.query_one(Tabs).current

    def on_mount(self) -> None:
        self.recall()
        self.set_interval(REFRESH_S, self._refresh)

    # --- reading -----------------------------------------------------------------------------------------------------

    def recall(self) -> None:
        if self.host.session is not None:
            self.run(
                self.desk.catalog.view, self.host.session, reply=CatalogRead, serial="catalog",
                stage="reading the catalog",
            )  # fmt: skip

    def _refresh(self) -> None:
        if self.is_current and self.view is not None:
            self.recall()

    @on(CatalogRead)
    def _read(self, message: CatalogRead) -> None:
        if message.view is not self.view:  # the desk gives the same again while nothing changed
            self.view, self.made = message.view, {}
            self._list()

    def _list(self) -> None:
        """The rows of the tab, made and filtered in a thread: a catalog may have many thousand fields."""
        if self.view is not None:
            wanted = (self.tab, self.scope, self.query_one(FilterBar).text)
            call: Callable[[], RowsRead] = partial(_rows, self.made, self.view, self.host.clock().tzinfo, *wanted)
            self.run(call, reply=lambda found: found, serial="rows", stage="listing")
        self.query_one(Crumbs).path = ("Queue", "Catalog", *filter(None, ["/".join(self.scope[:2]), *self.scope[2:]]))

    @on(RowsRead)
    def _rows_read(self, message: RowsRead) -> None:
        if self.view is None or message.wanted != (self.tab, self.scope, self.query_one(FilterBar).text):
            return
        self.table.columns, self.table.empty = COLUMNS[self.tab], EMPTY[self.tab]
        self.table.show(partial(slice_of, message.rows), len(message.rows))
        of = f"{count(len(message.rows))} of {count(message.all)}"
        self.query_one(FilterBar).found(of)
        self.query_one(FlashLine).base = say("$n $what", n=of if message.wanted[2] else count(message.all),
                                             what=LABELS[self.tab].lower())  # fmt: skip
        self._draw()

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        self._draw()

    def _draw(self) -> None:
        row = self.table.current
        room = (self.query_one("#detail").content_size.width or 78) - 1
        lines = [] if row is None else facts_of(row, self.host.clock().tzinfo, room)
        self.query_one("#facts", Static).update(Content("\n").join(lines))
        self.refresh_bindings()

    # --- filter, tabs, going down and back ---------------------------------------------------------------------------

    @on(FilterBar.Changed)
    def _filtered(self) -> None:
        self._list()

    @on(FilterBar.Left)
    def _back_to_list(self) -> None:
        self.table.focus()

    def action_filter(self) -> None:
        self.query_one(FilterBar).open()

    def _go(self, tab: int, scope: tuple[str, ...]) -> None:
        self.query_one(Tabs).current, self.scope = tab, scope
        if self.query_one(FilterBar).text:
            self.query_one(FilterBar).clear()  # what was looked for is found; it tells the list by itself
            self.table.focus()
        self._list()

    def action_open(self) -> None:
        row = self.table.current
        if row is None:
            return
        if self.tab == VERSIONS:
            from screens.catalog_changes import ChangesBox

            if row.version is not None:
                self.app.push_screen(ChangesBox(row.version, self.host.clock().tzinfo))
        elif self.tab == SYSTEMS:
            self._go(COLLECTIONS, row.place[:2])
        elif self.tab == COLLECTIONS:
            self._go(FIELDS, row.place[:3])

    def action_back(self) -> None:
        if self.query_one(FilterBar).text:
            self.query_one(FilterBar).clear()
            self.table.focus()
        elif self.tab == FIELDS and len(self.scope) == 3:
            self._go(COLLECTIONS, self.scope[:2])
        elif self.scope:
            self._go(SYSTEMS, ())
        else:
            self.dismiss(None)

    def action_drafts(self) -> None:
        if self.host.session is not None:
            self.run(
                self.desk.reviewing.found, self.host.session, reply=DraftsRead, serial="drafts",
                stage="looking for drafts",
            )  # fmt: skip

    @on(DraftsRead)
    def _drafts_read(self, message: DraftsRead) -> None:
        found = {str(n): one for n, one in enumerate(message.found[:9], 1)}

        def chosen(key: str | None) -> None:
            if key is not None:
                self.host.show("draft", found[key].folder)

        if not self.is_current:
            return
        if not found:
            self.flash("no draft lies in this home: `rightsdesk catalog discover` makes one", "no")
        elif len(found) == 1:
            chosen("1")
        else:
            words = {key: _words(one) for key, one in found.items()}
            more = len(message.found) - len(found)
            lines = [f"and {count(more)} more: `rightsdesk catalog review`"] if more else []
            self.app.push_screen(Choice("Which draft?", lines, words), chosen)

    def action_tab_1(self) -> None:
        self._go(SYSTEMS, ())

    def action_tab_2(self) -> None:
        self._go(COLLECTIONS, ())

    def action_tab_3(self) -> None:
        self._go(FIELDS, ())

    def action_tab_4(self) -> None:
        self._go(VERSIONS, ())

    def why_not(self, action: str) -> str:
        if action != "open" or not self.is_mounted:
            return ""
        if self.table.current is None:
            return "nothing under the cursor"
        return "a field is the end: its facts stand below" if self.tab == FIELDS else ""

    # --- lock --------------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        self.view, self.made = None, {}
        self.table.forget()
        self.query_one("#facts", Static).update(shown(""))
        self.query_one(FlashLine).base = say("")


def _words(one: DraftFound) -> str:
    if one.fault:
        return f"{one.controller}/{one.system}: {one.fault[:100]}"
    return f"{one.controller}/{one.system}: {count(one.open)} of {count(one.asked)} to decide"


def _rows(
    made: dict[int, tuple[Row, ...]],
    view: CatalogView,
    zone: tzinfo | None,
    tab: int,
    scope: tuple[str, ...],
    text: str,
) -> RowsRead:
    if tab not in made:
        made[tab] = tuple(rows_of(view, tab, zone))
    every = tuple(row for row in made[tab] if row.place[: len(scope)] == scope)
    words = text.lower().split()
    found = tuple(row for row in every if all(word in row.text for word in words)) if words else every
    return RowsRead(found, len(every), (tab, scope, text))
