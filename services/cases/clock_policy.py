"""What the day forbids: reasons that the policy table, which knows no calendar, leaves open."""

from datetime import date

from services.cases.case import Case
from services.cases.fold_clock import chase_day, counts, open_question
from services.clock.dates import DueDates, no_extension_because
from services.clock.waits import CHASES

TIMED = frozenset({"extend", "chase", "pause"})
"""Acts whose answer depends on the day."""


def not_today(act: str, case: Case, dates: DueDates, today: date) -> str:
    """Why `act` cannot be done on `today`, the day of the controller's zone; empty when it can."""
    if act == "extend":
        if case.extended:
            return "it was extended already, and that is possible once"
        return no_extension_because(dates, today)
    if act == "pause" and dates.due_susp is None:
        unsent = "nothing was asked" if all(map(counts, case.questions)) else "the letter that asks has not left"
        return f"the time runs on: {'; '.join(dates.not_paused) or unsent}"
    asked = open_question(case)
    if act == "chase" and asked is not None and len(asked.chased) < CHASES and today < chase_day(asked):
        return f"it is too early: ask again on {chase_day(asked)}"
    return ""
