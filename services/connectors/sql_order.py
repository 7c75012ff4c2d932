"""The order in which tables give up rows, so that no reference is broken on the way."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.connectors.base import Delete
from services.connectors.sql_schema import ForeignKey

Emptied = Callable[[ForeignKey], bool]


@dataclass(frozen=True)
class Order:
    """Deletes, children before parents; references that must be emptied first; rings that nothing undoes."""

    deletes: list[Delete]
    emptied: list[ForeignKey]
    rings: list[ForeignKey]


def in_order(deletes: Sequence[Delete], foreign: Sequence[ForeignKey], can_empty: Emptied | None) -> Order:
    """`can_empty`: whether a reference may be NULL, for databases that judge each row at once; None for others.

    A ring goes last. References within one table count only where each row is judged at once.
    """
    by_name = {delete.collection: delete for delete in deletes}
    between = [o for o in foreign if o.child in by_name and o.parent in by_name and not o.elsewhere]
    inside = [one for one in between if one.child == one.parent and len(by_name[one.child].rows) > 1]
    between = [one for one in between if one.child != one.parent]
    emptied = [one for one in inside if can_empty is not None and can_empty(one)]
    rings = [one for one in inside if can_empty is not None and one not in emptied]
    left = Counter(dict.fromkeys(by_name, 0))
    left.update(one.parent for one in between)
    ordered: list[Delete] = []
    while left:
        for name in sorted(name for name, count in left.items() if count == 0):
            del left[name]
            ordered.append(by_name[name])
            left.subtract(one.parent for one in between if one.child == name and one.parent in left)
        if any(count == 0 for count in left.values()) or not left:
            continue
        ring = [one for one in between if one.child in left and one.parent in left]
        loose = next((one for one in ring if can_empty is not None and can_empty(one)), None)
        if loose is None:
            return Order([*ordered, *(by_name[name] for name in sorted(left))], emptied, [*rings, *ring])
        emptied.append(loose)
        between.remove(loose)
        left[loose.parent] -= 1
    return Order(ordered, emptied, rings)
