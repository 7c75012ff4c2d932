"""Whether an approved plan still says all that a fresh look would do."""

from services.fulfilment.plan import LEGAL_HOLD, Plan

Place = tuple[str, str, tuple[object, ...]]


def covers(approved: Plan, fresh: Plan) -> bool:
    """True when nothing fresh would be deleted or masked that was not approved so, or approved to be kept.

    Rows that are gone since do no harm; a row that is to be kept now and was to be erased does.
    """
    known, now = _fates(approved), _fates(fresh)
    return not fresh.faults and all(_same(known.get(place), fate) for place, fate in now.items())


def held_more(approved: Plan, fresh: Plan) -> bool:
    """Whether a legal hold keeps more rows by now than when it was approved."""
    return _held(fresh) > _held(approved)


def _held(plan: Plan) -> int:
    return sum(a.count for part in plan.systems for a in part.actions if a.reason == LEGAL_HOLD)


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
