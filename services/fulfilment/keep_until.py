"""Until when a row must be kept (rules.md 9)."""

from calendar import monthrange
from datetime import date, datetime

from services.catalog.console_keys import Retention


def until(retention: Retention, value: object) -> date | None:
    """The last day the row must be kept, from the date in `value`; None when that is no date."""
    start = _day(value)
    if start is None:
        return None
    if retention.starts == "end-of-calendar-year":
        start = date(start.year, 12, 31)
    return _later(start, (retention.years or 0) * 12 + (retention.months or 0))


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _later(day: date, months: int) -> date:
    """The same day of the month that many months on, or the last day of it; the calendar's last day if beyond."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
