"""Dates as a person writes them, by language."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def day(value: date, language: str) -> str:
    """`5 March 2026`, `5. März 2026`."""
    from babel.dates import format_date

    return format_date(value, "long", locale=_locale(language))


def weekday(value: date, language: str) -> str:
    """`Thursday, 5 March 2026`, `Donnerstag, 5. März 2026`."""
    from babel.dates import format_date

    return format_date(value, "full", locale=_locale(language))


def moment(value: datetime, zone: str, language: str) -> str:
    """An aware time in the controller's `zone`: `5 March 2026 at 10:30 (Europe/Berlin)`."""
    from babel.dates import format_time

    local = value.astimezone(ZoneInfo(zone))
    return f"{day(local.date(), language)}, {format_time(local, 'short', locale=_locale(language))} ({zone})"


def _locale(language: str) -> str:
    # Day before month in our English letters: both controllers' customers read it so.
    return "en_GB" if language == "en" else language
