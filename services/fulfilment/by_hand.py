"""Systems that people work by hand: their connectors as a case sees them, the tasks it needs, what came of them.

A job that meets a task nobody answered is put down; the answer, an act of a person, wakes it (services/sync/ingest.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from services.action_log.acts import TaskAsked
from services.cases.case import Case, Item
from services.cases.fold_tasks import DONE, EXCEPTION, TELL, answers, open_tasks
from services.catalog.console_keys import words
from services.connectors.base import Connector
from services.connectors.manual import ERASE, FIND, GIVE, WITHDRAW, HandTask, ManualConnector, newest
from services.errors import NotFound, Unusable
from services.fulfilment import people
from services.fulfilment.engine import JobFailed
from services.fulfilment.found import Found, Reach
from services.fulfilment.plan import Plan
from services.fulfilment.steps import Task
from services.fulfilment.waits import REFUSED, pending
from services.fulfilment.workroom import Workroom
from services.task_types import TaskState

KIND = "task"
"""The kind of detail that holds what a person typed."""


def is_by_hand(connector: Connector | None) -> bool:
    """Whether people do everything there."""
    return isinstance(connector, ManualConnector)


def bound(room: Workroom, case: Case, connectors: Mapping[str, Connector]) -> dict[str, Connector]:
    """`connectors`, those of systems by hand with what was answered in this case."""
    if not any(map(is_by_hand, connectors.values())):
        return dict(connectors)
    given = people.requester(room, case.id)
    today = room.today(room.controller(case.controller))
    typed = room.details.own(case.id, KIND)
    return {
        key: one.bound(newest(_hand_tasks(case, key, typed)), {given.kind: given.normal}, today)
        if isinstance(one, ManualConnector)
        else one
        for key, one in connectors.items()
    }


# ── searching ─────────────────────────────────────────────────────────────────────────────────────────────────


def needed(room: Workroom, case: Case, item: Item, found: Found) -> tuple[TaskAsked, ...]:
    """The searches by hand that `found` waits for and that this case has not asked for yet."""
    waiting = [system.key for system in found.systems if system.until]
    return tuple(act for key in waiting if (act := _asking(room, case, _Wanted(item, key, FIND))) is not None)


def searching(task: Task, case: Case, found: Found) -> None:
    """Have people asked for what `found` lacks. Raises `JobFailed` when one of them could not look."""
    for act in needed(task.room, case, task.item(case), found):
        _ask(task, case, act)
    for system in found.systems:
        one = _known(case, _Wanted(task.item(case), system.key, FIND))
        if one is not None and one.outcome == EXCEPTION and system.reach is Reach.FAILED:
            raise JobFailed(f"{REFUSED}{one.reason}")


# ── erasing ───────────────────────────────────────────────────────────────────────────────────────────────────


def erasing(task: Task, system: str) -> Connector:
    """The connector of one system for an erasure, with what people answered."""
    connectors = task.room.catalog(task.job.controller).connectors
    return bound(task.room, task.case(), {system: connectors[system]})[system]


def ask_to_erase(task: Task, system: str, n: int, *, again: bool) -> None:
    """Returns when people erased there, as they say; they are asked once, and anew in try `n` when a lead wants it
    (`again`). Raises `Wait` until they answer, `JobFailed` with their reason where they could not."""
    _answered(task, _Wanted(task.item(task.case()), system, ERASE), n + 1 if again else 1)


def erased(task: Task, system: str) -> int | None:
    """How many things people erased in this system, as they say; None where no person was asked."""
    case = task.case()
    known = _known(case, _Wanted(task.item(case), system, ERASE))
    return known.count if known is not None else None


# ── writing a choice ──────────────────────────────────────────────────────────────────────────────────────────


def ask_all(task: Task, places: Iterable[tuple[str, str]], what: str) -> None:
    """Ask people in each of these systems (purpose, system) that is worked by hand: none waits for the other."""
    case = task.case()
    for purpose, system in places:
        act = _asking(task.room, case, _Wanted(task.item(case), system, what, purpose, task.job.id))
        if act is not None:
            _ask(task, case, act)


def written(task: Task, system: str, what: str, purpose: str = "") -> int:
    """In how many places people wrote it, as they say. Raises as `ask_to_erase`."""
    wanted = _Wanted(task.item(task.case()), system, what, purpose, task.job.id)
    return _answered(task, wanted, 1).count


def keeps_consent(connector: Connector | None, purpose: str) -> bool:
    """Whether consents to `purpose` are kept there, by hand."""
    return isinstance(connector, ManualConnector) and purpose in connector.file.consents


# ── the form ──────────────────────────────────────────────────────────────────────────────────────────────────


def form(room: Workroom, case: Case, task: str, language: str) -> dict[str, object]:
    """What to do and by what the person is known, for whoever does it. Raises `NotFound`."""
    state = next((one for item in case.items for one in open_tasks(item) if one.task == task), None)
    connector = room.catalog(case.controller).connectors.get(state.system) if state else None
    if state is not None and state.what == TELL:
        return _to_tell(room, case, state, language)
    if state is None or not isinstance(connector, ManualConnector):
        raise NotFound("there is no such task, or it was answered")
    given = people.requester(room, case.id)
    held = people.points(room.catalog(case.controller).graph, people.look_up(room, case.id, whole=False))
    known = [(given.kind, given.normal), *((point.kind, point.value) for point in held)]
    wanted = {str(kind) for kind in connector.file.identities}
    said = words(connector.file.say(state.what), language)
    if state.purpose:
        purpose = room.controller(case.controller).purpose(state.purpose)
        title = words(purpose.title, language) if purpose is not None else state.purpose
        said = f"{said}\n{title}: {_CHOSEN[state.what]}"
    return {"say": said, "identities": [list(pair) for pair in dict.fromkeys(known) if pair[0] in wanted]}


def _to_tell(room: Workroom, case: Case, state: TaskState, language: str) -> dict[str, object]:
    """What was erased is found no more: they are known by what the plan of the erasure says."""
    from services.fulfilment.published import SAY, labels

    known = [
        [kind, value]
        for text in room.details.own(case.id, "plan").values()
        if (plan := Plan.from_json(text)).digest in {item.digest for item in case.items}
        for kind, values in plan.identities
        for value in values
    ]
    said = words(SAY, language).format(labels=labels(room.catalog(case.controller).graph, state.system, language))
    return {"say": said, "identities": known}


_CHOSEN = {GIVE: "consent given", WITHDRAW: "consent withdrawn"}


# ── tasks of a case ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be done by hand. A search or an erasure is the case's; a choice is that of one `order`, a job."""

    item: Item
    system: str
    what: str
    purpose: str = ""
    order: str = ""

    def id(self, case: Case) -> str:
        """The same for every repeat."""
        parts = ("task", case.id, self.item.id, self.system, self.what, self.purpose, self.order)
        return sha256("\0".join(parts).encode()).hexdigest()[:32]


