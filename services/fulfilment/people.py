"""Who a case is about, on a worker and in memory alone: identifiers given, rows found, contact points on file."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import orjson

from services.cases.case import Case
from services.cases.whom import CHOSEN
from services.catalog.graph import Graph
from services.connectors.base import Connector, Reader
from services.errors import NotFound
from services.fulfilment.factors import contact_points
from services.fulfilment.find import Source, find
from services.fulfilment.found import Found, Whose
from services.fulfilment.persons import Choice, texts
from services.fulfilment.workroom import Catalog, Workroom
from services.identity.identifiers import EMAIL
from services.identity.ways import COOLING_DAYS

Progress = Callable[[int, int], None]
"""Told how many systems of how many have been asked."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """What the requester gave to be found by."""

    kind: str
    normal: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Point:
    """A contact point on file; `since` is the day it was last set, `date.max` when nobody knows."""

    kind: str
    value: str = field(repr=False)
    since: date

    def proven(self, today: date) -> bool:
        """Whether it is old enough to be trusted (IDV-10)."""
        return (today - self.since).days >= COOLING_DAYS


def requester(room: Workroom, case: str) -> Identifier:
    """What the case's requester gave; raises `NotFound` once it was shredded."""
    for text in room.details.open(case, "requester"):
        raw = orjson.loads(text)
        return Identifier(raw["kind"], raw["normal"])
    raise NotFound("the requester's details are gone")


NEARBY = "nearby"
"""Details that hold what records that are only like the person's are known by: id of the record to kinds to values."""
KNOWN_AS = "known-as"
"""Details that hold what a person is known by since a correction: a JSON object, kind to values."""


def identities(room: Workroom, case: str) -> dict[str, list[str]]:
    """All that the case's person is known by, kind to values: as given, and as corrected since. Raises `NotFound`."""
    given = requester(room, case)
    known = {given.kind: [given.normal]}
    for text in room.details.open(case, KNOWN_AS):
        for kind, values in orjson.loads(text).items():
            known[kind] = list(dict.fromkeys([*known.get(kind, []), *values]))
    return known


def look_up(room: Workroom, case: str, *, whole: bool = True, progress: Progress | None = None) -> Found:
    """Everything the case's controller holds of the case's person. Raises `NotFound`, `BadInput`."""
    from services.fulfilment.by_hand import bound  # it asks this module who the person is

    state = room.case(case)
    controller, catalog = room.controller(state.controller), room.catalog(state.controller)
    catalog = replace(catalog, connectors=bound(room, state, catalog.connectors))
    who, disk = _subject(room, state, catalog), room.home.packages
    return _search(
        catalog, who.identities, controller.country, whole=whole, progress=progress, disk=disk, choice=who.choice
    )


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a case is about: what they are known by, and what was decided where several people are known by that."""

    identities: dict[str, list[str]] = field(repr=False)
    choice: Choice


def subject(room: Workroom, case: str) -> Subject:
    """Whom the case is about. Raises `NotFound`; where a record was taken over that is only like the person's, the
    systems are searched for what belongs to it (`Unavailable`, `Unusable`)."""
    state = room.case(case)
    return _subject(room, state, room.catalog(state.controller))


def _subject(room: Workroom, state: Case, catalog: Catalog) -> Subject:
    known, choice = identities(room, state.id), Choice(room.lookup_key, dict(state.people))
    taken = [
        kinds
        for text in (room.details.own(state.id, NEARBY).values() if state.people else ())
        for id, kinds in orjson.loads(text).items()
        if choice.words.get(id) == CHOSEN
    ]
    if not taken:
        return Subject(known, choice)
    # A kind that is new to the search would make strangers of the person's own rows: theirs of that kind go with it.
    found = _search(catalog, known, room.controller(state.controller).country, whole=False, choice=choice)
    for kinds in (own_of(catalog.graph, found, {kind for one in taken for kind in one}), *taken):
        for kind, values in kinds.items():
            known[kind] = list(dict.fromkeys([*known.get(kind, []), *values]))
    return Subject(known, choice)


def own_of(graph: Graph, found: Found, kinds: set[str]) -> dict[str, list[str]]:
    """The person's own identities of these kinds, on file."""
    known: dict[str, set[str]] = {}
    for part in found.collections():
        for entry in graph.entries_of(part.node):
            if entry.kind in kinds:
                known.setdefault(entry.kind, set()).update(
                    text for row in part.rows if row.whose is Whose.OWN for text in texts(row.values, entry.path)
                )
    return {kind: sorted(values) for kind, values in sorted(known.items())}


def search(catalog: Catalog, given: Identifier, region: str, *, whole: bool = True) -> Found:
    """Everything the systems of `catalog` hold of who is known by `given`."""
    return _search(catalog, {given.kind: [given.normal]}, region, whole=whole)


def _search(
    catalog: Catalog,
    known: dict[str, list[str]],
    region: str,
    *,
    whole: bool = True,
    progress: Progress | None = None,
    disk: Path | None = None,
    choice: Choice | None = None,
) -> Found:
    asked = Counted(catalog.connectors, progress) if progress else None
    sources: Mapping[str, Source] = asked.sources if asked else catalog.connectors
    excluded = {key: system.excluded for key, system in catalog.systems.items() if system.excluded}
    return find(catalog.graph, sources, known, region=region, whole=whole, excluded=excluded, disk=disk, choice=choice)


class Counted:
    """Connectors that say how many of them have been opened."""

    def __init__(self, connectors: Mapping[str, Connector], progress: Progress) -> None:
        self._opened: set[str] = set()
        self._progress, self._total = progress, len(connectors)
        self.sources: Mapping[str, Source] = {key: _Told(one, self._tell) for key, one in connectors.items()}

    def _tell(self, key: str) -> None:
        self._opened.add(key)
        self._progress(len(self._opened), self._total)


@dataclass(frozen=True, slots=True)
class _Told:
    connector: Connector
    tell: Callable[[str], None]

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """A reader on a new connection, and the news that it is open."""
        with self.connector.read() as reader:
            self.tell(self.connector.key)
            yield reader


def points(graph: Graph, found: Found) -> tuple[Point, ...]:
    """The person's own contact points, each once, e-mail before telephone, the one held longest first.

    None until it is said which of several people it is: what is sent could reach another of them.
    """
    known: dict[tuple[str, str], Point] = {}
    for one in () if found.undecided else contact_points(found, graph):
        at, since = (one.kind, one.value.casefold()), _day(one.changed_at)
        if at not in known or since > known[at].since:
            known[at] = Point(one.kind, one.value, since)
    return tuple(sorted(known.values(), key=lambda p: (p.kind, p.since, p.value)))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return date.max


def call_point(held: tuple[Point, ...], today: date) -> str | None:
    """The number on file that may be called or texted: unchanged for 30 days (IDV-10), the one held longest first."""
    return next((p.value for p in held if p.kind == "phone" and p.proven(today)), None)


def mail_point(held: tuple[Point, ...], given: Identifier | None, today: date) -> str | None:
    """Where an answer may be mailed to: an address on file, unchanged for 30 days; the one given only if it is such."""
    proven = [p.value for p in held if p.kind == "email" and p.proven(today)]
    if given is not None and given.kind == EMAIL:
        same = [value for value in proven if value.casefold() == given.normal]
        proven = same or proven
    return next(iter(proven), None)
