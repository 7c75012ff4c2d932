"""Restriction jobs (Art 18, rules.md 4.3): mark each system that holds the person, or take the mark out; read it back.

Who restricts tells the person and the recipients after; who lifts tells the person before anything is written, and the
recipients after. Marks that another case of the person still wants stay.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import orjson

from services.action_log.act import Act
from services.action_log.acts import (
    ItemResolved,
    RestrictionFailed,
    RestrictionKept,
    RestrictionLifted,
    RestrictionWritten,
)
from services.cases.case import Case
from services.cases.fold_correct import LIFT
from services.cases.fold_tasks import RESTRICT
from services.catalog.graph import Node
from services.errors import Unavailable
from services.fulfilment import people
from services.fulfilment.by_hand import ask_all, is_by_hand, written
from services.fulfilment.engine import JobFailed
from services.fulfilment.found import FOREIGN, Found, FoundSystem, Reach
from services.fulfilment.notices import given_or_on_file
from services.fulfilment.post import send
from services.fulfilment.recipients import tell
from services.fulfilment.restricted_by import kept_from, restricted_by
from services.fulfilment.restriction import marks_of, write_restriction
from services.fulfilment.steps import Task, never
from services.fulfilment.waits import AWAY
from services.types import Outcome

NO_MARK = "no-mark"
"""The system holds the person and its catalog names no column for it: somebody does it there by hand."""
WHICH = "which-person"
"""Several people are known by the same, and nobody has said which of them it is."""
BY_HAND = "left-to-people"
"""People work the system, and nobody asks them for this: somebody has it done there."""
NOT_TOLD = "not-told"
"""There is no way to tell the person, and nothing is lifted before they are told (Art 18(3))."""

KEPT = "restricted-by-another"
"""Another case came to restrict the person meanwhile: the mark of this system stays for it."""
FINAL = ("", NO_MARK, WHICH, KEPT)
"""With these a system has ended; after anything else it is tried again."""

Written = Callable[[str], tuple[int, str]]
"""One system: rows written, and why it is not done; empty when it is."""


def restrict(task: Task) -> None:
    """Each system until it took it; one that has no mark for it gives the item back to the agent, the others done."""
    case = task.case()
    params = orjson.loads(task.job.params)
    ground, at = str(params["ground"]), int(params["at"])
    systems = task.patiently("systems", lambda: _systems(task), forever=True)
    if systems["by hand"]:
        asked = [("", key) for key in systems["by hand"]]
        task.patiently("ask-people", lambda: ask_all(task, asked, RESTRICT), forever=True)
    ends = _everywhere(task, case, systems["by program"], lambda key: _mark(task, case, key, at), RestrictionWritten)
    # People last: what a program can do waits for nobody.
    people_said: Written = lambda key: (written(task, key, RESTRICT), "")  # noqa: E731 - the same for each system
    ends |= _everywhere(task, case, systems["by hand"], people_said, RestrictionWritten, by_hand=True)
    _tell_recipients(task, [key for key in systems["by program"] if not ends[key]], "restriction")
    if back := next((end for end in (WHICH, NO_MARK) if end in ends.values()), ""):
        task.patiently("by-hand", lambda: _give_back(task, case, back), forever=True)
        raise JobFailed(back)
    controller = task.room.controller(case.controller)
    facts: dict[str, object] = {"at": task.room.at(controller, at)}
    to = partial(given_or_on_file, task, case)
    send(task, "letter", case, "restriction-set", controller.language, lambda: facts, to)
    _resolve(task, case, ground)


def lift(task: Task) -> None:
    """The person first; who cannot be told keeps the restriction. Then each system until its mark is out.

    While another case restricts the person nothing is lifted, and nobody told that it was.
    """
    case = task.case()
    try:
        other = task.patiently("others", lambda: _wanted_by(task, case), forever=True)
    except JobFailed as exc:
        reason = str(exc)
        task.patiently("by-hand", lambda: _give_back(task, case, reason), forever=True)
        raise
    if other:
        _keep(task, case, other)
        return
    controller = task.room.controller(case.controller)
    facts: dict[str, object] = {"reason": str(orjson.loads(task.job.params)["reason"])}
    told = send(
        task,
        "letter",
        case,
        "restriction-lifted",
        controller.language,
        lambda: facts,
        lambda: given_or_on_file(task, case),
    )
    if not told:
        task.patiently("not-told", lambda: _give_back(task, case, NOT_TOLD), forever=True)
        raise JobFailed(NOT_TOLD)
    systems = task.patiently("systems", lambda: _systems(task), forever=True)
    ends = _everywhere(task, case, systems["by program"], lambda key: _unmark(task, case, key), RestrictionLifted)
    if KEPT in ends.values():
        _keep(task, case, task.patiently("wanted-by", lambda: _wanted_by(task, case), forever=True))
        return
    if WHICH in ends.values():
        task.patiently("by-hand", lambda: _give_back(task, case, WHICH), forever=True)
        raise JobFailed(WHICH)
    _tell_recipients(task, systems["by program"], "lifting")
    for key in systems["by hand"]:
        left = RestrictionFailed(key, BY_HAND)
        task.patiently(f"{key}:left", partial(task.report, f"{key}:left", left, case, task.job.item), forever=True)
    if systems["by hand"]:
        task.patiently("by-hand", lambda: _give_back(task, case, BY_HAND), forever=True)
        raise JobFailed(BY_HAND)
    _resolve(task, case, LIFT)


def _wanted_by(task: Task, case: Case) -> str:
    return restricted_by(task.room, case, _found(task, case))


def _keep(task: Task, case: Case, other: str) -> None:
    """Nothing is left to lift here; where the `other` restriction ended meanwhile, the marks are that one's to lift."""
    if other:
        task.patiently("kept", lambda: task.report("kept", RestrictionKept(other), case, task.job.item), forever=True)
    _resolve(task, case, LIFT)


