"""The dates of a case, computed from its clock events and never edited (rules.md 2.1, 2.3)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from whenever import Date

from services.clock.calendar import LAST_YEAR, Calendar
from services.clock.rules import rules_for
from services.errors import BadInput
from services.types import Regime


@dataclass(frozen=True, slots=True)
class Start:
    """A request was received; `on` is the day in the controller's zone, `at` aware, None if only the day is known."""

    on: date
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Extend:
    """The notice of extension, with reasons, went out on that day of the controller's zone."""

    on: date


@dataclass(frozen=True, slots=True)
class Answer:
    """The person was told of the action taken, or of the refusal."""

    at: datetime


ClockEvent = Start | Extend | Answer


@dataclass(frozen=True, slots=True)
class DueDates:
    """What rules.md 2.3 says a case must hold. Dates are days of the controller's zone; `rules` the rule ids used.

    `due_susp` is None while nothing suspended the clock, `due_extended` while the period is not extended.
    """

    received_on: date
    start_on: date
    due_nominal: date
    due_hard: date
    notice_by_extension: date
    notice_by_refusal: date
    internal_target: date
    rules: tuple[str, ...]
    due_susp: date | None = None
    due_extended: date | None = None
    received_at: datetime | None = None
    answered_at: datetime | None = None

    @property
    def due(self) -> date:
        """The end that holds now: extended, if it was, else the hard date."""
        return self.due_extended or self.due_hard


def received_on(at: datetime, zone: str) -> date:
    """The day of `at` (aware) in the controller's IANA `zone`: 23:59 still counts as that day (CLK-10)."""
    if at.utcoffset() is None:
        raise BadInput("a time of receipt needs its offset from UTC", place="received_at")
    try:
        return at.astimezone(ZoneInfo(zone)).date()
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise BadInput(f"there is no time zone '{zone}'", place="zone") from exc


def due_dates(
    events: Iterable[ClockEvent], calendar: Calendar, regime: Regime = Regime.EU, internal_days: int | None = None
) -> DueDates:
    """All dates of a case from its events, in any order; the earliest start drives them (INT-9).

    A second extension, or one whose notice came after `notice_by_extension`, changes nothing (CLK-2).
    Raises `BadInput` without a start, before 2018-05-25 and after 2099.
    """
    events = tuple(events)
    starts = [e for e in events if isinstance(e, Start)]
    if not starts:
        raise BadInput("a clock needs a receipt", place="events")
    first = min(starts, key=lambda s: s.on)
    plain = dates_for(first.on, calendar, regime, internal_days=internal_days)
    extended = any(isinstance(e, Extend) and first.on <= e.on <= plain.notice_by_extension for e in events)
    dates = dates_for(first.on, calendar, regime, extended=True, internal_days=internal_days) if extended else plain
    answered_at = min((e.at for e in events if isinstance(e, Answer)), default=None)
    return replace(dates, received_at=first.at, answered_at=answered_at)


@lru_cache(maxsize=65_536)
def dates_for(
    received: date,
    calendar: Calendar,
    regime: Regime = Regime.EU,
    *,
    extended: bool = False,
    internal_days: int | None = None,
) -> DueDates:
    """The dates of a request of that day, without times: cached, for a million cases. Raises as `due_dates`."""
    if received.year > LAST_YEAR:
        raise BadInput(f"holidays are not known after {LAST_YEAR}", place="received")
    rules = rules_for(regime, received)
    nominal = _add_months(received, rules.months)
    hard = calendar.roll(nominal)
    # From the receipt, not chained from the first end (CLK-11).
    longer = _add_months(received, rules.extended_months)
    longer_rolled = calendar.roll(longer)
    target = calendar.add_working(received, rules.internal_days if internal_days is None else internal_days)
    moved = hard != nominal or (extended and longer_rolled != longer)
    return DueDates(
        received_on=received,
        start_on=received,
        due_nominal=nominal,
        due_hard=hard,
        notice_by_extension=hard,
        notice_by_refusal=longer_rolled if extended and rules.refusal_moves else hard,
        internal_target=min(target, calendar.add_working(hard, -rules.reserve_days)),
        due_extended=longer_rolled if extended else None,
        rules=_ids(rules.ids, *(("CLK-7", "CLK-8") if moved else ()), *(("CLK-2", "CLK-11") if extended else ())),
    )


def nominal_end(dates: DueDates, regime: Regime = Regime.EU) -> date:
    """The end that holds now, before weekends and holidays moved it (CLK-6, CLK-11)."""
    if dates.due_extended is None:
        return dates.due_nominal
    return _add_months(dates.received_on, rules_for(regime, dates.received_on).extended_months)


def no_extension_because(dates: DueDates, today: date) -> str:
    """Why the period cannot be extended (any more), as a sentence; empty when it can (CLK-2)."""
    if dates.answered_at is not None:
        return "the request is answered"
    if dates.due_extended is not None:
        return "it was extended already, and that is possible once"
    if today > dates.notice_by_extension:
        return f"the notice had to go out by {dates.notice_by_extension}"
    return ""


def _ids(always: tuple[str, ...], *more: str) -> tuple[str, ...]:
    """Rule ids in the order of rules.md."""
    return tuple(sorted((*always, *more), key=lambda rule: int(rule.removeprefix("CLK-"))))


def _add_months(day: date, months: int) -> date:
    """The same date `months` later, or the last day of that month where it does not exist (CLK-6)."""
    return Date(day.year, day.month, day.day).add(months=months).to_stdlib()
