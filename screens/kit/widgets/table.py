"""A table of any length that holds a few pages of rows and reads them in jobs, never on the event loop.

The cursor stays with its row when rows move, rows not read yet show as `…`, and every cell is inert text.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, cast

from rich.segment import Segment
from rich.style import Style
from textual import on
from textual.cache import LRUCache
from textual.events import Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.kit import keys
from screens.kit.host import Host
from screens.kit.messages import JobFailed
from screens.kit.pages import Answer, Ask, Pages, slice_of
from screens.kit.text import fit

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A column: its head, its least width in cells, what it shows, and its share of the room left over."""

    head: str
    width: int
    cell: Callable[[Row], str]
    grow: int = 0


class VirtualTable(ScrollView, Generic[Row], can_focus=True, inherit_bindings=False):
    """Keyset pages as a table. `read(after, limit, reverse)` is called in a thread and answers with an `Answer`."""

    BINDINGS = keys.bindings("list")
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"table--{n}" for n in ("head", "row", "cursor", "late", "soon", "calm")}
    DEFAULT_CSS = """
    VirtualTable { height: 1fr; scrollbar-size: 0 0; background: $surface; }
    VirtualTable > .table--head { background: $panel; color: $quiet; text-style: bold; }
    VirtualTable > .table--row { color: $foreground; }
    VirtualTable > .table--late { color: $error; text-style: bold; }
    VirtualTable > .table--soon { color: $warning; }
    VirtualTable > .table--calm { color: $quiet; }
    VirtualTable > .table--cursor {
        background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
    }
    VirtualTable:nocolor > .table--cursor { text-style: bold reverse; }
    VirtualTable:nocolor > .table--head { text-style: bold underline; }
    """
    cursor = reactive(0, repaint=False)

    @dataclass
    class Moved(Message):
        """The cursor stands on another row, or its row has come or changed."""

    @dataclass
    class PageRead(Message):
        """A page has come from the desk; `era` tells the list it belongs to."""

        era: int
        ask: Ask[Any]
        answer: Answer[Any, Any]

    def __init__(
        self,
        columns: tuple[Column[Row], ...],
        key: Callable[[Row], str],
        *,
        tone: Callable[[Row], str] = lambda _row: "row",
        empty: str = "Nothing here.",
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.columns, self.tone, self.empty = columns, tone, empty
        self.pages: Pages[Row, Any] = Pages(key)
        self.marked: set[str] = set()
        self._read: Callable[[Any, int, bool], Answer[Row, Any]] | None = None
        self._held: Sequence[Row] | None = None
        self._era, self._reading, self._kept = 0, False, ""
        self._strips: LRUCache[tuple[int, bool, int], Strip] = LRUCache(256)
        self._styles: Mapping[str, Style] = {}

    # --- what is shown ---------------------------------------------------------------------------------------------

    def show(self, read: Callable[[Any, int, bool], Answer[Row, Any]], total: int | None = None) -> None:
        """Another list: read it from its first row."""
        self.forget()
        self._read = read
        if total is not None:
            self.count(total)
        self._ask()

    def hold(self, rows: Sequence[Row]) -> None:
        """A list that is here as a whole: from its first row; later as it is then, with the cursor on its row."""
        if self._held is None:
            self.forget()
            self._held, self._read = rows, self._slice
            self.count(len(rows))
            self._ask()
        elif rows != self._held:
            self._held = rows
            self.count(len(rows))
            self.again()

    def _slice(self, after: Any, limit: int, reverse: bool) -> Answer[Row, Any]:
        return slice_of(self._held or (), after, limit, reverse)

    def forget(self) -> None:
        """Drop every row: nothing is left to peek at."""
        self._era += 1
        self._read, self._held, self._reading, self._kept = None, None, False, ""
        self.pages.reset()
        self.marked.clear()
        self.set_reactive(VirtualTable.cursor, 0)
        self.scroll_to(y=0, animate=False, immediate=True)
        self._redraw()

    def count(self, total: int) -> None:
        """The list is known to hold `total` rows."""
        if total != self.pages.total or not self.pages.known:
            self.pages.count(total)
            self._resized()

    def again(self) -> None:
        """Rows may have moved: read what is in view afresh; the cursor stays with its row."""
        self._kept = self.key_at_cursor
        self.pages.refresh()
        self._ask()

    @property
    def current(self) -> Row | None:
        """The row under the cursor, when it is read."""
        return self.pages.row(self.cursor)

    @property
    def key_at_cursor(self) -> str:
        row = self.current
        return self.pages.key(row) if row is not None else ""

    def toggle_mark(self) -> None:
        """Mark or unmark the row under the cursor."""
        key = self.key_at_cursor
        if key:
            self.marked ^= {key}
            self._redraw_row(self.cursor)

    # --- reading ---------------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        if self._read is None or self._reading:
            return
        top = self.scroll_offset.y
        low, high = min(top, self.cursor), max(top + self.size.height, self.cursor)
        ask = self.pages.want(low, high if high - low < 3 * self.pages.size else low + self.size.height)
        if ask is None:
            return
        self._reading, era = True, self._era

        def reply(answer: Answer[Row, Any]) -> Message:
            return self.PageRead(era, ask, answer)

        jobs = cast(Host, self.app).jobs
        jobs.run(self, self._read, ask.after, ask.limit, ask.reverse, reply=reply)

    @on(PageRead)
    def _page_read(self, message: PageRead) -> None:
        message.stop()
        if message.era != self._era:
            return
        self._reading = False
        page, before = message.ask.page, (self.pages.total, self.cursor)
        same = self.pages.pages.get(page) == message.answer.rows
        self.pages.put(message.ask, message.answer)
        self._follow()
        if not same or before != (self.pages.total, self.cursor):
            self._page_changed(page, (self.pages.total, self.cursor) != before)
        self._ask()

    def _page_changed(self, page: int, moved: bool) -> None:
        """Draw what can be seen of a page; most are neighbours, read ahead."""
        first, size = page * self.pages.size, self.pages.size
        if moved or first - self.size.height < self.scroll_offset.y < first + size:
            self._resized()
        else:
            self._drop_strips(range(first, first + size))
        if moved or self.cursor // size == page:
            self.post_message(self.Moved())

    @on(JobFailed)
    def _page_failed(self, message: JobFailed) -> None:
        self._reading = False  # the message goes on to the screen, which says why; the next move asks again

    def _follow(self) -> None:
        """Keep the cursor on the row it was on before rows moved."""
        if not self._kept:
            return
        place = self.pages.find(self._kept)
        if place is not None and place != self.cursor:
            shift = place - self.cursor
            self.set_reactive(VirtualTable.cursor, place)
            self.scroll_to(y=max(0, self.scroll_offset.y + shift), animate=False, immediate=True)
        if place is not None or not self.pages.stale:
            self._kept = ""

    def _resized(self) -> None:
        self.virtual_size = Size(self.size.width, self.pages.total + 1)
        if self.cursor >= max(1, self.pages.total):
            self.cursor = max(0, self.pages.total - 1)
        self._redraw()

    # --- drawing ---------------------------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        self._styles = {}
        self._strips.clear()
        super().notify_style_update()

    def on_resize(self, event: Resize) -> None:
        self._strips.clear()
        self.virtual_size = Size(event.size.width, self.pages.total + 1)
        self._keep_in_view(self.cursor)
        self._ask()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if not self._styles:
            names = self.COMPONENT_CLASSES
            self._styles = {
                n.removeprefix("table--"): self.get_component_rich_style(n) for n in names if "table--" in n
            }
        if y == 0:
            return self._line("  ", [(c.head, w) for c, w in self._widths(width)], self._styles["head"], width)
        index = self.scroll_offset.y + y - 1
        if index >= self.pages.total:
            words = f"  {self.empty}" if index == 0 and self.pages.known and self._read is not None else ""
            return Strip([Segment(fit(words, width), self._styles["calm"])], width)
        at_cursor = index == self.cursor
        strip = self._strips.get((index, at_cursor, width))
        if strip is None:
            strip = self._row(index, at_cursor, width)
            self._strips[(index, at_cursor, width)] = strip
        return strip

    def _row(self, index: int, at_cursor: bool, width: int) -> Strip:
        row = self.pages.row(index)
        marks = "▶" if at_cursor else " "
        if row is None:
            style = self._styles["cursor" if at_cursor else "calm"]
            return self._line(f"{marks} ", [("…", w) for _, w in self._widths(width)], style, width)
        marks += "*" if self.pages.key(row) in self.marked else " "
        style = self._styles["cursor" if at_cursor else self.tone(row)]
        return self._line(marks, [(c.cell(row), w) for c, w in self._widths(width)], style, width)

    def _line(self, marks: str, cells: list[tuple[str, int]], style: Style, width: int) -> Strip:
        text = marks + "  ".join(fit(cell, cells_wide) for cell, cells_wide in cells)
        return Strip([Segment(fit(text, width), style)], width)

    def _widths(self, width: int) -> list[tuple[Column[Row], int]]:
        spare = max(0, width - sum(c.width + 2 for c in self.columns))
        shares = sum(c.grow for c in self.columns) or 1
        return [(c, c.width + spare * c.grow // shares) for c in self.columns]

    def _redraw(self) -> None:
        self._strips.clear()
        self.refresh()

    def _drop_strips(self, rows: Iterable[int]) -> None:
        for index in rows:
            for at_cursor in (False, True):
                self._strips.discard((index, at_cursor, self.size.width))

    def _redraw_row(self, index: int) -> None:
        self._drop_strips((index,))
        y = index - self.scroll_offset.y + 1
        if 1 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    # --- moving ----------------------------------------------------------------------------------------------------

    def watch_cursor(self, old: int, new: int) -> None:
        if not self._keep_in_view(new):
            self._redraw_row(old)
            self._redraw_row(new)
        self._kept = ""
        self.post_message(self.Moved())
        self._ask()

    def _keep_in_view(self, index: int) -> bool:
        top, height = self.scroll_offset.y, max(1, self.size.height - 1)
        if top <= index < top + height:
            return False
        self.scroll_to(y=index if index < top else index - height + 1, animate=False, immediate=True)
        return True

    def _move(self, to: int) -> None:
        self.cursor = min(max(to, 0), max(0, self.pages.total - 1))

    def action_move_down(self) -> None:
        self._move(self.cursor + 1)

    def action_move_up(self) -> None:
        self._move(self.cursor - 1)

    def action_page_down(self) -> None:
        self._move(self.cursor + max(1, self.size.height - 2))

    def action_page_up(self) -> None:
        self._move(self.cursor - max(1, self.size.height - 2))

    def action_to_first(self) -> None:
        self._move(0)

    def action_to_last(self) -> None:
        self._move(self.pages.total - 1)
