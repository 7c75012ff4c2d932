"""An export that waits for decisions: what is listed for the reviewer, sealed to the case, and shown on demand."""

from collections.abc import Mapping

import orjson

from services.action_log.acts import ExportHeld
from services.cases.case import Case, Item
from services.catalog.console_keys import words
from services.errors import NotFound, Refused
from services.fulfilment import people
from services.fulfilment.found import Found, FoundRow, shown
from services.fulfilment.portable import Scope
from services.fulfilment.redactions import WHOLE, Part, Redactions
from services.fulfilment.steps import Task
from services.fulfilment.workroom import Workroom
from services.types import ItemState, Right

Json = Mapping[str, object]
MOST = 500
"""Parts that are listed one by one; more of a group are decided together."""
KIND = "held"
_ROW_FIELDS = 12


def redactions(room: Workroom, case: Case, item: Item, found: Found) -> Redactions:
    """The parts of the item's answer that may be about others, with what was decided about them."""
    graph, controller = room.catalog(case.controller).graph, room.controller(case.controller)
    if item.right is Right.PORTABILITY:
        scope = Scope(room.catalog(case.controller))
        return Redactions(graph, found, controller.country, room.lookup_key, item.decided, scope.picked)
    return Redactions(graph, found, controller.country, room.lookup_key, item.decided)


def wait(task: Task, case: Case, held: Redactions) -> None:
    """Say that the export waits and for what; the list is sealed to the case, the log has ids and counts."""
    left = held.undecided
    listed = orjson.dumps({"item": task.job.item, "groups": sorted(left), "parts": _listed(task, case, held)})
    sealed = task.room.details.seal(case.id, KIND, listed)
    act = ExportHeld(tuple(left), tuple(left.values()))
    task.report("held", act, case, task.job.item, (sealed,))


def _listed(task: Task, case: Case, held: Redactions) -> list[Json]:
    graph, language = held.graph, task.room.controller(case.controller).language
    undecided, lines = held.undecided, list[Json]()
    for group in held.groups:
        if group.id not in undecided:
            continue
        for part in group.parts[: max(1, MOST - len(lines))]:
            collection = graph.nodes[part.node]
            field = collection.field(part.field)
            lines.append({
                "id": part.id, "group": group.id, "of": len(group.parts), "system": graph.system(part.node),
                "collection": part.node.collection, "field": part.field, "why": part.why, "kinds": part.kinds,
                "label": words(graph.dataset(part.node).facts(collection).label, language) or part.node.collection,
                "field_label": words(field.console.label, language) if field else "", "around": held.around(part),
            })  # fmt: skip
    return lines


def listed(room: Workroom, case: Case, item: Item) -> list[Json]:
    """What waits for a decision, as it was sealed; raises `Refused` when nothing does, `NotFound` when it is gone."""
    _waits(item)
    groups = {group for group, _ in item.held}
    for text in room.details.own(case.id, KIND).values():
        kept = orjson.loads(text)
        if kept["item"] == item.id and set(kept["groups"]) == groups:
            parts: list[Json] = kept["parts"]
            return parts
    raise NotFound("the list of what is held back is gone: withdraw the item or ask for it anew")


def forget(room: Workroom, case: Case, item: str) -> None:
    """All is decided: the lists are needed no longer. Twice is once."""
    for digest, text in room.details.own(case.id, KIND).items():
        if orjson.loads(text)["item"] == item:
            room.store.drop_detail(digest)


def in_clear(room: Workroom, case: Case, item: Item, part_id: str) -> str:
    """What one part says, read anew. Raises `Refused` when nothing waits, `NotFound` when it changed or is gone."""
    _waits(item)
    held = redactions(room, case, item, people.look_up(room, case.id))
    part = next((p for g in held.groups for p in g.parts if p.id == part_id), None)
    row = held.row_of(part) if part is not None else None
    if part is None or row is None:
        raise NotFound("this part is there no longer: decide, and it is looked at anew")
    return _whole(held, row, part)


def _whole(held: Redactions, row: FoundRow, part: Part) -> str:
    """A field's value, or a row as lines; secrets never."""
    values = shown(row)
    if part.field != WHOLE:
        return _as_line(values.get(part.field))
    secret = {
        str(f.name)
        for f in held.graph.nodes[part.node].fields
        if any(str(c).startswith("user.authorization") for c in f.data_categories or ())
    }
    lines = [f"{name}: {_as_line(v)}" for name, v in values.items() if name not in secret and v not in (None, "")]
    return "\n".join(lines[:_ROW_FIELDS])


def _as_line(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _waits(item: Item) -> None:
    if item.state is not ItemState.REVIEW or not item.held:
        raise Refused("nothing of this export waits for a decision")
