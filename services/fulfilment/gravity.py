"""What of a person's own data makes a request graver (rules.md 7.4, T3): as codes, never a value."""

from collections.abc import Iterable, Iterator
from datetime import date

from services.catalog.dataset import Field
from services.catalog.graph import Graph
from services.catalog.values import join_key
from services.fulfilment.found import Found, FoundRow, Whose
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

    The catalog's `sensitivity` counts before the category; a collection without own rows says nothing.
    """
    known: set[str] = set()
    for part in found.collections():
        own = [row for row in part.rows if row.whose is Whose.OWN]
        if own:
            collection = graph.nodes[part.node]
            facts = graph.dataset(part.node).facts
            known |= {str(said) for said in [facts(collection).sensitivity] if said}
            for path, one in collection.walk():
                held = [text for row in own if (text := _text(row, path))]
                if held:
                    known |= set(_of(one, facts(collection, one).sensitivity, held, today))
    recent = any(not point.proven(today) and point.since != date.max for point in points(graph, found))
    return tuple(sorted((known - {"ordinary"}) | ({Flag.CONTACT_CHANGED.value} if recent else set())))


def _of(one: Field, said: str | None, held: Iterable[str], today: date) -> Iterator[str]:
    if said is not None:
        yield said
        return
    categories = [str(category) for category in one.data_categories or ()]
    if any(category.startswith(_SPECIAL) for category in categories):
        yield Data.SPECIAL
    if any(category.startswith(_FINANCE) for category in categories):
        yield Data.FINANCE
    if any(category in _BORN for category in categories) and any(_minor(text, today) for text in held):
        yield Data.MINOR


def _minor(text: str, today: date) -> bool:
    try:
        born = date.fromisoformat(text[:10])
    except ValueError:
        return False
    return (today.year - born.year - ((today.month, today.day) < (born.month, born.day))) < _OF_AGE


def _text(row: FoundRow, name: str) -> str:
    return (join_key(row.values.get(name)) or "").strip()
