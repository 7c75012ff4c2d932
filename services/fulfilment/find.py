"""Finding a person: from what they are known by, along every reference, until nothing new appears.

The answer is a set: it does not depend on the order of systems, files, rows or hashes.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Protocol

from services.catalog.graph import Graph, Node
from services.catalog.identifiers import How, forms, kind_of
from services.catalog.values import in_order, join_keys
from services.connectors.base import Lookup, Reader, Row
from services.errors import BadInput, DeskError, Pending
from services.fulfilment.found import Found, FoundCollection, FoundRow, FoundSystem, Reach
from services.fulfilment.ownership import Person, Place, judge
from services.fulfilment.persons import Choice, fact_columns
from services.fulfilment.shelf import Id, Shelf, declared, make_shelf
from services.fulfilment.spill import Room

Identities = Mapping[str, Sequence[str]]
Target = tuple[Node, tuple[str, ...], How]
JoinKey = tuple[str, ...]


class Source(Protocol):
    """What can be read on one connection: a connector."""

    def read(self) -> AbstractContextManager[Reader]:
        """A reader on a new connection."""
        ...


def find(
    graph: Graph,
    sources: Mapping[str, Source],
    identities: Identities,
    *,
    region: str = "",
    whole: bool = True,
    excluded: Mapping[str, str] | None = None,
    failed: Mapping[str, str] | None = None,
    disk: Path | None = None,
    choice: Choice | None = None,
) -> Found:
    """Everything reachable from `identities` (kind to values), system by system.

    `region`: ISO country of telephone numbers without a country code. `whole`: rows hold every declared field, else
    only keys, references, identities and what a plan needs. `excluded`, `failed`: systems not to ask, with the reason.
    `disk`: a folder where a large answer lies, sealed, as long as it is held; without it all is kept in memory.
    `choice`: what was decided about the people that an identity names.
    A system that fails is reported with the reason and the others go on. Raises `BadInput` without any identity.
    """
    known = {kind_of(kind): tuple(v for v in values if v.strip()) for kind, values in sorted(identities.items())}
    if not any(known.values()):
        raise BadInput("nobody to look for: give at least one identity")
    person = Person({kind: values for kind, values in known.items() if values}, region)
    with ExitStack() as stack:
        search = _Search(graph, sources, person, whole, dict(excluded or {}), dict(failed or {}), stack)
        search.disk = (disk, Room()) if disk else None
        search.choice = choice or Choice()
        search.run()
        return search.answer()


class _Search:
    """One search while it runs. Every round asks each system at once, then takes in all answers in a fixed order."""

    def __init__(
        self,
        graph: Graph,
        sources: Mapping[str, Source],
        person: Person,
        whole: bool,
        excluded: dict[str, str],
        failed: dict[str, str],
        stack: ExitStack,
    ) -> None:
        self.graph, self.sources, self.person, self.whole = graph, sources, person, whole
        self.excluded, self.failed, self.stack = excluded, failed, stack
        self.pending: dict[str, str] = {}
        self.disk: tuple[Path, Room] | None = None
        self.choice = Choice()
        self.reachable = graph.reachable(person.identities)
        self.system_of = {node: graph.system(node) for node in graph.nodes}
        self.edges = {node: graph.out_of(node) for node in graph.nodes}
        self.shelves: dict[Node, Shelf] = {}
        self.readers: dict[str, Reader] = {}
        self.asked: dict[Target, set[JoinKey]] = {}
        self.origin: dict[Target, dict[JoinKey, Place]] = {}
        self.came_by: dict[Node, dict[Id, Target]] = {}

    def run(self) -> None:
        """Rounds until nothing new appears."""
        systems = sorted({self.system_of[node] for node in self.reachable} - {*self.excluded, *self.failed})
        with ThreadPoolExecutor(max_workers=max(1, len(systems))) as pool:
            # One system is asked here: a thread would only cost.
            each = pool.map if len(systems) > 1 else map
            for system, fault in zip(systems, each(self._open, systems), strict=True):
                if fault:
                    self.failed[system] = fault
            wanted = self._first()
            while wanted:
                fresh: dict[Node, list[Id]] = {}
                jobs = self._by_system(wanted)
                for system, answer in zip(jobs, each(self._ask, jobs, jobs.values()), strict=True):
                    if isinstance(answer, str):
                        self.failed[system] = answer
                    else:
                        self._take(system, answer, fresh)
                wanted = self._next(fresh)

    def answer(self) -> Found:
        """The result, sorted, with whose each row is."""
        shelves = {node: s for node, s in self.shelves.items() if self.system_of[node] not in self.failed}
        verdict = judge(self.graph, shelves, self.person, self._came_from, self.choice)
        collections: dict[Node, FoundCollection] = {}
        for node, shelf in shelves.items():
            show, whose, times = declared(shelf.collection, shelf.columns), verdict.of(node), shelf.repeated
            rows = tuple(
                [
                    FoundRow(node, at, shelf.show(shelf.rows[at], show), whose(at), times.get(at, 1) if times else 1)
                    for at in in_order(shelf.rows)
                ]
            )
            collections[node] = FoundCollection(node, shelf.key, rows, shelf.exact_key)
        skipped = [n for n, c in self.graph.nodes.items() if c.meta.skip_processing]
        return Found(
            self.person.normalised,
            self.person.region,
            tuple(self._system(key, collections) for key in self.graph.systems),
            tuple(node for node in self.graph.nodes if node not in self.reachable and node not in skipped),
            tuple(skipped),
            verdict.others,
            verdict.path,
            verdict.people,
        )

    def _system(self, key: str, collections: Mapping[Node, FoundCollection]) -> FoundSystem:
        nodes = [node for node in self.graph.nodes if self.system_of[node] == key]
        found = tuple(collections[node] for node in nodes if node in collections)
        if key in self.excluded:
            return FoundSystem(key, Reach.EXCLUDED, self.excluded[key], ())
        if key in self.failed:
            return FoundSystem(key, Reach.FAILED, self.failed[key], (), self.pending.get(key, ""))
        if not self.reachable.intersection(nodes):
            return FoundSystem(key, Reach.NOT_APPLICABLE, "nothing here can be reached with these identities", ())
        return FoundSystem(key, Reach.FOUND if any(c.rows for c in found) else Reach.NOTHING, "", found)

    def _fault(self, system: str, error: DeskError) -> str:
        """What went wrong in a system; a vendor that answers later is kept with its day."""
        if isinstance(error, Pending):
            self.pending[system] = error.until
        return error.reason

    def _open(self, system: str) -> str:
        """Opens the reader of a system and its shelves; what went wrong, or nothing."""
        nodes = sorted(node for node in self.reachable if self.system_of[node] == system)
        if system not in self.sources:
            return "there is no connection to it"
        try:
            reader = self.stack.enter_context(self.sources[system].read())
            tables = reader.tables(sorted(node.collection for node in nodes))
            for node in nodes:
                if node.collection not in tables:
                    return f"system '{system}' has no table '{node.collection}': run 'catalog check --live'"
                self.shelves[node] = make_shelf(
                    system,
                    self.graph.nodes[node],
                    tables[node.collection],
                    whole=self.whole,
                    needed=self._needed(node),
                    disk=self.disk,
                )
        except DeskError as exc:
            return self._fault(system, exc)
        self.readers[system] = reader
        return ""

    def _needed(self, node: Node) -> Iterator[str]:
        """Fields that a search and a plan look at, whatever else is shown."""
        collection = self.graph.nodes[node]
        for edge in self.graph.edges:
            yield from edge.fields if edge.source == node else ()
            yield from edge.on if edge.target == node else ()
        yield from fact_columns(self.graph, node)
        retention = self.graph.dataset(node).rules(collection).retention
        yield from [str(retention.field)] if retention else []
        for consent in collection.console.consent:
            yield from consent.columns
        yield from collection.console.restriction.columns if collection.console.restriction else ()

    def _first(self) -> list[Target]:
        """Where the identities lead."""
        for entry in self.graph.entries:
            keys = [
                (form,)
                for value in self.person.identities.get(entry.kind, ())
                for form in forms(entry.how, value, self.person.region)
            ]
            self.asked.setdefault((entry.node, (entry.path,), entry.how), set()).update(keys)
        return sorted(target for target, keys in self.asked.items() if keys)

    def _next(self, fresh: Mapping[Node, list[Id]]) -> list[Target]:
        """What the new rows lead to that was not asked before; `self.asked` becomes that."""
        new: dict[Target, set[JoinKey]] = {}
        for node in sorted(fresh):
            rows, ids = self.shelves[node].rows, in_order(fresh[node])
            for edge in self.edges[node]:
                target: Target = (edge.target, edge.on, "exact")
                origins = self.origin.setdefault(target, {})
                wanted = new.setdefault(target, set())
                for at in ids:
                    for key in join_keys(rows[at], edge.fields):
                        if key not in origins:
                            origins[key] = (node, at)
                            wanted.add(key)
        self.asked = {target: keys for target, keys in new.items() if keys}
        return sorted(self.asked)

    def _by_system(self, wanted: Sequence[Target]) -> dict[str, list[Target]]:
        jobs: dict[str, list[Target]] = {}
        for target in wanted:
            system = self.system_of[target[0]]
            if system in self.readers and system not in self.failed:
                jobs.setdefault(system, []).append(target)
        return jobs

    def _ask(self, system: str, targets: Sequence[Target]) -> list[tuple[Target, list[Row]]] | str:
        """One system's answers of a round, or what went wrong."""
        answers = []
        try:
            for node, on, how in targets:
                keys = tuple(sorted(self.asked[node, on, how]))
                shelf = self.shelves[node]
                lookup = Lookup(node.collection, shelf.columns, on, keys, how)
                answers.append(((node, on, how), shelf.take(self.readers[system].rows(lookup))))
        except DeskError as exc:
            return self._fault(system, exc)
        return answers

    def _take(self, system: str, answers: Sequence[tuple[Target, list[Row]]], fresh: dict[Node, list[Id]]) -> None:
        """Puts an answer on the shelves, and what is new into `fresh`."""
        for target, rows in answers:
            node, on, how = target
            named = rows if how == "exact" else [row for row in rows if self._named(row, node, on[0])]
            try:
                added = self.shelves[node].add(named)
            except DeskError as exc:
                self.failed[system] = self._fault(system, exc)
                return
            fresh.setdefault(node, []).extend(added)
            self.came_by.setdefault(node, {}).update(dict.fromkeys(added, target))

    def _named(self, row: Row, node: Node, path: str) -> bool:
        """A lookup by identity may give too much: telephone numbers are compared here, where they can be read."""
        return any(self.person.named_at(row, entry) for entry in self.graph.entries_of(node) if entry.path == path)

    def _came_from(self, place: Place) -> Place | None:
        """The row that led to this one first; None for one that an identity led to."""
        target = self.came_by[place[0]][place[1]]
        origins = self.origin.get(target, {})
        keys = sorted(join_keys(self.shelves[place[0]].rows[place[1]], target[1]))
        return next((origins[key] for key in keys if key in origins), None)
