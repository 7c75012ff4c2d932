"""Until when a row must be kept: a period of law counted from a date of the row (rules.md 9)."""

from calendar import monthrange
from datetime import date, datetime

from services.catalog.console_keys import Retention


def until(retention: Retention, value: object) -> date | None:
    """The last day of the duty, inclusive; None when the row has no date that can be read."""
    start = _day(value)
    if start is None:
        return None
    months = (retention.years or 0) * 12 + (retention.months or 0)
    if retention.starts == "end-of-calendar-year":
        start = date(start.year, 12, 31)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
