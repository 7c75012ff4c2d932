"""The tier that an act on an item takes: its own, or more where requester, data or flags ask for it (rules.md 7.4)."""

from services.action_log.entry import Entry
from services.cases.case import Case, Item
from services.identity.engine import tier_reached
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


def passed_gravest(case: Case, entry: Entry) -> bool:
    """Whether `entry`, just folded into `case`, is by what its check reached T3 as it needs to (rules.md 7.4)."""
    check = case.check
    if check is None or not check.tier is check.tier_needed is Tier.T3:
        return False
    if entry.act == "check.aimed":
        return True
    return bool(check.passed) and check.passed[-1][0] == entry.params["factor"] and before(check.passed) < Tier.T3


def before(passed: tuple[tuple[str, str], ...]) -> Tier:
    """The tier that was reached before the last factor."""
    return tier_reached(passed[:-1])


def barred(case: Case) -> str:
    """Why nothing may be done for who asks, whatever tier was reached; empty when it may (rules.md 6)."""
    if case.requester in REPRESENTED and not (case.check and any(f == Factor.REP for f, _ in case.check.passed)):
        return "what the representative acts under was not seen in this check (v)"
    return not_a_subject(case.requester)
