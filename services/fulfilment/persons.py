"""Whom one identity names when it names several people: rows grouped into persons by what tells people apart.

People are told apart by the numbers that systems gave them, their dates of birth and their names. A row that says
nothing of that belongs to whom it leads to; where that is nobody or several, it is shared.
"""

import hashlib
import json
from collections.abc import Callable, Collection as Several, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from services.cases.whom import CHOSEN, LEFT
from services.catalog.dataset import Collection
from services.catalog.graph import Edge, Entry, Graph, Node
from services.catalog.values import in_order, join_key, join_keys, values_at
from services.connectors.base import Key, Row
from services.fulfilment.shelf import Id, Shelf
from services.identity.likeness import Name, name_of, same_name

Place = tuple[Node, Id]
Number = tuple[str, str]
NAME, BORN = "user.name", "user.demographic.date_of_birth"
_STEPS = 2
"""References between a row that identities name and the record of its person: an address, a login, its customer."""
_MOST_COMPARED = 60
"""Groups that are compared by name, each with each; more of them stay apart and are asked about."""


@dataclass(frozen=True)
class Choice:
    """What was decided about records: id to `chosen` or `left`. `key` is a secret of the deployment."""

    key: bytes = field(default=b"", repr=False)
    words: Mapping[str, str] = field(default_factory=dict)

    def id(self, node: Node, at: Key) -> str:
        """Names a record where its key must not stand: 32 hex digits that say nothing to whoever lacks the key."""
        text = json.dumps(["person", *node, *at], sort_keys=True, default=str).encode()
        return hashlib.blake2b(text, key=self.key[:64], digest_size=16).hexdigest()

    def word(self, node: Node, at: Key) -> str:
        """What was decided about a record; empty for nothing."""
        word = self.words.get(self.id(node, at), "") if self.words else ""
        return word if word in (CHOSEN, LEFT) else ""


@dataclass(frozen=True)
class Facts:
    """By what a record tells its person from others."""

    numbers: frozenset[Number] = frozenset()
    born: frozenset[str] = frozenset()
    names: frozenset[Name] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.numbers or self.born or self.names)

    def __or__(self, other: "Facts") -> "Facts":
        return Facts(self.numbers | other.numbers, self.born | other.born, self.names | other.names)

    def differs(self, other: "Facts") -> Iterator[str]:
        """In what the two cannot be one person: `number`, `born`, `name`."""
        ours, theirs = dict(_by_kind(self.numbers)), dict(_by_kind(other.numbers))
        shared = [kind for kind in ours if kind in theirs]
        if any(not ours[kind] & theirs[kind] for kind in shared):
            yield "number"
        if self.born and other.born and not self.born & other.born:
            yield "born"
        if self.names and other.names and not self._named_alike(other) and not self.numbers & other.numbers:
            yield "name"

    def fits(self, other: "Facts") -> bool:
        """Whether something says that the two are one person and nothing says that they are not."""
        return (self._named_alike(other) or bool(self.born & other.born)) and not any(self.differs(other))

    def _named_alike(self, other: "Facts") -> bool:
        return any(same_name(a, b) for a in self.names for b in other.names)


@dataclass(frozen=True)
class OnePerson:
    """One of the people that the identities name. `ids` name their records: those decided about, else the first of
    each collection; `id` is one of them.

    `word`: `chosen`, `left`, or empty where nobody has decided. `unlike`: in what they differ from another of them.
    """

    id: str
    ids: tuple[str, ...]
    word: str
    places: tuple[Place, ...] = field(repr=False)
    facts: Facts = field(repr=False)
    unlike: tuple[str, ...] = ()


