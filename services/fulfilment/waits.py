"""What a job waits for, as codes that its steps record: a system that is away, a vendor, a turn in a system."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from services.fulfilment.engine import JobFailed

AWAY: Final = "away"
LATE: Final = "vendor-late"
"""The vendor's date passed, and the days of grace after it."""
WAITING: Final = "waiting for vendor"
FOR_PEOPLE: Final = "waiting for people"
REFUSED: Final = "by-hand:"
"""Begins the code of what people could not do, before their reason."""
TOO_LATE: Final = f"{REFUSED}late"
"""The day of a task passed, and the days of grace after it."""
PENDING, BUSY = "pending:", "busy:"
NEVER_US: Final = 4_000_000_000_000_000
"""Until somebody decides: µs far away."""


class Wait(JobFailed):
    """A step that could not be done yet; `code` says what it waits for."""


def pending(until: str) -> Wait:
    """A vendor took the order and named the ISO day `until`."""
    return Wait(f"{PENDING}{until}")


def busy(until: int) -> Wait:
    """A system is full; ask again at `until` (µs)."""
    return Wait(f"{BUSY}{until}")


def day_of(code: str) -> date | None:
    """The day a vendor named, out of a step's code; None for every other code, and for a day that is none."""
    try:
        return date.fromisoformat(code.removeprefix(PENDING)) if code.startswith(PENDING) else None
    except ValueError:
        return None


def day_us(day: str) -> int:
    """Midday of an ISO day in µs: the same day in every zone it is shown in; 0 for what is no day."""
    try:
        return int(datetime.combine(date.fromisoformat(day), time(12), UTC).timestamp() * 1_000_000)
    except ValueError:
        return 0


def turn_of(code: str) -> int | None:
    """When to ask again for a turn in a full system (µs); None for every other code."""
    return int(code.removeprefix(BUSY)) if code.startswith(BUSY) else None


def waits(code: str) -> bool:
    """Whether what ended with this code is tried again by itself, after a while."""
    return code == AWAY or day_of(code) is not None or turn_of(code) is not None


def ask_again(day: date, now: datetime, pause_s: float, grace_days: int) -> int:
    """When to ask a vendor again who named `day`, in µs; 0 when that day and the grace are over.

    At the beginning of the day, in the zone of `now`; from then on after every pause.
    """
    if now.date() > day + timedelta(days=grace_days):
        return 0
    begins = datetime.combine(day, time(), now.tzinfo)
    return int(max(begins, now + timedelta(seconds=pause_s)).timestamp() * 1_000_000)
