"""A value of a person that can be corrected, as it crosses from the desk to the screens."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CorrectableLine:
    """`value` is masked. `kind`: `email`, `phone`, `date` or `text`. `kept`: rows that a law keeps as they are."""

    id: str
    category: str
    field: str
    value: str
    kind: str
    systems: tuple[str, ...]
    rows: int
    kept: int = 0
    grave: bool = False
    sensitive: bool = False