def _systems(task: Task) -> dict[str, list[str]]:
    """Every system that can be reached, those that people work apart."""
    catalog = task.room.catalog(task.job.controller)
    reached = [key for key in catalog.systems if key in catalog.connectors]
    by_hand = [key for key in reached if is_by_hand(catalog.connectors[key])]
    return {"by program": [key for key in reached if key not in by_hand], "by hand": by_hand}


def _everywhere(
    task: Task,
    case: Case,
    systems: list[str],
    write: Written,
    done: Callable[[str, int], Act],
    *,
    by_hand: bool = False,
) -> dict[str, str]:
    """Every one of these systems until it ended, by key: empty when it is done there, else a reason of `FINAL`."""
    waiting, attempt = systems, 0
    ended: dict[str, str] = {}
    while waiting:
        ends = {key: _in_system(task, case, key, write, done, attempt, by_hand) for key in waiting}
        ended |= {key: end for key, end in ends.items() if end in FINAL}
        waiting, attempt = [key for key in waiting if key not in ended], attempt + 1
        if waiting:
            again = partial(task.due, AWAY, task.room.pauses[-1])
            until = task.patiently(f"again:{'hand:' if by_hand else ''}{attempt}", again, forever=True)
            task.wait(until, stirred=task.answered if by_hand else never)
    return ended


def _in_system(
    task: Task, case: Case, key: str, write: Written, done: Callable[[str, int], Act], attempt: int, by_hand: bool
) -> str:
    """One system, with its act."""
    try:
        told = task.patiently(f"{key}:{attempt}", lambda: "{} {}".format(*write(key)), by_hand=by_hand)
        rows, reason = int(told.split(" ")[0]), told.split(" ")[1]
    except JobFailed as exc:
        rows, reason = 0, str(exc)
    act = RestrictionFailed(key, reason) if reason else done(key, rows)
    step = f"{key}:{'failed' if reason else 'written'}"
    task.patiently(step, lambda: task.report(step, act, case, task.job.item), forever=True)
    return reason


def _mark(task: Task, case: Case, key: str, at: int) -> tuple[int, str]:
    graph, connector = (catalog := task.room.catalog(case.controller)).graph, catalog.connectors[key]
    when = datetime.fromtimestamp(at // 1_000_000, UTC)
    write_restriction(_found_in(task, case, key), graph, connector, True, when)
    marks = marks_of(_found_in(task, case, key), graph)
    return marks.restricted, NO_MARK if marks.unmarked else "not-read-back" if marks.free else ""


def _unmark(task: Task, case: Case, key: str) -> tuple[int, str]:
    """A system without a mark has none to take out: what was done there by hand is undone by hand. What an erasure left
    because a law keeps it stays marked, whoever restricted the person after."""
    found = _found(task, case)
    if restricted_by(task.room, case, found):
        return 0, KEPT
    graph, connector = (catalog := task.room.catalog(case.controller)).graph, catalog.connectors[key]
    stays = kept_from(task.room, case, found)
    rows = write_restriction(_of(found, key), graph, connector, False, datetime.now(UTC), stays)
    return rows, "not-read-back" if marks_of(_found_in(task, case, key), graph, stays).restricted else ""


def _found_in(task: Task, case: Case, key: str) -> FoundSystem:
    """What the system holds of the person, searched anew over all systems; raises `Unavailable`, `JobFailed`."""
    return _of(_found(task, case), key)


def _of(found: Found, key: str) -> FoundSystem:
    system = next(system for system in found.systems if system.key == key)
    if system.reach is Reach.FAILED:
        raise Unavailable(f"system '{key}' could not be searched")
    return system


def _found(task: Task, case: Case) -> Found:
    found = people.look_up(task.room, case.id, whole=False)
    if found.undecided:
        raise JobFailed(WHICH)
    if found.stopped:
        raise JobFailed("too-many-others")
    return found


def _tell_recipients(task: Task, systems: list[str], change: str) -> None:
    """Whoever received data from what is restricted now, or is no longer (Art 19)."""
    nodes = task.patiently("concerned", lambda: _concerned(task, systems), forever=True)
    tell(task, change, [Node(*node) for node in nodes], lambda: _known_by(task))


def _concerned(task: Task, systems: list[str]) -> list[list[str]]:
    """Collections that hold the person, in these systems."""
    found = people.look_up(task.room, task.job.case, whole=False)
    if any(one.reach is Reach.FAILED and one.key in systems for one in found.systems):
        raise Unavailable("a system could not be searched")
    parts = [part for one in found.systems if one.key in systems for part in one.collections]
    return [list(part.node) for part in parts if any(row.whose not in FOREIGN for row in part.rows)]


def _known_by(task: Task) -> list[tuple[str, list[str]]]:
    return list(people.identities(task.room, task.job.case).items())


def _give_back(task: Task, case: Case, reason: str) -> None:
    task.report("failed", RestrictionFailed(None, reason), case, task.job.item)


def _resolve(task: Task, case: Case, ground: str) -> None:
    resolved = ItemResolved(Outcome.DONE, ground)
    task.patiently("resolved", lambda: task.report("resolved", resolved, case, task.job.item), forever=True)
