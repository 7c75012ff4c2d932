"""What keeps a person's data stored only when one case lifts its restriction: other cases that restrict the person, and
what an erasure left because a law keeps it.
"""

from db.central_persons import cases_by
from db.central_replay import ReplayStore
from services.cases.case import Case
from services.cases.fold_correct import is_lifting, restricts
from services.errors import Unavailable
from services.fulfilment import people
from services.fulfilment.found import Found
from services.fulfilment.kept_marks import kept_since
from services.fulfilment.legal_holds import covered
from services.fulfilment.restriction import Stays
from services.fulfilment.returned import digests_of
from services.fulfilment.workroom import Workroom
from services.identity.identifiers import lookup_digest
from services.types import Outcome


def restricted_by(room: Workroom, case: Case, found: Found) -> str:
    """The number of another case that restricts the person found, or is at it; empty when none does.

    Of two liftings at once the one of the lower number comes first, and finds the other's restriction; then that one
    finds nobody's. Raises `Unavailable` while it waits for the lower one.
    """
    others = other_cases(room, case, found)
    if any(is_lifting(other) for other in others if other.id < case.id):
        raise Unavailable("another case of the same person is lifting its restriction")
    return next((other.id for other in others if restricts(other) or _held(room, other, found)), "")


def kept_from(room: Workroom, case: Case, found: Found) -> Stays:
    """Which rows stay marked because the person was erased, and a law keeps them (rules.md ERA-2)."""
    erased = ReplayStore(room.store.engine).erased_at(_digests(room, case, found), case.controller)
    controller = room.controller(case.controller)
    day = room.at(controller, erased).date() if erased else None
    return kept_since(room.catalog(case.controller).graph, day)


def other_cases(room: Workroom, case: Case, found: Found) -> list[Case]:
    """The newest other cases of the person found, by number."""
    known = cases_by(room.store.engine, _digests(room, case, found), case.controller)
    return [room.case(other) for other in sorted(known) if other != case.id]


def _held(room: Workroom, case: Case, found: Found) -> bool:
    """Whether an erasure of the case left all of it marked, as a legal hold kept it that still stands."""
    marked = any(
        item.outcome is Outcome.REFUSED and any(one.stored_only for one in item.systems) for item in case.items
    )
    return marked and covered(room, case.controller, case.id, _digests(room, case, found)).whole


def _digests(room: Workroom, case: Case, found: Found) -> list[str]:
    controller = room.controller(case.controller)
    digests = {
        lookup_digest(room.lookup_key, case.controller, kind, value)
        for kind, values in people.identities(room, case.id).items()
        for value in values
    }
    numbers = digests_of(room, room.catalog(case.controller).graph, case.controller, controller.country, found)
    return sorted({*digests, *numbers})
