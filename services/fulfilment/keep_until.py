"""Until when a row must be kept, and under which law (rules.md 9)."""

from datetime import date, datetime

from services.catalog.console_keys import Retention
from services.catalog.retention_law import CALENDAR, duty, last_day


def until(retention: Retention, value: object, today: date) -> tuple[date | None, str]:
    """The last day the row must be kept, from the date in `value`, None when that is no date; and the law."""
    day = day_of(value)
    if retention.entry is not None:
        row = duty(retention.entry, day or today, today)
        starts, months, law = row.starts, row.period, row.law
    else:
        starts, months = retention.starts, (retention.years or 0) * 12 + (retention.months or 0)
        law = retention.law or ""
    return (None if day is None else last_day(starts, day, months, retention.year_ends or CALENDAR)), law


def day_of(value: object) -> date | None:
    """The day in a field that a duty counts from; None where there is none."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
