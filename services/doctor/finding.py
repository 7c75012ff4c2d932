"""One line of an examination."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from services.errors import DeskError

State = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, what was seen, and what to do when it is not well."""

    subject: str
    state: State
    seen: str
    todo: str = ""


def looked(subject: str, look: Callable[[], Iterator[Finding]], todo: str) -> list[Finding]:
    """What `look` finds; when it cannot even look, that is a finding with its reason and `todo`."""
    try:
        return list(look())
    except DeskError as error:
        return [Finding(subject, "bad", str(error), todo)]
    except OSError as error:
        return [Finding(subject, "bad", f"cannot be read ({error.strerror or type(error).__name__})", todo)]
