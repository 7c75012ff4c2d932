"""The dates of a case, computed from its clock events and never edited (rules.md 2.1, 2.3)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from whenever import Date

from services.clock.calendar import LAST_YEAR, Calendar
from services.clock.rules import rules_for
from services.clock.waits import Question, days_paused, no_pause_because, relevant_day
from services.errors import BadInput
from services.types import Regime, Wait


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


@dataclass(frozen=True, slots=True)
class Accept:
    """A lead accepted that the time stands still, with a reason: the later date leads from then on (SUS-2)."""

    reason: str


ClockEvent = Start | Question | Extend | Accept | Answer


@dataclass(frozen=True, slots=True)
class DueDates:
    """What rules.md 2.3 says a case must hold. Dates are days of the controller's zone; `rules` the rule ids used.

    `due_susp` is None while nothing suspended the clock, `due_extended` while the period is not extended. While a
    question is open (`paused_on`, the day it was asked) `due_susp` counts to `chase_on`, the next day to ask again.
    `not_paused` says why questions stop no clock.
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
    paused_on: date | None = None
    paused_days: int = 0
    chase_on: date | None = None
    accepted: bool = False
    not_paused: tuple[str, ...] = ()

    @property
    def hard(self) -> date:
        """The end without any suspension: extended, if it was, else the hard date."""
        return self.due_extended or self.due_hard

    @property
    def due(self) -> date:
        """The end that leads: the hard one, unless a lead accepted the suspension (SUS-2)."""
        return self.due_susp if self.accepted and self.due_susp else self.hard


def received_on(at: datetime, zone: str) -> date:
    """The day of `at` (aware) in the controller's IANA `zone`: 23:59 still counts as that day (CLK-10)."""
    if at.utcoffset() is None:
        raise BadInput("a time of receipt needs its offset from UTC", place="received_at")
    try:
        return at.astimezone(ZoneInfo(zone)).date()
    except OverflowError as exc:
        raise BadInput("there is no such time", place="received_at") from exc
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise BadInput(f"there is no time zone '{zone}'", place="zone") from exc


def due_dates(
    events: Iterable[ClockEvent],
    calendar: Calendar,
    regime: Regime = Regime.EU,
    internal_days: int | None = None,
    ask_days: int | None = None,
) -> DueDates:
    """All dates of a case from its events, in any order; the earliest start drives them (INT-9).

    A second extension, or one whose notice came after `notice_by_extension`, changes nothing (CLK-2); a question that
    stops no clock changes nothing but `chase_on` and `not_paused` (SUS-3). `ask_days` is the controller's own number of
    days within which a question is asked. Raises `BadInput` without a start, before 2018-05-25 and after 2099.
    """
    events = tuple(events)
    starts = [e for e in events if isinstance(e, Start)]
    if not starts:
        raise BadInput("a clock needs a receipt", place="events")
    first = min(starts, key=lambda s: s.on)
    plain = dates_for(first.on, calendar, regime, internal_days=internal_days)
    asked = [e for e in events if isinstance(e, Question)]
    plain = _with_questions(plain, asked, calendar, regime, ask_days) if asked else plain
    if any(isinstance(e, Extend) and first.on <= e.on <= plain.notice_by_extension for e in events):
        extended = dates_for(first.on, calendar, regime, extended=True, internal_days=internal_days)
        plain = _with_questions(extended, asked, calendar, regime, ask_days) if asked else extended
    return replace(
        plain,
        received_at=first.at,
        answered_at=min((e.at for e in events if isinstance(e, Answer)), default=None),
        accepted=any(isinstance(e, Accept) for e in events),
        rules=_ids(plain.rules, *(("INT-9",) if len(starts) > 1 else ())),
    )


def _with_questions(
    dates: DueDates, asked: list[Question], calendar: Calendar, regime: Regime, ask_days: int | None
) -> DueDates:
    """The dates with what was asked of the person (SUS-1 … SUS-6)."""
    rules = rules_for(regime, dates.received_on)
    told = [(q, no_pause_because(q, dates.received_on, rules, ask_days)) for q in asked]
    counted = [q for q, why in told if not why]
    start = relevant_day(dates.received_on, counted, rules)
    days = days_paused(counted, start, rules)

    def ends(months: int) -> date:
        return calendar.roll(_add_months(start, months) + timedelta(days=days))

    months = rules.extended_months if dates.due_extended else rules.months
    ids = ["SUS-2", "SUS-3", "SUS-4"] if counted else ["SUS-3"]
    ids += ["SUS-1"] if any(q.what is not Wait.FEE for q in counted) else []
    ids += ["SUS-6"] if any(q.what is Wait.FEE for q in counted) else []
    ids += ["UK-12A"] if counted and rules.by_law else []
    waiting = [q.asked for q in counted if q.answered is None]
    moved = counted and rules.by_law
    return replace(
        dates,
        start_on=start,
        due_susp=ends(months) if counted else None,
        notice_by_extension=ends(rules.months) if moved else dates.notice_by_extension,
        notice_by_refusal=ends(months) if moved else dates.notice_by_refusal,
        paused_on=min(waiting, default=None),
        paused_days=days,
        chase_on=min((q.chase_on for q in asked if q.answered is None), default=None),
        not_paused=tuple(why for _, why in told if why),
        rules=_ids(dates.rules, *ids),
    )


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
        notice_by_refusal=longer_rolled if extended and rules.by_law else hard,
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
    return tuple(sorted({*always, *more}, key=_place))


def _place(rule: str) -> tuple[str, str, int]:
    kind, _, number = rule.partition("-")
    return kind, number.lstrip("0123456789"), int(number) if number.isdigit() else 0


def _add_months(day: date, months: int) -> date:
    """The same date `months` later, or the last day of that month where it does not exist (CLK-6)."""
    return Date(day.year, day.month, day.day).add(months=months).to_stdlib()
