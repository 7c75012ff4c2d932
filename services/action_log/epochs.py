"""Epochs of a log's key: each key signs a stretch of the log, names the next one, and is erased (action-log.md 4).

The entry `key.rotated` is the last that a key signs. The note over the tree that ends with it is the epoch's seal and
stays for good: who holds today's key alone cannot make another past for it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.action_log import checkpoint
from services.action_log.act import from_params
from services.action_log.acts import KeyRotated
from services.action_log.entry import decode
from services.action_log.merkle import TreeHead
from services.action_log.read_through import Finding
from services.errors import BadInput

STRIDE = 1024
"""Entries at most from one kept note of an epoch to the next: a batch for central ends at one of them."""


@dataclass(slots=True)
class Chain:
    """Keys of a log by epoch from `number` on; `ends` are the sizes of the trees that they signed last.

    It starts where the key `first` begins to sign: at the size `start`, 0 for the enrolled key.
    """

    first: bytes
    number: int = 0
    start: int = 0
    ends: list[int] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)

    def rotate(self, seq: int, body: bytes) -> None:
        """Goes on with the key that the entry `body` at `seq` names; raises `BadInput`."""
        entry = decode(body)
        act = from_params(entry.act, entry.params)
        if not isinstance(act, KeyRotated):
            raise BadInput("names no key")
        if act.epoch != self.epoch + 1:
            raise BadInput(f"begins epoch {act.epoch} where {self.epoch + 1} is next")
        self.ends.append(seq + 1)
        self.keys.append(bytes.fromhex(act.public_key))

    @property
    def epoch(self) -> int:
        """The newest epoch."""
        return self.number + len(self.ends)

    @property
    def sealed(self) -> int:
        """Entries that a key signed which is gone by now."""
        return self.ends[-1] if self.ends else self.start

    @property
    def key(self) -> bytes:
        """The key in force."""
        return self.keys[-1] if self.keys else self.first

    def key_at(self, size: int) -> bytes:
        """The key that signs the tree of `size`."""
        place = bisect_left(self.ends, size)
        return self.keys[place - 1] if place else self.first

    def epoch_at(self, size: int) -> int:
        """The epoch whose key signs the tree of `size`."""
        return self.number + bisect_left(self.ends, size)

    def began(self, size: int) -> int:
        """Where the epoch begins whose key signs the tree of `size`."""
        place = bisect_left(self.ends, size)
        return self.ends[place - 1] if place else self.start

    def head(self, note: str, origin: str) -> TreeHead:
        """The head in a note of this log that is signed by the key of its epoch; raises `BadInput`, `BadSignature`."""
        return checkpoint.verify(note, origin, self.key_at(checkpoint.parse(note).head.size))

    def is_retired(self, note: str, origin: str) -> bool:
        """Whether the note is signed by a key of this log, past that key's epoch."""
        for key in (self.first, *self.keys[:-1]):
            try:
                checkpoint.verify(note, origin, key)
            except BadInput:
                continue
            return True
        return False


def follow(chain: Chain, rotations: Iterable[tuple[int, bytes]]) -> Finding | None:
    """Goes on along the entries `key.rotated` (seq, body); what is wrong with the first that names no next key."""
    for seq, body in rotations:
        try:
            chain.rotate(seq, body)
        except BadInput as exc:
            return Finding("bad-seal", seq, seq, f"The entry {exc}.")
    return None


def check_seals(
    chain: Chain, seals: Mapping[int, str], roots: Mapping[int, bytes], origin: str, after: int = 0
) -> Finding | None:
    """Each epoch that ended after that size has its seal; each seal (note by size) is by its key, over the entries."""
    for size in sorted({size for size in (*chain.ends, *seals) if size > after}):
        first, last = chain.began(size), size - 1
        if size not in seals:
            return Finding("seal-missing", first, last, "The key that signed these is gone, and its last note too.")
        try:
            head = chain.head(seals[size], origin)
        except checkpoint.BadSignature as exc:
            whose = "is not signed by the key of that time" if exc.foreign else exc.reason
            return Finding("bad-seal", first, last, f"The note that seals them {whose}.")
        except BadInput as exc:
            return Finding("bad-seal", first, last, f"The note that seals them {exc.reason}.")
        if head != TreeHead(size, roots.get(size, b"")):
            return Finding("bad-seal", first, last, "One of these is not what was sealed.")
    return None
