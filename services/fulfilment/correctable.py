"""What of a person's data can be corrected (Art 16): one line for each value, wherever it stands."""

import hashlib
import hmac
from collections.abc import Collection as Collection_, Iterator
from dataclasses import dataclass, field

from services.catalog.console_keys import words
from services.catalog.dataset import Collection, Field
from services.catalog.graph import Graph, Node
from services.catalog.identifiers import how_of, kind_of, normal
from services.catalog.values import Plain, join_key, plain
from services.connectors.base import Key
from services.errors import Unavailable
from services.fulfilment.found import Found, FoundCollection, Reach, Whose
from services.identity.new_value import Kind

_NEVER = ("user.authorization", "user.privacy_preferences", "user.unique_id")
"""Secrets are set anew by the person, consents have their key, numbers are given by the controller."""
_GRAVE = ("user.contact", "user.payment", "user.financial", "user.government_id")
"""What a thief would change first (rules.md 4.3, 7.6 CL-RECT-CRIT)."""
_SENSITIVE = ("user.financial", "user.payment", "user.government_id", "user.health", "user.biometric")

_IDENTITIES = {"email": "user.contact.email", "phone": "user.contact.phone_number"}
"""What a person is found by is about them, whatever category the catalog gives or leaves out."""


@dataclass(frozen=True)
class Spot:
    """A field of one collection in which the value stands: rows by key, and how each holds it."""

    node: Node
    key: tuple[str, ...]
    column: str
    changed_at: str
    rows: tuple[Key, ...] = field(repr=False)
    held: tuple[Plain, ...] = field(repr=False)


@dataclass(frozen=True)
class Correctable:
    """One value of one category. `identity`: the kind of identity it is, if any. `kept`: rows that a law keeps as they
    are, which hold it as well."""

    id: str
    category: str
    label: dict[str, str]
    name: str
    kind: Kind
    identity: str
    grave: bool
    sensitive: bool
    value: str = field(repr=False)
    spots: tuple[Spot, ...] = ()
    kept: int = 0

    @property
    def rows(self) -> int:
        """Rows to be written."""
        return sum(len(spot.rows) for spot in self.spots)


def correctables(found: Found, graph: Graph, secret: bytes, case: str) -> tuple[Correctable, ...]:
    """Every value that can be corrected, in a fixed order; ids are keyed, so that they tell nothing."""
    lines: dict[tuple[str, str], Correctable] = {}
    for part in found.collections():
        collection = graph.nodes[part.node]
        rules = graph.dataset(part.node).rules(collection)
        kept = rules.retention is not None or rules.erase == "keep"
        for one in _fields(graph, part, collection):
            for shared, spot in _spots(part, one, found.region):
                category = _category(one)
                at = (category, shared)
                line = lines.get(at) or _line(graph, part.node, collection, one, spot, at, secret, case)
                lines[at] = _with(line, spot, one, kept)
    return tuple(line for _, line in sorted(lines.items()) if line.spots)


def complete(found: Found, systems: Collection_[str]) -> None:
    """Raises `Unavailable` when one of these systems could not be searched: it may hold the same value."""
    away = next((one.key for one in found.systems if one.reach is Reach.FAILED and one.key in systems), None)
    if away is not None:
        raise Unavailable(f"system '{away}' could not be searched", kept="the case", next_key="try again")


def _fields(graph: Graph, part: FoundCollection, collection: Collection) -> Iterator[Field]:
    """Top-level fields about the person that are neither keys nor what other rows are joined by."""
    joined = {name for edge in graph.edges if edge.source == part.node for name in edge.fields}
    joined |= {name for edge in graph.edges if edge.target == part.node for name in edge.on}
    said = {name for consent in collection.console.consent for name in consent.columns}
    said |= set(collection.console.restriction.columns if collection.console.restriction else ())
    for one in collection.fields:
        name, identity = str(one.name), kind_of(one.meta.identity or "")
        closed = one.fields or one.console.third_party or _category(one).startswith(_NEVER)
        closed = (
            closed or one.meta.primary_key or name in part.fixed or name in said or (name in joined and not identity)
        )
        if (one.personal or identity in _IDENTITIES) and not closed:
            yield one


def _spots(part: FoundCollection, one: Field, region: str) -> Iterator[tuple[str, Spot]]:
    """The values of a field in the person's own rows, each with the form in which equal ones meet."""
    how, name = how_of(kind_of(one.meta.identity or "")), str(one.name)
    by_value: dict[str, list[tuple[Key, Plain]]] = {}
    for row in part.rows:
        value = row.values.get(name)
        text = (join_key(value) or "").strip()
        if row.whose is Whose.OWN and text and isinstance(plain(value), str | int | float):
            by_value.setdefault(normal(how, text, region), []).append((row.key, plain(value)))
    for shared, pairs in by_value.items():
        rows, held = zip(*pairs, strict=True)
        yield shared, Spot(part.node, part.key, name, str(one.console.changed_at or ""), rows, held)


def _category(one: Field) -> str:
    said = next((str(c) for c in one.data_categories or () if str(c).startswith("user")), "")
    return said or _IDENTITIES.get(kind_of(one.meta.identity or ""), "user")


def _line(
    graph: Graph,
    node: Node,
    collection: Collection,
    one: Field,
    spot: Spot,
    at: tuple[str, str],
    secret: bytes,
    case: str,
) -> Correctable:
    category, shared = at
    identity = kind_of(one.meta.identity or one.console.contact or "")
    label = one.console.label
    said = label if isinstance(label, dict) else {"en": label} if label else {}
    facts = graph.dataset(node).facts(collection, one)
    factor = one.console.factor
    date = category.endswith("date_of_birth") or (factor is not None and factor.compare == "date")
    kind: Kind = "email" if identity == "email" else "phone" if identity == "phone" else "date" if date else "text"
    named = hmac.new(secret, "\0".join(("correct", case, category, shared)).encode(), hashlib.sha256).hexdigest()[:32]
    return Correctable(
        id=named,
        category=category,
        label={code: words(said, code) for code in said},
        name=str(one.name).replace("_", " "),
        kind=kind,
        identity=identity,
        grave=category.startswith(_GRAVE) or identity in ("email", "phone"),
        sensitive=bool(facts.sensitive) or category.startswith(_SENSITIVE),
        value=join_key(spot.held[0]) or "",
    )


def _with(line: Correctable, spot: Spot, one: Field, kept: bool) -> Correctable:
    """The line with one more place; what a law keeps stays as it was written then (an invoice says what was true)."""
    raw = dict(line.__dict__)
    if kept:
        return Correctable(**{**raw, "kept": line.kept + len(spot.rows)})
    sensitive = line.sensitive or bool(one.console.sensitive)
    return Correctable(**{**raw, "spots": (*line.spots, spot), "sensitive": sensitive})
