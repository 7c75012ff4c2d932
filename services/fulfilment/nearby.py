"""Records that are only like the person's: one slip in the address, other spelling of the name. Proposed, never taken.

Asked for are fields that the catalog marks as identities, names, dates of birth and postcodes, each question bounded in
rows; a system that cannot be asked so is named and not looked into.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from services.catalog.graph import Entry, Graph, Node
from services.catalog.identifiers import PHONE_MARKS, How, forms, normal
from services.connectors.base import FewReader, Lookup, Reader, Row
from services.errors import DeskError
from services.fulfilment.find import Source
from services.fulfilment.found import Found
from services.fulfilment.persons import BORN, NAME, Choice, Facts, fact_columns, facts_of, paths_of, texts
from services.fulfilment.shelf import Id, Shelf, make_shelf
from services.identity.likeness import alike, misspelt

POSTCODE = "user.contact.address.postal_code"
MOST_ROWS = 200
"""Rows of one question; where more fit, it says too little of a person and none of them is looked at."""
MOST = 8
"""Records that are proposed at once."""
_SHORTEST_NATIONAL = 6
_MARKED = {"a": "äÄåÅ", "e": "éÉ", "o": "öÖøØ", "u": "üÜ", "s": "šŠśŚ", "c": "çÇčČ", "l": "łŁ", "z": "žŽ"}
"""Letters with marks that a name may begin with, in both cases: not every database makes them small."""
SLIP, NO_CODE, PHONE, EMAIL, NUMBER, BIRTH, PLACE = (
    "email-slip", "phone-without-code", "phone", "email", "number", "born", "postcode",
)  # fmt: skip
SPELLING, SAME_NAME = "name-spelling", "name"


@dataclass(frozen=True)
class NearRecord:
    """A record like the person's. `why`: what is the same, then what of the name is; `known` are its identities."""

    id: str
    node: Node
    rows: int
    why: tuple[str, ...]
    facts: Facts = field(repr=False)
    known: tuple[tuple[str, tuple[str, ...]], ...] = field(repr=False)


@dataclass(frozen=True)
class Nearby:
    """What may be the person's as well, at most `MOST`; `more` were met. `unasked`: systems not looked into."""

    records: tuple[NearRecord, ...]
    more: int
    unasked: tuple[str, ...]


@dataclass(frozen=True)
class _Question:
    """One bounded question; `initials` are letters that each field of the name must begin with."""

    on: str
    how: How
    keys: tuple[str, ...]
    why: str
    initials: frozenset[str] = frozenset()


def look_nearby(graph: Graph, sources: Mapping[str, Source], found: Found, choice: Choice) -> Nearby:
    """Records like those of the person in `found`, in a fixed order.

    Where several people may be meant only slips in what was given are looked for: whose name it is is not known yet.
    A system that fails is named like one that cannot be asked.
    """
    looking = _Looking(graph, found, choice)
    met: list[NearRecord] = []
    unasked = []
    nodes = {key: [n for n in graph.nodes if graph.system(n) == key and graph.entries_of(n)] for key in graph.systems}
    for key in sorted(sources):
        if not nodes.get(key):
            continue
        try:
            with sources[key].read() as reader:
                if isinstance(reader, FewReader):
                    met += [record for node in nodes[key] for record in looking.at(node, key, reader, reader)]
                else:
                    unasked.append(key)
        except DeskError:
            unasked.append(key)
    met.sort(key=lambda one: (len(one.why) < 2, one.why, one.node, one.id))
    return Nearby(tuple(met[:MOST]), max(0, len(met) - MOST), tuple(unasked))


