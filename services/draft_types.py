"""What a review shows of a draft: a line for all that was proposed of a field, and for a field without."""

from dataclasses import dataclass
from typing import Literal

DraftState = Literal["open", "holds", "accepted", "changed", "not-personal", "no-reference", ""]
"""`open`: it waits for a person; `holds`: it was sure enough to hold at once; empty: nothing was proposed."""
DraftDecision = Literal["accepted", "changed", "not-personal", "no-reference"]


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A category or a reference (`collection.field`) that was proposed of a field, how sure (0-1) and why in words.

    `categories` are those of the field that hold now; `joins` what it refers to, or may, in words.
    """

    key: str
    dataset: str
    collection: str
    field: str
    data_type: str
    of: Literal["category", "reference", ""]
    said: str
    confidence: float
    because: str
    state: DraftState
    categories: tuple[str, ...]
    joins: tuple[str, ...]

    @property
    def asked(self) -> bool:
        """Whether it waits for a person, or waited."""
        return self.state not in ("", "holds")


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft as it stands: its lines in the order of the files, how many of the questions are open.

    `categories` is what can be chosen from; `can_undo`: a decision of this sitting can be taken back. `reads` counts
    how often its files were read: once more, and somebody else has changed them. `number` grows with every change.
    """

    folder: str
    system: str
    controller: str
    lines: tuple[DraftLine, ...]
    open: int
    asked: int
    categories: tuple[str, ...]
    can_undo: bool = False
    reads: int = 1
    number: int = 0


@dataclass(frozen=True, slots=True)
class DraftFound:
    """A folder with a draft: so many of its questions are open, of so many. `fault`: why it cannot be read."""

    folder: str
    system: str
    controller: str
    open: int = 0
    asked: int = 0
    fault: str = ""
