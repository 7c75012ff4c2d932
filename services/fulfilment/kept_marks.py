"""What an erasure keeps because a law wants it is marked as stored only (rules.md ERA-2, 9), and stays marked.

In the transaction in which the rest is erased, where the catalog says how a row is marked; elsewhere it is counted as
not marked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from services.catalog.console_keys import Restriction
from services.catalog.graph import Graph, Node
from services.catalog.values import plain
from services.connectors.base import Change, Connector, Rewrite
from services.fulfilment.found import FoundRow
from services.fulfilment.keep_until import day_of
from services.fulfilment.plan import Action, Plan
from services.fulfilment.restriction import Stays, is_marked, nothing_stays, values_of


@dataclass(frozen=True)
class Marking:
    """How what is kept is marked: by the catalog's columns, at a time (aware)."""

    graph: Graph
    at: datetime


class Kept(NamedTuple):
    """Rows that a law keeps in one system: marked as stored only, free although they could be, without any mark."""

    stored_only: int
    free: int
    unmarkable: int


def can_mark(graph: Graph, action: Action) -> bool:
    """Whether these rows are kept by a law and their table can say that they are stored only."""
    return action.act == "keep" and bool(action.law) and _mark(graph, action) is not None


def rewrites(plan: Plan, system: str, change: Change, marking: Marking) -> Iterator[Rewrite]:
    """Marks of rows that are kept by a law and are not marked yet."""
    for action in plan.system(system).actions:
        mark = _mark(marking.graph, action)
        if mark is None or not can_mark(marking.graph, action):
            continue
        values, columns = values_of(mark, True, marking.at), tuple(dict.fromkeys([*action.key, *mark.columns]))
        table = change.tables([action.collection]).get(action.collection)
        if table is None or not set(columns) <= set(table.columns):  # the system says which one is missing
            yield Rewrite(action.collection, action.key, tuple(values), action.rows[:1], (tuple(values.values()),))
            continue
        free = [
            tuple(plain(row[name]) for name in action.key)
            for row in change.read(action.collection, columns, action.key, action.rows)
            if not is_marked(mark, row)
        ]
        if free:
            written = (tuple(values.values()),) * len(free)
            yield Rewrite(action.collection, action.key, tuple(values), tuple(free), written)


def read_back(plan: Plan, system: str, connector: Connector, graph: Graph | None) -> Kept:
    """How the rows that a law keeps are marked, on a new connection; without a graph nothing can be."""
    kept = [a for a in plan.system(system).actions if a.act == "keep" and a.law]
    markable = [(a, mark) for a in kept if graph is not None and (mark := _mark(graph, a)) is not None]
    stored_only = free = 0
    if markable:
        with connector.read() as reader:
            for action, mark in markable:
                columns = tuple(dict.fromkeys([*action.key, *mark.columns]))
                for row in reader.by_key(action.collection, columns, action.key, action.rows):
                    on = is_marked(mark, row)
                    stored_only, free = stored_only + on, free + (not on)
    return Kept(stored_only, free, sum(a.count for a in kept) - sum(a.count for a, _ in markable))


def kept_since(graph: Graph, erased_on: date | None) -> Stays:
    """What an erasure on that day left marked: rows under a duty to keep that are dated before, or not at all."""
    if erased_on is None:
        return nothing_stays
    last = erased_on

    def stays(node: Node, row: FoundRow) -> bool:
        retention = graph.dataset(node).rules(graph.nodes[node]).retention
        if retention is None:
            return False
        day = day_of(row.values.get(str(retention.field)))
        return day is None or day <= last

    return stays


def _mark(graph: Graph, action: Action) -> Restriction | None:
    return graph.nodes[Node(action.dataset, action.collection)].console.restriction
