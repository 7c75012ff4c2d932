"""The erasure job, in the order that the law wants (rules.md ERA-7): exactly the plan that was approved, or nothing.

Searched again before, one transaction a system, looked at again after, letter before the person's details go.
"""

from collections.abc import Mapping
from datetime import date

import orjson

from db.kill_points import reach
from services.action_log.acts import (
    EraseFailed,
    EraseStarted,
    EraseVerified,
    ItemResolved,
    SubjectShredded,
)
from services.cases.case import Case
from services.cases.moment import Moment
from services.cases.policy import may
from services.cases.whom import LEFT
from services.catalog.console_keys import words
from services.catalog.graph import Node
from services.catalog.identifiers import how_of
from services.errors import Refused
from services.fulfilment import people
from services.fulfilment.asked_for import copy_asked
from services.fulfilment.by_hand import bound, erased, is_by_hand
from services.fulfilment.change import verify
from services.fulfilment.coverage import covers, held_more
from services.fulfilment.engine import JobFailed
from services.fulfilment.erase_plan import known_by, mask_secret, sealed_before, the_plan
from services.fulfilment.everywhere import erase_everywhere
from services.fulfilment.found import Found
from services.fulfilment.kept_marks import can_mark
from services.fulfilment.legal_holds import covered
from services.fulfilment.plan import LEFT_OUT, LEGAL_HOLD, Action, Plan
from services.fulfilment.post import send
from services.fulfilment.preview import plan_now
from services.fulfilment.published import lines as published_lines, told_by_people
from services.fulfilment.recipients import tell, told_lines
from services.fulfilment.returned import digests_of
from services.fulfilment.searched import look_everywhere
from services.fulfilment.steps import Shown, Task
from services.fulfilment.waits import busy
from services.fulfilment.workroom import Workroom
from services.identity.identifiers import lookup_digest
from services.letters.compose import spoken
from services.letters.lexicon import lexicon
from services.types import ItemState, Outcome, Role, Session

ASKED_FOR = "waits: a copy is asked for, answer that first"
CHANGED = "plan-changed"
WITHDRAWN = "withdrawn"
ERASED = "erasure"


def erase(task: Task) -> None:
    """Carry out an approved plan. Not due, withdrawn or another plan: stops without an act."""
    if task.step("may", lambda: _due(task)):
        return
    try:
        task.patiently("look-again", lambda: _covered(task), by_hand=True)
    except JobFailed as exc:
        if str(exc) != WITHDRAWN:
            _fail(task, None, "looked-again", str(exc))
        return
    try:
        systems = task.patiently("started", lambda: _start(task), forever=True)
    except JobFailed as exc:
        if str(exc) == WITHDRAWN:
            return
        raise
    skipped = erase_everywhere(task, systems)
    if task.patiently("verified", lambda: _verified(task, skipped), forever=True):
        raise JobFailed("rows-left")
    task.patiently("replay", lambda: _remember(task), forever=True)
    told = task.patiently("concerned", lambda: _concerned(task, skipped), forever=True)
    tell(task, "erasure", _nodes(told), lambda: the_plan(task)[0].identities)
    public = task.patiently("public", lambda: told_by_people(task, _nodes(told)), forever=True, by_hand=True)
    case = task.case()
    language = spoken(task.room.controller(case.controller), task.item(case).language)
    send(
        task,
        "letter",
        case,
        "erasure-outcome",
        language,
        lambda: _facts(task, language, skipped, public),
        lambda: _contact(task),
    )
    task.patiently("resolved", lambda: _resolve(task, skipped), forever=True)
    details = task.patiently("details", lambda: _to_shred(task), forever=True)
    if details:
        task.patiently("shredded", lambda: _shred(task, details), forever=True)


# ── before ────────────────────────────────────────────────────────────────────────────────────────────────────


def _due(task: Task) -> str:
    reach("erase.due")
    return _not_now(task)


def _not_now(task: Task) -> str:
    """Why the job must not run now; empty when it may. Judged by the same table as the screens."""
    room, case = task.room, task.case()
    item = task.item(case)
    if item.digest != orjson.loads(task.job.params)["digest"]:
        return "another plan"
    now = room.now()
    wait = room.controller(case.controller).waiting_period_s * 1_000_000
    return may("execute", case, Moment(_session(room, case), now, True, wait), item.id).reason


def _session(room: Workroom, case: Case) -> Session:
    """The worker, as the policy table knows persons."""
    at = room.at(room.controller(case.controller), room.now())
    role = Role.OPERATOR
    return Session(room.worker, room.worker, "worker", role, (role,), (case.controller,), at, False, b"")


