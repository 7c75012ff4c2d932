"""A part of an export that waits for a decision, as it crosses from the desk to a screen (services/types.py)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeldPart:
    """A part of an export that may be about others: where, why, what was decided. `around` is a text with masks.

    `of`: how many parts are like it; `field` is `*` for a whole row; `kinds` are what was found in a text.
    """

    case: str
    item: str
    id: str
    group: str
    of: int
    system: str
    collection: str
    label: str
    field: str
    field_label: str
    why: str
    kinds: tuple[str, ...] = ()
    around: str = ""
    decision: str = ""
    reason: str = ""
