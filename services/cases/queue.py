"""What the queue shows of a case, and in which order with which reason (rules.md 10.1, design.md 7.11).

What is stored does not depend on the day; the band is decided at read time from the hard date and today.
"""

from datetime import date
from functools import lru_cache

from services.cases.case import Case
from services.clock.calendar import Calendar, calendar_for
from services.clock.dates import DueDates, dates_for
from services.controllers import Controller
from services.identity.needs import facts_of, tier_needed
from services.types import Band, ItemState, Regime, Right, Tier

SHORT = {
    Right.ACCESS: "Access",
    Right.PORTABILITY: "Portability",
    Right.RECTIFICATION: "Rectify",
    Right.ERASURE: "Erasure",
    Right.RESTRICTION: "Restrict",
    Right.OBJECTION_MARKETING: "Mktg stop",
    Right.OBJECTION_OTHER: "Objection",
    Right.CONSENT_WITHDRAW: "Consent-",
    Right.CONSENT_GIVE: "Consent+",
    Right.ADM_REVIEW: "Auto-decision",
    Right.COMPLAINT: "Complaint",
    Right.UNKNOWN: "Unclear",
}

REASONS = {
    Band.BREACH: "a breach is open",
    Band.OVERDUE: "past its legal end",
    Band.TODAY: "due today",
    Band.PAUSE_ENDS: "its pause ends soon",
    Band.UNACKNOWLEDGED: "new, nobody has answered yet",
    Band.REST: "earliest legal end",
    Band.CLOSED: "closed",
}

_NO_CHECK = (ItemState.REVIEW, ItemState.READY, ItemState.CLOSED)


def tier_of(case: Case) -> Tier:
    """The highest tier that an open item of the case needs, as far as its facts are known (rules.md 7.4)."""
    facts = facts_of(case.facts)
    return max([tier_needed(i.right, case.requester, facts) for i in case.items if not i.ended], default=Tier.T0)


def calendar_of(controller: Controller) -> Calendar:
    """The holidays that move this controller's dates (CLK-8)."""
    return calendar_for(controller.country, controller.subdivision, regional=controller.regional_holidays)


def dates_of(case: Case, controller: Controller) -> DueDates:
    """The legal dates of a case under its controller's calendar."""
    place = (controller.country, controller.subdivision, controller.regional_holidays)
    return _dates(case.received_on, case.regime, case.extended, place, controller.internal_target_days)


@lru_cache(maxsize=4096)
def _dates(received_on: str, regime: Regime, extended: bool, place: tuple[str, str, bool], internal: int) -> DueDates:
    """The dates of a day: a queue holds many cases of the same one."""
    country, subdivision, regional = place
    calendar = calendar_for(country, subdivision, regional=regional)
    day = date.fromisoformat(received_on)
    return dates_for(day, calendar, regime, extended=extended, internal_days=internal)


def columns(case: Case, controller: Controller) -> dict[str, object]:
    """What central keeps for the queue of every terminal, by column; `due` is the ISO date that leads."""
    state = case.state
    return {
        "rights": "+".join([SHORT[i.right] for i in case.items if case.closed or not i.ended]) or "-",
        "state": "closed" if case.closed else state.value,
        "who": (case.assigned or case.holder).removeprefix("agent:"),
        "tier": "-" if state in _NO_CHECK else tier_of(case).value,
        "due": dates_of(case, controller).due.isoformat(),
        "is_open": not case.closed,
        "acknowledged": case.acknowledged,
        "breach": "breach" in case.flags,
        "approval": any(i.state is ItemState.REVIEW for i in case.items),
        "conflicts": len(case.conflicts),
    }


def band(due: date, today: date, *, is_open: bool, acknowledged: bool, breach: bool) -> Band:
    """The band of a case on `today`, the day in its controller's zone."""
    if not is_open:
        return Band.CLOSED
    if breach:
        return Band.BREACH
    if due <= today:
        return Band.OVERDUE if due < today else Band.TODAY
    return Band.REST if acknowledged else Band.UNACKNOWLEDGED
