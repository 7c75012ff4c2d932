"""What runs now, laid over what the acts of a case say of its systems: progress is shown, never believed."""

from dataclasses import replace
from typing import TYPE_CHECKING

from services.cases.words import reason_words
from services.desk.context import Context
from services.types import ItemView, SystemResult

if TYPE_CHECKING:
    from db.central_shapes import Progress

ENDED = ("done", "nothing found", "skipped")
"""What an act says for good: whatever a worker said before, it stands."""
DECIDED = ("exception", "retry asked", "skip asked")
"""What an act says of a system that waits: newer than what the worker says, until it is at work there again."""


def laid_over(items: tuple[ItemView, ...], rows: "list[Progress]") -> tuple[ItemView, ...]:
    """The items with where each of their systems is now."""
    return tuple(replace(item, systems=_systems(item, rows)) if rows else item for item in items)


def _systems(item: ItemView, rows: "list[Progress]") -> tuple[SystemResult, ...]:
    told = {one.system: one for one in item.systems}
    for row in rows:
        if row.item != item.id:
            continue
        known = told.get(row.system)
        if known is None or not (known.state in ENDED or (known.state in DECIDED and row.state != "running")):
            told[row.system] = _shown(row)
    return tuple(told[key] for key in sorted(told))


def _shown(row: "Progress") -> SystemResult:
    until = Context.as_time(row.until) if row.until else None
    found = row.done if row.state == "done" else 0
    return SystemResult(row.system, row.state, found=found, reason=reason_words(row.reason), until=until)
