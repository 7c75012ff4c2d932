"""What of the queue is asked for and what comes back: views, rows in order, pages between cursors."""

from dataclasses import dataclass
from datetime import date

PAUSE_ENDS_DAYS = 3
"""So many days before the person is to be asked again, a case comes before what is new (rules.md 10.1)."""


@dataclass(frozen=True, slots=True)
class QueueView:
    """What of the queue is wanted; empty strings mean any."""

    kind: str = "all"
    text: str = ""
    controller: str = ""
    right: str = ""
    state: str = ""
    agent: str = ""
    controllers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in queue order: band, hard date (ISO), case."""

    band: str
    due: str
    case: str


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line of the queue; `person` is masked. `due_hard` is the date that leads, `without_pause` the hard one."""

    case: str
    controller: str
    rights: str
    person: str
    state: str
    who: str
    tier: str
    due: str
    band: str
    due_hard: date | None
    reason: str
    conflicts: int = 0
    without_pause: date | None = None

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.band, self.due_hard.isoformat() if self.due_hard else "", self.case)


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Rows in queue order with the places of the first and the last."""

    rows: tuple[QueueRow, ...]
    first: Cursor | None
    last: Cursor | None


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Counts of the view, and the next-best case with the reason.

    What waits to be settled: cases with `conflicts`, `drafts` of this desk, entries `kept` in its closed logs.
    """

    total: int
    mine: int
    unassigned: int
    approval: int
    next: QueueRow | None
    next_reason: str
    conflicts: int = 0
    drafts: int = 0
    kept: int = 0
