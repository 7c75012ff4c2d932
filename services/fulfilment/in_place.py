"""Writing a person's choice into rows of a system where they stand: in one transaction, or not at all."""

from collections.abc import Sequence

from services.connectors.base import Connector, Rewrite
from services.errors import Unusable


def rewrite_whole(system: str, connector: Connector, rewrites: Sequence[Rewrite], what: str) -> int:
    """Rows written, all in one transaction; `what` is named where the system does not take it.

    Raises `Unusable`, changing nothing, when a rule of the system is against it or a row went meanwhile.
    """
    with connector.change() as change:
        faults = change.faults([], rewrites)
        if faults:
            why = "; ".join(dict.fromkeys(faults))
            raise Unusable(f"system '{system}' would not take {what}: {why}", kept="nothing was changed")
        for rewrite in rewrites:
            if change.rewrite(rewrite) < len(rewrite.rows):
                raise Unusable(f"system '{system}' changed while we wrote", kept="nothing was changed")
    return sum(len(rewrite.rows) for rewrite in rewrites)
