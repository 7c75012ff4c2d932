"""What Rightsdesk adds to a Fides dataset file: the key `x_console` at a dataset, a collection or a field."""

import re
from dataclasses import dataclass
from typing import Literal

from services.catalog.retention_law import Starts
from services.catalog.strategies import Mask
from services.strict_yaml import Word

Words = str | dict[str, str]
_YEAR_END = re.compile(r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
Basis = Literal["consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests"]
Sensitivity = Literal["ordinary", "special", "finance", "recording", "minor", "value-loss"]
Origin = Literal["provided", "observed", "inferred"]


@dataclass(frozen=True)
class Facts:
    """Facts for the person's letter; a nearer level wins over a farther one (Art 15(1)(a)-(h), 20)."""

    label: Words | None = None
    purpose: Words | None = None
    storage: Words | None = None
    source: Words | None = None
    recipients: tuple[str, ...] | None = None
    basis: Basis | None = None
    origin: Origin | None = None
    sensitive: bool | None = None
    sensitivity: Sensitivity | None = None


@dataclass(frozen=True)
class Retention:
    """A duty to keep (rules.md 9), counted from a date of the row: an `entry` of the table of laws, or one's own."""

    field: Word
    entry: Word | None = None
    law: str | None = None
    starts: Starts = "end-of-calendar-year"
    years: int | None = None
    months: int | None = None
    reason: Words | None = None
    year_ends: str | None = None

    def __post_init__(self) -> None:
        if self.year_ends is not None and not _YEAR_END.fullmatch(self.year_ends):
            raise ValueError("'year_ends' is a month and a day, as \"03-31\"")
        if self.entry is not None:
            if self.law is not None or self.years is not None or self.months is not None:
                raise ValueError("retention by 'entry' has law and period from the table: leave them out")
            return
        if self.law is None:
            raise ValueError("retention needs an 'entry' of the table, or a 'law' with 'years' or 'months'")
        if (self.years is None) == (self.months is None):
            raise ValueError("retention needs either 'years' or 'months'")
        if (self.years or self.months or 0) <= 0:
            raise ValueError("retention needs a period longer than nothing")


@dataclass(frozen=True)
class Deletes:
    """A job of the system's own that deletes a row so long after a date of it; `stop`: how that is stopped for one
    person while they wait for a copy (rules.md ACC-7)."""

    field: Word
    years: int | None = None
    months: int | None = None
    days: int | None = None
    stop: Words | None = None

    def __post_init__(self) -> None:
        given = [one for one in (self.years, self.months, self.days) if one is not None]
        if len(given) != 1 or given[0] <= 0:
            raise ValueError("'deletes' needs either 'years', 'months' or 'days'")


@dataclass(frozen=True)
class TableRules(Facts):
    """What holds for whole rows."""

    erase: Literal["delete", "mask", "keep"] | None = None
    retention: Retention | None = None
    reason: Words | None = None
    shared: bool | None = None
    public: bool | None = None
    deletes: Deletes | None = None


@dataclass(frozen=True)
class DatasetConsole(TableRules):
    """`x_console` of a dataset: the default of its collections."""


@dataclass(frozen=True)
class Consent:
    """Where the consent to one purpose is held: a state in a column, a pair of times, or both.

    `where` picks the row among several purposes; `text` is the column for the version of the words that were read.
    """

    purpose: str
    state: Word | None = None
    given: str | None = None
    withdrawn: str | None = None
    at: Word | None = None
    given_at: Word | None = None
    withdrawn_at: Word | None = None
    text: Word | None = None
    where: dict[str, str] | None = None

    def __post_init__(self) -> None:
        if self.state is not None and (self.given is None or self.withdrawn is None):
            raise ValueError("a consent with 'state' needs 'given' and 'withdrawn'")
        if self.state is None and self.given_at is None and self.withdrawn_at is None:
            raise ValueError("a consent needs 'state', 'given_at' or 'withdrawn_at'")

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the consent speaks of."""
        named = (self.state, self.at, self.given_at, self.withdrawn_at, self.text, *(self.where or {}))
        return tuple(dict.fromkeys(str(name) for name in named if name is not None))


@dataclass(frozen=True)
class Restriction:
    """How a row says that it may only be stored (Art 18(2)): a state in a column, the time since when, or both."""

    state: Word | None = None
    restricted: str | None = None
    free: str | None = None
    since: Word | None = None

    def __post_init__(self) -> None:
        if self.state is None and self.since is None:
            raise ValueError("a restriction needs 'state' or 'since'")
        if self.state is not None and (self.restricted is None or self.free is None):
            raise ValueError("a restriction with 'state' needs 'restricted' and 'free'")

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the restriction speaks of."""
        return tuple(str(name) for name in (self.state, self.since) if name is not None)


@dataclass(frozen=True)
class KeyReference:
    """A reference whose key has several columns, which only mean something together."""

    fields: tuple[Word, ...]
    dataset: Word
    to: Word
    on: tuple[Word, ...]
    direction: Literal["from", "to"] | None = None

    def __post_init__(self) -> None:
        if not self.fields or len(self.fields) != len(self.on):
            raise ValueError("'fields' and 'on' must be of the same length")


@dataclass(frozen=True)
class CollectionConsole(TableRules):
    """`x_console` of a collection."""

    consent: tuple[Consent, ...] = ()
    restriction: Restriction | None = None
    references: tuple[KeyReference, ...] = ()


@dataclass(frozen=True)
class Factor:
    """A field that may be asked for to check an identity (rules.md 7.3)."""

    kind: Literal["KBS", "KBD", "PIN"]
    compare: Literal["text", "date", "postcode", "amount", "pin-hash"]
    question: Words


@dataclass(frozen=True)
class Evidence:
    """Why a draft says something of a field: its category, or what it refers to (`collection.field`).

    `review`: nobody has judged it, and it does not hold yet; `said` stands nowhere else. Else it holds, or `decided`
    says what a person made of it.
    """

    of: Literal["category", "reference"]
    said: Word
    confidence: float
    because: str
    review: bool = False
    decided: Literal["accepted", "changed", "not-personal", "no-reference"] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.confidence <= 1:
            raise ValueError("a confidence is from 0 to 1")


@dataclass(frozen=True)
class FieldConsole(Facts):
    """`x_console` of a field."""

    erase: Literal["keep", "mask"] | None = None
    mask: Mask | None = None
    third_party: bool = False
    normalise: Literal["email", "phone"] | None = None
    factor: Factor | None = None
    contact: Literal["email", "phone", "post"] | None = None
    changed_at: Word | None = None
    evidence: tuple[Evidence, ...] = ()


def words(text: Words | None, language: str) -> str:
    """`text` in `language`, else English, else the first there is; empty when there is none."""
    if isinstance(text, dict):
        return text.get(language) or text.get("en") or next(iter(text.values()), "")
    return text or ""
