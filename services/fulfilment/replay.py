"""Repeating erasures after a restore (rules.md ERA-4): who is back is found, erased again, and written down.

By the same search, plan and change as an erasure. Only what was erased since the backup was made is repeated: whoever
became a customer again after their erasure is not in that backup.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import orjson

from db.central_replay import Repeat, ReplayStore
from db.kill_points import reach
from services.action_log.acts import ReplayDone
from services.errors import NotFound, Refused, Unavailable
from services.fulfilment.by_hand import is_by_hand
from services.fulfilment.change import apply, standing
from services.fulfilment.consent import holds_purpose, write_consent
from services.fulfilment.consenting import ALL_MARKETING
from services.fulfilment.find import find
from services.fulfilment.found import Reach
from services.fulfilment.kept_marks import Marking
from services.fulfilment.legal_holds import covered, digests
from services.fulfilment.plan import Plan, make_plan
from services.fulfilment.returned import Known, Returned, returned
from services.fulfilment.steps import Task
from services.fulfilment.workroom import Systems

KIND = "replay"


@dataclass(frozen=True, slots=True)
class Back:
    """What is back in one system: persons, rows to delete and to mask, marketing stops to write again.

    `refused`: persons whose rows somebody must look at. `unsearchable`: nothing there names a person.
    """

    controller: str
    system: str
    persons: int
    deletes: int
    masks: int
    stops: int
    refused: int
    unsearchable: bool


def look(room: Systems, controller: str, systems: Iterable[str], since: int) -> list[Back]:
    """What a replay would do, changing nothing. Raises `NotFound` for a system that is none, `Unavailable`."""
    known = systems_of(room, controller)
    found = []
    for system in systems:
        if system not in known:
            raise NotFound(f"{controller} has no system '{system}' that can be reached")
        there = _there(room, controller, system, since)
        counts = list(_counts(room, controller, system, there).values())
        deletes, masks, refused = (sum(one[n] for one in counts) for n in range(3))
        persons = sum(any(one) for one in counts)
        stops = len(there.suppressed)
        found.append(Back(controller, system, persons, deletes, masks, stops, refused, there.unsearchable))
    return found


def systems_of(room: Systems, controller: str) -> list[str]:
    """Every system that a replay can reach: no backup brings back what people erased by hand."""
    return sorted(key for key, one in room.catalog(controller).connectors.items() if not is_by_hand(one))


def replay(task: Task) -> None:
    """The job: per system count, change, look again, record."""
    params = orjson.loads(task.job.params)
    for system in params["systems"]:
        _one(task, system, int(params["since"]))


def _one(task: Task, system: str, since: int) -> None:
    room, controller = task.room, task.job.controller

    def counted() -> dict[str, list[int]]:
        return _counts(room, controller, system, _there(room, controller, system, since))

    def changed() -> dict[str, int]:
        return _change(room, controller, system, _there(room, controller, system, since))

    before = task.patiently(f"count:{system}", counted, forever=True)
    stopped = task.patiently(f"change:{system}", changed, forever=True)
    after = task.patiently(f"left:{system}", counted, forever=True)
    for case in sorted({*before, *stopped}):
        deletes, masks, _ = before.get(case, [0, 0, 0])
        done = ReplayDone(system, deletes, masks, stopped.get(case, 0), sum(after.get(case, [0])))
        if any((deletes, masks, done.stopped, done.left)):
            task.patiently(f"done:{system}:{case}", partial(_record, task, case, done), forever=True)


def _record(task: Task, case: str, done: ReplayDone) -> None:
    try:
        task.report(f"{done.system}:{case}", done, task.room.case(case))
    except NotFound:  # central lost the case, and the terminal that knew it is gone too
        task.room.results.own(done, repeat=f"{task.job.id}:{done.system}:{case}")


def _there(room: Systems, controller: str, system: str, since: int) -> Returned:
    rows = [r for r in ReplayStore(room.store.engine).rows() if _counts_for(r, controller, since)]
    return returned(room, controller, room.controller(controller).country, system, rows)


def _counts_for(row: Repeat, controller: str, since: int) -> bool:
    return row.controller == controller and row.at >= since


def _plan(room: Systems, controller: str, case: str, known: Known) -> Plan:
    """What an erasure of that person would do now, as far as no legal hold forbids it. Raises `Refused`."""
    catalog, settings = room.catalog(controller), room.controller(controller)
    over = covered(room, controller, case, digests(room, controller, known))
    excluded = {key: s.excluded for key, s in catalog.systems.items() if s.excluded}
    excluded |= {key: "nothing of it is restored" for key, one in catalog.connectors.items() if is_by_hand(one)}
    found = find(catalog.graph, catalog.connectors, known, region=settings.country, excluded=excluded)
    if any(s.reach is Reach.FAILED for s in found.systems):
        raise Unavailable("a system that may lead to others does not answer")
    closed = [key for key, s in catalog.systems.items() if s.read_only]
    return make_plan(
        found, catalog.graph, room.today(settings), controller, read_only=closed, catalog=catalog.digest,
        on_hold=lambda node: over.over(catalog.graph, node),
    )  # fmt: skip


def _secret(room: Systems, case: str) -> bytes:
    """The key of keyed masks: the same for every repeat of this person's replay."""
    return hmac.new(room.lookup_key, f"replay\0{case}".encode(), hashlib.sha256).digest()


def _counts(room: Systems, controller: str, system: str, there: Returned) -> dict[str, list[int]]:
    """By case: rows to delete, rows to mask, and 1 where somebody must look before anything is done."""
    counts = {}
    for case, known in there.erased.items():
        try:
            plan = _plan(room, controller, case, known)
            connector = room.catalog(controller).connectors[system]
            rows = standing(plan, system, connector, secret=_secret(room, case))
            counts[case] = [0, 0, 1] if plan.faults else [*rows, 0]
        except Refused:
            counts[case] = [0, 0, 1]
    return counts


def _change(room: Systems, controller: str, system: str, there: Returned) -> dict[str, int]:
    """Erase again, one transaction a person; rows in which a marketing stop was written again, by case."""
    catalog = room.catalog(controller)
    connector = catalog.connectors[system]
    marking = Marking(catalog.graph, datetime.fromtimestamp(room.now() // 1_000_000, UTC))
    for case, known in there.erased.items():
        try:
            plan = _plan(room, controller, case, known)
            apply(plan, system, connector, secret=_secret(room, case), marking=marking)
            reach("replay.after-person")
        except Refused:
            continue  # it is counted as left: somebody must look
    stopped: dict[str, int] = {}
    for (case, purpose, at), known in there.suppressed.items():
        stopped[case] = stopped.get(case, 0) + _stop(room, controller, system, purpose, at, known)
    return stopped


def _stop(room: Systems, controller: str, system: str, purpose: str, at: int, known: Known) -> int:
    """Write a stop again, for one purpose or all marketing; in how many rows."""
    settings, catalog = room.controller(controller), room.catalog(controller)
    wanted = [purpose] if purpose else [*(p.key for p in settings.purposes if p.marketing), ALL_MARKETING]
    when = datetime.fromtimestamp(at // 1_000_000, UTC)
    return sum(
        write_consent(
            catalog.systems[system], catalog.connectors[system], one, False, known, when, region=settings.country
        )
        for one in wanted
        if holds_purpose(catalog.systems[system], one)
    )
