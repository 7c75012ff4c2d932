"""The tree as 256-wide tiles (c2sp.org/tlog-tiles): tile (L, n) holds hashes of the nodes (8·L, 256·n …)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from services.action_log.merkle import HASH_BYTES, NodeReader, perfect_root
from services.errors import Unusable

WIDTH = 256
HEIGHT = 8

TileReader = Callable[[int, int], bytes]
"""(level, index) → the hashes of that tile joined; fewer than 256 at the right edge."""


@dataclass(frozen=True, slots=True)
class Tile:
    """Hashes of one tile joined, full (8,192 bytes) at level 0, perhaps growing above."""

    level: int
    index: int
    data: bytes


@dataclass(slots=True)
class TileEdge:
    """The right edge: hashes that wait for their tile to fill. Level 0 is stored when full, others as they grow."""

    size: int = 0
    rows: list[list[bytes]] = field(default_factory=lambda: [[]])

    def append(self, leaf: bytes) -> list[Tile]:
        """Adds a leaf hash; returns the tiles to store."""
        self.rows[0].append(leaf)
        self.size += 1
        return self._carry() if len(self.rows[0]) == WIDTH else []

    def _carry(self) -> list[Tile]:
        tiles: list[Tile] = []
        level, count = 0, self.size
        while len(self.rows[level]) == WIDTH:
            full = self.rows[level]
            count //= WIDTH
            if level == 0:
                tiles.append(Tile(0, count - 1, b"".join(full)))
            self.rows[level] = []
            level += 1
            if level == len(self.rows):
                self.rows.append([])
            self.rows[level].append(perfect_root(full))
            tiles.append(Tile(level, (count - 1) // WIDTH, b"".join(self.rows[level])))
        return tiles


def split(data: bytes) -> list[bytes]:
    """The hashes of a tile."""
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]


def edge_of(size: int, read: TileReader, tail: Sequence[bytes]) -> TileEdge:
    """The right edge of a log of `size` entries; `tail` are the leaf hashes above the last full tile."""
    rows = [list(tail)]
    count = size // WIDTH
    level = 1
    while count:
        part = count % WIDTH
        rows.append(split(read(level, count // WIDTH))[:part] if part else [])
        count //= WIDTH
        level += 1
    return TileEdge(size, rows)


def node_reader(read: TileReader) -> NodeReader:
    """Hash of any complete node from tiles, each tile read once; raises `Unusable` when a tile is too short."""
    fetch = lru_cache(maxsize=64)(read)

    def node(level: int, index: int) -> bytes:
        rung, inner = divmod(level, HEIGHT)
        first = index << inner
        data = fetch(rung, first // WIDTH)
        start = first % WIDTH * HASH_BYTES
        part = data[start : start + (HASH_BYTES << inner)]
        if len(part) != HASH_BYTES << inner:
            raise Unusable(f"The log's tile {rung}/{first // WIDTH} is missing or short: run `log verify`.")
        return perfect_root(split(part))

    return node
