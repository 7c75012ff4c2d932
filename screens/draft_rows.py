"""The lines of a draft's review: what each shows, what it is found by, and the facts below the list."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.content import Content

from screens.kit.text import count, shown
from screens.kit.widgets.table import Column
from screens.lines import pair
from services.types import DraftLine, DraftView

LABELS: Final = ("To decide", "Every field")
STATES: Final = {
    "open": "open", "holds": "holds", "accepted": "accepted", "changed": "changed", "not-personal": "not personal",
    "no-reference": "no reference", "": "-",
}  # fmt: skip
SAID: Final = {
    "open": "nobody decided yet: it does not hold", "holds": "sure enough to hold at once",
    "accepted": "a person accepted it", "changed": "a person gave another category",
    "not-personal": "a person says that it is not personal", "no-reference": "a person says that it is no reference",
    "": "nothing was proposed",
}  # fmt: skip
LEVELS: Final = (0.65, 0.6, 0.55, 0.5, 0.4)
LONGEST: Final = 200  # characters of a name or a reason that are shown: a table's name may fill the screen


@dataclass(frozen=True, slots=True)
class Rows:
    """The lines of one list, for what they were looked for, and how many wait in each (dataset, collection)."""

    lines: tuple[DraftLine, ...]
    all: int
    waiting: Counter[tuple[str, str]]


COLUMNS: Final[tuple[Column[DraftLine], ...]] = (
    Column("Field", 24, lambda line: f"{line.collection}.{line.field}", 3),
    Column("Type", 7, lambda line: line.data_type or "-"),
    Column("Proposed", 19, lambda line: proposed(line), 2),
    Column("Sure", 4, lambda line: f"{line.confidence:.2f}" if line.of else ""),
    Column("Decided", 12, lambda line: STATES[line.state]),
)
EMPTY: Final = ("Nothing is to be decided here.", "No field here.")


def rows_of(view: DraftView, tab: int, text: str) -> Rows:
    """What a list shows, filtered by words that all must stand in a line."""
    every = view.lines if tab else tuple(line for line in view.lines if line.asked)
    words = text.lower().split()
    lines = tuple(line for line in every if all(word in _found_by(line) for word in words)) if words else every
    return Rows(
        lines, len(every), Counter((line.dataset, line.collection) for line in view.lines if line.state == "open")
    )


def _found_by(line: DraftLine) -> str:
    told = (line.collection, line.field, line.data_type, line.said, line.because, STATES[line.state])
    return "\n".join((*told, *line.categories)).lower()


def proposed(line: DraftLine) -> str:
    """What is said of it, or what holds instead."""
    if line.of == "reference":
        return f"→ {line.said}"
    return ", ".join(line.categories) or "-" if line.state in ("changed", "") else line.said


def tone_of(line: DraftLine) -> str:
    """What waits stands out."""
    return "row" if line.state == "open" else "calm"


def next_open(lines: Sequence[DraftLine], at: int, going: set[str], later: set[str]) -> int | None:
    """The next line after `at`, round and round, that waits; one left for later only when there is no other."""
    order = [*range(at + 1, len(lines)), *range(min(at + 1, len(lines)))]
    waiting = [n for n in order if lines[n].state == "open" and lines[n].key not in going]
    return next((n for n in waiting if lines[n].key not in later), waiting[0] if waiting else None)


def levels(lines: Sequence[DraftLine]) -> dict[str, tuple[str, tuple[DraftLine, ...]]]:
    """By keys 1 …: how sure, in words, and what of `lines` is that sure; the last is all of them."""
    found: dict[str, tuple[str, tuple[DraftLine, ...]]] = {}
    taken = 0
    for least in (*LEVELS, 0.0):
        some = tuple(line for line in lines if line.confidence >= least)
        if len(some) > taken:
            taken = len(some)
            words = f"{least:.2f} and more" if taken < len(lines) else "however sure"
            found[str(len(found) + 1)] = (f"{words}: {count(taken)} of {count(len(lines))}", some)
    return found


def short(text: str, most: int = LONGEST) -> str:
    """`text`, cut where it is longer than any name has to be."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def facts_of(line: DraftLine, later: bool, room: int) -> list[Content]:
    """What stands below the list, in lines of at most `room` cells."""
    kind = f" ({line.data_type})" if line.data_type else ""
    facts = [shown(short(f"{line.collection}.{line.field}", room - len(kind)) + kind, "bold")]
    if line.of:
        what = "refers to " if line.of == "reference" else ""
        facts.append(pair("Proposed", short(f"{what}{line.said}, confidence {line.confidence:.2f}"), room))
        facts.append(pair("Because", short(line.because), room))
    facts.append(pair("Decided", SAID[line.state] + (", and you left it for later" if later else ""), room))
    facts.append(pair("Holds", short(", ".join(line.categories)) or "no category", room))
    if line.joins:
        facts.append(pair("Joins", short(", ".join(line.joins)), room))
    return facts
