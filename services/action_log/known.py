"""What a log is held against: what stands in its file beside the entries, and what is known from outside."""

from collections.abc import Callable
from dataclasses import dataclass

from services.action_log.merkle import TreeHead

StoredTile = Callable[[int, int], bytes | None]
"""(level, index) → the stored tile, None when there is none."""


@dataclass(frozen=True, slots=True)
class Known:
    """From outside: the log's origin and enrolled Ed25519 key, the head that this machine's vault kept (anchor), the
    head that central accepted, central's cosigner name and key.

    Whatever is None cannot be checked, and the report says so.
    """

    public_key: bytes | None = None
    origin: str | None = None
    anchor: TreeHead | None = None
    accepted: TreeHead | None = None
    cosigner: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """From the file: head row, tiles, receipts (size, note) and seals (size, note, epoch) by size.

    `tiles` is how many tiles there are. Below `cut` bodies are gone, and an entry of the log must say so.
    """

    size: int
    frontier: bytes
    checkpoint: str
    tile: StoredTile
    tiles: int
    receipts: tuple[tuple[int, str], ...] = ()
    cut: int = 0
    seals: tuple[tuple[int, str, int], ...] = ()
