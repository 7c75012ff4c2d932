"""The rectification job (Art 16): what is wrong is found, written, read back and told; rules.md 4.3.

Each system whole or not at all. What one of them does not take goes back to the agent with the reason, the others done.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

import orjson

from services.action_log.acts import (
    ItemResolved,
    RectificationFailed,
    RectificationStarted,
    RectificationWritten,
)
from services.cases.case import Case
from services.catalog.console_keys import words
from services.catalog.graph import Node
from services.fulfilment import people
from services.fulfilment.by_hand import is_by_hand
from services.fulfilment.correctable import Correctable, complete, correctables
from services.fulfilment.correction_plan import (
    CorrectionPlan,
    corrections,
    from_json,
    identities,
    names_another,
    to_json,
)
from services.fulfilment.engine import JobFailed
from services.fulfilment.found import Found
from services.fulfilment.post import send
from services.fulfilment.recipients import tell, told_lines
from services.fulfilment.rectification import not_corrected, write_corrections
from services.fulfilment.steps import Shown, Task
from services.fulfilment.waiting import begins
from services.fulfilment.waits import AWAY
from services.fulfilment.workroom import Workroom
from services.identity.new_value import why_not, written
from services.letters.lexicon import in_words
from services.types import Outcome

NOTHING, ANOTHER, BAD_VALUE, NEEDS_T3 = "nothing-to-correct", "somebody-else", "bad-value", "needs-T3"
NOT_READ_BACK, NOT_TOLD, BY_HAND = "not-read-back", "not-told", "left-to-people"
GROUND = "16"


def rectify(task: Task) -> None:
    """Old contact points are told first of a change that a thief would want; then each system until it took it."""
    case, params = task.case(), orjson.loads(task.job.params)
    at = int(params["at"])
    if params.get("waits") and not begins(task):
        return
    try:
        systems = task.patiently("started", lambda: _start(task))
    except JobFailed as exc:
        reason = str(exc)
        task.patiently("not-started", lambda: _give_back(task, case, reason), forever=True)
        raise
    language = task.room.controller(case.controller).language
    if params["grave"] and not _warn(task, case, language, at):
        task.patiently("not-told", lambda: _give_back(task, case, NOT_TOLD), forever=True)
        raise JobFailed(NOT_TOLD)
    failed: dict[str, str] = {}
    waiting, attempt = systems, 0
    while waiting:
        ends = {key: _correct_in(task, case, key, at, attempt) for key in waiting}
        failed |= {key: reason for key, reason in ends.items() if reason not in ("", AWAY)}
        waiting, attempt = [key for key in waiting if ends[key] == AWAY], attempt + 1
        if waiting:
            again = partial(task.due, AWAY, task.room.pauses[-1])
            task.wait(task.patiently(f"again:{attempt}", again, forever=True))
    for key in task.patiently("people", lambda: _by_hand(task, case), forever=True):
        failed[key] = BY_HAND
        task.patiently(f"{key}:left", partial(_report, task, case, key, 0, BY_HAND, f"{key}:left"), forever=True)
    nodes = task.patiently("concerned", lambda: _concerned(task, failed), forever=True)
    if nodes:
        concerned = [Node(*node) for node in nodes]
        tell(task, "rectification", concerned, partial(_known_by, task), partial(_corrected, task, language))
    if failed:
        first = failed[min(failed)]
        task.patiently("given-back", lambda: _give_back(task, case, first), forever=True)
        raise JobFailed(first)
    facts = lambda: facts_of(task, case, the_plan(task), language, at)  # noqa: E731 - asked inside the step
    send(task, "letter", case, "rectification-outcome", language, facts, lambda: the_plan(task).to)
    resolved = ItemResolved(Outcome.DONE, GROUND)
    task.patiently("resolved", lambda: task.report("resolved", resolved, case, task.job.item), forever=True)


# ── before ────────────────────────────────────────────────────────────────────────────────────────────────────


def _start(task: Task) -> list[str]:
    """Find and seal what will be written, and where letters go: both are about to change. The systems concerned."""
    room, case = task.room, task.case()
    if task.done("started", case) is None:
        plan = _make_plan(task, case)
        sealed = room.details.seal(case.id, "correction-plan", to_json(plan))
        if sealed is None:
            raise JobFailed("gone")
        act = RectificationStarted(plan.systems, tuple(plan.rows(key) for key in plan.systems))
        task.report("started", act, case, task.job.item, (sealed,))
    room.results.settle(stopped=room.stopped)
    systems = the_plan(task).systems
    task.show(dict.fromkeys(systems, Shown("queued")))
    return list(systems)


def the_plan(task: Task) -> CorrectionPlan:
    """What this job writes; raises `JobFailed` once its details are gone."""
    for text in task.room.details.own(task.job.case, "correction-plan").values():
        plan = from_json(text)
        if plan.job == task.job.id:
            return plan
    raise JobFailed("gone")


def _make_plan(task: Task, case: Case) -> CorrectionPlan:
    """Judged here and not at the terminal alone: which fields there are, what they take, which tier they need."""
    room, controller = task.room, task.room.controller(case.controller)
    graph = room.catalog(case.controller).graph
    found = _search(task, case)
    if found.undecided:
        raise JobFailed("which-person")
    if found.stopped:
        raise JobFailed("too-many-others")
    asked = _asked(task)
    chosen = [line for line in correctables(found, graph, room.lookup_key, case.id) if line.id in asked]
    if len(chosen) < len(asked) or not chosen:
        raise JobFailed(NOTHING)
    if any(line.grave for line in chosen) and not orjson.loads(task.job.params)["grave"]:
        raise JobFailed(NEEDS_T3)
    if any(why_not(line.kind, asked[line.id], controller.country) for line in chosen):
        raise JobFailed(BAD_VALUE)
    new = {line.id: written(line.kind, asked[line.id], controller.country) for line in chosen}
    _nobody_else(room, case, found, chosen, new)
    held = people.points(graph, found)
    given, today = people.requester(room, case.id), room.today(controller)
    to = people.mail_point(held, given, today) or (given.normal if given.kind == "email" else None)
    points = tuple(sorted(point.value for point in held if point.kind == "email"))
    return CorrectionPlan(task.job.id, to, points, tuple(corrections(chosen, new, graph)))


def _search(task: Task, case: Case) -> Found:
    """What programs can reach, as the systems' limits allow; people correct by hand. Raises `Unavailable`."""
    catalog = task.room.catalog(case.controller)
    programs = [key for key, one in catalog.connectors.items() if not is_by_hand(one)]
    found = task.inside(programs, lambda: people.look_up(task.room, case.id))
    complete(found, programs)
    return found


