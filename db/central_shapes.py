"""What passes between a terminal and central: plain values, importable without the data layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

BATCH = 2048
"""Entries in one hand-in, at most (action-log.md 6.2)."""
HEAVY = 60_000_000
"""Bytes of entries, and of details, above which a hand-in is made smaller; central takes no more than 68 million."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Where central stands with a log: entries held, entries in the inbox, newest cosigned checkpoint, refusal."""

    size: int
    pending: int
    receipt: str
    problem: str


@dataclass(frozen=True, slots=True)
class Feed:
    """Where the change feed stands, and how long ago a worker gave a sign of life (s by central's clock; inf: never).

    With another `word` than before all that was copied is fetched again, also where the `mark` that was kept with it
    is not `known`: central went back to before it. A mark is the newest entry as it was accepted.
    """

    word: str
    latest: int
    worker_ago: float
    mark: str
    known: bool


@dataclass(frozen=True, slots=True)
class CaseSnapshot:
    """A case as central has folded it, and how much of the asking log is in it."""

    body: bytes
    rev: int
    own_size: int


class Accepted(NamedTuple):
    """An entry as central accepted it, at `at` (µs); `late` when another worker had its job by then: it counts not."""

    log: str
    seq: int
    at: int
    late: bool
    body: bytes


def pack_details(details: Sequence[tuple[str, str, str, bytes]]) -> bytes:
    """(hash, owner, kind, blob) as JSON bytes with hex blobs."""
    return orjson.dumps([(h, o, k, b.hex()) for h, o, k, b in details]) if details else b""


def unpack_details(packed: bytes) -> list[dict[str, object]]:
    """Back from `pack_details`, as rows of `detail`."""
    if not packed:
        return []
    return [{"hash": h, "owner": o, "kind": k, "blob": bytes.fromhex(b)} for h, o, k, b in orjson.loads(packed)]
