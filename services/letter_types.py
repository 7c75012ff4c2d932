"""What crosses from the desk to a screen about letters."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter of the case and whether it went out: made, waiting (tried next at `again`), sent, failed (`reason`).

    `at`: when it was sent or failed. `failed`: people can have it sent again, or say how else the person was told.
    """

    id: str
    template: str
    language: str
    state: str
    medium: str = ""
    version: str = ""
    reason: str = ""
    at: datetime | None = None
    again: datetime | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class LetterText:
    """The words of a letter, as it left, as it could not leave, or as it would leave now."""

    template: str
    version: str
    language: str
    subject: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Printed:
    """A letter as a file to be printed: its name in the outbox of the workers, and whether it has an address."""

    file: str
    addressed: bool
