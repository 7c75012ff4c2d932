"""What crosses to the screens of what did not count and waits to be settled."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Unsettled:
    """The entry `seq` of `log`, which did not count. `kind`: a `conflict` of a case, `closed` in a log from which
    central never took it, or a `draft` of this desk that it has not decided on.

    `text` says what was asked, `at` when, `met` when central met it, `why` why it was not taken. `no_repeat` and
    `no_drop` say why this person may not settle it so (empty: they may); `pin` that repeating needs the PIN.
    """

    kind: str
    log: str
    seq: int
    case: str
    controller: str
    text: str
    who: str
    at: datetime
    met: datetime | None
    why: str
    holder: str = ""
    no_repeat: str = ""
    no_drop: str = ""
    pin: bool = False

    @property
    def place(self) -> tuple[str, int]:
        return self.log, self.seq
