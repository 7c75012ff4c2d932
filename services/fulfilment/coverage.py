"""Whether an approved plan still says all that a fresh look would do."""

from services.fulfilment.plan import Plan

Place = tuple[str, str, tuple[object, ...]]


def covers(approved: Plan, fresh: Plan) -> bool:
    """True when nothing fresh would be deleted or masked that was not approved so, or approved to be kept.

    Rows that are gone since do no harm; a row that is to be kept now and was to be erased does.
    """
    known, now = _fates(approved), _fates(fresh)
    return not fresh.faults and all(_same(known.get(place), fate) for place, fate in now.items())


def _same(approved: str | None, fresh: str) -> bool:
    if approved == fresh:
        return True
    return approved == "keep" and fresh in ("delete", "mask")


def _fates(plan: Plan) -> dict[Place, str]:
    return {
        (action.dataset, action.collection, row): action.act
        for part in plan.systems
        for action in part.actions
        for row in action.rows
    }