def _asked(task: Task) -> dict[str, str]:
    """The new values as they were typed, by the line's id."""
    wanted = str(orjson.loads(task.job.params)["detail"])
    text = task.room.details.own(task.job.case, "correction").get(wanted)
    if text is None:
        raise JobFailed("gone")
    return {str(key): str(value) for key, value in orjson.loads(text).items()}


def _nobody_else(room: Workroom, case: Case, found: Found, chosen: list[Correctable], new: Mapping[str, str]) -> None:
    """Two persons under one address would be one to every later search. Raises `JobFailed`, `Unavailable`."""
    catalog, country = room.catalog(case.controller), room.controller(case.controller).country
    for line in chosen:
        if line.identity in ("email", "phone"):
            theirs = people.search(catalog, people.Identifier(line.identity, new[line.id]), country, whole=False)
            complete(theirs, [key for key, one in catalog.connectors.items() if not is_by_hand(one)])
            if names_another(found, theirs):
                raise JobFailed(ANOTHER)


def _warn(task: Task, case: Case, language: str, at: int) -> bool:
    """Every address on file is told before it is changed, the old one among them (rules.md 7.4 T3).

    False when none of them could be: then a thief would go unseen.
    """
    count = task.patiently("points", lambda: len(the_plan(task).points), forever=True)
    facts = partial(_notice, task, case, language, at)
    sent = [
        send(task, f"notice{n}", case, "rectification-notice", language, facts, partial(_nth_point, task, n))
        for n in range(count)
    ]
    return any(sent) or not count


