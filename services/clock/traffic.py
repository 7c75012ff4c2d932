"""How much time is left, as words first: colour may follow them, never replace them (rules.md 2.3)."""

from datetime import date

from services.clock.dates import DueDates


def light(due: date, today: date) -> str:
    """`OVERDUE -3d`, `TODAY` or `12d left`; `today` is the day in the controller's zone."""
    left = (due - today).days
    if left < 0:
        return f"OVERDUE {left}d"
    return f"{left}d left" if left else "TODAY"


def paused_light(due_hard: date, today: date, paused_on: date) -> str:
    """`PAUSED 4d (hard 9d)`: days since the question was asked, and what the hard date would say."""
    left = (due_hard - today).days
    hard = f"{left}d" if left > 0 else light(due_hard, today)
    return f"PAUSED {(today - paused_on).days}d (hard {hard})"


def light_of(dates: DueDates, today: date) -> str:
    """The words for a case: of its pause while it waits for the person, else of the date that leads."""
    if dates.paused_on is not None and dates.paused_on <= today:
        return paused_light(dates.hard, today, dates.paused_on)
    return light(dates.due, today)
