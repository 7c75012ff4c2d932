"""The scenario language: a scripted call as trainers write it in YAML, read strictly (rules.md 11)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from services.errors import BadInput, NotFound
from services.identity.choose import aim
from services.strict_yaml import Word, line_of, nearest, read
from services.training.auto_fail import AUTO_FAILS
from services.training.facts import FACTS, PROOFS
from services.training.moments import Moment, moment
from services.types import Factor, Regime, Requester, Right, Tier

ITEMS = ("recognised", "read-back", "tier", "guards", "factors", "dates", "outcome", "wrap-up", "tone")
"""The items of the scorecard (rules.md 11)."""
PRESSURE = ("urgency", "authority", "sympathy", "threat", "prompted")
"""G6 (rules.md 7.5)."""
LONGEST_S = 30 * 60
"""A call is over when its check could not hold any more (G10)."""
OPENING = "opening"
REGIMES = {"nordlicht": Regime.EU, "harbour": Regime.UK}
"""The controllers of the training centre, whose language the desk's sentences are in: German, English."""


@dataclass(frozen=True)
class Persona:
    """Who calls: `person` is the number of the person on file whose data is meant, `who` says it to the trainer."""

    person: int
    who: str

    def __post_init__(self) -> None:
        if not 0 <= self.person < PEOPLE:
            raise ValueError(f"the training systems hold people 0 to {PEOPLE - 1}")


PEOPLE = 40
"""How many people the training systems hold."""


@dataclass(frozen=True)
class Line:
    """What the caller says once: at a moment (`at`), or so many seconds after the call began (`after_s`)."""

    id: str
    text: str
    at: str = ""
    after_s: int = 0

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError("a line says something")
        if bool(self.at) == bool(self.after_s):
            raise ValueError("a line is said either at a moment ('at') or after some seconds ('after_s')")
        if self.after_s and not 0 < self.after_s < LONGEST_S:
            raise ValueError(f"this line can never be said: a call is over after {LONGEST_S} s")
        if self.at:
            try:
                moment(self.at)
            except ValueError as exc:
                raise ValueError(f"this line can never be said: {exc}") from exc

    @property
    def moment(self) -> Moment | None:
        """When it is said, unless by the clock."""
        return moment(self.at) if self.at else None


@dataclass(frozen=True)
class Alternative:
    """Another moment that counts as well as one of the expected path."""

    instead_of: Word
    allow: tuple[Word, ...]


@dataclass(frozen=True)
class Scenario:
    """A scripted call. `clock` is when it plays, as the panel shows it; `expected_path` are moments in order."""

    id: str
    version: int
    title: str
    level: int
    right: Right
    tier_expected: Tier
    regime: Regime
    controller: str
    persona: Persona
    clock: datetime
    opening_line: str
    facts_true: tuple[Word, ...]
    facts_given: dict[str, str]
    pressure_tactics: tuple[Word, ...]
    lines: tuple[Line, ...]
    expected_path: tuple[Word, ...]
    allowed_alternatives: tuple[Alternative, ...]
    autofail: tuple[Word, ...]
    scoring: dict[str, int]
    debrief: str
    sources: tuple[str, ...]
    requester: Requester = Requester.SELF
    pass_mark: int = field(default=85)

    def __post_init__(self) -> None:
        odd = set(ITEMS).symmetric_difference(self.scoring)
        if odd:
            word = sorted(odd)[0]
            raise ValueError(f"scoring: '{word}' is missing or unknown; the items are {', '.join(ITEMS)}")
        if min(self.scoring.values()) < 0 or sum(self.scoring.values()) != 100:
            raise ValueError(f"scoring: the weights sum to {sum(self.scoring.values())}, not to 100")
        if not 1 <= self.level <= 5:
            raise ValueError("level is 1 to 5")
        if self.controller not in REGIMES:
            raise ValueError(f"the training centre has the controllers {', '.join(REGIMES)}")
        if self.regime is not REGIMES[self.controller]:
            raise ValueError(f"{self.controller} is under the regime {REGIMES[self.controller]}")
        for fact in self.facts_given:
            if fact not in FACTS:
                raise ValueError(f"facts_given: there is no fact '{fact}'{nearest(fact, FACTS)}")

    @property
    def version_code(self) -> str:
        """As the log holds it."""
        return str(self.version)

    @property
    def path(self) -> tuple[Moment, ...]:
        """The expected path as moments."""
        return tuple(moment(word) for word in self.expected_path)

    def counts_as(self, wanted: Moment) -> tuple[Moment, ...]:
        """A moment of the path and what may stand for it."""
        others = (a.allow for a in self.allowed_alternatives if str(a.instead_of) == str(wanted))
        return (wanted, *(moment(word) for allow in others for word in allow))

    def all_lines(self) -> tuple[Line, ...]:
        """The opening line and every other one, in the order of the file."""
        return (Line(OPENING, self.opening_line, at="scenario.started"), *self.lines)


