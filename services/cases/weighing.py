"""What people weigh: another objection (Art 21(1)), a decision that a machine made (Art 22(3), UK 22C), a complaint.

The person says why, one of us proposes that they are right or on which ground they are not, a second one decides.
"""

from services.cases.case import Case, Item
from services.cases.decision import UPHELD
from services.types import Right

SITUATION, VIEW, COMPLAINT = "situation", "view", "complaint"
KINDS: dict[Right, str] = {
    Right.OBJECTION_OTHER: SITUATION,
    Right.ADM_REVIEW: VIEW,
    Right.COMPLAINT: COMPLAINT,
}
"""What the person says, by right."""
PENDING = "18-1-d"
"""The ground of the restriction while an objection is weighed (Art 18(1)(d))."""
DECIDED = "objection-decided"
"""Why that restriction is lifted."""


def unready(item: Item, actor: str) -> str:
    """Why `actor` cannot propose or decide what is weighed; empty when they can, and for what is not weighed.

    Who had a part in a decision does not look at it anew, and what the person says was heard first (Art 22(3)).
    """
    if item.right not in KINDS:
        return ""
    if not item.view:
        return "note first what the person says (W)"
    return "who had a part in that decision does not review it" if item.decided_by == actor else ""


def objection_lost(case: Case) -> bool:
    """Whether an objection of the case was decided against the person, and they were told: then it is restricted no
    longer for it (Art 18(3))."""
    return any(
        one.right is Right.OBJECTION_OTHER and one.decision is not None and one.decision.told_at > 0
        for one in case.items
        if one.decision is not None and one.decision.outcome != UPHELD
    )
