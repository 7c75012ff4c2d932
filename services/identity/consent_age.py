"""From which age a child consents alone, by country, as dated data (Art 8): `consent_age.yml`, read strictly. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from services.strict_yaml import read

HIGHEST, LOWEST = 16, 13
"""What holds where no national law says otherwise, and the lowest that one may say (Art 8(1))."""


@dataclass(frozen=True)
class Age:
    """One row: from `age` on a child consents alone under `law`, since when, and how sure the table is of it."""

    country: str
    age: int
    law: str
    valid_from: date
    sure: Literal["V", "S", "K"]

    def __post_init__(self) -> None:
        if not LOWEST <= self.age <= HIGHEST:
            raise ValueError(f"an age is from {LOWEST} to {HIGHEST} (Art 8(1))")


@dataclass(frozen=True)
class Table:
    """The file. `as_of`: the state of the law."""

    as_of: date
    rows: tuple[Age, ...]


@cache
def table() -> Table:
    """The table that comes with the program."""
    return read(Path(__file__).with_name("consent_age.yml"), Table)


def consent_age(country: str, today: date, rows: Sequence[Age] | None = None) -> Age:
    """The age that counts in that ISO country on that day: its newest row in force, else that of Art 8(1) itself."""
    known = [row for row in rows or table().rows if row.country == country and row.valid_from <= today]
    return max(known, key=lambda row: row.valid_from, default=Age(country, HIGHEST, "Art 8(1)", date.min, "V"))
