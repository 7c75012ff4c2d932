"""Whom a case is about where several people are known by the same, and what may not be done before it is said."""

from services.cases.case import Case
from services.types import ItemState

OPEN, NEAR, CHOSEN, LEFT = "open", "near", "chosen", "left"
"""Of a record: nobody has decided; it may be taken and need not; it is the person's; it is somebody else's."""
_BUSY = (ItemState.REVIEW, ItemState.READY, ItemState.RUNNING)


def which(case: Case) -> str:
    """Why nothing may be given out or erased yet; empty when it is known whom the case is about."""
    words = {word for _, word in case.people}
    if OPEN in words:
        return "several people are known by this: say which of them it is (P)"
    if LEFT in words and CHOSEN not in words:
        return "none of the people known by this is the caller, you said (P says it anew)"
    return ""


def busy(case: Case) -> str:
    """Why it cannot be said anew now; empty when it can."""
    return "something runs or waits for a second person" if any(i.state in _BUSY for i in case.items) else ""