def _nth_point(task: Task, n: int) -> str | None:
    points = the_plan(task).points
    return points[n] if n < len(points) else None


# ── one system ────────────────────────────────────────────────────────────────────────────────────────────────


def _correct_in(task: Task, case: Case, key: str, at: int, attempt: int) -> str:
    """One system, with its act: empty when it is done there, else why not."""

    def work() -> int:
        return task.inside([key], lambda: _written(task, case, key, at))

    task.show({key: Shown("running")})
    try:
        rows, reason = task.patiently(f"{key}:{attempt}", work), ""
        if rows < 0:
            rows, reason = 0, NOT_READ_BACK
    except JobFailed as exc:
        rows, reason = 0, str(exc)
    task.show({key: Shown("failed", reason=reason) if reason else Shown("done", rows)})
    step = f"{key}:{reason or 'written'}"
    task.patiently(step, lambda: _report(task, case, key, rows, reason, step), forever=True)
    return reason


def _written(task: Task, case: Case, key: str, at: int) -> int:
    """Rows that hold the new values now; -1 where they were written and do not read back."""
    catalog, wanted = task.room.catalog(case.controller), the_plan(task).of(key)
    connector = catalog.connectors[key]
    rows = write_corrections(catalog.systems[key], connector, wanted, datetime.fromtimestamp(at // 1_000_000, UTC))
    return -1 if not_corrected(connector, wanted) else rows


def _report(task: Task, case: Case, key: str, rows: int, reason: str, step: str) -> None:
    """The act; with a new identity what the person is known by now, or no later search of the case would find them."""
    if reason:
        task.report(step, RectificationFailed(key, reason), case, task.job.item)
        return
    plan, country = the_plan(task), task.room.controller(case.controller).country
    known = identities(CorrectionPlan("", None, (), plan.of(key)), country)
    sealed = task.room.details.seal(case.id, people.KNOWN_AS, orjson.dumps(known)) if known else None
    task.report(step, RectificationWritten(key, rows), case, task.job.item, (sealed,))


def _by_hand(task: Task, case: Case) -> list[str]:
    """Systems that people work: what is wrong there they correct, and the agent has it done."""
    return [key for key, one in task.room.catalog(case.controller).connectors.items() if is_by_hand(one)]


def _give_back(task: Task, case: Case, reason: str) -> None:
    task.report("failed", RectificationFailed(None, reason), case, task.job.item)


# ── after ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _concerned(task: Task, failed: Mapping[str, str]) -> list[list[str]]:
    """Datasets and collections in which something was corrected: whoever received it from there is told (Art 19)."""
    done = (one for one in the_plan(task).corrections if one.system not in failed)
    return [list(node) for node in sorted({one.node for one in done})]


def _known_by(task: Task) -> list[tuple[str, list[str]]]:
    given = people.requester(task.room, task.job.case)
    return [(given.kind, [given.normal])]


def _corrected(task: Task, language: str) -> list[str]:
    """The new values by category; without them nobody could do the same. A mail names what is sensitive, not how."""
    done = the_plan(task).corrections
    return sorted({f"{in_words(one.category, language)}: {'•••' if one.sensitive else one.new}" for one in done})


def _notice(task: Task, case: Case, language: str, at: int) -> dict[str, object]:
    return _named(task, case, the_plan(task), language, at)


def _named(task: Task, case: Case, plan: CorrectionPlan, language: str, at: int) -> dict[str, object]:
    controller = task.room.controller(case.controller)
    named = dict.fromkeys(in_words(category, language) for category in plan.categories)
    return {"fields": list(named), "at": task.room.at(controller, at)}


def facts_of(task: Task, case: Case, plan: CorrectionPlan, language: str, at: int) -> dict[str, object]:
    """What the letter says that tells of the end: which data, in which systems, who else was told."""
    told, untold = told_lines(task, sorted({one.node for one in plan.corrections}))
    systems = [task.room.catalog(case.controller).systems[key] for key in plan.systems]
    places = [words(one.label, language) or one.key for one in systems]
    return {**_named(task, case, plan, language, at), "systems": places, "told": told, "untold": untold}
