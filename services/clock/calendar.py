"""Working days of a controller: weekends and curated public holidays (Reg. 1182/71 Art 2(1), rules.md CLK-7, CLK-8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from services.errors import BadInput

LAST_YEAR = 2099
"""The last year whose holidays can be computed; later dates are refused."""

_ONE_DAY = timedelta(days=1)
_WEEKEND = {5: "Saturday", 6: "Sunday"}

# Countries whose holidays make no sense without a part: nationwide, the list loses days everyone there has off.
_NEEDS_PART = ("GB",)

# What the library calls public and the law does not, as words of its English names. An extra holiday moves a date
# later, which is the unsafe direction; so what is in doubt is out.
_NOT_PUBLIC = {
    "NL": ("Good Friday",),  # equal to a holiday for deadlines of Dutch law only, not designated as one
}
# Days off that a government swaps for a working Saturday are rest days, not designated public holidays.
_SWAPPED = ("substituted from", "Non-working day")


@dataclass(frozen=True, slots=True)
class Step:
    """A day on which a period cannot end, and why not: `Sunday`, or the holiday's English name."""

    day: date
    reason: str

    @property
    def words(self) -> str:
        """`a Sunday`, `a public holiday (Easter Monday)`."""
        return f"a {self.reason}" if self.reason in _WEEKEND.values() else f"a public holiday ({self.reason})"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days where the controller acts. Make it with `calendar_for`, which checks the names.

    `part` is the subdivision whose days count as well, empty when only nationwide days do.
    """

    country: str
    part: str = ""

    @property
    def place(self) -> str:
        """`DE`, or `DE-BY` when days of a part count."""
        return f"{self.country}-{self.part}" if self.part else self.country

    def holiday(self, day: date) -> str:
        """The English name of the public holiday on `day`, or nothing. `BadInput` after `LAST_YEAR`."""
        return _public(self.country, self.part, day.year).get(day, "")

    def is_working(self, day: date) -> bool:
        """Neither Saturday, Sunday nor public holiday (CLK-7)."""
        return day.weekday() < 5 and not self.holiday(day)

    def steps(self, day: date) -> tuple[Step, ...]:
        """The days from `day` on that must be skipped before the period can end; empty for a working day."""
        skipped = []
        while not self.is_working(day):
            skipped.append(Step(day, self.holiday(day) or _WEEKEND[day.weekday()]))
            day += _ONE_DAY
        return tuple(skipped)

    def roll(self, day: date) -> date:
        """`day`, or the next working day (Reg. 1182/71 Art 3(4))."""
        while not self.is_working(day):
            day += _ONE_DAY
        return day

    def add_working(self, day: date, count: int) -> date:
        """The working day `count` working days after `day`, before it when negative; `day` itself is not counted."""
        one = _ONE_DAY if count >= 0 else -_ONE_DAY
        for _ in range(abs(count)):
            day += one
            while not self.is_working(day):
                day += one
        return day


@lru_cache(maxsize=512)
def calendar_for(country: str, subdivision: str = "", *, regional: bool = False) -> Calendar:
    """The calendar of a controller's place: ISO 3166 country, optional subdivision (code or name).

    Only nationwide days count unless `regional` (a choice of the controller); GB always counts its part and needs one.
    Raises `BadInput` for an unknown country or subdivision with the nearest, and for GB without one.
    """
    code = _country(country.strip())
    part = _part(code, subdivision.strip()) if subdivision.strip() else ""
    if code in _NEEDS_PART:
        if not part:
            parts = ", ".join(_parts(code)[0])
            raise BadInput(f"{code} needs one of {parts}: their bank holidays differ", place="subdivision")
        return Calendar(code, part)
    return Calendar(code, part if regional else "")


def _country(word: str) -> str:
    from holidays.registry import COUNTRIES

    codes: dict[str, str] = {"UK": "GB", "EL": "GR"}
    for name, (_, alpha2, alpha3, *_rest) in COUNTRIES.items():
        codes |= {alpha2: alpha2, alpha3: alpha2, name.upper().replace("_", " "): alpha2}
    if word.upper() in codes:
        return codes[word.upper()]
    raise BadInput(f"there is no country '{word}'{_nearest(word, codes)}", place="country")


def _parts(country: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The subdivision codes of a country, and its longer names for them."""
    import holidays

    known = holidays.country_holidays(country)
    return tuple(known.subdivisions), dict(getattr(known, "subdivisions_aliases", {}))


def _part(country: str, word: str) -> str:
    codes, names = _parts(country)
    if not codes:
        raise BadInput(f"{country} has no subdivisions with holidays of their own", place="subdivision")
    valid = {c.upper(): c for c in codes} | {n.upper(): c for n, c in names.items()}
    short = word.upper().removeprefix(f"{country}-")
    if short in valid:
        return valid[short]
    hint = _nearest(short, valid) or f"; it has {', '.join(codes)}"
    raise BadInput(f"{country} has no subdivision '{word}'{hint}", place="subdivision")


def _nearest(word: str, codes: Mapping[str, str]) -> str:
    """Up to three near words with the code each stands for."""
    import difflib

    near = difflib.get_close_matches(word.upper(), codes, n=3, cutoff=0.5)
    shown = [w if w == codes[w] else f"{codes[w]} for {w.title()}" for w in near]
    return f" (did you mean {', '.join(shown)}?)" if shown else ""


@lru_cache(maxsize=4096)
def _public(country: str, part: str, year: int) -> Mapping[date, str]:
    """Curated public holidays of one year, with English names."""
    if year > LAST_YEAR:
        raise BadInput(f"holidays are not known after {LAST_YEAR}", place="received")
    import holidays  # 160 ms: paid by the first date, never by the first frame

    listed = holidays.country_holidays(country, subdiv=part or None, years=year, language="en_US")
    out = (*_NOT_PUBLIC.get(country, ()), *_SWAPPED)
    return {day: name for day, name in listed.items() if day.year == year and not any(word in name for word in out)}
