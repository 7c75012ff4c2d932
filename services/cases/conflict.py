"""What a case keeps of an entry that did not count."""

from dataclasses import dataclass

from services.action_log.act import Params
from services.action_log.entry import Entry


@dataclass(frozen=True, slots=True)
class Conflict:
    """The entry `seq` of `log`, which did not count: who did what in it, when (`ts`), when central met it (`at`, µs;
    0 for a closed log's, which it never did), and why it did not."""

    log: str
    seq: int
    op: str
    act: str
    params: Params
    item: str
    actor: str
    details: tuple[str, ...]
    ts: int
    at: int
    reason: str


def conflict_of(entry: Entry, reason: str, at: int) -> Conflict:
    """What stands of an entry that did not count."""
    return Conflict(
        entry.log,
        entry.seq,
        entry.op,
        entry.act,
        entry.params,
        entry.item or "",
        entry.actor,
        entry.details,
        entry.ts,
        at,
        reason,
    )
