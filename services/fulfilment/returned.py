"""Who of the replay list is in a data system again: its identity fields are read from end to end.

The list holds keyed digests, so nobody can be asked for by name; each value found is digested and held against it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from db.central_replay import Repeat
from services.catalog.graph import Entry, Graph
from services.catalog.values import join_key, values_at
from services.connectors.base import Connector, Row
from services.fulfilment.found import Found, Whose
from services.fulfilment.workroom import Catalog, Systems
from services.identity.identifiers import lookup_digest, normalise

Known = dict[str, list[str]]
"""Identifiers in their normal form, by kind."""


@dataclass(frozen=True)
class Returned:
    """Persons who are there again, by case; `unsearchable`: no field of the system names a person."""

    erased: Mapping[str, Known] = field(repr=False)
    suppressed: Mapping[tuple[str, str, int], Known] = field(repr=False)
    unsearchable: bool = False


def digests_of(
    room: Systems, graph: Graph, controller: str, region: str, found: Found, *, shared: bool = False
) -> list[str]:
    """Keyed digests of the numbers that systems gave the person: those name nobody else.

    A telephone or an address that a household shares must not lead to the others in it, but where it is `shared`:
    a legal hold over such an address keeps what all of them have.
    """
    named = {
        (entry.kind, value)
        for part in found.collections()
        for row in part.rows
        if row.whose is Whose.OWN
        for entry in graph.entries_of(part.node)
        if shared or entry.how == "exact"
        for value in _values(row.values, entry, region)
    }
    return sorted(lookup_digest(room.lookup_key, controller, kind, value) for kind, value in named)


def returned(room: Systems, controller: str, region: str, system: str, list_: Sequence[Repeat]) -> Returned:
    """Who of `list_` the system holds. Raises `Unavailable`, `Unusable`."""
    wanted: dict[str, list[Repeat]] = defaultdict(list)
    for row in list_:
        wanted[row.digest].append(row)
    catalog = room.catalog(controller)
    entries = [e for e in catalog.graph.entries if catalog.graph.system(e.node) == system]
    erased: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    stopped: dict[tuple[str, str, int], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for kind, value in _named(catalog, catalog.connectors[system], entries, region):
        for row in wanted.get(lookup_digest(room.lookup_key, controller, kind, value), ()):
            if row.kind == "erasure":
                erased[row.case][kind].add(value)
            else:
                stopped[row.case, row.kind.partition(":")[2], row.at][kind].add(value)
    return Returned(
        {case: {k: sorted(v) for k, v in known.items()} for case, known in erased.items()},
        {stop: {k: sorted(v) for k, v in known.items()} for stop, known in stopped.items()},
        unsearchable=not entries,
    )


def _named(catalog: Catalog, connector: Connector, entries: Sequence[Entry], region: str) -> Iterator[tuple[str, str]]:
    """(kind, normal form) of every identifier in those fields."""
    with connector.read() as reader:
        for entry in entries:
            for row in reader.every(entry.node.collection, [entry.path.partition(".")[0]]):
                for value in _values(row, entry, region):
                    yield entry.kind, value


def _values(row: Row, entry: Entry, region: str) -> Iterator[str]:
    for value in values_at(row, entry.path):
        text = join_key(value)
        if text is not None and text.strip():
            yield normalise(entry.kind, text, region)
