"""Portability (Art 20): which fields fall under it, one test a field, and what its package has beside the data.

A field is in scope when it is personal, rests on consent or contract, is processed by automated means, and was provided
by the person or observed of them (rules.md 4.2, WP242 rev.01). What the catalog does not say is out of scope, and
named: a person can then ask for access, which knows no such test.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import orjson

from services.catalog.console_keys import words
from services.catalog.dataset import Collection, Dataset, Field
from services.catalog.graph import Node
from services.catalog.system import System
from services.fulfilment.package_tables import csv_line
from services.fulfilment.redactions import Redactions
from services.fulfilment.workroom import Catalog
from services.letters.lexicon import in_words, lexicon

Out = Literal["not-automated", "not-personal", "secret", "no-basis", "other-basis", "no-origin", "inferred"]
BASES = frozenset({"consent", "contract"})
ORIGINS = frozenset({"provided", "observed"})
BY_HAND = frozenset({"manual"})
"""Kinds of systems that no machine answers for: paper, and what people look up by hand."""

_TYPES = {"string": "string", "integer": "integer", "float": "number", "boolean": "boolean", "object": "object"}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A field that is not in the package, and why."""

    system: str
    collection: str
    field: str
    why: Out


def out_of_scope(system: System, dataset: Dataset, collection: Collection, field: Field) -> Out | None:
    """Why a column is not portable; None when it is. One with parts is when all its parts are."""
    key = field.meta.primary_key or field.meta.references
    if system.connector in BY_HAND:
        return "not-automated"
    if any(str(c).startswith("user.authorization") for c in field.data_categories or ()):
        return "secret"
    if not field.personal and not key:
        return "not-personal"
    facts = dataset.facts(collection, field)
    if facts.basis not in BASES:
        return "other-basis" if facts.basis else "no-basis"
    if facts.origin not in ORIGINS:
        return "inferred" if facts.origin else "no-origin"
    parts = (out_of_scope(system, dataset, collection, part) for part in field.fields or () if part.personal)
    return next((why for why in parts if why), None)


@dataclass(frozen=True)
class Scope:
    """The test over a controller's whole catalog."""

    catalog: Catalog

    def picked(self, node: Node, field: Field) -> bool:
        """Whether a column is in the package."""
        return self._why(node, field) is None

    def fields(self, node: Node) -> tuple[Field, ...]:
        """The columns of a collection that are in it; keys alone carry nothing, then there are none."""
        inside = tuple(f for f in self.catalog.graph.nodes[node].fields if self.picked(node, f))
        return inside if any(f.personal for f in inside) else ()

    def left_out(self, held: Redactions) -> Iterator[LeftOut]:
        """What the person's rows have and the package has not, in the order of the catalog."""
        for collection in held.found.collections():
            node = collection.node
            inside = self.fields(node)
            for field in self.catalog.graph.nodes[node].fields:
                why = self._why(node, field)
                if why is None and field not in inside:
                    why = "not-personal"
                if why is not None:
                    yield LeftOut(self.catalog.graph.system(node), node.collection, str(field.name), why)

    def _why(self, node: Node, field: Field) -> Out | None:
        graph = self.catalog.graph
        return out_of_scope(self.catalog.systems[graph.system(node)], graph.dataset(node), graph.nodes[node], field)


@dataclass(frozen=True, slots=True)
class Line:
    """A collection in the package, in words."""

    system: str
    label: str
    rows: int


@dataclass(frozen=True, slots=True)
class Reason:
    """How many fields are left out for one reason, in words."""

    count: int
    why: str


@dataclass(frozen=True, slots=True)
class PortabilityAnswer:
    """The facts of the answer letter; no value from the data itself. `target`: who gets it instead of the person."""

    collections: tuple[Line, ...]
    reasons: tuple[Reason, ...]
    target: str = ""


def facts_for_portability(
    catalog: Catalog, held: Redactions, scope: Scope, left_out: list[LeftOut], language: str, target: str = ""
) -> PortabilityAnswer:
    """What is in the package by collection, and what is not by reason."""
    graph, inside = catalog.graph, list[Line]()
    for node, rows in held.counts().items():
        if rows and scope.fields(node):
            system = catalog.systems[graph.system(node)]
            label = words(graph.dataset(node).facts(graph.nodes[node]).label, language) or node.collection
            inside.append(Line(words(system.label, language) or system.key, label, rows))
    counted = Counter(one.why for one in left_out)
    reasons = tuple(Reason(counted[why], in_language(why, language)) for why in get_args(Out) if counted[why])
    return PortabilityAnswer(tuple(inside), reasons, target)


def left_out_csv(lines: list[LeftOut], language: str) -> bytes:
    """`left_out.csv`: what is not in the package and why; the person can have it by access."""
    shown = [csv_line(("system", "collection", "field", "reason"))]
    shown += [csv_line((one.system, one.collection, one.field, in_language(one.why, language))) for one in lines]
    return b"".join(shown)


def in_language(why: Out, language: str) -> str:
    """A reason in words."""
    return lexicon(language).portability[why]


def schema(scope: Scope, nodes: list[Node], language: str) -> bytes:
    """`schema.json`: a JSON Schema (2020-12) for each data file, with each field's kind of data in words."""
    graph, files = scope.catalog.graph, dict[str, object]()
    for node in (one for one in nodes if scope.fields(one)):
        properties = {str(f.name): _property(f, language) for f in scope.fields(node)}
        row = {"type": "object", "properties": properties, "additionalProperties": False}
        title = words(graph.dataset(node).facts(graph.nodes[node]).label, language) or node.collection
        path = f"data/{graph.system(node)}/{node.collection}.json"
        files[path] = {"title": title, "type": "array", "items": row}
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": files}
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2) + b"\n"


def _property(field: Field, language: str) -> dict[str, object]:
    """No type where the catalog names none: databases give numbers as text, too."""
    kinds = [in_words(str(c), language) for c in field.data_categories or ()]
    made: dict[str, object] = {"title": words(field.console.label, language) or ", ".join(kinds) or str(field.name)}
    known = _TYPES.get(field.meta.data_type or "")
    if known:
        made["type"] = [known, "null"]
    if field.meta.length:
        made["maxLength"] = field.meta.length
    if field.meta.primary_key:
        made["description"] = "key"
    return made
