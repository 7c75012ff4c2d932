"""How long we keep what we know of a case (rules.md 8.2): per controller, from the day the case was closed. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from services.technical_logs import MONTHS

if TYPE_CHECKING:
    from services.cases.case import Case  # a case knows its controller's hours, and a controller these terms

CONTACT, LETTERS, RECORD = "contact", "letters", "record"
KINDS: Final = {
    CONTACT: (
        "requester",
        "known-as",
        "contact",
        "code",
        "letter-code",
        "plan",
        "correction",
        "correction-plan",
        "held",
    ),
    LETTERS: ("letter", "view", "explanation"),
}
"""Kinds of sealed details that hold identifiers and addresses, or letters with what they quote; the record is all that
is left."""


@dataclass(frozen=True)
class OwnRetention:
    """`retention` of `controller.yml`. Months count from the day of closing, years from the end of that year."""

    contact_months: int = 3
    letters_years: int = 3
    record_years: int = 3
    breach_years: int = 5
    technical_months: int = MONTHS

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            if not 1 <= getattr(self, name) <= most:
                raise ValueError(f"'{name}' is from 1 to {most}")
        if self.letters_years > self.record_years:
            raise ValueError("letters cannot be kept longer than the record: its key opens them")


_MOST: Final = {
    "contact_months": 36,
    "letters_years": 10,
    "record_years": 10,
    "breach_years": 10,
    "technical_months": 36,
}


def ends(case: "Case", kept: OwnRetention, zone: str) -> dict[str, date]:
    """The first day on which each part of a closed case is kept no longer, all of it first; empty while it is open."""
    if not case.closed or case.locked or (case.breach is not None and not case.breach.closed):
        return {}
    day = datetime.fromtimestamp(case.closed_at / 1_000_000, UTC).astimezone(ZoneInfo(zone)).date()
    years = max(kept.record_years, kept.breach_years) if breached(case) else kept.record_years
    letters = years if breached(case) else kept.letters_years
    return {
        RECORD: date(day.year + years + 1, 1, 1),
        LETTERS: date(day.year + letters + 1, 1, 1),
        CONTACT: _months_on(day, kept.contact_months),
    }


def breached(case: "Case") -> bool:
    """Whether a breach was raised about it: that is kept longer (Art 33(5))."""
    return case.breach is not None or bool(case.locks)


def _months_on(day: date, months: int) -> date:
    """The day after that many months; of a month that is too short, its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, day.day)
