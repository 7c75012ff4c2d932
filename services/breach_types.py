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
    """Whether `whom` is told; `told_at` None: they are not, or by letter. `reason`, `by` as words to read."""

    whom: str
    told_at: datetime | None
    reason: str
    by: str
    at: datetime
    words: str = field(default="", repr=False)

    @property
    def by_letter(self) -> bool:
        """Whether each person gets a letter: what came of it stands with each of them."""
        return self.whom == "persons" and self.told_at is None and self.reason in ("high-risk", "by-choice")


@dataclass(frozen=True, slots=True)
class BreachPerson:
    """A person the breach is about, by their case: added, asked, waiting, told, failed, public or not-needed.

    `medium`: how they were told; `reason`: why a letter failed or waits, or why none is needed. `at`: when it was told,
    failed or decided; of one that waits, the next try.
    """

    case: str
    state: str
    medium: str = ""
    reason: str = ""
    by: str = ""
    at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether they are still to be told."""
        return self.state in ("added", "asked", "waiting", "failed")


@dataclass(frozen=True, slots=True)
class NoticeForm:
    """What a letter to the persons can be: languages it is written in (code, words); categories as (key of the
    keyboard, code, words) with those that were named; numbers of cases whose persons are not told yet."""

    number: str
    controller: str
    languages: tuple[str, ...]
    categories: tuple[tuple[str, str, str], ...]
    named: tuple[str, ...]
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """A letter to the persons of `cases` (Art 34(2)), in plain words of `language`. `reason`: high-risk, by-choice."""

    reason: str
    language: str
    cases: tuple[str, ...]
    categories: tuple[str, ...]
    happened: str = field(repr=False)
    consequences: str = field(repr=False)
    measures: str = field(repr=False)
    advice: str = field(repr=False)


@dataclass(frozen=True)
class NoticeText:
    """A file with what a letter to the persons says. `data`: categories; without them those that were named."""

    happened: str = field(repr=False)
    consequences: str = field(repr=False)
    measures: str = field(repr=False)
    advice: str = field(repr=False)
    language: str = ""
    data: tuple[str, ...] = ()


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
    people: tuple[BreachPerson, ...] = ()
    closed: str = ""
    closed_by: str = ""
    closed_at: datetime | None = None

    def decision(self, whom: str) -> BreachDecision | None:
        """The newest decision about `whom`."""
        return next((one for one in reversed(self.decisions) if one.whom == whom), None)


@dataclass(frozen=True, slots=True)
class BreachTexts:
    """What is sealed of a breach, opened for a lead or the officer; `reasons` goes with the decisions, `persons` with
    the people, in order. `notices`: the words of each letter, by name; empty for one that does not open any more."""

    words: str = field(repr=False)
    consequences: tuple[str, ...] = field(repr=False)
    measures: tuple[str, ...] = field(repr=False)
    reasons: tuple[str, ...] = field(repr=False)
    persons: tuple[str, ...] = field(default=(), repr=False)
    notices: tuple[dict[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class OpenBreaches:
    """How many breaches of a controller are open, and the time that is left for the nearest."""

    controller: str
    count: int
    light: str
