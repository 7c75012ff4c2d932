"""The tier that an act on an item takes: its own, or more where requester, data or flags ask for it (rules.md 7.4)."""

from services.cases.case import Case, Item
from services.identity.needs import REPRESENTED, facts_of, not_a_subject, tier_needed
from services.types import Factor, Tier


def needed(case: Case, item: Item | None, least: Tier) -> Tier:
    """The tier for an act that takes `least` on any item; without an item for the gravest of the case.

    What a lead lowered for a reason counts, but never below what the act itself takes.
    """
    facts, items = facts_of(case.facts), (item,) if item is not None else case.items
    wanted = max([least, *(tier_needed(one.right, case.requester, facts) for one in items)])
    lowered = case.check is not None and case.check.lowered
    return max(least, min(wanted, case.check.tier_needed)) if lowered and case.check is not None else wanted


def barred(case: Case) -> str:
    """Why nothing may be done for who asks, whatever tier was reached; empty when it may (rules.md 6)."""
    if case.requester in REPRESENTED and not (case.check and any(f == Factor.REP for f, _ in case.check.passed)):
        return "what the representative acts under was not seen in this check (v)"
    return not_a_subject(case.requester)