class _Looking:
    """What is known of the person, and what of it each collection is asked."""

    def __init__(self, graph: Graph, found: Found, choice: Choice) -> None:
        self.graph, self.found, self.choice = graph, found, choice
        self.given = dict(found.identities)
        self.facts = Facts()
        self.on_file: dict[tuple[str, How], set[str]] = {}
        self.postcodes: set[str] = set()
        if not found.undecided:
            for one in found.people:
                self.facts |= one.facts if one.word != "left" else Facts()
            self._note()

    def _note(self) -> None:
        """Identities and postcodes of the person's own rows."""
        for part in self.found.collections():
            entries = self.graph.entries_of(part.node)
            places = paths_of(self.graph.nodes[part.node], POSTCODE)
            for row in part.own if entries or places else ():
                values = row.values
                for entry in entries:
                    self.on_file.setdefault((entry.kind, entry.how), set()).update(texts(values, entry.path))
                self.postcodes.update(text for path in places for text in texts(values, path))

    def at(self, node: Node, system: str, reader: Reader, few: FewReader) -> Iterator[NearRecord]:
        """Records of one collection that are like the person's."""
        collection = self.graph.nodes[node]
        tables = reader.tables([node.collection])
        if node.collection not in tables or collection.meta.skip_processing:
            return
        needed = [*fact_columns(self.graph, node), *paths_of(collection, POSTCODE)]
        shelf = make_shelf(system, collection, tables[node.collection], whole=False, needed=needed)
        why: dict[Id, str] = {}
        for question in self._questions(node):
            lookup = Lookup(
                node.collection, shelf.columns, (question.on,), tuple((k,) for k in question.keys), question.how
            )
            names = paths_of(collection, NAME) if question.initials else ()
            rows = few.few(lookup, MOST_ROWS + 1, names, question.initials)
            if len(rows) <= MOST_ROWS:
                for at in shelf.add(rows):
                    why[at] = question.why
        yield from self._alike(node, shelf, why)

    def _questions(self, node: Node) -> Iterator[_Question]:
        """In the order in which a reason counts: the first that finds a record names it."""
        region = self.found.region
        for entry in self.graph.entries_of(node):
            given = self.given.get(entry.kind, ())
            if entry.how == "phone":
                yield from _asked(entry, {f for v in given for f in forms("phone", v, region)}, NO_CODE)
            known = self.on_file.get((entry.kind, entry.how), set()) - set(given)
            why = {"phone": PHONE, "email": EMAIL}.get(entry.how, NUMBER)
            yield from _asked(entry, {f for v in known for f in forms(entry.how, v, region)}, why)
            if entry.how == "email":
                yield from _asked(entry, {f for v in given for f in misspelt(v.strip().lower())}, SLIP)
        collection = self.graph.nodes[node]
        if not paths_of(collection, NAME) or not self.facts.names:
            return
        for path in paths_of(collection, BORN) if self.facts.born else ():
            yield _Question(path, "exact", tuple(sorted(self.facts.born)), BIRTH)
        words = {word[0] for name in self.facts.names for word in name}
        letters = frozenset(words | {form for word in words for form in _MARKED.get(word, "")})
        for path in paths_of(collection, POSTCODE) if self.postcodes else ():
            yield _Question(path, "exact", tuple(sorted(self.postcodes)), PLACE, letters)

    def _alike(self, node: Node, shelf: Shelf, why: Mapping[Id, str]) -> Iterator[NearRecord]:
        """What was met and may be the person's, records that say the same once."""
        part, look = self.found.collection(node), facts_of(self.graph, node)
        known = {row.key for row in part.rows} if part is not None else set()
        same: dict[object, NearRecord] = {}
        for at in sorted(why.keys() - known, key=str):
            row = shelf.rows[at]
            facts = look(row) if look is not None else Facts()
            identities = tuple(
                (kind, tuple(sorted(values))) for kind, values in sorted(_known_by(self.graph, node, row).items())
            )
            name = self._name(facts, why[at])
            if identities and name is not None and self._told_alike(node, row, why[at]):
                reasons = (why[at], name) if name else (why[at],)
                what = (identities, reasons)
                before = same.get(what)
                rows = before.rows + 1 if before else 1
                id = before.id if before else self.choice.id(node, at)
                same[what] = NearRecord(id, node, rows, reasons, facts, identities)
        yield from same.values()

    def _name(self, facts: Facts, why: str) -> str | None:
        """What of the name is the same; None where the record is another's by its name, birth or lack of both."""
        mine = self.facts
        if mine.born and facts.born and not mine.born & facts.born:
            return None
        if mine.names and facts.names:
            if mine.names & facts.names:
                return SAME_NAME
            return SPELLING if any(alike(a, b) for a in mine.names for b in facts.names) else None
        return None if why in (BIRTH, PLACE) else ""

    def _told_alike(self, node: Node, row: Row, why: str) -> bool:
        """A telephone without its country code: the same digits, and none that says of another country."""
        if why != NO_CODE:
            return True
        region = self.found.region
        for entry in self.graph.entries_of(node):
            if entry.how == "phone":
                for text in texts(row, entry.path):
                    bare = "".join(c for c in text if c not in PHONE_MARKS)
                    given = [normal("phone", v, region) for v in self.given.get(entry.kind, ())]
                    national = bare.lstrip("0")
                    told = not bare.startswith(("+", "00")) and len(national) >= _SHORTEST_NATIONAL
                    if told and any(o.endswith(national) and normal("phone", text, region) != o for o in given):
                        return True
        return False


def _asked(entry: Entry, keys: set[str], why: str) -> Sequence[_Question]:
    return [_Question(entry.path, entry.how, tuple(sorted(keys)), why)] if keys else []


def _known_by(graph: Graph, node: Node, row: Row) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    for entry in graph.entries_of(node):
        known.setdefault(entry.kind, set()).update(texts(row, entry.path))
    return {kind: values for kind, values in known.items() if values}
