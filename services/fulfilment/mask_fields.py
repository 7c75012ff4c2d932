"""Which columns a masked row loses, and what a person is called in free text."""

from collections.abc import Iterator

from services.catalog.dataset import Collection, Field
from services.catalog.graph import Graph, Node
from services.catalog.strategies import Mask
from services.fulfilment.found import Found

_NAMING = ("user.name", "user.contact", "user.financial", "user.government_id", "user.unique_id")
_SHORTEST = 3
_BLANK = Mask("blank")


def mask_fields(graph: Graph, node: Node, fixed: tuple[str, ...]) -> Iterator[tuple[str, Mask]]:
    """The columns of a masked row that change, with how: personal ones, identities, and those that say so.

    Keys and references stay unless a strategy is declared for them.
    """
    joined = {path.partition(".")[0] for edge in graph.edges for path in _ends(edge.source, edge.fields, node)} | {
        path.partition(".")[0] for edge in graph.edges for path in _ends(edge.target, edge.on, node)
    }
    for field in graph.nodes[node].fields:
        name = str(field.name)
        if name in fixed or field.meta.read_only or field.console.erase == "keep":
            continue
        declared = _declared(field)
        wanted = (
            declared or field.console.erase == "mask" or _identity(field) or (field.personal and name not in joined)
        )
        if wanted:
            yield name, declared or _BLANK


def _ends(at: Node, paths: tuple[str, ...], node: Node) -> tuple[str, ...]:
    return paths if at == node else ()


def _declared(field: Field) -> Mask | None:
    """The strategy of a column; a nested field's strategy masks its whole column."""
    if field.fields:
        return _BLANK if any(_declared(part) for part in field.fields) or field.mask else None
    return field.mask


def _identity(field: Field) -> bool:
    return bool(field.meta.identity) or any(_identity(part) for part in field.fields or ())


def identifiers(found: Found, graph: Graph) -> tuple[str, ...]:
    """What the person is called in their own rows, for taking out of free text; empty where no field needs it."""
    if not any(mask.strategy == "identifiers_rewrite" for _, mask in _all_masks(found, graph)):
        return ()
    texts = {value for _, values in found.identities for value in values}
    for part in found.collections():
        names = list(_naming(graph.nodes[part.node]))
        texts |= {str(row.values[name]) for row in part.own for name in names if row.values.get(name)}
    return tuple(sorted(text.strip() for text in texts if len(text.strip()) >= _SHORTEST))


def _all_masks(found: Found, graph: Graph) -> Iterator[tuple[str, Mask]]:
    for part in found.collections():
        yield from mask_fields(graph, part.node, part.fixed)


def _naming(collection: Collection) -> Iterator[str]:
    for field in collection.fields:
        if any(category.startswith(_NAMING) for category in field.data_categories or ()) and not field.fields:
            yield str(field.name)
