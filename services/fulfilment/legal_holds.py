"""What legal holds keep from being erased, asked anew before each step that erases (rules.md 9, Art 17(3)(e))."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from db import central_holds
from services.cases.hold import Hold
from services.catalog.graph import Graph, Node
from services.fulfilment.workroom import Systems
from services.identity.identifiers import lookup_digest


@dataclass(frozen=True, slots=True)
class Covered:
    """What may not be erased of one person: all of it, or the collections and categories of these holds."""

    holds: tuple[Hold, ...] = field(default=(), repr=False)

    @property
    def whole(self) -> bool:
        """Whether all that is held of the person stays."""
        return any(hold.whole for hold in self.holds)

    def over(self, graph: Graph, node: Node) -> bool:
        """Whether the rows of that collection stay."""
        if self.whole:
            return True
        named = {name for hold in self.holds for name in hold.collections}
        wanted = {name for hold in self.holds for name in hold.categories}
        return str(node) in named or any(_within(category, wanted) for category in _categories(graph, node))


def covered(room: Systems, controller: str, case: str, digests: Sequence[str]) -> Covered:
    """What stands now over whoever bears one of these digests, or was named by the case, and over everybody."""
    with room.store.engine.connect() as conn:
        standing = {key: Hold.from_json(body) for key, body in central_holds.holds(conn, standing=True).items()}
        if not standing:
            return Covered()
        mine = [*digests, *central_holds.digests_of_case(conn, case)]
        named = central_holds.named_by(conn, mine, case)
    found = (one for key, one in sorted(standing.items()) if key in named or not one.of_person)
    return Covered(tuple(hold for hold in found if hold.controller == controller))


def digests(room: Systems, controller: str, identities: Mapping[str, Iterable[str]]) -> list[str]:
    """Keyed digests of identifiers in their normal form."""
    return [
        lookup_digest(room.lookup_key, controller, kind, value)
        for kind, values in identities.items()
        for value in values
    ]


def _categories(graph: Graph, node: Node) -> set[str]:
    """Every category that data of the collection have."""
    collection, dataset = graph.nodes[node], graph.dataset(node)
    own = {str(name) for one in collection.fields for name in one.data_categories or ()}
    return own | {str(name) for name in (*(collection.data_categories or ()), *(dataset.data_categories or ()))}


def _within(category: str, wanted: Iterable[str]) -> bool:
    """Whether the category is one of those, or beneath one."""
    return any(category == one or category.startswith(f"{one}.") for one in wanted)
