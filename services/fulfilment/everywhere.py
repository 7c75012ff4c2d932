"""An erasure in every system of its plan: each in its own time, those that wait keep no other from its turn.

Rounds: look what leads decided, try what is due, wait for the next. All of it follows from recorded steps, so whoever
takes the job up comes to the same place.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from itertools import count
from typing import Any

from db.kill_points import reach
from services.action_log.acts import EraseFailed, EraseSystemDone, SystemGivenUp, SystemSkipped
from services.cases.fold_systems import RETRY, SKIP, SKIPPED
from services.cases.fold_tasks import BY_HAND, ERASE
from services.catalog.graph import Graph, Node
from services.connectors.base import Connector
from services.fulfilment.by_hand import ask_to_erase, erased, erasing, is_by_hand
from services.fulfilment.change import apply, standing
from services.fulfilment.engine import JobFailed
from services.fulfilment.erase_plan import known_by, mask_secret, the_plan
from services.fulfilment.kept_marks import Marking, read_back
from services.fulfilment.legal_holds import covered
from services.fulfilment.plan import LEGAL_HOLD, Plan
from services.fulfilment.steps import Shown, Task
from services.fulfilment.waits import (
    AWAY,
    FOR_PEOPLE,
    LATE,
    NEVER_US,
    PENDING,
    REFUSED,
    TOO_LATE,
    WAITING,
    day_of,
    day_us,
    turn_of,
)

NOT_MARKED = "not-read-back"
"""What a law keeps was to be marked as stored only, and is not."""


class Ended(Enum):
    """How a try ended: not yet, done, or closed by a legal hold."""

    NOT, DONE, HELD = range(3)


@dataclass(slots=True)
class _Place:
    """A system that is not done: how often it was tried, when it is due (µs), how often people had answered there when
    it was, rows that were there before."""

    tries: int = 0
    due: int = 0
    answers: int = 0
    before: list[int] = field(default_factory=lambda: [0, 0])


def erase_everywhere(task: Task, systems: Iterable[str]) -> frozenset[str]:
    """Every system done, but those that leads had skipped, or a legal hold closed meanwhile: these.

    What was begun is not given up by itself.
    """
    skipped: set[str] = set()
    places = {system: _Place() for system in systems}
    for n in count():
        if not places:
            break
        look = task.patiently(f"round:{n}", partial(_look, task, list(places)), forever=True)
        for system, reason in look["skip"].items():
            task.patiently(f"skipped:{system}", partial(_skip, task, system, reason), forever=True)
            del places[system]
            skipped.add(system)
        told: dict[str, int] = look.get("answers", {})
        news = [key for key, place in places.items() if told.get(key, 0) > place.answers]
        due = [key for key, place in places.items() if place.due <= look["now"] or key in {*look["retry"], *news}]
        for system in sorted(due, key=lambda key: places[key].due):
            places[system].answers = told.get(system, 0)
            ended = _try(task, system, places[system], asked=system in look["retry"])
            if ended is not Ended.NOT:
                del places[system]
            if ended is Ended.HELD:
                skipped.add(system)
        if not due and places:
            task.wait(min(place.due for place in places.values()), stirred=partial(_stirred, task, told))
    return frozenset(skipped)


def _look(task: Task, systems: list[str]) -> dict[str, Any]:
    """The time, and what leads decided about the systems that are left."""
    task.room.results.settle(stopped=task.room.stopped)
    states = {one.system: one for one in task.item(task.case()).systems if one.system in systems}
    return {
        "now": task.room.now(),
        "retry": [key for key, one in states.items() if one.state == RETRY],
        "skip": {key: one.reason for key, one in states.items() if one.state == SKIP},
        "answers": {key: n for key, n in _answers(task).items() if key in systems},
    }


def _answers(task: Task) -> dict[str, int]:
    """How often people answered what they are to erase in each system."""
    return {one.system: one.answers for one in task.item(task.case()).tasks if one.what == ERASE}


def _stirred(task: Task, told: dict[str, int]) -> bool:
    """Whether leads decided, or people answered, since the last look."""
    decided = any(one.state in (RETRY, SKIP) for one in task.item(task.case()).systems)
    return decided or any(n > told.get(key, 0) for key, n in _answers(task).items())


def _skip(task: Task, system: str, reason: str) -> None:
    task.report(f"skipped:{system}", SystemSkipped(system, reason), task.case(), task.job.item)
    task.show({system: Shown(SKIPPED, reason=reason)})


def _try(task: Task, system: str, place: _Place, *, asked: bool) -> Ended:
    """Count, erase, record, in one system. A safe place to stop is before it, not within."""
    n = place.tries
    place.tries += 1
    try:
        there = task.step(f"count:{system}:{n}", lambda: task.inside([system], partial(_standing, task, system)))
        # A commit whose answer was lost is found done by the next try: what the first one counted was really changed.
        place.before = [max(pair) for pair in zip(place.before, there, strict=True)]
        task.step(
            f"erase:{system}:{n}", lambda: task.inside([system], partial(_apply, task, system, n, asked)), within=True
        )  # fmt: skip
    except JobFailed as exc:
        code = str(exc)
        if code == LEGAL_HOLD:
            task.patiently(
                f"held:{system}", partial(_held, task, system, list(place.before)), forever=True, within=True
            )
            return Ended.HELD
        place.due = int(task.step(f"due:{system}:{n}", partial(_due, task, system, code, n), within=True))
        _tell(task, system, code, n, late=place.due == NEVER_US, asked=asked)
        return Ended.NOT
    done = partial(_done, task, system, list(place.before))
    task.patiently(f"done:{system}", done, forever=True, within=True)
    return Ended.DONE


def _standing(task: Task, system: str) -> list[int]:
    """Rows to delete and to mask that are there now: what the transaction will really change."""
    task.show({system: Shown("running")})
    plan, _ = the_plan(task)
    return list(standing(plan, system, erasing(task, system), secret=mask_secret(task)))


def _apply(task: Task, system: str, n: int, asked: bool) -> str:
    plan, _ = the_plan(task)
    connector = erasing(task, system)
    if _closed(task, system, plan) and any(standing(plan, system, connector, secret=mask_secret(task))):
        raise JobFailed(LEGAL_HOLD)
    if is_by_hand(connector) and plan.system(system).count("delete"):
        ask_to_erase(task, system, n, again=asked)
        connector = erasing(task, system)
    graph = _graph(task, connector)
    marking = Marking(graph, datetime.fromtimestamp(task.room.now() // 1_000_000, UTC)) if graph else None
    apply(plan, system, connector, secret=mask_secret(task), marking=marking)
    reach("erase.after-apply")
    if read_back(plan, system, connector, graph).free:
        raise JobFailed(NOT_MARKED)
    return "done"


def _graph(task: Task, connector: Connector) -> Graph | None:
    """By which what is kept is marked; None where people erase: they are not asked to mark."""
    return None if is_by_hand(connector) else task.room.catalog(task.job.controller).graph


def _closed(task: Task, system: str, plan: Plan) -> bool:
    """Whether a legal hold that was set since the last look forbids what is planned there."""
    room, case = task.room, task.case()
    over = covered(room, case.controller, case.id, known_by(task, plan))
    graph = room.catalog(case.controller).graph
    nodes = [Node(a.dataset, a.collection) for a in plan.system(system).actions if a.act in ("delete", "mask")]
    return any(over.over(graph, node) for node in nodes)


def _held(task: Task, system: str, before: list[int]) -> None:
    """A hold came before the system's turn: what is there stays, also where a try before had done a part."""
    plan, case = the_plan(task)[0], task.case()
    now = standing(plan, system, erasing(task, system), secret=mask_secret(task))
    deleted, masked = (max(0, was - is_) for was, is_ in zip(before, now, strict=True))
    part = plan.system(system)
    kept = part.count("keep") + part.count("leave") + sum(now)
    marks = _marks(task, system)
    act = EraseSystemDone(system, deleted, masked, kept, LEGAL_HOLD, *marks)
    task.report(f"done:{system}", act, case, task.job.item)
    task.show({system: Shown("done", deleted + masked)})


