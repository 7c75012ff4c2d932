"""The circumstances in which somebody asks what they may do, and when an approved erasure may begin."""

from dataclasses import dataclass

from services.cases.case import Item
from services.types import Session


@dataclass(frozen=True, slots=True)
class Moment:
    """The circumstances of one question to the table. `now` is µs UTC; `online` whether central answers."""

    session: Session
    now: int
    online: bool
    wait_us: int

    @property
    def actor(self) -> str:
        return self.session.actor


def run_at(item: Item, wait_us: int) -> int:
    """When an approved erasure may begin: the waiting period starts at approval (rules.md ERA-7). µs UTC."""
    return item.approved_at + wait_us
