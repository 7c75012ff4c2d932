"""Duties to keep by country, as dated data (rules.md 9): `retention_law.yml`, read strictly. Pure.

A date is counted from a row's own date; the duty ends with the day that `last_day` gives.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from services.strict_yaml import Word, read

Starts = Literal[
    "end-of-calendar-year", "date-field", "next-january", "end-of-financial-year", "end-of-tax-year"
]  # fmt: skip
CALENDAR = "12-31"


@dataclass(frozen=True)
class Duty:
    """One row: for how long `what` is kept under `law`, since when, and how sure the table is of it.

    `older`: it also holds for what is dated before `valid_from`.
    """

    key: Word
    what: str
    law: str
    starts: Starts
    valid_from: date
    sure: Literal["V", "S", "K"]
    years: int = 0
    months: int = 0
    older: bool = False

    def __post_init__(self) -> None:
        if (self.years > 0) == (self.months > 0) or min(self.years, self.months) < 0:
            raise ValueError("a duty has either 'years' or 'months'")

    @property
    def period(self) -> int:
        """Its length in months."""
        return self.years * 12 + self.months


@dataclass(frozen=True)
class Table:
    """The file. `as_of`: the state of the law."""

    as_of: date
    rows: tuple[Duty, ...]


@cache
def table() -> Table:
    """The table that comes with the program."""
    return read(Path(__file__).with_name("retention_law.yml"), Table)


@cache
def keys() -> tuple[str, ...]:
    """Every key a catalog may name."""
    return tuple(dict.fromkeys(str(duty.key) for duty in table().rows))


def duty(key: str, day: date, today: date, rows: Sequence[Duty] | None = None) -> Duty:
    """The duty of that key over something dated `day`, as the law is on `today`; raises `KeyError`."""
    known = sorted((row for row in rows or table().rows if row.key == key), key=lambda row: row.valid_from)
    if not known:
        raise KeyError(key)
    in_force = [row for row in known if row.valid_from <= today and (row.older or row.valid_from <= day)]
    return (in_force or known)[-1 if in_force else 0]


def last_day(starts: Starts, day: date, months: int, year_ends: str = CALENDAR) -> date:
    """The last day of a duty of so many months over something dated `day`.

    `end-of-calendar-year` and `next-january` end alike: a period from 1 January ends with a 31 December.
    `end-of-financial-year` ends with the business year that `day` is in, which ends each `year_ends` (`03-31`).
    `end-of-tax-year` ends with the year in which tax for the year of `day` falls due: the next.
    """
    if starts in ("end-of-calendar-year", "next-january"):
        day = date(day.year, 12, 31)
    elif starts == "end-of-tax-year":
        day = date(min(day.year + 1, date.max.year), 12, 31)
    elif starts == "end-of-financial-year":
        month, last = (int(part) for part in year_ends.split("-"))
        ends = _day(day.year, month, last)
        day = ends if day <= ends else _day(min(day.year + 1, date.max.year), month, last)
    return later(day, months)


def later(day: date, months: int) -> date:
    """The same day of the month that many months on, or the last day of it; the calendar's last day if beyond."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date.max if year > date.max.year else _day(year, month + 1, day.day)


def _day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))