def _done(task: Task, system: str, before: list[int]) -> None:
    part, case = the_plan(task)[0].system(system), task.case()
    kept = part.count("keep") + part.count("leave")
    reason = "retention" if part.count("keep") else "left" if kept else None
    by_hand = erased(task, system)
    if by_hand is not None:  # what people say, and marked as that
        before, reason = [by_hand, 0], BY_HAND
    act = EraseSystemDone(system, before[0], before[1], kept, reason, *_marks(task, system))
    task.report(f"done:{system}", act, case, task.job.item)
    task.show({system: Shown("done" if any(before) or kept else "nothing found", sum(before))})
    reach("erase.after-system-done")


def _marks(task: Task, system: str) -> tuple[int, int]:
    """Rows that a law keeps: marked as stored only, and not marked."""
    connector = erasing(task, system)
    kept = read_back(the_plan(task)[0], system, connector, _graph(task, connector))
    return kept.stored_only, kept.free + kept.unmarkable


def _due(task: Task, system: str, code: str, n: int) -> int:
    """When the system is tried again (µs); `NEVER_US` when a lead has to decide. Says so on the case screen."""
    pauses = task.room.pauses
    due = task.due(code, pauses[min(n, len(pauses) - 1)] if code == AWAY else pauses[-1], system)
    if code.startswith(REFUSED) or not due:
        task.show({system: Shown("exception", reason=_given_up(task, system, code))})
        return NEVER_US
    if day_of(code) is not None:
        task.show(
            {system: Shown(FOR_PEOPLE if _by_hand(task, system) else WAITING, until=day_us(code.removeprefix(PENDING)))}
        )
    elif turn_of(code) is not None:
        task.show({system: Shown("queued", until=due)})
    else:
        task.show({system: Shown("failed", reason=code, until=due)})
    return due


def _by_hand(task: Task, system: str) -> bool:
    return is_by_hand(task.room.catalog(task.job.controller).connectors[system])


def _given_up(task: Task, system: str, code: str) -> str:
    """Why a lead has to decide: what people said, or that whoever was to answer did not."""
    if code.startswith(REFUSED):
        return code
    return TOO_LATE if _by_hand(task, system) else LATE


def _tell(task: Task, system: str, code: str, n: int, *, late: bool, asked: bool) -> None:
    """The act of a try that failed: the first that is no passing trouble, and each that a lead asked for."""
    if late:
        step = f"given-up:{system}:{n}"

        def given_up() -> None:
            task.report(step, SystemGivenUp(system, _given_up(task, system, code)), task.case(), task.job.item)

        task.patiently(step, given_up, forever=True, within=True)
        return
    passing = day_of(code) is not None or turn_of(code) is not None
    soon = code == AWAY and n < len(task.room.pauses)
    if asked or not (passing or soon):
        step = f"failed:{system}:{n}" if asked else f"failed:{system}"
        failed = EraseFailed(system, "waiting" if passing else code)
        task.patiently(step, lambda: task.report(step, failed, task.case(), task.job.item), forever=True, within=True)
