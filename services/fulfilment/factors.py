"""What an identity check may ask and compare with: values on file. They are never shown and never logged."""

from dataclasses import dataclass, field

from services.catalog.console_keys import Words
from services.catalog.dataset import Collection
from services.catalog.graph import Graph, Node
from services.catalog.values import join_key, order, plain
from services.fulfilment.found import Found, FoundRow, Whose

POST = "post"
"""A contact point whose field is the street: the other lines of the address stand in the same row."""
_NAME, _CODE, _CITY = "user.name", "user.contact.address.postal_code", "user.contact.address.city"
_COUNTRY = "user.contact.address.country"


@dataclass(frozen=True)
class FactorValue:
    """One thing the person should know.

    `kind`: KBS, KBD or PIN. `key` names it (`dataset.collection.field`). `compare`: text, date, postcode, amount or
    pin-hash. `value` is the newest on file, `values` all of them, newest first.
    """

    kind: str
    key: str
    question: Words
    compare: str
    value: str = field(repr=False)
    values: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class ContactPoint:
    """A contact point on file, with when it last changed as the system says it (empty when it does not)."""

    kind: str
    key: str
    value: str = field(repr=False)
    changed_at: str


def factors(found: Found, graph: Graph) -> list[FactorValue]:
    """The factors on file for the person, in a fixed order. Rows of other people never count."""
    known = []
    for node, collection, rows in _own(found, graph):
        for path, one in collection.walk():
            factor = one.console.factor
            newest = _newest(rows, str(one.console.changed_at or ""))
            values = [text for row in newest if (text := _text(row, path))]
            if factor is not None and values:
                unique = tuple(dict.fromkeys(values))
                known.append(
                    FactorValue(factor.kind, f"{node}.{path}", factor.question, factor.compare, values[0], unique)
                )
    return known


def contact_points(found: Found, graph: Graph) -> list[ContactPoint]:
    """The contact points on file for the person, in a fixed order."""
    return [
        ContactPoint(one.console.contact, f"{node}.{path}", text, _text(row, str(one.console.changed_at or "")))
        for node, collection, rows in _own(found, graph)
        for path, one in collection.walk()
        for row in rows
        if one.console.contact is not None and (text := _contact(collection, one.console.contact, row, path))
    ]


def _contact(collection: Collection, kind: str, row: FoundRow, path: str) -> str:
    """The value of a contact point; a postal address is a line each, and none without all of its parts."""
    if kind != POST:
        return _text(row, path)
    name, street = _of(collection, row, _NAME), _text(row, path)
    place = f"{_of(collection, row, _CODE)} {_of(collection, row, _CITY)}"
    whole = bool(name and street) and place == place.strip()
    return "\n".join(filter(None, (name, street, place, _of(collection, row, _COUNTRY)))) if whole else ""


def _of(collection: Collection, row: FoundRow, category: str) -> str:
    """The fields of that category in a row, in the catalog's order."""
    fields = [path for path, one in collection.walk() if any(_is(str(c), category) for c in one.data_categories or ())]
    return " ".join(filter(None, (_text(row, path) for path in fields)))


def _is(category: str, wanted: str) -> bool:
    return category == wanted or category.startswith(f"{wanted}.")


def _own(found: Found, graph: Graph) -> list[tuple[Node, Collection, list[FoundRow]]]:
    return [
        (part.node, graph.nodes[part.node], [row for row in part.rows if row.whose is Whose.OWN])
        for part in found.collections()
    ]


def _newest(rows: list[FoundRow], changed_at: str) -> list[FoundRow]:
    """Newest first: by the column that says so, else by key, which most systems count up."""
    return sorted(rows, key=lambda row: (order(plain(row.values.get(changed_at))), _key_order(row)), reverse=True)


def _key_order(row: FoundRow) -> list[tuple[int, float, str]]:
    return [order(part) for part in row.key]


def _text(row: FoundRow, name: str) -> str:
    return (join_key(row.values.get(name)) or "").strip()
