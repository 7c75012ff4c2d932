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
    is not `known`: central went back to before it. A mark is the newest entry as it was accepted. `halts` says what is
    halted (`halts_in`).
    """

    word: str
    latest: int
    worker_ago: float
    mark: str
    known: bool
    halts: str = ""


@dataclass(frozen=True, slots=True)
class CaseSnapshot:
    """A case as central has folded it, and how much of the asking log is in it.

    `on_hold`: 1 when a legal hold covers some of the person's data, 2 when all of them.
    """

    body: bytes
    rev: int
    own_size: int
    on_hold: int = 0


HALT = "halt"
"""The key of the fact that says what is halted."""
ALL = "*"
"""Stands for every controller where a halt is for all."""


class Halt(NamedTuple):
    """Who halted the execution of requests, why (a code), and when (µs)."""

    by: str
    reason: str
    since: int


def halts_in(value: str | None) -> dict[str, Halt]:
    """Halts by controller out of the fact's text; empty where there is none."""
    return {key: Halt(*one) for key, one in orjson.loads(value or "{}").items()}


LETTER = "letter:"
"""Begins the name under which a job says how far its mail is, before the letter's id."""


class Progress(NamedTuple):
    """Where a job is in a system or with a letter: what a case screen shows beside the acts. `until` in µs, 0: none."""

    item: str
    system: str
    state: str
    done: int
    reason: str
    until: int


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
