"""Central's aggregate: a tree whose leaves are the checkpoints of logs that central accepted, signed by central.

Whoever holds its head holds every log at once: a witness cosigns one line for all. A leaf is the text of a log's
signed note; the head is a checkpoint of the origin `<deployment>/aggregate` under the key that central cosigns with.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from services.action_log import checkpoint
from services.action_log.merkle import HASH_BYTES, Frontier, NodeReader, TreeHead, node_hash
from services.action_log.read_through import Finding
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


@dataclass(slots=True)
class Leaves:
    """Reads leaves from place `known` on; `logs` are the enrolled ones by origin.

    `newest` is the newest head of each log so far. `since` are the notes that came from `known` on, kept only where
    somebody looks whether the log signed and still begins with each (`keep`).
    """

    logs: Mapping[str, str]
    known: int = 0
    newest: dict[str, TreeHead] = field(default_factory=dict)
    keep: bool = False
    since: dict[str, list[str]] = field(default_factory=dict)

    def odd(self, bodies: Sequence[bytes], first: int, _log: str) -> Finding | None:
        """The first leaf that is no checkpoint of an enrolled log, or that takes its log back."""
        return next((found for place, body in enumerate(bodies, first) if (found := self._leaf(place, body))), None)

    def _leaf(self, place: int, body: bytes) -> Finding | None:
        if place < self.known:
            return None
        try:
            note = body.decode()
            point = checkpoint.parse(note)
        except (BadInput, UnicodeDecodeError):
            return Finding("bad-checkpoint", place, place, "It is no checkpoint.")
        log = self.logs.get(point.origin)
        if log is None:
            return Finding("foreign-entry", place, place, "It is the checkpoint of no enrolled log.")
        before = self.newest.get(log)
        if before is not None and point.head.size <= before.size:
            detail = f"Central accepted {point.head.size} entries of the log {log} after {before.size} of it."
            return Finding("rolled-back", place, place, detail)
        self.newest[log] = point.head
        if self.keep:
            self.since.setdefault(log, []).append(note)
        return None
