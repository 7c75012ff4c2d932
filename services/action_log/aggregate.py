"""Central's aggregate: a tree whose leaves are the checkpoints of logs that central accepted, signed by central.

Whoever holds its head holds every log at once: a witness cosigns one line for all. A leaf is the text of a log's
signed note; the head is a checkpoint of the origin `<deployment>/aggregate` under the key that central cosigns with.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.action_log import checkpoint
from services.action_log.merkle import HASH_BYTES, Frontier, NodeReader, TreeHead, node_hash
from services.action_log.read_through import Finding
from services.action_log.report import Kind
from services.errors import BadInput

AGGREGATE = "aggregate"
"""What it is called where logs go by their id."""


def origin_of(deployment: str) -> str:
    """The aggregate's origin, which is also its key's name."""
    return f"{deployment}/{AGGREGATE}"


def grow(frontier: Frontier, leaf: bytes) -> bytes:
    """Adds a leaf hash; the nodes that it completes, lowest first, joined: stored with it, they make every proof."""
    nodes, rest, peaks = [leaf], frontier.size, list(frontier.peaks)
    while rest & 1:
        nodes.append(node_hash(peaks.pop(), nodes[-1]))
        rest >>= 1
    frontier.append(leaf)
    return b"".join(nodes)


def node_reader(nodes_of: Callable[[int], bytes]) -> NodeReader:
    """Any complete node, from what was stored with the leaf that completed it."""

    def node(level: int, index: int) -> bytes:
        stored = nodes_of((index + 1 << level) - 1)
        return stored[level * HASH_BYTES : (level + 1) * HASH_BYTES]

    return node


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose checkpoints a leaf may hold: an enrolled log and its key."""

    log: str
    public_key: bytes


@dataclass(slots=True)
class Leaves:
    """Reads leaves from place `known` on, each against the log that it is of: `owners` go by origin.

    `newest` is the newest checkpoint of each log so far; `since` are all that came from `known` on, kept only where
    somebody looks whether the log still begins with each (`keep`).
    """

    owners: Mapping[str, Owner]
    known: int = 0
    newest: dict[str, TreeHead] = field(default_factory=dict)
    keep: bool = False
    since: dict[str, list[TreeHead]] = field(default_factory=dict)

    def odd(self, bodies: Sequence[bytes], first: int, _log: str) -> Finding | None:
        """The first leaf that is no checkpoint of an enrolled log, or that takes its log back."""
        return next((found for place, body in enumerate(bodies, first) if (found := self._leaf(place, body))), None)

    def _leaf(self, place: int, body: bytes) -> Finding | None:
        if place < self.known:
            return None
        try:
            note = body.decode()
            origin = checkpoint.parse(note).origin
            owner = self.owners.get(origin)
            if owner is None:
                return _wrong("foreign-entry", place, "It is the checkpoint of no enrolled log.")
            head = checkpoint.verify(note, origin, owner.public_key)
        except checkpoint.BadSignature as exc:
            return _wrong("bad-signature", place, f"The checkpoint {exc.reason}.")
        except (BadInput, UnicodeDecodeError):
            return _wrong("bad-checkpoint", place, "It is no checkpoint.")
        before = self.newest.get(owner.log)
        if before is not None and head.size <= before.size:
            detail = f"Central accepted {head.size} entries of the log {owner.log} after {before.size} of it."
            return _wrong("rolled-back", place, detail)
        self.newest[owner.log] = head
        if self.keep:
            self.since.setdefault(owner.log, []).append(head)
        return None


def owners_of(logs: Iterable[tuple[str, str, bytes]]) -> dict[str, Owner]:
    """Owners by origin, from (log, origin, key)."""
    return {origin: Owner(log, key) for log, origin, key in logs}


def _wrong(kind: Kind, place: int, detail: str) -> Finding:
    return Finding(kind, place, place, detail)
