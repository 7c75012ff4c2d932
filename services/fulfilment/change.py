"""Carrying out a plan in one system, whole or not at all, and looking afterwards on a new connection.

Both may be repeated: what is gone counts as done, a masked field is not masked again.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from db.kill_points import reach
from services.catalog.graph import Edge, Graph, Node
from services.catalog.identifiers import How, forms
from services.catalog.values import join_key, join_keys, plain
from services.connectors.base import Change, Connector, Delete, Key, Lookup, Reader, Rewrite, Row, Table
from services.errors import Refused, Unusable
from services.fulfilment.kept_marks import Marking, can_mark, rewrites as kept_marks
from services.fulfilment.masking import Cell, masked
from services.fulfilment.ownership import Person
from services.fulfilment.plan import Action, Plan


@dataclass(frozen=True)
class Applied:
    """Rows really changed now; `gone`: planned for deletion and no longer there; `kept`, `left`: as planned."""

    deleted: int
    masked: int
    gone: int
    kept: int
    left: int


@dataclass(frozen=True)
class Left:
    """Rows of one collection that should not be there any more."""

    collection: str
    count: int


def apply(plan: Plan, system: str, connector: Connector, *, secret: bytes, marking: Marking | None = None) -> Applied:
    """Carries out `plan` in `system` in one transaction. `secret`: the key of keyed masks, the same each time.
    `marking`: how what a law keeps is marked as stored only, before anything goes.

    Raises `Refused` for a plan with faults, `Unusable` when the live system would not take it (nothing is written
    then), `Unavailable` when it does not answer.
    """
    if plan.faults:
        raise Refused(f"the plan cannot be carried out: {plan.faults[0]}")
    part = plan.system(system)
    deleted = rewritten = 0
    marked = marking is not None and any(can_mark(marking.graph, action) for action in part.actions)
    if marked or any(action.act in ("delete", "mask") for action in part.actions):
        with connector.change() as change:
            deletes = _deletes(system, part.actions)
            marks = list(kept_marks(plan, system, change, marking)) if marking is not None else []
            rewrites = list(_rewrites(plan, system, change, secret))
            faults = change.faults(deletes, [*marks, *rewrites])
            if faults:
                why = "; ".join(dict.fromkeys(faults))
                raise Unusable(f"system '{system}' would not take the plan: {why}", kept="nothing was changed")
            change.defer()
            for mark in marks:
                change.rewrite(mark)
                reach("erase.between-statements")
            for rewrite in rewrites:
                rewritten += change.rewrite(rewrite)
                reach("erase.between-statements")
            for delete in change.in_order(deletes):
                deleted += change.delete(delete)
                reach("erase.between-statements")
            reach("erase.before-commit")
        reach("erase.after-commit")
    gone = max(0, part.count("delete") - deleted)
    return Applied(deleted, rewritten, gone, part.count("keep"), part.count("leave"))


def standing(plan: Plan, system: str, connector: Connector, *, secret: bytes) -> tuple[int, int]:
    """Rows planned for deletion that are there, and rows planned for masking that are not masked yet."""
    actions = plan.system(system).actions
    there = {"delete": 0, "mask": 0}
    with connector.read() as reader:
        tables = reader.tables(sorted({action.collection for action in actions}))
        for action in (a for a in actions if a.act in there):
            there[action.act] += sum(1 for _ in _still_there(plan, system, action, reader, tables, secret))
    return there["delete"], there["mask"]


def verify(plan: Plan, system: str, connector: Connector, graph: Graph, *, secret: bytes) -> tuple[Left, ...]:
    """What of `plan` is still in `system`, read on a new connection; empty when nothing is.

    Looks by key (deleted rows that are there, masked ones that are not masked), by identity (rows that name the
    person and that the plan does not keep) and by reference (rows that point at deleted ones).
    """
    part = plan.system(system)
    left: dict[str, set[Key]] = {}
    with connector.read() as reader:
        nodes = [node for node in graph.nodes if graph.system(node) == system]
        tables = reader.tables(sorted({node.collection for node in nodes}))
        spared = _spared(part.actions)
        for action in part.actions:
            rows = set(_still_there(plan, system, action, reader, tables, secret))
            left.setdefault(action.collection, set()).update(rows)
        for lookup, keep in _traces(plan, part.actions, graph, [node for node in nodes if node.collection in tables]):
            key = _key_of(graph, part.actions, lookup.node, tables[lookup.node.collection])
            columns = tuple(dict.fromkeys([*key, *(path.partition(".")[0] for path in lookup.on)]))
            for row in reader.rows(Lookup(lookup.node.collection, columns, lookup.on, lookup.keys, lookup.how)):
                at = tuple(plain(row[name]) for name in key)
                if keep(row) and at not in spared.get(lookup.node.collection, frozenset()):
                    left.setdefault(lookup.node.collection, set()).add(at)
    return tuple(Left(name, len(rows)) for name, rows in sorted(left.items()) if rows)


def _deletes(system: str, actions: Sequence[Action]) -> list[Delete]:
    """One delete a table; raises `Unusable` when two datasets describe a table by different keys."""
    found: dict[str, Delete] = {}
    for action in actions:
        if action.act != "delete":
            continue
        before = found.get(action.collection, Delete(action.collection, action.key, ()))
        if before.key != action.key:
            raise Unusable(f"system '{system}' has '{action.collection}' described twice, with different keys")
        found[action.collection] = Delete(
            action.collection, action.key, tuple(dict.fromkeys(before.rows + action.rows))
        )
    return list(found.values())


def _rewrites(plan: Plan, system: str, change: Change, secret: bytes) -> Iterator[Rewrite]:
    """New values for the masked rows that do not hold them yet."""
    for action in plan.system(system).actions:
        if action.act != "mask":
            continue
        columns = tuple(name for name, _ in action.fields)
        table = change.tables([action.collection]).get(action.collection)
        if table is None or not {*columns, *action.key} <= set(table.columns):
            yield Rewrite(action.collection, action.key, columns, action.rows[:1], (tuple(None for _ in columns),))
            continue
        pending = []
        for row in change.read(
            action.collection, tuple(dict.fromkeys([*action.key, *columns])), action.key, action.rows
        ):
            wanted = _masked_row(plan, system, action, table, row, secret)
            if any(not _same(row[name], new) for name, new in zip(columns, wanted, strict=True)):
                pending.append((tuple(plain(row[name]) for name in action.key), wanted))
        if pending:
            rows, values = zip(*sorted(pending, key=lambda pair: str(pair[0])), strict=True)
            yield Rewrite(action.collection, action.key, columns, rows, values)


def _masked_row(plan: Plan, system: str, action: Action, table: Table, row: Row, secret: bytes) -> tuple[object, ...]:
    return tuple(
        masked(mask, _cell(plan, system, action, table, row, name, secret), row[name], plan.identifiers)
        for name, mask in action.fields
    )


def _cell(plan: Plan, system: str, action: Action, table: Table, row: Row, name: str, secret: bytes) -> Cell:
    key = [str(plain(row[part])) for part in action.key]
    place = "\0".join([plan.controller, system, action.dataset, action.collection, name, *key])
    return Cell(table.columns[name], (name,) in table.unique, place, secret)


def _same(old: object, new: object) -> bool:
    """Whether a field holds its mask already; databases give dates and numbers back in their own types."""
    if old is None or new is None:
        return old is new
    if isinstance(old, dict | list):
        return json.dumps(old) == new
    if isinstance(new, datetime | date):
        return str(plain(old))[:10] == new.isoformat()[:10]
    return old == new or join_key(old) == join_key(new)


def _still_there(
    plan: Plan, system: str, action: Action, reader: Reader, tables: dict[str, Table], secret: bytes
) -> Iterator[Key]:
    table = tables.get(action.collection)
    if action.act not in ("delete", "mask") or table is None:
        return
    columns = tuple(name for name, _ in action.fields)
    for row in reader.by_key(action.collection, tuple(dict.fromkeys([*action.key, *columns])), action.key, action.rows):
        wanted = _masked_row(plan, system, action, table, row, secret)
        if action.act == "delete" or any(not _same(row[n], new) for n, new in zip(columns, wanted, strict=True)):
            yield tuple(plain(row[name]) for name in action.key)


@dataclass(frozen=True)
class _Trace:
    """Where rows that should be gone could be met."""

    node: Node
    on: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    how: How = "exact"


def _traces(
    plan: Plan, actions: Sequence[Action], graph: Graph, nodes: Sequence[Node]
) -> Iterator[tuple[_Trace, Callable[[Row], bool]]]:
    """By identity and by reference, each with the test whether a row met there counts."""
    person = Person(dict(plan.identities), plan.region)
    for entry in graph.entries:
        values = person.identities.get(entry.kind, ())
        keys = tuple(sorted({(form,) for value in values for form in forms(entry.how, value, plan.region)}))
        if entry.node in nodes and keys:
            yield _Trace(entry.node, (entry.path,), keys, entry.how), partial(person.named_at, entry=entry)
    for action in actions:
        if action.act != "delete":
            continue
        rows: list[Row] = [dict(zip(action.key, row, strict=True)) for row in action.rows]
        for edge in graph.out_of(Node(action.dataset, action.collection)):
            if edge.target in nodes and set(edge.fields) <= set(action.key) and _child(graph, edge):
                joined = sorted({key for row in rows for key in join_keys(row, edge.fields)})
                yield _Trace(edge.target, edge.on, tuple(joined)), lambda row: True


def _child(graph: Graph, edge: Edge) -> bool:
    """Whether the target points at the source (and not the source at a thing many others point at too)."""
    return edge.on != graph.nodes[edge.target].key


def _spared(actions: Sequence[Action]) -> dict[str, frozenset[Key]]:
    """Rows that stay because the plan says so, masked ones included (these are looked at by key)."""
    spared: dict[str, frozenset[Key]] = {}
    for action in actions:
        if action.act != "delete":
            spared[action.collection] = spared.get(action.collection, frozenset()) | frozenset(action.rows)
    return spared


def _key_of(graph: Graph, actions: Sequence[Action], node: Node, table: Table) -> tuple[str, ...]:
    planned = next((a.key for a in actions if (a.dataset, a.collection) == tuple(node)), ())
    return planned or graph.nodes[node].key or table.key or tuple(table.columns)
