"""Which tier a request needs: the highest of type, data, delivery and flags (rules.md 7.4)."""

from collections.abc import Collection
from enum import StrEnum

from services.types import Requester, Right, Role, Tier

_TYPE = {
    Right.OBJECTION_MARKETING: Tier.T0,
    Right.CONSENT_WITHDRAW: Tier.T0,
    Right.COMPLAINT: Tier.T0,
    Right.UNKNOWN: Tier.T0,
    Right.CONSENT_GIVE: Tier.T1,
    Right.RECTIFICATION: Tier.T1,
    Right.RESTRICTION: Tier.T1,
    Right.OBJECTION_OTHER: Tier.T1,
    Right.ADM_REVIEW: Tier.T1,
    Right.ACCESS: Tier.T2,
    Right.PORTABILITY: Tier.T2,
    Right.ERASURE: Tier.T2,
}


class Data(StrEnum):
    """How sensitive the data is that would be disclosed or lost, as the catalog says."""

    ORDINARY = "ordinary"
    SPECIAL = "special"
    FINANCE = "finance"
    RECORDING = "recording"
    MINOR = "minor"


class Delivery(StrEnum):
    """Where an answer goes."""

    ON_FILE = "on-file"
    NEW_ADDRESS = "new-address"
    THIRD_PARTY = "third-party"


class Flag(StrEnum):
    """What makes a request riskier than its type."""

    DISPUTE = "dispute"
    FRAUD = "fraud"
    CONTACT_CHANGED = "contact-changed"
    VALUE_LOSS = "value-loss"
    URGENCY = "urgency"
    AUTHORITY = "authority"
    SYMPATHY = "sympathy"
    THREAT = "threat"
    PROMPTED = "prompted"


PRESSURE = frozenset({Flag.URGENCY, Flag.AUTHORITY, Flag.SYMPATHY, Flag.THREAT, Flag.PROMPTED})
"""What a caller does to be let through (G6): each raises the tier by one, together as well."""


def tier_needed(
    right: Right,
    requester: Requester = Requester.SELF,
    *,
    data: Collection[Data] = (),
    delivery: Delivery = Delivery.ON_FILE,
    flags: Collection[Flag] = (),
) -> Tier:
    """The tier for one right. T0 stays T0 whatever else is so: it discloses nothing and can be taken back."""
    base = _TYPE[right]
    if base is Tier.T0:
        return base
    pressed = raised(base) if PRESSURE & set(flags) else base
    discloses = base is Tier.T2
    grave = (
        (discloses and (set(data) - {Data.ORDINARY} or delivery is not Delivery.ON_FILE))
        or set(flags) - PRESSURE
        or requester is not Requester.SELF
    )
    return Tier.T3 if grave else pressed


def raised(tier: Tier) -> Tier:
    """One tier up, T3 at most; T0 and TX stay."""
    return {Tier.T1: Tier.T2, Tier.T2: Tier.T3}.get(tier, tier)


def no_change_because(now: Tier, wanted: Tier, role: Role) -> str:
    """Why this role may not set the tier from `now` to `wanted`; empty when it may (rules.md 7.4)."""
    if wanted is Tier.TX or now is Tier.TX:
        return "TX is reached by a failed check, not chosen"
    if wanted < now and role is not Role.LEAD:
        return "only a team lead may lower the tier, with a reason"
    return ""
