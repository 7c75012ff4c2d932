"""A personal data breach as the fold holds it: what is known, what was decided, until when (Art 33, 34; rules.md 5)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.clock.breach import BreachEnd, breach_end, hours_left
from services.controllers import Controller
from services.errors import BadInput
from services.types import DutyRole

AUTHORITY, PERSONS, CONTROLLER = "authority", "persons", "controller"
BY_LETTER = ("high-risk", "by-choice")
"""Reasons for a letter to the persons (Art 34(1)): who is told by it says each person for itself."""
ADDED, ASKED, TOLD, FAILED, PUBLIC, NOT_NEEDED = "added", "asked", "told", "failed", "public", "not-needed"
"""Where a person stands: known of, a letter on its way, told, not told as it failed, told by public communication
(Art 34(3)(c)), or not to be told (Art 34(1), 34(3)(a), (b))."""
OPEN = (ADDED, ASKED, FAILED)
OTHERWISE, PUBLIC_NOTICE = "otherwise", "public-notice"
UNKNOWN = -1
"""A number that nobody knows yet."""
STOPPED, LOCKED = 1, 2
"""In place of an end: a breach whose hours do not run any more, and a case that a breach locks."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether `whom` is told: at `told_at` (µs UTC), 0 when they are not; why, by whom, decided when (µs).

    `words` is the digest of a sealed text, empty without one.
    """

    whom: str
    told_at: int
    reason: str
    by: str
    at: int
    words: str = ""

    @property
    def by_letter(self) -> bool:
        """Whether each of the persons is told by letter, or was left out for a reason of their own."""
        return self.whom == PERSONS and not self.told_at and self.reason in BY_LETTER


@dataclass(frozen=True, slots=True)
class Notice:
    """What persons are told in a letter: `words` is the digest of the sealed text; asked for by whom, when (µs)."""

    id: str
    language: str
    categories: tuple[str, ...]
    by: str
    at: int
    words: str


@dataclass(frozen=True, slots=True)
class Concerned:
    """A person the breach is about, by their case: `state` since `at` (µs); `notice` and `letter` they are told by.

    `reason`: why a letter failed, or why none is needed; then `words` is the digest of a sealed text. `by`: whoever
    decided it.
    """

    case: str
    state: str = ADDED
    notice: str = ""
    letter: str = ""
    medium: str = ""
    reason: str = ""
    by: str = ""
    at: int = 0
    words: str = ""

    @property
    def open(self) -> bool:
        """Whether they are still to be told, or it is to be decided that they need not be."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class BreachState:
    """An entry of the register. Times are µs UTC; `words`, `consequences`, `measures` are digests of sealed texts.

    `op` is that of its raising, by which its alerts are known. `closed` is the reason, empty while it is open.
    """

    op: str
    aware_at: int
    raised_by: str
    raised_at: int
    about: str = ""
    categories: tuple[str, ...] = ()
    persons: int = UNKNOWN
    records: int = UNKNOWN
    ongoing: str = "unknown"
    contained: str = "no"
    words: str = ""
    consequences: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    people: tuple[Concerned, ...] = ()
    notices: tuple[Notice, ...] = ()
    closed: str = ""
    closed_by: str = ""
    closed_at: int = 0

    def decision(self, whom: str) -> Decision | None:
        """The newest decision about `whom`."""
        return next((one for one in reversed(self.decisions) if one.whom == whom), None)

    def person(self, case: str) -> Concerned | None:
        """The person of that case, if the breach is about them."""
        return next((one for one in self.people if one.case == case), None)

    def waiting(self, notice: str) -> tuple[Concerned, ...]:
        """Who waits for a letter of that notice."""
        return tuple(one for one in self.people if one.notice == notice and one.state == ASKED)


@dataclass(frozen=True, slots=True)
class Lock:
    """The breach `number` locks the case; `released` is the reason for which it no longer does."""

    number: str
    by: str
    at: int
    released: str = ""
    released_by: str = ""


def from_raw(raw: dict[str, Any]) -> BreachState:
    """Back from the JSON of a case."""
    raw["decisions"] = tuple(Decision(**one) for one in raw.get("decisions", ()))
    raw["people"] = tuple(Concerned(**one) for one in raw.get("people", ()))
    raw["notices"] = tuple(Notice(**{**one, "categories": tuple(one["categories"])}) for one in raw.get("notices", ()))
    for name in ("categories", "consequences", "measures"):
        raw[name] = tuple(raw.get(name, ()))
    return BreachState(**raw)


def first_told(duty: DutyRole) -> str:
    """Who is told first: the authority within the hours (Art 33(1)), by a processor the controller (Art 33(2))."""
    return CONTROLLER if duty is DutyRole.PROCESSOR else AUTHORITY


def missing(breach: BreachState, duty: DutyRole) -> str:
    """What must be decided before the breach can be closed; empty when nothing is left."""
    if breach.ongoing == "yes":
        return "it still goes on"
    first = first_told(duty)
    if breach.decision(first) is None:
        return f"whether the {first} is told is not decided"
    persons = breach.decision(PERSONS) if first == AUTHORITY else None
    if first == AUTHORITY and persons is None:
        return "whether the persons are told is not decided (Art 34)"
    left = sum(one.open for one in breach.people) if persons is not None and persons.by_letter else 0
    return f"{left} of {len(breach.people)} persons not told yet (Art 34)" if left else ""


def end_of(breach: BreachState, controller: Controller) -> BreachEnd:
    """Until when the authority is told, both readings (rules.md 2.4 vector 16). What no rule reaches ends at once."""
    aware = datetime.fromtimestamp(breach.aware_at / 1_000_000, UTC)
    try:
        return breach_end(aware, controller.zone, controller.regime)
    except BadInput:
        return BreachEnd(aware, aware, aware)


def end_us(breach: BreachState, controller: Controller) -> int:
    """The end that leads in µs UTC: 0 once it is closed, `STOPPED` when whoever is told first is or need not be told.

    A processor has no hours: the controller is told without undue delay, so awareness itself is the end.
    """
    if breach.closed:
        return 0
    first = first_told(controller.duty)
    if breach.decision(first) is not None:
        return STOPPED
    return breach.aware_at if first == CONTROLLER else int(end_of(breach, controller).safe.timestamp() * 1_000_000)


def light(end: int, now: int, duty: DutyRole) -> str:
    """`71 h left`, `OVERDUE -3 h`; for a processor `TELL NOW 3h`; `open` when nobody is left to be told in time."""
    if end in (STOPPED, LOCKED):
        return "open" if end == STOPPED else "LOCKED"
    if duty is DutyRole.PROCESSOR:
        return f"TELL NOW {max(0, now - end) // 3_600_000_000}h"
    at = datetime.fromtimestamp(end / 1_000_000, UTC)
    return hours_left(BreachEnd(at, at, at), datetime.fromtimestamp(now / 1_000_000, UTC))
