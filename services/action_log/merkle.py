"""The tree over a log: RFC 6962 hashes, a compact range that grows, inclusion and consistency proofs.

Nodes are named (level, index): level 0 are leaves, node (l, i) covers leaves [i·2ˡ, (i+1)·2ˡ). A `NodeReader`
gives the hash of any node that is complete; `tiles.py` has one over 256-wide tiles.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

from services.errors import BadInput

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

NodeReader = Callable[[int, int], bytes]


class TreeHead(NamedTuple):
    """A tree of `size` entries has this `root` (32 bytes)."""

    size: int
    root: bytes


def leaf_hash(body: bytes) -> bytes:
    """RFC 6962 2.1: hash of a leaf."""
    return sha256(b"\0" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 2.1: hash of an inner node."""
    return sha256(b"\1" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Root of a complete subtree over 2ᵏ hashes."""
    level = list(hashes)
    while len(level) > 1:
        pairs = iter(level)
        level = [sha256(b"\1" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return level[0]


class Frontier:
    """The compact range [0, size): roots of the complete subtrees, largest first. Grows, has a root, fits in 1 kB."""

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size < 0 or size.bit_count() != len(peaks) or any(len(peak) != HASH_BYTES for peak in peaks):
            raise BadInput("is not a compact range")
        self.size = size
        self.peaks = list(peaks)

    def append(self, leaf: bytes) -> None:
        """Adds one leaf hash."""
        self.append_subtree(leaf, 0)

    def append_subtree(self, root: bytes, level: int) -> None:
        """Adds the complete subtree of 2^level leaves with this root; the size must be a multiple of 2^level."""
        rest = self.size >> level
        if rest << level != self.size:
            raise BadInput("a subtree was added at a place where it does not fit")
        while rest & 1:
            root = sha256(b"\1" + self.peaks.pop() + root).digest()
            rest >>= 1
        self.peaks.append(root)
        self.size += 1 << level

    def root(self) -> bytes:
        """RFC 6962 root of the tree so far."""
        return fold_peaks(self.peaks)

    def head(self) -> TreeHead:
        """Size and root."""
        return TreeHead(self.size, self.root())

    def copy(self) -> "Frontier":
        """The same range, grown apart from this one."""
        return Frontier(self.size, self.peaks)

    def to_bytes(self) -> bytes:
        """The peaks, largest first; the size stands beside them."""
        return b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> "Frontier":
        """Reads what `to_bytes` wrote; raises `BadInput`."""
        return cls(size, [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)])


def fold_peaks(peaks: Sequence[bytes]) -> bytes:
    """Root over the peaks of a compact range."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in peaks[-2::-1]:
        root = sha256(b"\1" + peak + root).digest()
    return root


def cover(start: int, stop: int) -> list[tuple[int, int]]:
    """Complete nodes (level, index), left to right, that together cover leaves [start, stop)."""
    nodes = []
    while start < stop:
        aligned = (start & -start).bit_length() - 1 if start else stop.bit_length()
        level = min(aligned, (stop - start).bit_length() - 1)
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def root_at(size: int, node: NodeReader) -> bytes:
    """Root of the first `size` leaves."""
    return fold_peaks([node(level, index) for level, index in cover(0, size)])


def range_root(start: int, stop: int, node: NodeReader) -> bytes:
    """Hash of the subtree over [start, stop) as RFC 6962 splits it; `start` is a multiple of the next power of two."""
    return fold_peaks([node(level, index) for level, index in cover(start, stop)])


def inclusion_proof(index: int, size: int, node: NodeReader) -> list[bytes]:
    """RFC 6962 2.1.1: the audit path of leaf `index` in the tree of `size`; raises `BadInput`."""
    if not 0 <= index < size:
        raise BadInput(f"there is no entry {index} in a log of {size}")
    path: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(range_root(middle, stop, node))
            stop = middle
        else:
            path.append(range_root(start, middle, node))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, node: NodeReader) -> list[bytes]:
    """RFC 6962 2.1.2: that the tree of `old` leaves is a prefix of the tree of `new`; raises `BadInput`."""
    if not 0 < old <= new:
        raise BadInput(f"there is no tree of {old} in a log of {new}")
    path: list[bytes] = []
    start, stop, known = 0, new, True
    while old != stop:
        middle = start + _split(stop - start)
        if old <= middle:
            path.append(range_root(middle, stop, node))
            stop = middle
        else:
            path.append(range_root(start, middle, node))
            start, known = middle, False
    if not known:
        path.append(range_root(start, stop, node))
    return path[::-1]


def check_inclusion(leaf: bytes, index: int, head: TreeHead, path: Sequence[bytes]) -> bool:
    """Whether `path` proves that leaf hash `leaf` is entry `index` of the tree `head` (RFC 9162 2.1.3.2)."""
    if not 0 <= index < head.size:
        return False
    place, last, root = index, head.size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            root = node_hash(sibling, root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and root == head.root


def check_consistency(old: TreeHead, new: TreeHead, path: Sequence[bytes]) -> bool:
    """Whether `path` proves that the tree `old` is a prefix of the tree `new` (RFC 9162 2.1.4.2)."""
    if old.size == new.size:
        return not path and old.root == new.root
    if not 0 < old.size < new.size:
        return False
    hashes = list(path)
    if old.size & (old.size - 1) == 0:
        hashes.insert(0, old.root)
    if not hashes:
        return False
    place, last = old.size - 1, new.size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and first == old.root and second == new.root


def _split(width: int) -> int:
    """The largest power of two below `width`."""
    return 1 << (width - 1).bit_length() - 1
