"""How much time is left, as words first: colour may follow them, never replace them (rules.md 2.3)."""

from datetime import date


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
