"""Whose a found row is: the person's, somebody else's, or several persons' (design.md 7.12)."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

from services.cases.whom import CHOSEN, LEFT
from services.catalog.graph import Edge, Entry, Graph, Node
from services.catalog.identifiers import How, normal
from services.catalog.values import join_key, join_keys, order, values_at
from services.connectors.base import Row
from services.fulfilment.found import Whose
from services.fulfilment.persons import Choice, OnePerson, Records, given_numbers, index
from services.fulfilment.shelf import Id, Shelf

Place = tuple[Node, Id]


class Person:
    """What the person is known by: kind to values, with the country of telephone numbers."""

    def __init__(self, identities: Mapping[str, tuple[str, ...]], region: str) -> None:
        self.identities = dict(identities)
        self.region = region
        self._seen: dict[tuple[How, str], str] = {}
        self._names: dict[tuple[str, How], frozenset[str]] = {}

    @property
    def normalised(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Kind and values, in a fixed order."""
        return tuple((kind, tuple(sorted(set(values)))) for kind, values in sorted(self.identities.items()))

    def normal(self, how: How, value: str) -> str:
        """`value` in the form two equal identities share; parsed once."""
        if (how, value) not in self._seen:
            self._seen[how, value] = normal(how, value, self.region)
        return self._seen[how, value]

    def names(self, kind: str, how: How) -> frozenset[str]:
        """The person's own identities of that kind."""
        if (kind, how) not in self._names:
            self._names[kind, how] = frozenset(self.normal(how, v) for v in self.identities.get(kind, ()))
        return self._names[kind, how]

    def at(self, row: Row, entry: Entry) -> frozenset[str]:
        """Whom a row's identity field names."""
        keys = [join_key(value) for value in values_at(row, entry.path)]
        return frozenset(self.normal(entry.how, key) for key in keys if key is not None and key.strip())

    def named_at(self, row: Row, entry: Entry) -> bool:
        """Whether an identity field of a row names the person."""
        return bool(self.at(row, entry) & self.names(entry.kind, entry.how))


@dataclass(frozen=True)
class Verdict:
    """Whose rows are, how many other identities were met, and the collections on the way to the first of them.

    `own` is None where nobody else was met: then every row is the person's. `people`: who the identities name.
    `between`: rows that may be theirs or those of somebody of `people` who was left out. `left`: rows of those alone.
    """

    own: frozenset[Place] | None
    shared: frozenset[Node]
    others: int
    path: tuple[str, ...]
    people: tuple[OnePerson, ...] = ()
    between: frozenset[Place] = frozenset()
    left: frozenset[Place] = frozenset()

    def of(self, node: Node) -> Callable[[Id], Whose]:
        """What says whose a row of `node` is."""
        own, between, left = self.own, self.between, self.left
        ours = Whose.SHARED if node in self.shared else Whose.OWN
        if own is None:
            return lambda _: ours
        if not between and not left:
            return lambda at: ours if (node, at) in own else Whose.OTHER

        def of(at: Id) -> Whose:
            place = (node, at)
            if place in between:
                return Whose.SHARED
            return ours if place in own else Whose.LEFT if place in left else Whose.OTHER

        return of


def judge(
    graph: Graph,
    shelves: Mapping[Node, Shelf],
    person: Person,
    came_from: Callable[[Place], Place | None],
    choice: Choice,
) -> Verdict:
    """Judges every row on the shelves.

    A row is somebody else's when its identity fields of a kind we know the person by name others only, when it is a
    record of somebody who was left out (`choice`), or when it is reached through such rows only.
    """
    strangers: dict[Place, set[tuple[str, str]]] = {}
    start: list[Place] = []
    for node, shelf in shelves.items():
        entries = [entry for entry in graph.entries_of(node) if entry.kind in person.identities]
        for at, row in shelf.rows.items() if entries else ():
            if any(person.named_at(row, entry) for entry in entries):
                start.append((node, at))
                continue
            met = {(entry.kind, name) for entry in entries for name in person.at(row, entry)}
            if met:
                strangers[node, at] = met
    shared = frozenset(node for node in shelves if graph.dataset(node).rules(graph.nodes[node]).shared)
    first = min(strangers, key=_sort, default=None)
    path = _path(first, came_from) if first else ()
    others = len(set().union(*strangers.values()))
    records = Records(graph, shelves, start, given_numbers(person.identities, graph.entries), strangers)
    people = records.persons(choice)
    if any(one.word == LEFT for one in people):
        own, between, left = _parted(graph, shelves, strangers, records, people)
        return Verdict(own, shared, others, path, people, between, left)
    reached = frozenset(_reached(graph, shelves, start, strangers)) if strangers else None
    return Verdict(reached, shared, others, path, people)


def _parted(
    graph: Graph,
    shelves: Mapping[Node, Shelf],
    strangers: Mapping[Place, object],
    records: Records,
    people: tuple[OnePerson, ...],
) -> tuple[frozenset[Place], frozenset[Place], frozenset[Place]]:
    """The rows of those who were chosen, the rows that may be somebody else's as well, those of somebody else alone.

    What nobody has decided yet counts as somebody else's.
    """
    word_of = {place: one.word for one in people for place in one.places}
    own = {place for place, word in word_of.items() if word == CHOSEN}
    other = word_of.keys() - own
    unclear = set[Place]()
    for place in records.silent:
        led_to = records.leads(place)
        if led_to and led_to <= own:
            own.add(place)
        elif led_to and led_to <= other:
            other.add(place)
        else:
            unclear.add(place)
    blocked = [(own, other | unclear), (other, own), (unclear, own | other)]
    ours, theirs, nobodys = (_reached(graph, shelves, list(begin), {*strangers, *stop}) for begin, stop in blocked)
    between = (ours & (theirs | nobodys)) | (nobodys - theirs)
    return frozenset(ours), frozenset(between), frozenset(theirs - between)


def _reached(
    graph: Graph, shelves: Mapping[Node, Shelf], start: list[Place], strangers: Container[Place]
) -> set[Place]:
    """The rows that references lead to from `start` without passing through a stranger's."""
    steps: dict[Node, list[tuple[Edge, dict[tuple[str, ...], list[Id]]]]] = {node: [] for node in shelves}
    for edge in graph.edges:
        if edge.source in shelves and edge.target in shelves:
            steps[edge.source].append((edge, index(shelves[edge.target], edge.on)))
    reached = set(start)
    waiting = list(start)
    while waiting:
        node, at = waiting.pop()
        row = shelves[node].rows[at]
        for edge, indexed in steps[node]:
            found = {(edge.target, other) for key in join_keys(row, edge.fields) for other in indexed.get(key, ())}
            fresh = {place for place in found if place not in strangers} - reached
            reached |= fresh
            waiting.extend(fresh)
    return reached


def _path(place: Place, came_from: Callable[[Place], Place | None]) -> tuple[str, ...]:
    steps = [str(place[0])]
    above = came_from(place)
    while above is not None:
        steps.append(str(above[0]))
        above = came_from(above)
    return tuple(reversed(steps))


def _sort(place: Place) -> tuple[Node, list[tuple[int, float, str]]]:
    return place[0], [order(part) for part in place[1]]