def read_scenario(path: Path) -> Scenario:
    """The scenario in `path`, whose name is its id; raises `BadInput` with file and line."""
    scenario = read(path, Scenario)
    for line, problem in _problems(scenario, path.stem):
        raise BadInput(problem, place=f"{path}:{line}")
    return scenario


def scenarios(folder: Path) -> Mapping[str, Scenario]:
    """Every scenario of a folder by id, easiest first; raises `BadInput`, or `NotFound` when there is none."""
    found = [read_scenario(path) for path in sorted(folder.glob("*.yml"))]
    if not found:
        raise NotFound(f"there are no scenarios in {folder}")
    return {one.id: one for one in sorted(found, key=lambda one: (one.level, one.id))}


def _problems(scenario: Scenario, stem: str) -> Iterator[tuple[int, str]]:
    """(line, what is wrong), judged once everything is read."""
    if scenario.id != stem:
        yield line_of(scenario), f"id '{scenario.id}' is not the file's name"
    for names, known, what in (
        (scenario.facts_true, FACTS, "fact"),
        (scenario.pressure_tactics, PRESSURE, "pressure tactic"),
        (scenario.autofail, tuple(AUTO_FAILS), "auto-fail"),
    ):
        for word in names:
            if word not in known:
                yield line_of(word), f"there is no {what} '{word}'{nearest(word, known)}"
    for word in scenario.facts_true:
        if word in scenario.facts_given:
            yield line_of(word), f"'{word}' is either true or given, not both"
    paths = [*scenario.expected_path, *(w for a in scenario.allowed_alternatives for w in (a.instead_of, *a.allow))]
    for word in paths:
        try:
            moment(word)
        except ValueError as exc:
            yield line_of(word), str(exc)
            return
    for one in scenario.allowed_alternatives:
        if one.instead_of not in scenario.expected_path:
            yield line_of(one), f"'{one.instead_of}' is not in expected_path"
    yield from _unsaid(scenario)


def _unsaid(scenario: Scenario) -> Iterator[tuple[int, str]]:
    """Lines that can never be said: a second one at the same moment, or a factor the checklist never offers."""
    offered = aim(scenario.right, scenario.requester).template.offers(Tier.T3)
    seen: set[str] = {"scenario.started"}
    ids = {OPENING}
    for line in scenario.lines:
        if line.id in ids:
            yield line_of(line), f"there are two lines '{line.id}'"
        ids.add(line.id)
        if line.at and line.at in seen:
            yield line_of(line), f"this line can never be said: another one is said at '{line.at}'"
        seen.add(line.at)
        code = line.moment.code if line.moment else ""
        if code in tuple(Factor) and code not in offered:
            yield line_of(line), f"this line can never be said: the checklist for {scenario.right} never asks {code}"


__all__ = ["FACTS", "ITEMS", "PROOFS", "Line", "Scenario", "read_scenario", "scenarios"]
