"""The scripted caller: which line comes next, given the scenario and the log so far. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from services.action_log.entry import Entry
from services.demo.people import Person
from services.training.facts import FACTS, true_value
from services.training.moments import first
from services.training.scenario import Line, Scenario


def next_line(scenario: Scenario, call: Sequence[Entry], now: int) -> Line | None:
    """The line that is due and was not said yet, the one due longest first; None when the caller is silent.

    `call` are the entries since `scenario.started`, that one first; `now` is µs UTC.
    """
    said = {entry.params["line"] for entry in call if entry.act == "caller.said"}
    unsaid = [(due_at(line, call), line) for line in scenario.all_lines() if line.id not in said]
    due = [(at, line) for at, line in unsaid if at is not None and at <= now]
    return min(due, key=lambda one: one[0])[1] if due else None


def due_at(line: Line, call: Sequence[Entry]) -> int | None:
    """When the line came or comes due, µs UTC; None while its moment has not come."""
    if not call:
        return None
    if line.moment is None:
        return call[0].ts + line.after_s * 1_000_000
    entry = first(call, line.moment)
    return entry.ts if entry is not None else None


def said_lines(scenario: Scenario, call: Iterable[Entry]) -> list[tuple[Line, Entry]]:
    """The lines that were said, in order, each with its entry."""
    lines = {line.id: line for line in scenario.all_lines()}
    return [(lines[str(e.params["line"])], e) for e in call if e.act == "caller.said" and e.params["line"] in lines]


def answers(scenario: Scenario, person: Person, code: str = "") -> Mapping[str, str]:
    """What the caller says when asked, by fact: what is true and what was given instead; the rest they do not know.

    `code` is the newest one-time code that reached the mailbox of the person on file.
    """
    known = {str(fact): true_value(fact, person, code) for fact in scenario.facts_true} | scenario.facts_given
    return {fact: known[fact] for fact in FACTS if fact in known}
