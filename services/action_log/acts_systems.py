"""Acts about data systems that belong to no case."""

from services.action_log.act import Act, act
from services.action_log.shapes import Code, Count, Digest, Key


@act("system.checked")
class SystemChecked(Act):
    """A worker held the live schema of `system` (`controller/key`) against the catalog.

    `outcome`: `as-described`, `differs`, `away`, `unusable`. `personal` names columns that the catalog does not know
    and that look personal, `gone` tables and columns of the catalog that are no more; the first of each, of so many.
    """

    system: Key
    outcome: Code
    personal: tuple[Key, ...]
    personal_count: Count
    gone: tuple[Key, ...]
    gone_count: Count
    seen: Digest
