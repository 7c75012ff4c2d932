"""Which tier a request needs: the highest of type, data, delivery and flags (rules.md 7.4)."""

from collections.abc import Collection
from dataclasses import dataclass
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
    """How sensitive the data is that would be disclosed or lost, as the catalog says of what was found."""

    SPECIAL = "special"
    FINANCE = "finance"
    RECORDING = "recording"
    MINOR = "minor"


class Delivery(StrEnum):
    """Where an answer goes."""

    ON_FILE = "on-file"
    ORAL = "oral"
    NEW_ADDRESS = "new-address"
    THIRD_PARTY = "third-party"


class Flag(StrEnum):
    """What makes a request riskier than its type."""

    DISPUTE = "dispute"
    FRAUD = "fraud"
    CONTACT_CHANGED = "contact-changed"
    VALUE_LOSS = "value-loss"
    LEAKED = "leaked"
    GRAVE_CORRECTION = "grave-correction"
    URGENCY = "urgency"
    AUTHORITY = "authority"
    SYMPATHY = "sympathy"
    THREAT = "threat"
    PROMPTED = "prompted"


PRESSURE = frozenset({Flag.URGENCY, Flag.AUTHORITY, Flag.SYMPATHY, Flag.THREAT, Flag.PROMPTED})
"""What a caller does to be let through (G6): each raises the tier by one, together as well."""
FOUND = frozenset({*Data, Flag.CONTACT_CHANGED, Flag.VALUE_LOSS})
"""What a search tells of a case: nobody knows it below the tier at which a search may be made."""
NOTED = frozenset({*Data, *Flag, *Delivery} - {Delivery.ON_FILE, Flag.CONTACT_CHANGED})
"""What a person may note of a case."""
_NO_REASON = frozenset({*PRESSURE, Flag.LEAKED, Flag.GRAVE_CORRECTION})
REPRESENTED = frozenset({Requester.REPRESENTATIVE, Requester.PARENT, Requester.GUARDIAN})
"""Who acts for somebody else and must show by what right (rules.md 6)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a request beside its right and its requester."""

    data: frozenset[Data] = frozenset()
    delivery: Delivery = Delivery.ON_FILE
    flags: frozenset[Flag] = frozenset()

    @property
    def grave(self) -> bool:
        """Whether data or flags ask for the highest tier."""
        return bool(self.data or self.flags - _NO_REASON)


NO_FACTS = Facts()


def facts_of(codes: Collection[str]) -> Facts:
    """The facts behind the codes that a case keeps; the gravest delivery counts, codes of later versions do not."""
    if not codes:
        return NO_FACTS
    known = set(codes)
    ways = [one for one in Delivery if one.value in known]
    return Facts(
        frozenset(one for one in Data if one.value in known),
        ways[-1] if ways else Delivery.ON_FILE,
        frozenset(one for one in Flag if one.value in known),
    )


def tier_needed(right: Right, requester: Requester = Requester.SELF, facts: Facts = NO_FACTS) -> Tier:
    """The tier for one right. T0 stays T0 whatever else is so: it discloses nothing and can be taken back."""
    base = _TYPE[right]
    if base is Tier.T0 or (facts is NO_FACTS and requester is Requester.SELF):
        return base
    discloses = base is Tier.T2
    grave = (
        (discloses and (facts.data or facts.delivery in (Delivery.NEW_ADDRESS, Delivery.THIRD_PARTY)))
        or facts.flags - _NO_REASON
        or (right is Right.RECTIFICATION and Flag.GRAVE_CORRECTION in facts.flags)
        or requester is not Requester.SELF
    )
    if grave:
        return Tier.T3
    return raised(base) if PRESSURE & facts.flags else base


def raised(tier: Tier) -> Tier:
    """One tier up, T3 at most; T0 and TX stay."""
    return {Tier.T1: Tier.T2, Tier.T2: Tier.T3}.get(tier, tier)


def no_change_because(now: Tier, wanted: Tier, role: Role) -> str:
    """Why this role may not set the tier from `now` to `wanted`; empty when it may (rules.md 7.4)."""
    if wanted is Tier.TX or now is Tier.TX:
        return "TX is reached by a failed check, not chosen"
    if now is Tier.T0:
        return "T0 asks for nothing: there is nothing to raise or lower"
    if wanted < now and role is not Role.LEAD:
        return "only a team lead may lower the tier, with a reason"
    return ""


def not_a_subject(requester: Requester) -> str:
    """Why nothing of the GDPR's answers goes to this requester, as words for the agent; empty when it may."""
    return _ELSEWHERE.get(requester, "")


_ELSEWHERE = {
    Requester.AUTHORITY: "an authority's request is no request of a person: hand it to legal",
    Requester.COMPANY: "a company is no data subject: answer it as any enquiry, and end this as referred",
    Requester.HEIR: "the GDPR ends with death: the national rule sheet applies, end this as referred",
}
