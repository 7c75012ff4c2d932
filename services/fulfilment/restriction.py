"""Marking a person's rows in one system as stored only, lifting that, and reading how they are marked (Art 18)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from services.catalog.console_keys import Restriction
from services.catalog.graph import Graph, Node
from services.catalog.values import join_key, plain
from services.connectors.base import Connector, Lookup, Rewrite
from services.fulfilment.found import FOREIGN, FoundCollection, FoundRow, FoundSystem
from services.fulfilment.in_place import rewrite_whole
from services.fulfilment.plan import Plan


@dataclass(frozen=True)
class Marks:
    """Rows of the person in one system: restricted, free, and those of tables that have no way to say it.

    A table that hangs on a marked one needs no mark of its own: `unmarked` counts where the system has none at all.
    """

    restricted: int
    free: int
    unmarked: int


def marks_of(found: FoundSystem, graph: Graph) -> Marks:
    """How the rows that a search found are marked."""
    restricted = free = 0
    for _, mark, rows in _marked(found, graph):
        on = sum(_is_restricted(mark, row) for row in rows)
        restricted, free = restricted + on, free + len(rows) - on
    held = sum(row.whose not in FOREIGN for part in found.collections for row in part.rows)
    return Marks(restricted, free, 0 if restricted + free else held)


def write_restriction(found: FoundSystem, graph: Graph, connector: Connector, on: bool, at: datetime) -> int:
    """Restricts the person's rows, or frees them; how many were written. What is so already is left as it is.

    One transaction. `at` is aware. Raises `Unavailable`, `Unusable`.
    """
    when = at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    rewrites = []
    for part, mark, rows in _marked(found, graph):
        keys = tuple(row.key for row in rows if _is_restricted(mark, row) != on)
        values = _values(mark, on, when)
        if keys:
            written = (tuple(values.values()),) * len(keys)
            rewrites.append(Rewrite(part.node.collection, part.key, tuple(values), keys, written))
    return rewrite_whole(found.key, connector, rewrites, "the restriction") if rewrites else 0


def restrict_kept(plan: Plan, system: str, graph: Graph, connector: Connector, at: datetime) -> int:
    """Marks what an erasure keeps by law as stored only, where the table can say it (rules.md ERA-2); rows written.

    What is so already is left as it is. `at` is aware. Raises `Unavailable`, `Unusable`.
    """
    when = at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    rewrites = []
    for action in plan.system(system).actions:
        mark = graph.nodes[Node(action.dataset, action.collection)].console.restriction
        if action.act != "keep" or not action.law or mark is None:
            continue
        columns = tuple(dict.fromkeys([*action.key, *mark.columns]))
        wanted = Lookup(
            action.collection,
            columns,
            action.key,
            tuple(tuple(join_key(part) or "" for part in row) for row in action.rows),
        )
        with connector.read() as reader:
            free = [row for row in reader.rows(wanted) if not _is_so(mark, row)]
        values, planned = _values(mark, True, when), set(action.rows)
        keys = tuple(key for row in free if (key := tuple(plain(row[name]) for name in action.key)) in planned)
        if keys:
            written = (tuple(values.values()),) * len(keys)
            rewrites.append(Rewrite(action.collection, action.key, tuple(values), keys, written))
    return rewrite_whole(system, connector, rewrites, "the restriction") if rewrites else 0


def _marked(found: FoundSystem, graph: Graph) -> Iterator[tuple[FoundCollection, Restriction, list[FoundRow]]]:
    """Collections that can say it, with the person's rows there."""
    for part in found.collections:
        mark = graph.nodes[part.node].console.restriction
        rows = [row for row in part.rows if row.whose not in FOREIGN]
        if mark is not None and rows:
            yield part, mark, rows


def _is_restricted(mark: Restriction, row: FoundRow) -> bool:
    return _is_so(mark, row.values)


def _is_so(mark: Restriction, values: Mapping[str, object]) -> bool:
    if mark.state is not None:
        return join_key(values.get(str(mark.state))) == mark.restricted
    return values.get(str(mark.since)) is not None


def _values(mark: Restriction, on: bool, at: datetime) -> dict[str, object]:
    values: dict[str, object] = {}
    if mark.state is not None:
        values[str(mark.state)] = mark.restricted if on else mark.free
    if mark.since is not None:
        values[str(mark.since)] = at if on else None
    return values
