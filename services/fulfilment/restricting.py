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
from services.fulfilment.steps import Task
from services.fulfilment.waits import AWAY
from services.types import Outcome

NO_MARK = "no-mark"
"""The system holds the person and its catalog names no column for it: somebody does it there by hand."""


def restrict(task: Task) -> None:
    """Each system until it took it; one that has no mark for it gives the item back to the agent, the others done."""
    case = task.case()
    params = orjson.loads(task.job.params)
    ground, at = str(params["ground"]), int(params["at"])
    by_hand: list[str] = []
    catalog = task.room.catalog(case.controller)
    reached = [key for key in catalog.systems if key in catalog.connectors]
    # People are asked at once and waited for last: what a program can do waits for nobody.
    waiting, attempt = sorted(reached, key=lambda key: is_by_hand(catalog.connectors[key])), 0
    asked = [("", key) for key in waiting if is_by_hand(catalog.connectors[key])]
    if asked:
        task.patiently("ask-people", lambda: ask_all(task, asked, RESTRICT), forever=True)
    while waiting:
        ends = {key: _restrict_in(task, case, key, at, attempt) for key in waiting}
        by_hand += [key for key, end in ends.items() if end == NO_MARK]
        waiting, attempt = [key for key, end in ends.items() if end not in ("", NO_MARK)], attempt + 1
        if waiting:
            again = partial(task.due, AWAY, task.room.pauses[-1])
            task.wait(task.patiently(f"again:{attempt}", again, forever=True))
    if by_hand:
        task.patiently("by-hand", lambda: _give_back(task, case), forever=True)
        raise JobFailed(NO_MARK)
    controller = task.room.controller(case.controller)
    facts: dict[str, object] = {"at": task.room.at(controller, at)}
    send(task, "letter", case, "restriction-set", controller.language, lambda: facts, lambda: _to(task, case))
    resolved = ItemResolved(Outcome.DONE, ground)
    task.patiently("resolved", lambda: task.report("resolved", resolved, case, task.job.item), forever=True)


def _restrict_in(task: Task, case: Case, key: str, at: int, attempt: int) -> str:
    """One system, with its act: empty when it is done there, else why not."""
    try:
        rows, free, unmarked = task.patiently(
            f"{key}:{attempt}", lambda: list(_written(task, case, key, at)), by_hand=_by_hand(task, key)
        )
        reason = NO_MARK if unmarked else "not-read-back" if free else ""
    except JobFailed as exc:
        rows, reason = 0, str(exc)
    act = RestrictionFailed(key, reason) if reason else RestrictionWritten(key, rows)
    step = f"{key}:{'failed' if reason else 'written'}"
    task.patiently(step, lambda: task.report(step, act, case, task.job.item), forever=True)
    return reason


def _by_hand(task: Task, key: str) -> bool:
    return is_by_hand(task.room.catalog(task.job.controller).connectors[key])


def _written(task: Task, case: Case, key: str, at: int) -> tuple[int, int, int]:
    """Rows that are restricted now, rows that are still free, rows that nothing can mark; by hand as people say."""
    if _by_hand(task, key):
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
