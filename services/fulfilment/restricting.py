"""The restriction job: mark each system that holds the person, read it back, tell them (Art 18, rules.md 4.3)."""

from datetime import UTC, datetime
from functools import partial

import orjson

from services.action_log.acts import ItemResolved, RestrictionFailed, RestrictionWritten
from services.cases.case import Case
from services.cases.fold_tasks import RESTRICT
from services.errors import Unavailable
from services.fulfilment import people
from services.fulfilment.by_hand import ask_all, is_by_hand, written
from services.fulfilment.engine import JobFailed
from services.fulfilment.found import FoundSystem, Reach
from services.fulfilment.notices import given_mail
from services.fulfilment.post import send
from services.fulfilment.restriction import marks_of, write_restriction
from services.fulfilment.steps import Task, never
from services.fulfilment.waits import AWAY
from services.types import Outcome

NO_MARK = "no-mark"
"""The system holds the person and its catalog names no column for it: somebody does it there by hand."""


def restrict(task: Task) -> None:
    """Each system until it took it; one that has no mark for it gives the item back to the agent, the others done."""
    case = task.case()
    params = orjson.loads(task.job.params)
    ground, at = str(params["ground"]), int(params["at"])
    unmarked: list[str] = []
    systems = task.patiently("systems", lambda: _systems(task), forever=True)
    if systems["by hand"]:
        asked = [("", key) for key in systems["by hand"]]
        task.patiently("ask-people", lambda: ask_all(task, asked, RESTRICT), forever=True)
    attempt = 0
    for kind, waiting in systems.items():  # people last: what a program can do waits for nobody
        while waiting:
            ends = {key: _restrict_in(task, case, key, at, attempt, kind == "by hand") for key in waiting}
            unmarked += [key for key, end in ends.items() if end == NO_MARK]
            waiting, attempt = [key for key, end in ends.items() if end not in ("", NO_MARK)], attempt + 1
            if waiting:
                again = partial(task.due, AWAY, task.room.pauses[-1])
                until = task.patiently(f"again:{attempt}", again, forever=True)
                task.wait(until, stirred=task.answered if kind == "by hand" else never)
    if unmarked:
        task.patiently("by-hand", lambda: _give_back(task, case), forever=True)
        raise JobFailed(NO_MARK)
    controller = task.room.controller(case.controller)
    facts: dict[str, object] = {"at": task.room.at(controller, at)}
    send(task, "letter", case, "restriction-set", controller.language, lambda: facts, lambda: _to(task, case))
    resolved = ItemResolved(Outcome.DONE, ground)
    task.patiently("resolved", lambda: task.report("resolved", resolved, case, task.job.item), forever=True)


def _restrict_in(task: Task, case: Case, key: str, at: int, attempt: int, by_hand: bool) -> str:
    """One system, with its act: empty when it is done there, else why not."""
    try:
        rows, free, unmarked = task.patiently(
            f"{key}:{attempt}", lambda: list(_written(task, case, key, at, by_hand)), by_hand=by_hand
        )
        reason = NO_MARK if unmarked else "not-read-back" if free else ""
    except JobFailed as exc:
        rows, reason = 0, str(exc)
    act = RestrictionFailed(key, reason) if reason else RestrictionWritten(key, rows)
    step = f"{key}:{'failed' if reason else 'written'}"
    task.patiently(step, lambda: task.report(step, act, case, task.job.item), forever=True)
    return reason


def _systems(task: Task) -> dict[str, list[str]]:
    """Every system that can be reached, those that people work apart."""
    catalog = task.room.catalog(task.job.controller)
    reached = [key for key in catalog.systems if key in catalog.connectors]
    by_hand = [key for key in reached if is_by_hand(catalog.connectors[key])]
    return {"by program": [key for key in reached if key not in by_hand], "by hand": by_hand}


def _written(task: Task, case: Case, key: str, at: int, by_hand: bool) -> tuple[int, int, int]:
    """Rows that are restricted now, rows that are still free, rows that nothing can mark; by hand as people say."""
    if by_hand:
        return written(task, key, RESTRICT), 0, 0
    graph, connector = (catalog := task.room.catalog(case.controller)).graph, catalog.connectors[key]
    when = datetime.fromtimestamp(at // 1_000_000, UTC)
    write_restriction(_found_in(task, case, key), graph, connector, True, when)
    marks = marks_of(_found_in(task, case, key), graph)
    return marks.restricted, marks.free, marks.unmarked


def _found_in(task: Task, case: Case, key: str) -> FoundSystem:
    """What the system holds of the person, searched anew over all systems; raises `Unavailable`, `JobFailed`."""
    found = people.look_up(task.room, case.id)
    if found.stopped:
        raise JobFailed("too-many-others")
    system = next(system for system in found.systems if system.key == key)
    if system.reach is Reach.FAILED:
        raise Unavailable(f"system '{key}' could not be searched")
    return system


def _give_back(task: Task, case: Case) -> None:
    task.report("failed", RestrictionFailed(None, NO_MARK), case, task.job.item)


def _to(task: Task, case: Case) -> str | None:
    return given_mail(task, case)
