"""What the queue shows of a case, and in which order with which reason (rules.md 10.1, design.md 7.11).

What is stored does not depend on the day; the band is decided at read time from the hard date and today.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.cases.breach import LOCKED, end_us
from services.cases.case import Case
from services.cases.fold_clock import MERGED, counts, question_of
from services.cases.fold_letters import unconfirmed
from services.clock.calendar import Calendar, calendar_for
from services.clock.complaint import confirm_by
from services.clock.dates import Accept, ClockEvent, DueDates, Extend, Start, dates_for, due_dates, received_on
from services.controllers import Controller
from services.identity.needs import facts_of, tier_needed
from services.types import PAUSE_ENDS_DAYS, Band, ItemState, Regime, Right, Tier

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
    Band.PAUSE_ENDS: "the person is to be asked again",
    Band.UNACKNOWLEDGED: "new, nobody has answered yet",
    Band.REST: "earliest legal end",
    Band.CLOSED: "closed",
}

LEADS = "lead"
"""Who has a breach, and a case that waits for its release while nobody holds it: not one of the free ones."""
_NO_CHECK = (ItemState.REVIEW, ItemState.READY, ItemState.CLOSED)


def tier_of(case: Case) -> Tier:
    """The highest tier that an open item of the case needs, as far as its facts are known (rules.md 7.4)."""
    facts = facts_of(case.facts)
    return max([tier_needed(i.right, case.requester, facts) for i in case.items if not i.ended], default=Tier.T0)


def calendar_of(controller: Controller) -> Calendar:
    """The holidays that move this controller's dates (CLK-8)."""
    return calendar_for(controller.country, controller.subdivision, regional=controller.regional_holidays)


def dates_of(case: Case, controller: Controller) -> DueDates:
    """The legal dates of a case under its controller's calendar, computed from what happened in it (rules.md 2.3)."""
    place = (controller.country, controller.subdivision, controller.regional_holidays)
    if not (case.noticed_at or case.questions or case.receipts):
        return _dates(case.received_on, case.regime, place, controller.internal_target_days)
    days, ask_days = controller.internal_target_days, controller.ask_days
    return due_dates(events_of(case, controller), calendar_of(controller), case.regime, days, ask_days)


def due_if_extended(case: Case, controller: Controller, today: date) -> date:
    """The end that a notice of extension names which leaves today (CLK-11)."""
    events = [*events_of(case, controller), Extend(today)]
    days, ask_days = controller.internal_target_days, controller.ask_days
    return due_dates(events, calendar_of(controller), case.regime, days, ask_days).hard


def events_of(case: Case, controller: Controller) -> list[ClockEvent]:
    """What moves the clock of a case; a reminder does not (INT-8)."""
    events: list[ClockEvent] = [Start(date.fromisoformat(case.received_on))]
    events += [Start(date.fromisoformat(one.on)) for one in case.receipts if one.kind == MERGED]
    events += [question_of(one) for one in case.questions if counts(one)]
    if case.noticed_at:
        events.append(Extend(received_on(datetime.fromtimestamp(case.noticed_at / 1_000_000, UTC), controller.zone)))
    if case.pause:
        events.append(Accept(case.pause))
    return events


def to_confirm(case: Case, controller: Controller) -> date | None:
    """The last day to confirm a complaint of the case that is not confirmed yet; None where there is none (UK-164A)."""
    if not unconfirmed(case):
        return None
    return confirm_by(dates_of(case, controller).received_on, calendar_of(controller), case.regime)


def first_due(case: Case, controller: Controller) -> date:
    """The day by which the queue sorts the case: of its answer, or of confirming its complaint if that comes before."""
    due, confirm = dates_of(case, controller).due, to_confirm(case, controller)
    return due if confirm is None else min(due, confirm)


@lru_cache(maxsize=4096)
def _dates(received_on: str, regime: Regime, place: tuple[str, str, bool], internal: int) -> DueDates:
    """The dates of a day: a queue holds many cases of the same one."""
    country, subdivision, regional = place
    calendar = calendar_for(country, subdivision, regional=regional)
    day = date.fromisoformat(received_on)
    return dates_for(day, calendar, regime, internal_days=internal)


def columns(case: Case, controller: Controller) -> dict[str, object]:
    """What central keeps for the queue of every terminal, by column. Dates are ISO.

    `due` leads. `hard`: the end without a pause, where another leads. `paused`: since when the time stands still;
    `wakes`: the next day to ask the person again. All three are empty while there is nothing to say.
    `breach` is that of `breach_of`; `registered` is an entry of the register of breaches, open or not.
    """
    state, dates = case.state, dates_of(case, controller)
    waits = not case.closed and dates.chase_on is not None
    breach, registered = breach_of(case, controller), case.breach is not None
    due = first_due(case, controller)
    return {
        "rights": "+".join([SHORT[i.right] for i in case.items if case.closed or not i.ended])
        or ("Breach" if registered else "-"),
        "state": "closed" if case.closed else state.value,
        "who": (case.assigned or case.holder).removeprefix("agent:") or (LEADS if breach else ""),
        "tier": "-" if registered or state in _NO_CHECK else tier_of(case).value,
        "due": (day_of(breach, controller) if breach > LOCKED else due).isoformat(),
        "is_open": not case.closed or breach > 0,
        "acknowledged": case.acknowledged,
        "breach": breach,
        "registered": registered,
        "approval": any(i.state is ItemState.REVIEW for i in case.items),
        "conflicts": len(case.conflicts),
        "hard": dates.hard.isoformat() if dates.hard != dates.due and due == dates.due else "",
        "paused": dates.paused_on.isoformat() if waits and dates.paused_on else "",
        "wakes": dates.chase_on.isoformat() if waits and dates.chase_on else "",
        "extended": dates.due_extended is not None,
    }


def breach_of(case: Case, controller: Controller) -> int:
    """What `breach.light` says in words: the end of an open breach in µs, `LOCKED` of a case that one locks, 0 else."""
    if case.breach is not None:
        return end_us(case.breach, controller)
    return LOCKED if case.locked else 0


def day_of(at: int, controller: Controller) -> date:
    """The day of a time in µs in the controller's zone."""
    return datetime.fromtimestamp(at / 1_000_000, UTC).astimezone(ZoneInfo(controller.zone)).date()


def band(due: date, today: date, *, is_open: bool, acknowledged: bool, breach: bool, wakes: date | None = None) -> Band:
    """The band of a case on `today`, the day in its controller's zone."""
    if not is_open:
        return Band.CLOSED
    if breach:
        return Band.BREACH
    if due <= today:
        return Band.OVERDUE if due < today else Band.TODAY
    if wakes is not None and wakes <= today + timedelta(days=PAUSE_ENDS_DAYS):
        return Band.PAUSE_ENDS
    return Band.REST if acknowledged else Band.UNACKNOWLEDGED
