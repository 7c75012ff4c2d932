"""What of a person's own data makes a request graver (rules.md 7.4, T3): as codes, never a value."""

from collections.abc import Iterator
from datetime import date

from services.catalog.dataset import Field
from services.catalog.graph import Graph
from services.catalog.values import join_key
from services.fulfilment.found import Found, Whose
from services.fulfilment.people import points
from services.identity.needs import Data, Flag

_SPECIAL = (
    "user.health", "user.biometric", "user.genetic", "user.criminal_history", "user.demographic.race_ethnicity",
    "user.demographic.religious_belief", "user.demographic.political_opinion", "user.demographic.sexual_orientation",
    "user.workplace.trade_union",
)  # fmt: skip
"""Art 9 and 10, as Fides names them."""
_FINANCE = ("user.financial.", "user.payment.")
"""Accounts and cards, not what an invoice came to."""
_BORN = ("user.demographic.date_of_birth", "user.date_of_birth")
_OF_AGE = 18


def facts_in(found: Found, graph: Graph, today: date) -> tuple[str, ...]:
    """Codes of `identity/needs.py` for what stands in the person's own rows, in order.

    The catalog's `sensitivity` counts before the category; a field without a value says nothing.
    """
    known: set[str] = set()
    for part in found.collections():
        collection, facts = graph.nodes[part.node], graph.dataset(part.node).facts
        fields = [(path, one, facts(collection, one).sensitivity) for path, one in collection.walk()]
        for row in part.rows:
            if row.whose is Whose.OWN:
                values = row.values  # of a large answer they are read from disk: once
                for path, one, said in fields:
                    text = (join_key(values.get(path)) or "").strip()
                    if text:
                        known |= {said} if said else set(_of(one, text, today))
    recent = any(point.since != date.max and not point.proven(today) for point in points(graph, found))
    return tuple(sorted((known - {"ordinary"}) | ({Flag.CONTACT_CHANGED.value} if recent else set())))


def _of(one: Field, text: str, today: date) -> Iterator[str]:
    for category in map(str, one.data_categories or ()):
        if category.startswith(_SPECIAL):
            yield Data.SPECIAL.value
        if category.startswith(_FINANCE):
            yield Data.FINANCE.value
        if category in _BORN and _minor(text, today):
            yield Data.MINOR.value


def _minor(text: str, today: date) -> bool:
    try:
        born = date.fromisoformat(text[:10])
    except ValueError:
        return False
    return (today.year - born.year - ((today.month, today.day) < (born.month, born.day))) < _OF_AGE
