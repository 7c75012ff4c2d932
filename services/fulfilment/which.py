"""Which of these people? What a worker tells a desk of them: masked, ids in the log, what it takes to find one sealed.

Shown from the tier that lets an agent look for data at all, and too little to prompt a caller with (rules.md G2, G3).
"""

from collections import Counter
from collections.abc import Iterable

import orjson

from services.action_log.acts import PeopleListed
from services.cases.case import Case
from services.cases.whom import CHOSEN, NEAR, OPEN
from services.catalog.console_keys import words
from services.catalog.graph import Graph, Node
from services.errors import Refused, Unavailable
from services.fulfilment import people
from services.fulfilment.found import Found, Reach
from services.fulfilment.nearby import look_nearby
from services.fulfilment.persons import Choice, Facts
from services.fulfilment.plan import WHICH
from services.fulfilment.workroom import Workroom
from services.identity.identifiers import CUSTOMER, EMAIL, PHONE, mask

MOST = 12
"""People that are shown at once; what names more of them names nobody."""
_DOTS = "•••"
Json = dict[str, object]


def which(room: Workroom, ask: str, case: Case, language: str) -> Json:
    """The people that the case may be about, and records like theirs; leaves people.listed where there is a choice.

    Raises `Refused` where it names too many, `Unavailable` where a system could not be searched.
    """
    catalog, choice = room.catalog(case.controller), Choice(room.lookup_key, dict(case.people))
    found = people.look_up(room, case.id, whole=False)
    away = next((one.key for one in found.systems if one.reach is Reach.FAILED and not one.until), None)
    if away is not None:
        raise Unavailable(f"system '{away}' could not be searched", next_key="try again in a moment")
    if len(found.people) > MOST:
        raise Refused(blocked(found))
    forget(room, case)
    excluded = {key for key, system in catalog.systems.items() if system.excluded}
    sources = {key: one for key, one in catalog.connectors.items() if key not in excluded}
    near = look_nearby(catalog.graph, sources, found, choice)
    if found.undecided or near.records:
        known = [{one.id: {kind: list(values) for kind, values in one.known}} for one in near.records]
        sealed = tuple(room.details.seal(case.id, people.NEARBY, orjson.dumps(one)) for one in known)
        room.results.report(ask, "people", act_of(case, found, [r.id for r in near.records]), case, details=sealed)
        room.results.settle(stopped=room.stopped)
    graph = catalog.graph
    shown = [
        {
            "id": one.id, "ids": one.ids, "near": False, "word": one.word, "why": [], "unlike": one.unlike,
            "where": _where(graph, Counter(node for node, _ in one.places), language), **_masked(one.facts),
        }
        for one in found.people
    ]  # fmt: skip
    shown += [
        {
            "id": one.id, "ids": (one.id,), "near": True, "word": "", "why": one.why, "unlike": (),
            "where": _where(graph, {one.node: one.rows}, language), **_masked(one.facts, one.known),
        }
        for one in near.records
    ]  # fmt: skip
    return {"people": shown, "more": near.more, "unasked": near.unasked, "undecided": found.undecided}


def act_of(case: Case, found: Found, near: Iterable[str] | None = None) -> PeopleListed:
    """What is listed: whom somebody must decide about; who may be left as they are goes with the records like theirs.

    `near`: those records; None for those listed before.
    """
    ids = [id for one in found.people for id in one.ids]
    beside = [id for id, word in case.people if word == NEAR] if near is None else list(near)
    if found.undecided:
        return PeopleListed(tuple(ids), tuple(id for id in beside if id not in ids))
    return PeopleListed((), tuple(dict.fromkeys([*ids, *beside])))


def blocked(found: Found) -> str:
    """Why nothing of what was found may be shown; empty when it is one person's."""
    if not found.undecided:
        return ""
    count = len(found.people)
    return (
        WHICH if count <= MOST else f"{count} people are known by this: it names nobody; end the item (not identified)"
    )


def forget(room: Workroom, case: Case) -> None:
    """What it takes to find records like the person's goes once they were not taken: they are other people's."""
    words = dict(case.people)
    for digest, text in room.details.own(case.id, people.NEARBY).items():
        if not {words.get(id) for id in orjson.loads(text)} & {CHOSEN, NEAR}:
            room.store.drop_detail(digest)


def must_tell(case: Case, found: Found) -> bool:
    """Whether the case has to learn that people are to be told apart, or that they need not be any more."""
    if found.undecided:
        return len(found.people) <= MOST
    return found.complete and any(word == OPEN for _, word in case.people)


def _where(graph: Graph, rows: dict[Node, int] | Counter[Node], language: str) -> list[Json]:
    return [
        {
            "system": graph.system(node),
            "label": words(graph.dataset(node).facts(graph.nodes[node]).label, language) or node.collection,
            "rows": count,
        }
        for node, count in sorted(rows.items())
    ]


def _masked(facts: Facts, known: Iterable[tuple[str, tuple[str, ...]]] = ()) -> Json:
    """A name's first letters, the ends of a number; of a date of birth nothing, as it may be asked for."""
    names = sorted(facts.names, key=lambda name: (-len(name), name))
    name = " ".join(f"{word[0].upper()}{_DOTS}" for word in names[0]) if names else ""
    points = [(kind, value) for kind, values in known if kind in (EMAIL, PHONE) for value in values]
    numbers = [mask(CUSTOMER, value) for _, value in sorted(facts.numbers)]
    return {"name": name, "known": list(dict.fromkeys([*numbers, *(mask(kind, value) for kind, value in points)]))[:3]}
