"""The graph that a search walks: collections joined by references, entered through identities."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.catalog.dataset import Collection, Dataset
from services.catalog.identifiers import How, how_of, kind_of


class Node(NamedTuple):
    """One collection of one dataset."""

    dataset: str
    collection: str

    def __str__(self) -> str:
        return f"{self.dataset}.{self.collection}"


class Edge(NamedTuple):
    """Who is known in `source` by `fields` is looked up in `target` by `on`, field for field."""

    source: Node
    fields: tuple[str, ...]
    target: Node
    on: tuple[str, ...]


class Entry(NamedTuple):
    """A field that names a person: where a search may start."""

    node: Node
    path: str
    kind: str
    how: How


@dataclass(frozen=True)
class Graph:
    """Collections, edges and entries of the systems of one controller, all in a fixed order."""

    systems: dict[str, tuple[Dataset, ...]]
    nodes: dict[Node, Collection]
    edges: tuple[Edge, ...]
    entries: tuple[Entry, ...]
    missing: tuple[str, ...]

    def dataset(self, node: Node) -> Dataset:
        """The dataset of `node`."""
        return next(d for datasets in self.systems.values() for d in datasets if d.fides_key == node.dataset)

    def system(self, node: Node) -> str:
        """The key of the system that holds `node`."""
        return next(key for key, datasets in self.systems.items() if any(d.fides_key == node.dataset for d in datasets))

    def out_of(self, node: Node) -> tuple[Edge, ...]:
        """The edges that leave `node`."""
        return tuple(edge for edge in self.edges if edge.source == node)

    def entries_of(self, node: Node) -> tuple[Entry, ...]:
        """The identity fields of `node`."""
        return tuple(entry for entry in self.entries if entry.node == node)

    def reachable(self, kinds: Iterable[str]) -> frozenset[Node]:
        """Every collection a search from identities of those kinds could come to."""
        known = {kind_of(kind) for kind in kinds}
        reached = {entry.node for entry in self.entries if entry.kind in known}
        waiting = sorted(reached)
        while waiting:
            node = waiting.pop()
            fresh = {edge.target for edge in self.out_of(node)} - reached
            reached |= fresh
            waiting.extend(sorted(fresh))
        return frozenset(reached)


def build(systems: Mapping[str, Sequence[Dataset]]) -> Graph:
    """The graph of datasets by system; collections that skip processing are nodes without edges.

    A reference into a dataset that is not among them is listed in `missing`.
    """
    nodes = {
        Node(str(dataset.fides_key), str(collection.name)): collection
        for datasets in systems.values()
        for dataset in datasets
        for collection in dataset.collections
    }
    open_nodes = {node for node, collection in nodes.items() if not collection.meta.skip_processing}
    edges: set[Edge] = set()
    entries: set[Entry] = set()
    missing: set[str] = set()
    for node in open_nodes:
        for forward, direction in _references(node, nodes[node]):
            if forward.target not in nodes:
                missing.add(f"{node} refers to {forward.target}, which is not here")
            elif forward.target in open_nodes:
                edges.update(_directed(forward, direction))
        entries.update(_entries(node, nodes[node]))
    return Graph(
        {key: tuple(datasets) for key, datasets in sorted(systems.items())},
        dict(sorted(nodes.items())),
        tuple(sorted(edges)),
        tuple(sorted(entries)),
        tuple(sorted(missing)),
    )


def _references(node: Node, collection: Collection) -> Iterable[tuple[Edge, str | None]]:
    """Each reference as an edge out of the collection that declares it, with its direction."""
    for path, field in collection.walk():
        for reference in field.meta.references or ():
            name, _, target = reference.field.partition(".")
            yield Edge(node, (path,), Node(str(reference.dataset), name), (target,)), reference.direction
    for key in collection.console.references:
        fields, on = tuple(map(str, key.fields)), tuple(map(str, key.on))
        yield Edge(node, fields, Node(str(key.dataset), str(key.to)), on), key.direction


def _directed(edge: Edge, direction: str | None) -> list[Edge]:
    back = Edge(edge.target, edge.on, edge.source, edge.fields)
    return [edge] * (direction != "from") + [back] * (direction != "to")


def _entries(node: Node, collection: Collection) -> Iterable[Entry]:
    for path, field in collection.walk():
        if field.meta.identity:
            kind = kind_of(field.meta.identity)
            yield Entry(node, path, kind, field.console.normalise or how_of(kind))