class Records:
    """The records of people among the rows that identities led to. `start`: rows that the identities name."""

    def __init__(
        self,
        graph: Graph,
        shelves: Mapping[Node, Shelf],
        start: Sequence[Place],
        given: frozenset[Number],
        strangers: Mapping[Place, object],
    ) -> None:
        self._graph, self._shelves, self._given, self._strangers = graph, shelves, given, strangers
        self._look = {node: facts_of(graph, node) for node in shelves}
        self._index: dict[tuple[Node, tuple[str, ...]], dict[tuple[str, ...], list[Id]]] = {}
        self._people = {node for node in shelves if self._look[node] is not None and graph.entries_of(node)}
        ways = _ways(graph, shelves, self._people)
        self._steps = [_steps(graph, self._people | near) for near in ways]
        self.facts: dict[Place, Facts] = {}
        self.silent = [place for place in start if not self._noted(place)]
        """Rows that identities name and that say nothing else of a person."""
        self._walk(self.silent)

    def leads(self, place: Place) -> frozenset[Place]:
        """The records that a silent row leads to."""
        return frozenset(self._walk([place]))

    def _noted(self, place: Place) -> bool:
        """Keeps the facts of a row; whether it has any."""
        look = self._look[place[0]]
        if place not in self.facts and look is not None:
            found = look(self._shelves[place[0]].rows[place[1]])
            told = Facts(found.numbers - self._given, found.born, found.names)
            if told:
                self.facts[place] = told
        return place in self.facts

    def _walk(self, start: Sequence[Place]) -> list[Place]:
        """Records in collections that name people, as far as the first on each way and at most `_STEPS` away."""
        met, seen, edge_of = [], set(start), list(start)
        for left in reversed(range(_STEPS)):
            beyond = []
            for place in edge_of:
                for other in self._beside(place, self._steps[left].get(place[0], ())):
                    if other in seen or other in self._strangers:
                        continue
                    seen.add(other)
                    if other[0] in self._people and self._noted(other):
                        met.append(other)
                    else:
                        beyond.append(other)
            edge_of = beyond
        return met

    def _beside(self, place: Place, edges: Iterable[Edge]) -> Iterator[Place]:
        for edge in edges:
            row, index = self._shelves[place[0]].rows[place[1]], self._indexed(edge.target, edge.on)
            yield from ((edge.target, at) for key in join_keys(row, edge.fields) for at in index.get(key, ()))

    def _indexed(self, node: Node, on: tuple[str, ...]) -> dict[tuple[str, ...], list[Id]]:
        if (node, on) not in self._index:
            self._index[node, on] = index(self._shelves[node], on)
        return self._index[node, on]

    # ── grouping ──────────────────────────────────────────────────────────────────────────────────────────────

    def persons(self, choice: Choice) -> tuple[OnePerson, ...]:
        """The people that are named, in a fixed order.

        A record about which nobody has decided counts as its group's, where part of that was decided.
        """
        made = [self._person(choice, places) for places in self._grouped()]
        facts = [one.facts for one in made]
        return tuple(replace(one, unlike=_unlike(n, facts)) for n, one in enumerate(made))

    def _person(self, choice: Choice, places: list[Place]) -> OnePerson:
        """One of the people; its word is what was decided, if that is one thing."""
        facts, words = Facts(), dict[str, str]()
        first: dict[Node, str] = {}
        for place in places:
            facts |= self.facts[place]
            if word := choice.word(*place):
                words[choice.id(*place)] = word
                first[place[0]] = ""
            elif place[0] not in first:
                first[place[0]] = choice.id(*place)
        ids = tuple(dict.fromkeys([*sorted(words), *(first[node] for node in sorted(first) if first[node])]))
        said = set(words.values())
        return OnePerson(ids[0], ids, said.pop() if len(said) == 1 else "", tuple(places), facts)

    def _grouped(self) -> list[list[Place]]:
        """Records of one person together: by what they hold, by references between them, then by fitting names."""
        keys: dict[Node, list[Id]] = {}
        for node, at in self.facts:
            keys.setdefault(node, []).append(at)
        ordered = [(node, at) for node in sorted(keys) for at in in_order(keys[node])]
        groups = _Groups(ordered, self.facts)
        by_value: dict[object, Place] = {}
        for place in ordered:
            facts = self.facts[place]
            for value in (facts, *facts.numbers):
                groups.join(by_value.setdefault(value, place), place)
        steps = _steps(self._graph, keys) if len(keys) > 1 else {}
        for place in ordered:
            edges = [edge for edge in steps.get(place[0], ()) if edge.target != place[0]]
            for other in sorted(self._beside(place, edges), key=str) if edges else ():
                if other in self.facts:
                    groups.join_if(place, other)
        groups.join_fitting()
        return groups.all()


class _Groups:
    """Disjoint groups of records, each with the facts of all its own."""

    def __init__(self, places: Sequence[Place], facts: Mapping[Place, Facts]) -> None:
        self._order = {place: n for n, place in enumerate(places)}
        self._of = dict(self._order)
        self._places = {n: [place] for n, place in enumerate(places)}
        self._facts = {n: facts[place] for n, place in enumerate(places)}

    def join(self, one: Place, other: Place) -> None:
        a, b = sorted((self._of[one], self._of[other]))
        if a != b:
            moved = self._places.pop(b)
            self._places[a] += moved
            self._facts[a] |= self._facts.pop(b)
            self._of.update(dict.fromkeys(moved, a))

    def join_if(self, one: Place, other: Place) -> None:
        """Unless something says that they are two persons."""
        if not any(self._facts[self._of[one]].differs(self._facts[self._of[other]])):
            self.join(one, other)

    def join_fitting(self) -> None:
        """Joins groups that fit each other; not one that fits two persons: it says too little."""
        if len(self._places) > _MOST_COMPARED:
            return
        grown = True
        while grown:
            fitting = {n: [m for m in self._places if m != n and self._fit(n, m)] for n in sorted(self._places)}
            clear = {n for n, met in fitting.items() if all(not self._differ(a, b) for a, b in combinations(met, 2))}
            pairs = [(self._places[n][0], self._places[m][0]) for n in sorted(clear) for m in fitting[n] if m in clear]
            for one, other in pairs:
                self.join(one, other)
            grown = bool(pairs)

    def _fit(self, one: int, other: int) -> bool:
        return self._facts[one].fits(self._facts[other])

    def _differ(self, one: int, other: int) -> bool:
        return any(self._facts[one].differs(self._facts[other]))

    def all(self) -> list[list[Place]]:
        return [sorted(self._places[n], key=self._order.__getitem__) for n in sorted(self._places)]


