"""What an act would touch, for the screen: counts and masked samples, with the plan of an erasure."""

from collections.abc import Callable

from services.action_log.acts import FindDone, PlanMade
from services.action_log.entry import new_id
from services.cases.case import Case, Item
from services.cases.fold_acts import OPEN
from services.cases.queue import dates_of
from services.cases.reasons import ANSWERED_BY_EXPORT
from services.catalog.console_keys import words
from services.catalog.graph import Graph, Node
from services.errors import NotFound, Refused
from services.fulfilment import people
from services.fulfilment.by_hand import asking_step, needed
from services.fulfilment.found import Found, FoundCollection, FoundSystem, Whose
from services.fulfilment.gravity import facts_in
from services.fulfilment.legal_holds import covered, digests
from services.fulfilment.own_deletion import about_to_go
from services.fulfilment.plan import Action, Plan, make_plan
from services.fulfilment.published import is_public
from services.fulfilment.returned import digests_of
from services.fulfilment.which import act_of, blocked as why_blocked, forget, must_tell
from services.fulfilment.workroom import Catalog, Workroom
from services.identity.identifiers import EMAIL, PHONE, mask
from services.types import Right

_SAMPLE = 4
_DOTS = "•••"
_IN_WORDS = {"found": "found", "nothing-found": "nothing found", "not-applicable": "not applicable",
             "excluded": "excluded", "failed": "failed"}  # fmt: skip
Json = dict[str, object]


def preview(room: Workroom, ask: str, case: Case, item: str, language: str, stage: Callable[[str], None]) -> Json:
    """Search for the case's person; for an erasure make and seal its plan. Always leaves find.done."""
    wanted = case.item(item)
    if wanted is None:
        raise NotFound("there is no such item")
    catalog = room.catalog(case.controller)
    found = people.look_up(room, case.id, progress=lambda n, of: stage(f"{n} of {of} systems"))
    forget(room, case)
    blocked, plan, number = why_blocked(found), None, ""
    if not blocked and wanted.right is Right.ERASURE:
        plan, blocked = _plan(room, case, catalog, found)
    elif not blocked and found.stopped:
        blocked = f"the search met {found.others} other people: somebody must look first"
    counted = [(system.key, system.count) for system in found.systems if not system.until]
    outcome = (
        "several" if found.undecided else "stopped" if found.stopped else "complete" if found.complete else "incomplete"
    )
    facts = facts_in(found, catalog.graph, room.today(room.controller(case.controller)))
    names, counts = tuple(k for k, _ in counted), tuple(n for _, n in counted)
    room.results.report(ask, "find", FindDone(ask, names, counts, found.others, outcome, facts), case, item)
    if must_tell(case, found):
        room.results.report(ask, "people", act_of(case, found), case)
    for asked in needed(room, case, wanted, found) if not wanted.ended else ():
        room.results.report(ask, asking_step(asked), asked, case, item)
    if plan is not None and wanted.state in OPEN:
        number = _keep(room, ask, case, wanted, plan)
    room.results.settle(stopped=room.stopped)  # whoever reads the answer may ask for this very plan at once
    return {
        "systems": [{"system": s.key, "state": _state(s), "found": s.count, "reason": s.reason} for s in found.systems],
        "collections": [] if found.undecided else _collections(catalog.graph, found, plan, language),
        "plan": number,
        "digest": plan.digest if plan is not None else "",
        "deletes": plan.count("delete") if plan else 0,
        "masks": plan.count("mask") if plan else 0,
        "keeps": plan.count("keep") + plan.count("leave") if plan else 0,
        "others": found.others,
        "blocked": blocked,
        "unreachable": [str(node) for node in found.unreachable],
        "deleting": _own_deletions(room, case, wanted, found, language),
    }


def _own_deletions(room: Workroom, case: Case, wanted: Item, found: Found, language: str) -> list[str]:
    """What systems delete by themselves before a copy must be given; of nobody who may be another."""
    if wanted.right not in ANSWERED_BY_EXPORT or wanted.ended or found.undecided or found.stopped:
        return []
    controller = room.controller(case.controller)
    by = max(dates_of(case, controller).due, dates_of(case, controller).hard)
    return about_to_go(found, room.catalog(case.controller).graph, room.today(controller), by, language)


