"""What a person wants a copy of is not erased before they have it, in whatever case they asked (rules.md ACC-7)."""

from db.central_persons import cases_like
from services.cases.case import Case
from services.cases.reasons import ANSWERED_BY_EXPORT
from services.errors import NotFound
from services.fulfilment.found import Found
from services.fulfilment.restricted_by import other_cases
from services.fulfilment.workroom import Workroom


def copy_asked(room: Workroom, case: Case, found: Found | None = None) -> str:
    """The number of a case in which the person's data are asked for and not given yet; empty when there is none.

    Known by what was typed in the cases; with `found`, by the numbers that systems gave the person as well.
    """
    if _waits(case):
        return case.id
    numbers = [other for other in cases_like(room.store.engine, case.id) if other != case.id]
    same = [one for number in numbers if (one := _case(room, number)) is not None]
    others = [*same, *(other_cases(room, case, found) if found is not None else ())]
    return next((other.id for other in others if _waits(other)), "")


def _waits(case: Case) -> bool:
    return any(item.right in ANSWERED_BY_EXPORT and not item.ended for item in case.items)


def _case(room: Workroom, number: str) -> Case | None:
    try:
        return room.case(number)
    except NotFound:
        return None
