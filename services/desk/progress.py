"""What runs now, laid over what the acts of a case say of its systems: progress is shown, never believed."""

from dataclasses import replace
from typing import TYPE_CHECKING

from db.central_shapes import LETTER
from services.cases.case import Case, LetterState
from services.cases.fold_letters import FAILED, SENT, has_failed
from services.cases.words import reason_words
from services.desk.context import Context
from services.types import ItemView, LetterView, SystemResult

if TYPE_CHECKING:
    from db.central_shapes import Progress

ENDED = ("done", "nothing found", "skipped")
"""What an act says for good: whatever a worker said before, it stands."""
NO_MAIL = "no mail goes out"
"""Why a letter waits: the mail server is away, full, or set up wrongly."""
DECIDED = ("exception", "retry asked", "skip asked")
"""What an act says of a system that waits: newer than what the worker says, until it is at work there again."""


def laid_over(items: tuple[ItemView, ...], rows: "list[Progress]") -> tuple[ItemView, ...]:
    """The items with where each of their systems is now."""
    return tuple(replace(item, systems=_systems(item, rows)) if rows else item for item in items)


def _systems(item: ItemView, rows: "list[Progress]") -> tuple[SystemResult, ...]:
    told = {one.system: one for one in item.systems}
    for row in rows:
        if row.item != item.id or row.system.startswith(LETTER):
            continue
        known = told.get(row.system)
        if known is None or not (known.state in ENDED or (known.state in DECIDED and row.state != "running")):
            told[row.system] = _shown(row)
    return tuple(told[key] for key in sorted(told))


def letters_of(case: Case, rows: "list[Progress]") -> tuple[LetterView, ...]:
    """The case's letters; of one that waits for its mail, why and when it is tried next."""
    waits = {row.system.removeprefix(LETTER): row for row in rows if row.system.startswith(LETTER)}
    return tuple(_letter(one, waits.get(one.id)) for one in case.letters)


def _letter(one: LetterState, row: "Progress | None") -> LetterView:
    view = LetterView(
        id=one.id,
        template=one.template,
        version=one.version,
        language=one.language,
        state=one.state,
        medium=one.medium,
        reason=reason_words(one.reason),
        at=Context.as_time(one.at) if one.at else None,
        failed=has_failed(one),
    )
    if row is None or one.state in (SENT, FAILED):
        return view
    reason = NO_MAIL if row.reason == "away" else reason_words(row.reason)
    return replace(view, state="waiting", reason=reason, again=Context.as_time(row.until))


def _shown(row: "Progress") -> SystemResult:
    until = Context.as_time(row.until) if row.until else None
    found = row.done if row.state == "done" else 0
    return SystemResult(row.system, row.state, found=found, reason=reason_words(row.reason), until=until)
