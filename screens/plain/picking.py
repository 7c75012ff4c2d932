"""Asking on plain lines for one of several: a code of a table, an item of the case."""

from collections.abc import Mapping

from screens.plain.seat import BACK, Option, Seat
from screens.words import right
from services.types import CaseView, ItemState, ItemView, Right


def pick(seat: Seat, question: str, table: Mapping[str, tuple[str, str]]) -> str | None:
    """The code that was chosen of a table of letters, codes and words."""
    key = seat.choose(question, [Option(letter, words) for letter, (_, words) in table.items()])
    return None if key == BACK else table[key][0]


def open_items(view: CaseView, rights: tuple[Right, ...]) -> list[ItemView]:
    """The items of these rights that have not ended."""
    return [item for item in view.items if item.right in rights and item.state is not ItemState.CLOSED]


def which_item(seat: Seat, view: CaseView, rights: tuple[Right, ...], question: str) -> ItemView | None:
    """One open item of these rights: asked only when there are several."""
    items = open_items(view, rights)
    if len(items) < 2:
        return items[0] if items else None
    key = seat.choose(question, [Option(str(n), right(item.right)) for n, item in enumerate(items, 1)])
    return None if key == BACK else items[int(key) - 1]