def undecided(people: Sequence[OnePerson]) -> bool:
    """Whether somebody must say which of them it is: two stand in one collection, or some were decided about and not
    all. What differs between collections alone is spelling, most of the time.
    """
    seen: set[Node] = set()
    apart = any(one.word for one in people)
    for one in people:
        nodes = {node for node, _ in one.places}
        apart = apart or bool(nodes & seen)
        seen |= nodes
    return apart and any(not one.word for one in people)


def _unlike(n: int, facts: Sequence[Facts]) -> tuple[str, ...]:
    return tuple(sorted({word for m, other in enumerate(facts) if m != n for word in facts[n].differs(other)}))


def _ways(graph: Graph, shelves: Mapping[Node, Shelf], people: set[Node]) -> list[set[Node]]:
    """Collections from which one of `people` is at most so many references away, by that number."""
    ways = [set[Node]()]
    for _ in range(_STEPS):
        near = people | ways[-1]
        ways.append({edge.source for edge in graph.edges if edge.target in near and edge.source in shelves})
    return ways


def _steps(graph: Graph, nodes: Several[Node]) -> dict[Node, list[Edge]]:
    """References into `nodes`, by where they begin."""
    steps: dict[Node, list[Edge]] = {}
    for edge in graph.edges if nodes else ():
        if edge.target in nodes:
            steps.setdefault(edge.source, []).append(edge)
    return steps


def facts_of(graph: Graph, node: Node) -> Callable[[Row], Facts] | None:
    """What reads the facts of a row of `node`; None where its collection has none. Fields about others count not."""
    collection = graph.nodes[node]
    numbers = [entry for entry in graph.entries_of(node) if entry.how == "exact"]
    born, names = paths_of(collection, BORN), paths_of(collection, NAME)
    if not (numbers or born or names):
        return None

    def look(row: Row) -> Facts:
        return Facts(
            frozenset((entry.kind, text) for entry in numbers for text in texts(row, entry.path)),
            frozenset(text[:10] for path in born for text in texts(row, path)),
            frozenset([name] if (name := name_of(text for path in names for text in texts(row, path))) else []),
        )

    return look


def paths_of(collection: Collection, category: str) -> tuple[str, ...]:
    """Fields of the person themself that are all of a category."""
    return tuple(
        path
        for path, one in collection.walk()
        if not one.fields and not one.console.third_party and _all_of(one.data_categories or (), category)
    )


def fact_columns(graph: Graph, node: Node) -> Iterator[str]:
    """Paths that are looked at to tell people apart."""
    collection = graph.nodes[node]
    yield from (entry.path for entry in graph.entries_of(node))
    yield from (*paths_of(collection, BORN), *paths_of(collection, NAME))


def texts(row: Row, path: str) -> Iterator[str]:
    """What stands at a path, as text."""
    for value in values_at(row, path):
        text = join_key(value)
        if text is not None and text.strip():
            yield text.strip()


def index(shelf: Shelf, on: tuple[str, ...]) -> dict[tuple[str, ...], list[Id]]:
    """Rows of a shelf by what they join by."""
    found: dict[tuple[str, ...], list[Id]] = {}
    for at, row in shelf.rows.items():
        for key in join_keys(row, on):
            found.setdefault(key, []).append(at)
    return found


def given_numbers(identities: Mapping[str, Sequence[str]], entries: Sequence[Entry]) -> frozenset[Number]:
    """The identities looked for that are numbers: every row has them, so they join nobody."""
    exact = {entry.kind for entry in entries if entry.how == "exact"}
    return frozenset((kind, value.strip()) for kind in exact for value in identities.get(kind, ()))


def _by_kind(numbers: frozenset[Number]) -> Iterator[tuple[str, frozenset[str]]]:
    for kind in {kind for kind, _ in numbers}:
        yield kind, frozenset(value for k, value in numbers if k == kind)


def _all_of(categories: Sequence[object], category: str) -> bool:
    return bool(categories) and all(str(c) == category or str(c).startswith(f"{category}.") for c in categories)