def _known(case: Case, wanted: _Wanted) -> TaskState | None:
    """What the case knows of it: of several answers the last, an answer before a question."""
    found = [
        one
        for item in case.items
        for one in item.tasks
        if (one.system, one.what) == (wanted.system, wanted.what) and (one.outcome or not item.ended)
        if not wanted.order or one.task == wanted.id(case)
    ]
    return max(found, key=lambda one: bool(one.outcome), default=None)


def _asking(room: Workroom, case: Case, wanted: _Wanted, round: int = 1) -> TaskAsked | None:
    """The act that asks people; None where nobody works by hand, or they were asked so often."""
    connector = room.catalog(case.controller).connectors.get(wanted.system)
    known = _known(case, wanted)
    if not isinstance(connector, ManualConnector) or (known is not None and known.round >= round):
        return None
    due = connector.due(wanted.what, room.today(room.controller(case.controller))).isoformat()
    task = known.task if known is not None else wanted.id(case)
    responsible = str(connector.file.responsible)
    return TaskAsked(task, wanted.system, wanted.what, responsible, due, round, wanted.purpose or None)


def _ask(task: Task, case: Case, act: TaskAsked) -> None:
    task.report(asking_step(act), act, case, task.job.item)


def asking_step(act: TaskAsked) -> str:
    """The step that asks: the same for every repeat."""
    return f"task:{act.task}:{act.round}"


def _answered(task: Task, wanted: _Wanted, round: int) -> TaskState:
    """The answer of people, who are asked for the `round`-th time unless they were."""
    room, case = task.room, task.case()
    task.leg.seen = answers(case)
    known = _known(case, wanted)
    if known is not None and known.outcome in DONE:
        return known
    act = _asking(room, case, wanted, round)
    if act is not None:
        _ask(task, case, act)
        raise pending(act.due)
    if known is None:
        raise JobFailed("not-by-hand")
    if known.outcome:
        raise JobFailed(f"{REFUSED}{known.reason}")
    today = room.today(room.controller(case.controller)).isoformat()
    # An erasure that is late is a lead's to decide about; a choice waits for its answer however long that takes.
    raise pending(known.due if wanted.what == ERASE else max(known.due, today))


def _hand_tasks(case: Case, system: str, typed: Mapping[str, bytes]) -> list[HandTask]:
    """What the connector knows of this case: searches and erasures, but questions of items that ended."""
    return [
        HandTask(one.task, one.what, one.due, one.outcome, one.count, one.reason, one.answered_on, _text(one, typed))
        for item in case.items
        for one in item.tasks
        if one.system == system and one.what in (FIND, ERASE) and (one.outcome or not item.ended)
    ]


def _text(task: TaskState, typed: Mapping[str, bytes]) -> str:
    if task.detail and task.detail not in typed:
        raise Unusable(f"what was found by hand in '{task.system}' can be opened no longer")
    return typed[task.detail].decode("utf-8", "replace") if task.detail else ""