def _state(system: FoundSystem) -> str:
    return "waiting" if system.until else _IN_WORDS[system.reach]


def _plan(room: Workroom, case: Case, catalog: Catalog, found: Found) -> tuple[Plan | None, str]:
    try:
        plan = plan_now(room, case, catalog, found)
    except Refused as exc:
        return None, exc.reason
    return (None, plan.faults[0]) if plan.faults else (plan, "")


def plan_now(room: Workroom, case: Case, catalog: Catalog, found: Found) -> Plan:
    """What an erasure would do of what was found, under the holds that stand now. Raises as `make_plan`."""
    controller, graph = room.controller(case.controller), catalog.graph
    met = digests_of(room, graph, case.controller, controller.country, found, shared=True)
    given = digests(room, case.controller, dict(found.identities))
    over = covered(room, case.controller, case.id, [*met, *given])
    return make_plan(
        found,
        graph,
        room.today(controller),
        case.controller,
        read_only=[key for key, system in catalog.systems.items() if system.read_only],
        catalog=catalog.digest,
        on_hold=lambda node: over.over(graph, node),
    )


def _keep(room: Workroom, ask: str, case: Case, item: Item, plan: Plan) -> str:
    """Seal the plan and say that it was made; its id."""
    step = f"plan:{plan.digest}"
    before = room.results.done(ask, step)
    number = new_id() if before is None else str(before["plan"])
    systems = tuple(part.system for part in plan.systems)
    deletes, masks = (tuple(part.count(act) for part in plan.systems) for act in ("delete", "mask"))
    keeps = tuple(part.count("keep") + part.count("leave") for part in plan.systems)
    made = PlanMade(number, plan.digest, systems, deletes, masks, keeps)
    sealed = room.details.seal(case.id, "plan", plan.to_json())
    if sealed is None:
        raise NotFound("the case's details are gone: there is nothing to seal a plan to")
    room.results.report(ask, step, made, case, item.id, (sealed,))
    return number


def _collections(graph: Graph, found: Found, plan: Plan | None, language: str) -> list[Json]:
    if plan is None:
        return [
            _line(graph, part, whose, len(rows), act, language)
            for part in found.collections()
            for whose, act in ((Whose.OWN, "disclose"), (Whose.SHARED, "withhold"), (Whose.OTHER, "withhold"))
            if (rows := [row for row in part.rows if row.whose is whose])
        ]
    return [
        {**_line(graph, part, Whose.OWN, action.count, action.act, language), **_why(action, language)}
        for system in plan.systems
        for action in system.actions
        if (part := found.collection(Node(action.dataset, action.collection))) is not None
    ]


def _why(action: Action, language: str) -> Json:
    return {"law": action.law, "until": action.until, "reason": words(action.reason, language)}


def _line(graph: Graph, part: FoundCollection, whose: Whose, rows: int, act: str, language: str) -> Json:
    collection = graph.nodes[part.node]
    label = words(graph.dataset(part.node).facts(collection).label, language) or part.node.collection
    sample = _sample(graph, part) if whose is Whose.OWN else []
    return {
        "system": graph.system(part.node),
        "collection": part.node.collection,
        "label": label,
        "rows": rows,
        "action": act,
        "law": "",
        "until": "",
        "sample": sample,
        "public": is_public(graph, part.node),
    }


def _sample(graph: Graph, part: FoundCollection) -> list[Json]:
    """A few personal fields of the first own row, masked; secrets never."""
    row = next(iter(part.own), None)
    if row is None:
        return []
    shown: list[Json] = []
    for field in graph.nodes[part.node].fields:
        value = row.values.get(str(field.name))
        secret = any(str(c).startswith("user.authorization") for c in field.data_categories or ())
        if field.personal and not secret and not field.console.third_party and value not in (None, ""):
            shown.append({"name": str(field.name), "value": masked(field.meta.identity or "", str(value))})
    return shown[:_SAMPLE]


def masked(kind: str, value: str) -> str:
    """A value as a screen may show it: enough to tell rows apart, too little to read out (G2)."""
    if kind in (EMAIL, PHONE):
        return mask(kind, value)
    return f"{value[:1]}{_DOTS}" if len(value) > 2 else _DOTS
