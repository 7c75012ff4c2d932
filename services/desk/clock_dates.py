"""The dates of a case as a screen shows them, each with why it is that day."""

from datetime import date

from services.cases.case import Case
from services.cases.fold_clock import FIRST, MERGED
from services.cases.queue import calendar_of, to_confirm
from services.cases.words import reason_words
from services.clock.dates import DueDates
from services.controllers import Controller
from services.types import Date


def shown_dates(case: Case, dates: DueDates, controller: Controller) -> tuple[Date, ...]:
    """Every date that there is, in the order of rules.md 2.3."""
    rows: list[tuple[str, date | None, str]] = [
        ("received", dates.received_on, _received(case, controller)),
        (
            "month from",
            dates.start_on if dates.start_on != dates.received_on else None,
            "what was asked for came (12A)",
        ),
        ("confirm by", to_confirm(case, controller), "30 days from the day after receipt (DPA 2018 s 164A)"),
        ("internal target", dates.internal_target, f"{controller.internal_target_days} working days"),
        ("one month", dates.due_nominal, "the same date one month later (Art 12(3))"),
        ("legal end", dates.due_hard, _moved(dates, controller)),
        ("extended to", dates.due_extended, "three months from receipt; the notice left in time"),
        ("with pause", dates.due_susp, _paused(case, dates)),
        ("asked", _not_left(case), "by mail, and the letter has not left: the time runs on until it does (t)"),
        ("ask again", None if case.closed else dates.chase_on, _waiting(dates)),
        ("extend until", None if case.noticed_at else dates.notice_by_extension, _extension(case)),
        ("refuse until", dates.notice_by_refusal, "a refusal, in part too, is told by then (Art 12(4))"),
    ]
    return tuple(Date(name, day, why) for name, day, why in rows if day is not None)


def _received(case: Case, controller: Controller) -> str:
    merged = [one.number for one in case.receipts if one.kind == MERGED]
    again = len(case.receipts) - len(merged)
    words = [f"in {controller.zone}"]
    words += [f"on the line {case.line}"] if case.line else []
    words += ["read back to them"] if case.read_back else []
    words += [f"with {', '.join(merged)}, the earliest receipt"] if merged else []
    words += [f"{again} reminder{'s' if again > 1 else ''}: no new clock"] if again else []
    return "; ".join(words)


def _moved(dates: DueDates, controller: Controller) -> str:
    """Why the end is not the nominal day: each day that was skipped."""
    skipped = calendar_of(controller).steps(dates.due_nominal)
    return "; ".join(f"{step.day:%d %b} is {step.words}" for step in skipped)


def _paused(case: Case, dates: DueDates) -> str:
    leads = f"leads: a lead accepted it ({case.pause})" if case.pause else "the hard date leads: no lead accepted it"
    counted = "the month began anew" if dates.start_on != dates.received_on else f"{dates.paused_days} days awaited"
    return f"{counted}; {leads}"


def _not_left(case: Case) -> date | None:
    """The day on which a letter was asked for that did not leave yet, if one is still wanted."""
    waits = (one.on for one in case.questions if one.waits == FIRST and not one.answered and not case.closed)
    return next((date.fromisoformat(day) for day in waits), None)


def _extension(case: Case) -> str:
    if case.proposed and not case.extended:
        return (
            f"proposed to the controller ({reason_words(case.proposed)}); it decides, and the notice must leave by then"
        )
    return "decided; it counts once the notice left, by then" if case.extended else "the notice must leave by then"


def _waiting(dates: DueDates) -> str:
    if dates.not_paused:
        return f"the time runs on: {'; '.join(dates.not_paused)}"
    return "the pause counts until then, unless the answer comes before"
