"""A personal data breach as it crosses from the desk to a screen (services/types.py). Times are aware UTC datetimes."""

from dataclasses import dataclass, field
from datetime import datetime

from services.enums import DutyRole


@dataclass(frozen=True, slots=True)
class BreachForm:
    """What the form offers: (key, name, zone) of controllers, the case's own alone when it is about one; categories as
    (key of the keyboard, code, words)."""

    case: str
    controllers: tuple[tuple[str, str, str], ...]
    categories: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class BreachRaise:
    """What was noticed. `aware_at` None is now, `persons` None is not known yet; `case` is empty for none."""

    controller: str
    case: str
    words: str = field(repr=False)
    aware_at: datetime | None
    categories: tuple[str, ...]
    persons: int | None
    ongoing: str
    contained: str


@dataclass(frozen=True, slots=True)
class Raised:
    """The number of the breach in the register, and a sentence that says until when who is told."""

    number: str
    say: str


@dataclass(frozen=True, slots=True)
class BreachDecision:
    """Whether `whom` is told; `told_at` None: they are not. `reason` and `by` as words a person can read."""

    whom: str
    told_at: datetime | None
    reason: str
    by: str
    at: datetime
    words: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class BreachLine:
    """An entry of the register, without what is sealed. `light` is the time that is left, `safe` and `latest` the two
    readings of the end; `missing` says what keeps it from being closed, `locks` whether the case `about` is locked.

    `alerts`: state of each mail to those who must know (made, sent, failed). -1 is a number nobody knows.
    """

    number: str
    controller: str
    controller_name: str
    zone: str
    duty: DutyRole
    first: str
    about: str
    locks: bool
    aware_at: datetime
    raised_at: datetime
    raised_by: str
    categories: tuple[str, ...]
    persons: int
    records: int
    ongoing: str
    contained: str
    light: str
    safe: datetime
    latest: datetime
    decisions: tuple[BreachDecision, ...]
    missing: str
    alerts: tuple[str, ...]
    closed: str = ""
    closed_by: str = ""
    closed_at: datetime | None = None

    def decision(self, whom: str) -> BreachDecision | None:
        """The newest decision about `whom`."""
        return next((one for one in reversed(self.decisions) if one.whom == whom), None)


@dataclass(frozen=True, slots=True)
class BreachTexts:
    """What is sealed of a breach, opened for a lead or the officer; `reasons` goes with the decisions, in order."""

    words: str = field(repr=False)
    consequences: tuple[str, ...] = field(repr=False)
    measures: tuple[str, ...] = field(repr=False)
    reasons: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenBreaches:
    """How many breaches of a controller are open, and the time that is left for the nearest."""

    controller: str
    count: int
    light: str
