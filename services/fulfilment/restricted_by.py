"""Which other cases want the same person's data restricted: what one of them lifts, another may still want."""

from db.central_persons import cases_by
from services.cases.case import Case
from services.cases.fold_correct import is_lifting, restricts
from services.errors import Unavailable
from services.fulfilment import people
from services.fulfilment.found import Found
from services.fulfilment.returned import digests_of
from services.fulfilment.steps import Task
from services.identity.identifiers import lookup_digest


def restricted_by(task: Task, case: Case, found: Found) -> str:
    """The number of another case that restricts the person found, or is at it; empty when none does.

    Of two liftings at once the one of the lower number comes first, and finds the other's restriction; then that one
    finds nobody's. Raises `Unavailable` while it waits for the lower one.
    """
    room, controller = task.room, task.room.controller(case.controller)
    digests = {
        lookup_digest(room.lookup_key, case.controller, kind, value)
        for kind, values in people.identities(room, case.id).items()
        for value in values
    }
    numbers = digests_of(room, room.catalog(case.controller).graph, case.controller, controller.country, found)
    known = cases_by(room.store.engine, sorted({*digests, *numbers}), case.controller)
    others = [room.case(other) for other in sorted(known) if other != case.id]
    if any(is_lifting(other) for other in others if other.id < case.id):
        raise Unavailable("another case of the same person is lifting its restriction")
    return next((other.id for other in others if restricts(other)), "")
