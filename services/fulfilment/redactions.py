"""What of an answer may be about others: held back until a person decides, part by part (Art 15(4), 20(4)).

A part is a whole row of somebody else or of several persons, a field the catalog puts under `third_party`, or a free
text in which others are found. Its id is keyed and covers the value: when that changes, it must be decided anew.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from services.catalog.dataset import Field
from services.catalog.graph import Graph, Node
from services.catalog.values import Plain, plain
from services.fulfilment.found import Found, FoundCollection, FoundRow, Whose
from services.fulfilment.others import Others, blacked, free_text, texts
from services.fulfilment.package_tables import BLACK, Blacked, Why

Decided = Sequence[tuple[str, str, str, str]]
"""Group, part (empty: all of the group), decision, reason: as the fold keeps them (cases/case.py)."""
Picked = Callable[[Node, Field], bool]
"""Whether a field is in the package at all."""
WHOLE = "*"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing held back. `field` is `*` for a whole row; `kinds` say what was found in a text; no value."""

    id: str
    node: Node
    field: str
    why: Why
    whose: Whose
    row: str
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Parts of one place and reason, decided one by one or together. Its id covers those of its parts."""

    id: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """What was decided about a part; an empty decision holds it back."""

    decision: str = ""
    reason: str = ""


@dataclass
class Redactions:
    """The parts of one answer with what was decided. `key` is a secret of the deployment."""

    graph: Graph
    found: Found
    country: str
    key: bytes = field(repr=False)
    decided: Decided = ()
    picked: Picked = lambda _node, _field: True

    def __post_init__(self) -> None:
        self._others = Others(self.graph, self.found, self.country)
        self._words = {part or group: Word(how, why) for group, part, how, why in self.decided}
        self._rows: dict[str, Word] = {}

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Every group in a fixed order; the parts of a row that is held back whole are not looked at."""
        first = self._grouped(self._row_parts())
        for group in first:
            for part in group.parts:
                self._rows[part.row] = self.word(group.id, part.id)
        return (*first, *self._grouped(self._field_parts()))

    def word(self, group: str, part: str) -> Word:
        """What was decided: about the part itself before all of its group."""
        return self._words.get(part) or self._words.get(group) or Word()

    @property
    def undecided(self) -> dict[str, int]:
        """Groups with parts that nobody has decided, and how many."""
        left = {g.id: sum(not self.word(g.id, part.id).decision for part in g.parts) for g in self.groups}
        return {group: count for group, count in left.items() if count}

    def rows(self, collection: FoundCollection) -> Iterator[dict[str, object]]:
        """The rows that go out, what is held back in them as `Blacked`."""
        words = self._by_place
        for row in collection.rows:
            if row.whose is Whose.LEFT:
                continue
            if row.whose is not Whose.OWN and self._rows.get(row.id, Word()).decision != "disclose":
                continue
            values = dict(row.values)
            for name in values:
                word, why = words.get((row.id, name), (None, "third-party"))
                if word is not None and word.decision != "disclose":
                    reason: Why = word.reason or why  # type: ignore[assignment]  # checked where it is put into words
                    shown: Plain = BLACK
                    if why == "free-text":
                        shown = blacked(plain(values[name]), self._others, BLACK)
                    values[name] = Blacked(shown, reason)
            for _ in range(row.count):
                yield values

    def counts(self) -> dict[Node, int]:
        """How many rows go out, by collection with rows."""
        out = {c.node: -sum(r.count for r in c.rows if r.whose is Whose.LEFT) for c in self.found.collections()}
        for node, _, count in self.withheld():
            out[node] -= count
        return {node: out[node] + c.count for c in self.found.collections() for node in (c.node,)}

    def withheld(self) -> Iterator[tuple[Node, Why, int]]:
        """Whole rows that stay out: where, why, how many."""
        _ = self.groups  # it is there that rows are judged
        for collection in self.found.collections():
            counts: dict[Why, int] = {}
            for row in collection.rows:
                word = self._rows.get(row.id)
                if word is not None and word.decision != "disclose":
                    reason: Why = word.reason or _row_reason(row)  # type: ignore[assignment]  # as above
                    counts[reason] = counts.get(reason, 0) + row.count
            yield from ((collection.node, reason, count) for reason, count in sorted(counts.items()))

    def row_of(self, part: Part) -> FoundRow | None:
        """The row a part stands in."""
        collection = self.found.collection(part.node)
        return next((row for row in collection.rows if row.id == part.row), None) if collection else None

    def around(self, part: Part, room: int = 60) -> str:
        """A text as a reviewer may read it first: what is about others replaced by its kind; empty for other parts."""
        row = self.row_of(part) if part.why == "free-text" else None
        for text in texts(row.values.get(part.field)) if row is not None else ():
            if places := self._others.places(text):
                start, end = max(0, places[0][0] - room), min(len(text), places[-1][1] + room)
                shown, done = [], start
                for begin, stop, kind in places:
                    shown += [text[done:begin], f"[{kind}]"]
                    done = stop
                return " ".join("".join([*shown, text[done:end]]).split())[: 4 * room]
        return ""

    # ── parts and groups ──────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _by_place(self) -> dict[tuple[str, str], tuple[Word, Why]]:
        return {(p.row, p.field): (self.word(g.id, p.id), p.why) for g in self.groups for p in g.parts}

    def _row_parts(self) -> Iterator[Part]:
        for collection in self.found.collections():
            if not self._any_picked(collection.node):
                continue
            for row in collection.rows:
                if row.whose not in (Whose.OWN, Whose.LEFT):
                    yield self._part(row, WHOLE, _row_reason(row), plain(row.values))
                    self._rows.setdefault(row.id, Word())

    def _field_parts(self) -> Iterator[Part]:
        for collection in self.found.collections():
            fields = [f for f in self.graph.nodes[collection.node].fields if self.picked(collection.node, f)]
            about = [f for f in fields if f.console.third_party]
            free = [f for f in fields if free_text(f)]
            for row in collection.rows:
                if row.whose is Whose.OWN or self._rows.get(row.id, Word()).decision == "disclose":
                    yield from self._of_row(row, about, free)

    def _of_row(self, row: FoundRow, about: list[Field], free: list[Field]) -> Iterator[Part]:
        values = row.values if about or free else {}
        for one in about:
            value = values.get(str(one.name))
            if value not in (None, ""):
                yield self._part(row, str(one.name), "third-party", plain(value))
        for one in free:
            value = values.get(str(one.name))
            if isinstance(value, str | list | tuple | dict):
                kinds = {kind for text in texts(value) for _, _, kind in self._others.places(text)}
                if kinds:
                    yield self._part(row, str(one.name), "free-text", plain(value), tuple(sorted(kinds)))

    def _part(self, row: FoundRow, name: str, why: Why, value: Plain, kinds: tuple[str, ...] = ()) -> Part:
        return Part(self._id("part", row.id, name, why, value), row.node, name, why, row.whose, row.id, kinds)

    def _grouped(self, parts: Iterator[Part]) -> tuple[Group, ...]:
        places: dict[tuple[object, ...], list[Part]] = {}
        for part in parts:
            places.setdefault((*part.node, part.field, part.why, part.whose.value), []).append(part)
        return tuple(
            Group(self._id("group", *place, *sorted(part.id for part in held)), tuple(held))
            for place, held in sorted(places.items(), key=lambda one: [str(word) for word in one[0]])
        )

    def _any_picked(self, node: Node) -> bool:
        return any(self.picked(node, one) for one in self.graph.nodes[node].fields)

    def _id(self, *words: object) -> str:
        """32 hex digits that say nothing to whoever lacks the key."""
        text = json.dumps(words, sort_keys=True, default=str).encode()
        return hashlib.blake2b(text, key=self.key[:64], digest_size=16).hexdigest()


def _row_reason(row: FoundRow) -> Why:
    return "withheld-rows" if row.whose is Whose.OTHER else "shared-row"