def _covered(task: Task) -> str:
    """Raises `JobFailed` when the plan no longer says all that there is: new rows need a new approval. Waits while the
    person's data are asked for (ACC-7)."""
    room, case = task.room, task.case()
    if _not_now(task):
        raise JobFailed(WITHDRAWN)  # while it waited
    plan, _ = the_plan(task)
    _unasked(task, plan, None)
    found = look_everywhere(task, answers=False)
    _unasked(task, plan, found)
    try:
        fresh = plan_now(room, case, room.catalog(case.controller), found)
    except Refused:
        raise JobFailed(CHANGED) from None
    if not covers(plan, fresh):
        raise JobFailed(LEGAL_HOLD if held_more(plan, fresh) else CHANGED)
    return "covered"


def _unasked(task: Task, plan: Plan, found: Found | None) -> None:
    """Raises `Wait` while a copy of the person's data is asked for, in this case or another, and something would go."""
    asked = copy_asked(task.room, task.case(), found) if plan.count("delete") + plan.count("mask") else ""
    if asked:
        until = task.room.now() + int(task.room.pauses[-1] * 1_000_000)
        task.show({part.system: Shown(ASKED_FOR, reason=asked) for part in plan.systems if part.actions})
        raise busy(until)


def _start(task: Task) -> list[str]:
    """Seal where the letter will go, as that is about to be erased; the systems in which something is to be done."""
    room, case = task.room, task.case()
    plan, number = the_plan(task)
    if task.done("started", case) is None:
        found = people.look_up(room, case.id)
        held = people.points(room.catalog(case.controller).graph, found)
        today = room.today(room.controller(case.controller))
        to = people.mail_point(held, people.requester(room, case.id), today)
        graph, region = room.catalog(case.controller).graph, room.controller(case.controller).country
        digests = digests_of(room, graph, case.controller, region, found)
        met = digests_of(room, graph, case.controller, region, found, shared=True)
        kept = {"job": task.job.id, "to": to, "digests": digests, "met": met}
        sealed = room.details.seal(case.id, "contact", orjson.dumps(kept))
        task.report("started", EraseStarted(number), case, task.job.item, (sealed,))
        reach("erase.after-started")
    room.results.settle(stopped=room.stopped)
    if task.item(task.case()).state is not ItemState.RUNNING:
        raise JobFailed(WITHDRAWN)  # it was taken back in the last moment, and that came first
    task.show({part.system: Shown("queued" if part.actions else "nothing found") for part in plan.systems})
    return [part.system for part in plan.systems if part.actions]


def _fail(task: Task, system: str | None, step: str, reason: str) -> None:
    act = EraseFailed(system, reason)
    task.step(step, lambda: task.report(step, act, task.case(), task.job.item))


# ── after ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _verified(task: Task, skipped: frozenset[str]) -> int:
    """How many rows are there that should not be, read on new connections; with its act."""
    plan, _ = the_plan(task)
    case = task.case()
    catalog = task.room.catalog(case.controller)
    reach("erase.before-verify")
    left = sum(
        there.count
        for key, connector in bound(task.room, case, catalog.connectors).items()
        if key not in skipped and (plan.system(key).actions or not is_by_hand(connector))
        for there in verify(plan, key, connector, catalog.graph, secret=mask_secret(task))
    )
    task.report("verified", EraseVerified(left), case, task.job.item)
    before = task.done("verified", case) or {}
    return int(str(before["left"]))


def _remember(task: Task) -> None:
    """Keyed digests of the person, to be erased again after a restore or an import (ERA-4)."""
    plan, _ = the_plan(task)
    room = task.room
    if nothing_goes(plan):
        return
    # An address by which somebody who was left out is known too would lead to them.
    alone = not any(word == LEFT for _, word in task.case().people)
    digests = [
        lookup_digest(room.lookup_key, plan.controller, kind, value)
        for kind, values in plan.identities
        for value in values
        if alone or how_of(kind) == "exact"
    ]
    digests += sealed_before(task).get("digests", [])
    room.replay.put(digests, plan.controller, task.job.case, ERASED)


def nothing_goes(plan: Plan) -> bool:
    """Whether a legal hold keeps all that would be erased: a lead who approves that refuses (Art 17(3)(e))."""
    held = any(a.reason == LEGAL_HOLD for part in plan.systems for a in part.actions)
    return held and not plan.count("delete") and not plan.count("mask")


