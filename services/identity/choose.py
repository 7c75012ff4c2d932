"""Which checklist leads a check: it follows from right, requester, data, delivery and flags (rules.md 6, 7.4, 7.6)."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.identity.needs import NO_FACTS, Data, Delivery, Facts, Flag, tier_needed
from services.identity.template import Template, templates
from services.types import Requester, Right, Tier

_BY_REQUESTER = {
    Requester.REPRESENTATIVE: "CL-REP-LAW",
    Requester.PARENT: "CL-REP-PAR",
    Requester.GUARDIAN: "CL-REP-POA",
    Requester.HEIR: "CL-DECEASED",
    Requester.EMPLOYEE: "CL-EMP",
    Requester.COMPANY: "CL-UNID",
    Requester.AUTHORITY: "CL-AUTH",
}
_HIGH = frozenset({Flag.DISPUTE, Flag.FRAUD, Flag.VALUE_LOSS})


@dataclass(frozen=True, slots=True)
class Aim:
    """A checklist and the tier that it aims at."""

    template: Template
    tier: Tier


def aim(right: Right, requester: Requester = Requester.SELF, facts: Facts = NO_FACTS) -> Aim:
    """What a check for one right takes; CL-UNID, the written route, where no other fits."""
    template = templates()[_named(right, requester, facts)]
    if template.tier in (Tier.T0, Tier.TX):
        return Aim(template, template.tier)  # nothing is asked there, and nothing given out
    return Aim(template, max(template.tier, tier_needed(right, requester, facts)))


def aim_for(rights: Iterable[Right], requester: Requester = Requester.SELF, facts: Facts = NO_FACTS) -> Aim:
    """One check for several rights: the strictest checklist that can be passed, at the highest tier of all."""
    aims = [aim(right, requester, facts) for right in rights] or [aim(Right.UNKNOWN, requester, facts)]
    led = [one for one in aims if one.tier is not Tier.TX] or aims
    first = max(led, key=lambda one: (one.tier, one.template.tier))
    return Aim(first.template, max(one.tier for one in led))


def _named(right: Right, requester: Requester, facts: Facts) -> str:
    plain = next((t for t in templates().values() if right in t.rights and t.tier is Tier.T0), None)
    if plain is not None and requester in plain.requesters:
        return "CL-BREACH" if Flag.LEAKED in facts.flags and plain.id == "CL-INFO" else plain.id
    if requester is not Requester.SELF:
        return _BY_REQUESTER.get(requester, "CL-UNID")
    if right is Right.ACCESS:
        if facts.grave or facts.delivery in (Delivery.NEW_ADDRESS, Delivery.THIRD_PARTY):
            return "CL-ACC-SENS"
        return "CL-ACC-ORAL" if facts.delivery is Delivery.ORAL else "CL-ACC-STD"
    if right is Right.PORTABILITY and facts.delivery is Delivery.THIRD_PARTY:
        return "CL-PORT-DIR"
    if right is Right.ERASURE and (_HIGH & facts.flags or Data.MINOR in facts.data):
        return "CL-ERA-HIGH"
    if right is Right.RECTIFICATION and Flag.GRAVE_CORRECTION in facts.flags:
        return "CL-RECT-CRIT"
    return next((t.id for t in templates().values() if right in t.rights), "CL-UNID")
