"""The score of a scripted call: read from one log file and the scenario, from nothing else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from db.log_reader import LogReader
from services.action_log.entry import Entry
from services.errors import BadInput, NotFound
from services.training.auto_fail import AUTO_FAILS
from services.training.points import JUDGES
from services.training.scenario import Scenario
from services.types import Scorecard, ScorePoint


def score(log_path: Path, scenario: Scenario) -> Scorecard:
    """The newest call of this scenario in a terminal's training log.

    Raises `NotFound` when it was not played there, `BadInput` when the log is none of training.
    """
    with LogReader(log_path) as reader:
        calls = [call for call in calls_of(reader.entries()) if call[0].params["name"] == scenario.id]
    if not calls:
        raise NotFound(f"{scenario.id} was not played in this log", next_key=f"rightsdesk train run {scenario.id}")
    return judge(scenario, calls[-1])


def judge(scenario: Scenario, call: Sequence[Entry]) -> Scorecard:
    """The scorecard of one call, its entries from `scenario.started` on; raises `BadInput` if not of training."""
    if not all(entry.training for entry in call):
        raise BadInput("these are no entries of a training log: practice and work are never mixed")
    points = []
    for name, weight in scenario.scoring.items():
        mark = JUDGES[name](scenario, call)
        points.append(ScorePoint(name, round(weight * mark.share), weight, mark.why, mark.seq))
    fails = [(AUTO_FAILS[name].words, AUTO_FAILS[name].find(scenario, call)) for name in scenario.autofail]
    auto_fails = tuple(f"{words} (action {entry.seq})" for words, entry in fails if entry is not None)
    total = sum(point.got for point in points)
    return Scorecard(
        scenario=scenario.id,
        total=total,
        passed=total >= scenario.pass_mark and not auto_fails,
        points=tuple(points),
        auto_fails=auto_fails,
        debrief=scenario.debrief.strip(),
    )


def best_of(calls: Iterable[Sequence[Entry]], known: Mapping[str, Scenario]) -> dict[str, Scorecard]:
    """The best scorecard of each scenario among calls that came to their end; a passed one is better than any other."""
    best: dict[str, Scorecard] = {}
    for call in calls:
        scenario = known.get(str(call[0].params["name"]))
        if scenario is not None and call[-1].act == "scenario.ended":
            card, before = judge(scenario, call), best.get(scenario.id)
            if before is None or (card.passed, card.total) > (before.passed, before.total):
                best[scenario.id] = card
    return best


def calls_of(entries: Iterable[Entry]) -> Iterator[tuple[Entry, ...]]:
    """Each call: from its `scenario.started` to its `scenario.ended`, the next start, or the end of the log."""
    call: list[Entry] = []
    for entry in entries:
        if entry.act == "scenario.started" and call:
            yield tuple(call)
            call = []
        if call or entry.act == "scenario.started":
            call.append(entry)
        if entry.act == "scenario.ended" and call:
            yield tuple(call)
            call = []
    if call:
        yield tuple(call)