def _facts(task: Task, language: str, skipped: frozenset[str], public: list[str]) -> dict[str, object]:
    case, (plan, _) = task.case(), the_plan(task)
    today = task.room.today(task.room.controller(case.controller))
    hands = {part.system: erased(task, part.system) for part in plan.systems}
    lines = _lines(task.room, case, plan, language, skipped, hands)
    told, untold = told_lines(task, [Node(*node) for node in _concerned(task, skipped)])
    published = published_lines(task, public, language)
    return {"erased_on": today, "lines": lines, "told": told, "untold": untold, "published": published}


def _nodes(told: list[list[str]]) -> list[Node]:
    return [Node(*node) for node in told]


def _concerned(task: Task, skipped: frozenset[str]) -> list[list[str]]:
    """Datasets and collections in which something was erased: whoever received it from there is told."""
    plan, _ = the_plan(task)
    return [
        [action.dataset, action.collection]
        for part in plan.systems
        for action in part.actions
        if part.system not in skipped and action.act in ("delete", "mask")
    ]


def _lines(
    room: Workroom, case: Case, plan: Plan, language: str, skipped: frozenset[str], hands: Mapping[str, int | None]
) -> list[dict[str, object]]:
    """What happened, per category (ERA-1): erased, masked, kept with law and date, left with the reason.

    Where a lead had a system skipped nothing was done, and the letter says so. `hands`: how many things people erased,
    by system, as they say.
    """
    catalog = room.catalog(case.controller)
    closed = {one.system for item in case.items for one in item.systems if one.reason == LEGAL_HOLD}
    lines = []
    for part in plan.systems:
        system = words(catalog.systems[part.system].label, language) or part.system
        for action in part.actions:
            if action.reason == LEFT_OUT:  # that there is somebody else is nothing to write to this one
                continue
            node = Node(action.dataset, action.collection)
            facts = catalog.graph.dataset(node).facts(catalog.graph.nodes[node])
            label = words(facts.label, language) or action.collection
            hand = is_by_hand(catalog.connectors.get(part.system))
            line = _line(action, language, can_mark(catalog.graph, action) and not hand and part.system not in skipped)
            if part.system in skipped and line["outcome"] in ("erased", "masked"):
                line["outcome"] = "held" if part.system in closed else "not-done"
            elif line["outcome"] == "erased" and (by_hand := hands.get(part.system)) is not None:
                line |= {"rows": by_hand} if by_hand else {"outcome": "nothing"}
            lines.append({"system": system, "label": label, **line})
    return lines


_OUTCOMES = {"delete": "erased", "mask": "masked", "keep": "kept", "leave": "left"}


def _line(action: Action, language: str, marked: bool) -> dict[str, object]:
    known = lexicon(language).erasure
    code = action.reason if isinstance(action.reason, str) else ""
    reason = known.get(code) or words(action.reason, language)
    outcome = _OUTCOMES[action.act]
    if action.reason == LEGAL_HOLD:
        outcome = "held"
    elif outcome == "kept" and not (action.until and action.law):
        outcome, reason = "left", reason or known["no-date"]
    until = date.fromisoformat(action.until) if action.until else None
    return {
        "outcome": outcome, "rows": action.count, "until": until, "law": action.law, "reason": reason, "marked": marked,
    }  # fmt: skip


def _contact(task: Task) -> str | None:
    """Where the letter goes, as it was on file before the erasure."""
    to = sealed_before(task).get("to")
    return None if to is None else str(to)


def _resolve(task: Task, skipped: frozenset[str]) -> None:
    case, (plan, _) = task.case(), the_plan(task)
    item = task.item(case)
    left = plan.count("keep") + plan.count("leave") - plan.left_out + len(skipped)
    outcome = Outcome.PARTLY if left else Outcome.DONE
    ground = item.ground or "17-1-a"
    if nothing_goes(plan):
        outcome, ground = Outcome.REFUSED, "17-3-e"
    task.report("resolved", ItemResolved(outcome, ground), case, item.id)


def _to_shred(task: Task) -> int:
    """How many sealed details go now; none while another item of the case still needs them."""
    room = task.room
    room.results.settle(stopped=room.stopped)
    case, (plan, _) = task.case(), the_plan(task)
    if (
        any(not other.ended for other in case.items)
        or covered(room, case.controller, case.id, known_by(task, plan)).holds
    ):
        return 0  # what a legal hold covers includes what we keep of the person
    return room.store.count_details(task.job.case)


def _shred(task: Task, details: int) -> None:
    """The person's sealed details go, their keys with them, and the person's label in the queue: by the ingest, in the
    transaction that takes this act, and again should it come once more after a restore."""
    reach("erase.before-shred")
    task.report("shredded", SubjectShredded(details), task.case())
