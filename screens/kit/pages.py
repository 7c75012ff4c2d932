"""A window on a list of any length that is read in keyset pages. Pure: it says which page to read next, it reads none.

Page n holds rows n*size … n*size+size-1. A page is read forwards from the place where it starts, backwards from the
place where it ends, or, for the last page, backwards from the end; a page that can be reached in none of these ways is
reached over its neighbours. Only `keep` pages are held, however long the list is.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")
Place = TypeVar("Place")  # an opaque place in the order of the list


@dataclass(frozen=True, slots=True)
class Ask(Generic[Place]):
    """One page to read: rows after `after` (before it when `reverse`), at most `limit`."""

    page: int
    after: Place | None
    reverse: bool
    limit: int


@dataclass(frozen=True, slots=True)
class Answer(Generic[Row, Place]):
    """The rows in list order, and the places of the first and the last."""

    rows: tuple[Row, ...]
    first: Place | None
    last: Place | None


def slice_of(rows: Sequence[Row], after: Any, limit: int, reverse: bool) -> Answer[Row, Any]:
    """A page of a list that is here as a whole; its places are numbers of rows."""
    at = int(after) if after is not None else (len(rows) if reverse else 0)
    low, high = (max(0, at - limit), at) if reverse else (at, at + limit)
    found = tuple(rows[low:high])
    return Answer(found, str(low) if found else None, str(low + len(found)) if found else None)


class Pages(Generic[Row, Place]):
    """The pages near the cursor. `total` is what the list is thought to hold; reading corrects it."""

    def __init__(self, key: Callable[[Row], str], *, size: int = 100, keep: int = 9) -> None:
        self.key, self.size, self.keep = key, size, keep
        self.reset()

    def reset(self) -> None:
        """Forget everything: another list, or the desk is locked."""
        self.total = 0
        self.known = False  # whether total comes from a count
        self.pages: OrderedDict[int, tuple[Row, ...]] = OrderedDict()
        self.stale: set[int] = set()
        self.starts: dict[int, Place | None] = {0: None}
        self.ends: dict[int, Place] = {}

    def count(self, total: int) -> None:
        """A count of the list has come; rows already read are never counted away."""
        last = max(self.pages, default=-1)
        read = last * self.size + len(self.pages[last]) if last >= 0 else 0
        self.known, self.total = True, max(total, read if last not in self.stale else 0)

    def row(self, index: int) -> Row | None:
        """The row at `index`, or None while it is not read."""
        page = self.pages.get(index // self.size)
        place = index % self.size
        return page[place] if page is not None and place < len(page) else None

    def find(self, key: str) -> int | None:
        """Where the row with this key stands among the rows held."""
        for number, rows in self.pages.items():
            for place, row in enumerate(rows):
                if self.key(row) == key:
                    return number * self.size + place
        return None

    def refresh(self) -> None:
        """Rows may have moved: read the held pages again, showing the old ones until then."""
        self.stale = set(self.pages)

    def want(self, low: int, high: int) -> Ask[Place] | None:
        """The next page to read so that rows `low`…`high` (and their neighbours) are held; None when they are."""
        first, last = max(0, low) // self.size, max(0, min(high, self.total - 1)) // self.size
        near = [*range(first, last + 1), last + 1, first - 1]
        for page in near:
            if 0 <= page <= self._last_page() and (page not in self.pages or page in self.stale):
                return self._towards(page)
        return None

    def put(self, ask: Ask[Place], answer: Answer[Row, Place]) -> None:
        """A page has been read."""
        number, rows = ask.page, answer.rows
        self.pages[number] = rows
        self.pages.move_to_end(number)
        self.stale.discard(number)
        if answer.last is not None:
            if number + 1 in self.pages and self.starts.get(number + 1, answer.last) != answer.last:
                self.stale.add(number + 1)  # rows moved over the seam
            self.starts[number + 1] = answer.last
        if answer.first is not None and number > 0:
            self.ends[number - 1] = answer.first
        self._correct(ask, len(rows))
        self._trim(number)

    def _correct(self, ask: Ask[Place], got: int) -> None:
        end = ask.page * self.size + got
        if not ask.reverse and got < ask.limit:
            self.total = end
            for page in [p for p in self.pages if p > ask.page]:
                del self.pages[page]
        elif end > self.total or not self.known:
            self.total = max(self.total, end + (0 if self.known else 1))

    def _trim(self, near: int) -> None:
        while len(self.pages) > self.keep:
            far = max(self.pages, key=lambda page: abs(page - near))
            del self.pages[far]
            self.stale.discard(far)

    def _last_page(self) -> int:
        return max(0, self.total - 1) // self.size

    def _towards(self, page: int) -> Ask[Place]:
        if page in self.starts:
            return Ask(page, self.starts[page], False, self.size)
        if page in self.ends:
            return Ask(page, self.ends[page], True, self.size)
        last = self._last_page()
        if page == last:
            return Ask(page, None, True, self.total - last * self.size)
        below = max(known for known in self.starts if known < page)
        above = min((known for known in self.ends if known > page), default=last)
        if page - below <= above - page or (above == last and last in self.pages):
            return Ask(below, self.starts[below], False, self.size)
        return Ask(
            above, self.ends.get(above), True, self.size if above in self.ends else self.total - last * self.size
        )
