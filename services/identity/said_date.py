"""Dates as people say and type them: 5.3.1980, 1980-03-05, 5 March 1980, 05031980."""

import re
import unicodedata
from datetime import date
from functools import lru_cache

_MONTH_FIRST = frozenset({"US", "PH"})
_LANGUAGES = ("en", "de", "fr", "nl", "it", "es", "pt", "pl", "sv", "da")
_FILLERS = frozenset({"the", "of", "den", "der", "de", "le", "el", "il", "o", "do", "st", "nd", "rd", "th"})

Said = tuple[int, int, int]


def same_date(given: str, expected: str, country: str) -> bool:
    """Whether `given` names the day of `expected` (ISO, a time after it is ignored). A year of two digits may be of
    any century. Day or month first is by `country`; both orders are never tried."""
    try:
        wanted = date.fromisoformat(expected[:10])
    except ValueError:
        return False
    said = said_date(given, country)
    if said is None:
        return False
    year, month, day = said
    return (month, day) == (wanted.month, wanted.day) and year in (wanted.year, wanted.year % 100)


def said_date(text: str, country: str = "") -> Said | None:
    """(year, month, day), the year as said (80 or 1980), or None if it is no date."""
    words = [w for w in re.findall(r"\d+|[^\W\d_]+", _plain(text)) if w not in _FILLERS]
    numbers = [w for w in words if w.isdecimal()]
    names = [w for w in words if not w.isdecimal()]
    if len(names) == 1 and len(numbers) == 2:
        return _with_month_name(names[0], numbers)
    if names:
        return None
    if len(numbers) == 1:
        numbers = _cut(numbers[0])
    return _in_order(numbers, country) if len(numbers) == 3 else None


def _with_month_name(name: str, numbers: list[str]) -> Said | None:
    month = month_named(name)
    year, day = numbers if len(numbers[0]) == 4 else reversed(numbers)
    return _valid(int(year), month, int(day), len(year)) if month else None


def _in_order(numbers: list[str], country: str) -> Said | None:
    first, second, third = numbers
    if len(first) == 4:
        return _valid(int(first), int(second), int(third), 4)
    month, day = (first, second) if country in _MONTH_FIRST else (second, first)
    return _valid(int(third), int(month), int(day), len(third))


def _cut(digits: str) -> list[str]:
    """Eight or six digits said in one go; eight begin with the year if they begin like one."""
    if len(digits) == 8 and digits[:2] in ("19", "20") and digits[4:6] <= "12":
        return [digits[:4], digits[4:6], digits[6:]]
    return [digits[:2], digits[2:4], digits[4:]] if len(digits) in (6, 8) else []


def _valid(year: int, month: int, day: int, year_digits: int) -> Said | None:
    if year_digits not in (2, 4):
        return None
    try:
        # A leap year stands in for a year of two digits, so that 29 February passes.
        date(year if year_digits == 4 else 2000 + year % 100, month, day)
    except ValueError:
        return None
    return year, month, day


def month_named(word: str) -> int:
    """1 to 12 for a month's name or the start of one (three letters or more) in one of ten languages; 0 if unclear."""
    names = _months()
    if word in names:
        return names[word]
    meant = {month for name, month in names.items() if len(word) >= 3 and name.startswith(word)}
    return meant.pop() if len(meant) == 1 else 0


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    """Full names and short ones; a name that means two months in two languages is left out."""
    from babel.dates import get_month_names

    found: dict[str, int] = {}
    unclear: set[str] = set()
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for month, name in get_month_names(width, "format", language).items():
                word = "".join(c for c in _plain(name) if c.isalpha())
                if found.setdefault(word, int(month)) != int(month):
                    unclear.add(word)
    return {word: month for word, month in found.items() if word not in unclear}


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in folded if not unicodedata.combining(c))
