"""What the person was asked while the time may stand still, and what came in again (rules.md 2.2, INT-8, INT-9)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the person while whose answer the time may stand still. `on`, `answered` (empty while open) and
    `chased` are ISO days; `what`, `ground`, `fair` and `by` as in `clock.asked`. `waits`: a letter that has not left.
    """

    id: str
    what: str
    ground: str
    fair: bool
    on: str
    answered: str = ""
    chased: tuple[str, ...] = ()
    waits: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """It was asked for again: `kind` is `reminder` or `merged`, `number` the case that ended in this one."""

    kind: str
    at: int
    on: str
    number: str = ""
