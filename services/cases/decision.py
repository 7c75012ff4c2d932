"""Saying no to what a person asks for, to a part of it, or only for a fee: on which grounds, and what stands of it.

Art 12(4), 12(5); rules.md 3. Each right has its own grounds, and marketing has none at all (REF-7).
"""

from dataclasses import dataclass
from datetime import date

from services.types import ItemState, Right, Role

REFUSED, PARTLY, FEE, UPHELD = "refused", "partly", "fee", "upheld"
REPETITIVE, ABUSE = "12-5-repetitive", "12-5-abuse"
UNFOUNDED = "12-5-unfounded"
MANIFEST = (UNFOUNDED, REPETITIVE, ABUSE, "12-5-benefit", "12-5-harassment")
"""Art 12(5): manifestly unfounded, or excessive because repeated, abusive, offered to be taken back for a benefit, or
meant to harass (EDPB 01/2022 §177-190). The controller has to prove it, and for nothing else a fee may be asked."""
GROUNDS: dict[Right, tuple[str, ...]] = {
    Right.ACCESS: (*MANIFEST, "15-4"),
    Right.PORTABILITY: (*MANIFEST, "20-3", "20-4"),
    Right.RECTIFICATION: (*MANIFEST, "16-correct"),
    Right.ERASURE: (*MANIFEST, "17-1", "17-3-a", "17-3-b", "17-3-c", "17-3-d", "17-3-e"),
    Right.RESTRICTION: (*MANIFEST, "18-1"),
    Right.OBJECTION_OTHER: ("21-1", "21-1-claims"),
    Right.ADM_REVIEW: ("22-stands",),
    Right.COMPLAINT: ("no-infringement",),
}
"""What each right can be refused on (REF-7). What is not here cannot be refused."""
WEIGHED = (Right.OBJECTION_OTHER, Right.ADM_REVIEW, Right.COMPLAINT)
"""Rights about which people decide either way: the person is right (`UPHELD`), or on which ground they are not."""
IN_PART = ("15-4", "20-4")
"""Rights of others: what is about them is left out, and the rest is given (recital 63)."""
YEAR_DAYS = 365


@dataclass(frozen=True, slots=True)
class DecisionState:
    """A decision on an item: proposed by `by`, at `at`; approved by another person; told to the person. Times in µs.

    `earlier`: cases in which the same was asked for. `amount` in hundredths of the controller's currency. `words` is
    the digest of the sealed explanation. `referred_at`: when a processor's proposal went to the controller.
    """

    id: str
    outcome: str
    grounds: tuple[str, ...]
    language: str
    words: str
    by: str
    at: int
    earlier: tuple[str, ...] = ()
    amount: int = 0
    referred_at: int = 0
    approved_by: str = ""
    approved_at: int = 0
    told_at: int = 0


def pending(state: ItemState, decision: DecisionState | None) -> bool:
    """Whether a decision waits for its second person."""
    return decision is not None and not decision.approved_by and state is ItemState.REVIEW


def why_not(right: Right, outcome: str, grounds: tuple[str, ...], earlier: tuple[str, ...], amount: int) -> str:
    """Why it cannot be decided so; empty when it can (REF-2, REF-3, REF-7)."""
    open_to = GROUNDS.get(right, ())
    if not open_to:
        return f"{right} cannot be refused"
    if right in WEIGHED:
        return _weighed(outcome, grounds, open_to, earlier, amount)
    if outcome not in (REFUSED, PARTLY, FEE):
        return "it is refused, refused in part, or answered for a fee"
    if not grounds or len(set(grounds)) < len(grounds) or not set(grounds) <= set(open_to):
        return f"grounds for {right} are {', '.join(open_to)}"
    if outcome == FEE and not set(grounds) <= set(MANIFEST):
        return "a fee is asked only for what is manifestly unfounded or excessive (Art 12(5))"
    if outcome == REFUSED and set(grounds) & set(IN_PART):
        return "the rights of others are no reason to refuse it all: leave out what is about them"
    if (REPETITIVE in grounds) != bool(earlier):
        return "what is repeated names the earlier case" if not earlier else "an earlier case is named for repetition"
    return "" if (outcome == FEE) == (amount > 0) else "a fee has an amount" if outcome == FEE else "no fee is asked"


def _weighed(
    outcome: str, grounds: tuple[str, ...], open_to: tuple[str, ...], earlier: tuple[str, ...], amount: int
) -> str:
    if outcome not in (UPHELD, REFUSED):
        return "the person is right, or not, and then on a ground"
    if earlier or amount:
        return "nothing is repeated, and no fee asked"
    if outcome == UPHELD:
        return "who is right needs no ground against them" if grounds else ""
    if not grounds or len(set(grounds)) < len(grounds) or not set(grounds) <= set(open_to):
        return f"the ground must be named: {', '.join(open_to)}"
    return ""


def not_repeated(first: date, again: date) -> str:
    """Why a request of the day `again` does not repeat one of the day `first`: a year is enough (REF-3, §183-185)."""
    if again < first:
        return "it came later"
    return "a year or more lies between" if (again - first).days >= YEAR_DAYS else ""


def decides(role: Role, grounds: tuple[str, ...]) -> bool:
    """Whether that role may be the second person: for abuse, which must be proven, the officer (REF-4)."""
    return role is Role.OFFICER or (role is Role.LEAD and ABUSE not in grounds)
