"""Training at a desk: the list of calls, one call that is on, and its scorecard. What the training screens ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from services.action_log.entry import Entry
from services.desk.desk import Desk
from services.errors import NotFound
from services.home import Home
from services.training import caller
from services.training.facts import WORDS
from services.training.home import newest_code, people, restore_systems, terminal_log
from services.training.scenario import Scenario
from services.training.score import best_of, calls_of, score
from services.types import CallerLine, Scorecard, Session


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """A scenario in the list; `best` is this agent's best score here, -1 when never played to the end."""

    id: str
    title: str
    level: int
    right: str
    best: int
    passed: bool


@dataclass(frozen=True, slots=True)
class CallView:
    """A call that is on: what was said so far, what the caller answers when asked, the time in the story.

    `over` when nothing more is to be done: the contact is wrapped up and whoever must approve has done so.
    """

    name: str
    title: str
    clock: datetime
    lines: tuple[CallerLine, ...]
    answers: tuple[tuple[str, str, str], ...]
    over: bool


class Training:
    """Calls on one desk. At most one is on."""

    def __init__(self, desk: Desk, home: Home, known: Mapping[str, Scenario]) -> None:
        self._desk, self._home, self._known = desk, home, known
        self._on: Scenario | None = None
        self._first = 0

    def rows(self, session: Session) -> tuple[ScenarioRow, ...]:
        """Every scenario, easiest first, with this agent's best score: read from the log, kept nowhere else."""
        calls = calls_of(self._desk.practice.since(0))
        best = best_of((call for call in calls if call[0].actor == session.actor), self._known)
        return tuple(_row(one, best.get(one.id)) for one in self._known.values())

    def begin(self, session: Session, name: str) -> CallView:
        """The phone rings, and everybody is on file. A call that was on is ended first. Raises `NotFound`."""
        scenario = self._known.get(name)
        if scenario is None:
            raise NotFound(f"there is no scenario {name}; there are {', '.join(self._known)}")
        if self._on is not None:
            self._desk.practice.ended(session, self._on.id)
        restore_systems(self._home)
        self._first = self._desk.practice.started(session, scenario.id, scenario.version_code)
        self._on = scenario
        return self._view(scenario, self._call())

    def look(self, session: Session) -> CallView | None:
        """Where the call stands; a line that is due is said by this. None when no call is on."""
        scenario, now = self._on, self._desk.practice.now()
        if scenario is None:
            return None
        call = self._call()
        line = caller.next_line(scenario, call, now)
        if line is not None:
            self._desk.practice.said(session, line.id)
            call = self._call()
        return self._view(scenario, call)

    def end(self, session: Session) -> Scorecard:
        """Hang up, and the score from the log file. Raises `NotFound` when no call is on."""
        scenario = self._on
        if scenario is None:
            raise NotFound("no call is on", next_key="Enter on a scenario begins one")
        self._desk.practice.ended(session, scenario.id)
        self._on = None
        return score(terminal_log(self._home), scenario)

    def _call(self) -> tuple[Entry, ...]:
        return self._desk.practice.since(self._first)

    def _view(self, scenario: Scenario, call: tuple[Entry, ...]) -> CallView:
        start = call[0].ts
        told = caller.said_lines(scenario, call)
        person = people()[scenario.persona.person]
        code = newest_code(self._home, person, start / 1_000_000) if "code" in scenario.facts_true else ""
        said = caller.answers(scenario, person, code)
        return CallView(
            name=scenario.id,
            title=scenario.title,
            clock=scenario.clock + timedelta(microseconds=self._desk.practice.now() - start),
            lines=tuple(CallerLine(line.text, (entry.ts - start) // 1_000_000) for line, entry in told),
            answers=tuple((fact, WORDS[fact], value) for fact, value in said.items()),
            over=_is_over(scenario, call),
        )


def _is_over(scenario: Scenario, call: tuple[Entry, ...]) -> bool:
    wanted = {m.act for m in scenario.path} & {"wrap.coded", "erase.approved"}
    return bool(wanted) and wanted <= {entry.act for entry in call}


def _row(scenario: Scenario, best: Scorecard | None) -> ScenarioRow:
    return ScenarioRow(
        id=scenario.id,
        title=scenario.title,
        level=scenario.level,
        right=scenario.right.value,
        best=best.total if best else -1,
        passed=best is not None and best.passed,
    )


def folder_of_scenarios() -> Path:
    """Where the scenarios of this program lie."""
    return Path(__file__).resolve().parents[2] / "scripts" / "scenarios"
