"""Marking a person's rows in one system as stored only, lifting that, and reading how they are marked (Art 18)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from services.catalog.console_keys import Restriction
from services.catalog.graph import Graph, Node
from services.catalog.values import join_key
from services.connectors.base import Connector, Rewrite
from services.fulfilment.found import FOREIGN, FoundCollection, FoundRow, FoundSystem
from services.fulfilment.in_place import rewrite_whole

Stays = Callable[[Node, FoundRow], bool]
"""Whether a row stays marked, whoever lifts a restriction."""


def nothing_stays(node: Node, row: FoundRow) -> bool:
    """Every mark is the restriction's own."""
    return False


@dataclass(frozen=True)
class Marks:
    """Rows of the person in one system: restricted, free, and those of tables that have no way to say it.

    A table that hangs on a marked one needs no mark of its own: `unmarked` counts where the system has none at all.
    """

    restricted: int
    free: int
    unmarked: int


def marks_of(found: FoundSystem, graph: Graph, stays: Stays = nothing_stays) -> Marks:
    """How the rows that a search found are marked, but for those that stay as they are."""
    restricted = free = 0
    for part, mark, marked in _marked(found, graph):
        rows = [row for row in marked if not stays(part.node, row)]
        on = sum(is_marked(mark, row.values) for row in rows)
        restricted, free = restricted + on, free + len(rows) - on
    held = sum(row.whose not in FOREIGN for part in found.collections for row in part.rows)
    return Marks(restricted, free, 0 if restricted + free else held)


def write_restriction(
    found: FoundSystem, graph: Graph, connector: Connector, on: bool, at: datetime, stays: Stays = nothing_stays
) -> int:
    """Restricts the person's rows, or frees them, but those that stay; how many were written. What is so already is
    left as it is.

    One transaction. `at` is aware. Raises `Unavailable`, `Unusable`.
    """
    rewrites = []
    for part, mark, rows in _marked(found, graph):
        keys = tuple(row.key for row in rows if is_marked(mark, row.values) != on and not stays(part.node, row))
        values = values_of(mark, on, at)
        if keys:
            written = (tuple(values.values()),) * len(keys)
            rewrites.append(Rewrite(part.node.collection, part.key, tuple(values), keys, written))
    return rewrite_whole(found.key, connector, rewrites, "the restriction") if rewrites else 0


def _marked(found: FoundSystem, graph: Graph) -> Iterator[tuple[FoundCollection, Restriction, list[FoundRow]]]:
    """Collections that can say it, with the person's rows there."""
    for part in found.collections:
        mark = graph.nodes[part.node].console.restriction
        rows = [row for row in part.rows if row.whose not in FOREIGN]
        if mark is not None and rows:
            yield part, mark, rows


def is_marked(mark: Restriction, values: Mapping[str, object]) -> bool:
    """Whether the row says that it may only be stored."""
    if mark.state is not None:
        return join_key(values.get(str(mark.state))) == mark.restricted
    return values.get(str(mark.since)) is not None


def values_of(mark: Restriction, on: bool, at: datetime) -> dict[str, object]:
    """What a row holds that is restricted since `at` (aware), or that is free, by column."""
    values: dict[str, object] = {}
    if mark.state is not None:
        values[str(mark.state)] = mark.restricted if on else mark.free
    if mark.since is not None:
        values[str(mark.since)] = at.astimezone(UTC).replace(tzinfo=None, microsecond=0) if on else None
    return values
