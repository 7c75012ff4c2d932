"""Everything the desk can say no with, as one tree.

DeskError
├── Refused        a rule says no; `reason` is a sentence, `next_key` what to press instead
│   └── ShutOut    central does not let this machine in any more
├── Conflict       the state moved on under the act (stale fence, stale base)
├── NotFound       no such case, agent, plan …
├── Unavailable    a part we need is away: central, worker, a data system, the network
├── Pending        a data system took the order and answers later; `until` is the day it named
├── Unusable       a store or file cannot be read: wrong key, damaged, newer schema
└── BadInput       what was given is wrong; `place` says where (file:line, option)
"""


class DeskError(Exception):
    """A sentence for a person: what happened, what was kept, which key comes next."""

    def __init__(self, reason: str, *, kept: str = "", next_key: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.kept = kept
        self.next_key = next_key


class Refused(DeskError):
    """A rule says no."""


class ShutOut(Refused):
    """Central does not let this machine in any more."""


class Conflict(DeskError):
    """The case moved on since it was read."""


class NotFound(DeskError):
    """There is no such thing, or not for this person."""


class Unavailable(DeskError):
    """A part that is needed does not answer."""


class Pending(DeskError):
    """A data system took the order and carries it out by `until`, the ISO day it named; ask again then."""

    def __init__(self, reason: str, *, until: str) -> None:
        super().__init__(reason)
        self.until = until


class Unusable(DeskError):
    """A store or a file is there and cannot be used."""


class BadInput(DeskError):
    """What was given is wrong; `place` is where: `file:line`, an option, a field."""

    def __init__(self, reason: str, *, place: str = "", kept: str = "", next_key: str = "") -> None:
        super().__init__(reason, kept=kept, next_key=next_key)
        self.place = place

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason
