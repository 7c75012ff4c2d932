"""Reads all entries once, a tile (256) at a time: hashes, order, canonical form. Memory stays flat."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain, islice
from typing import Any

from services.action_log import canonical
from services.action_log.entry import VERSION, parse
from services.action_log.known import StoredTile
from services.action_log.merkle import HASH_BYTES, Frontier, fold_peaks, perfect_root
from services.action_log.report import Kind
from services.action_log.tiles import HEIGHT, WIDTH, split
from services.errors import BadInput

PRUNED = b'{"act":"log.pruned",'
"""How an entry begins that says up to where bodies were taken out of the log."""
ROTATED = b'{"act":"key.rotated",'
"""How an entry that names the log's next key begins."""
KEPT = (b'{"act":"log.opened",', ROTATED)
"""How the entries begin that stay all the same: they name the log's keys."""
NOTED = b'{"act":"sync.receipt",'
"""How an entry begins that says what central had signed for."""
_TOLD = (PRUNED, ROTATED, NOTED)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something is wrong with entries [first, last]. `by_tile`: only a stored tile says so, and it may be the liar."""

    kind: Kind
    first: int
    last: int
    detail: str
    by_tile: bool = False


Odd = Callable[[Sequence[bytes], int, str], Finding | None]
"""(bodies, place of the first, log) → the first of them that is not what may stand there."""


@dataclass(slots=True)
class Part:
    """What came of entries from `start` (a tile's first) on: roots of full tiles, leaf hashes after the last of them,
    peaks inside a tile at the sizes asked for, what entries tell of the log itself (`_TOLD`), the first thing wrong.
    Small: it crosses between processes."""

    start: int
    count: int = 0
    tile_roots: list[bytes] = field(default_factory=list)
    tail: list[bytes] = field(default_factory=list)
    inner: dict[int, list[bytes]] = field(default_factory=dict)
    told: list[tuple[int, bytes]] = field(default_factory=list)
    wrong: Finding | None = None
    broken_off: bool = False

    def note(self, finding: Finding | None) -> None:
        """Keeps the first finding."""
        if self.wrong is None:
            self.wrong = finding


@dataclass(slots=True)
class Reading:
    """All parts joined: the tree, roots at the sizes asked for, roots of full tiles, leaf hashes after the last of
    them, what entries tell of the log itself, the first thing wrong."""

    frontier: Frontier = field(default_factory=Frontier)
    roots: dict[int, bytes] = field(default_factory=dict)
    tile_roots: list[bytes] = field(default_factory=list)
    tail: list[bytes] = field(default_factory=list)
    told: list[tuple[int, bytes]] = field(default_factory=list)
    wrong: Finding | None = None

    def telling(self, mark: bytes) -> list[tuple[int, bytes]]:
        """(seq, body) of the entries that begin with `mark`: `PRUNED`, `ROTATED` or `NOTED`; in order."""
        return [row for row in self.told if row[1].startswith(mark)]


def read_through(
    rows: Iterable[tuple[int, bytes]], log: str, stored: StoredTile, sizes: Iterable[int], cut: int = 0
) -> Reading:
    """Reads all entries, (seq, body) in order; `sizes` are tree sizes whose roots are wanted. Stops at a gap.

    Below `cut` only hashes are there, and few entries.
    """
    source = iter(rows)
    kept: list[tuple[int, bytes]] = []
    for row in source:
        if row[0] >= cut:
            source = chain([row], source)
            break
        kept.append(row)
    below = [read_hashes(kept, cut, log, stored, sizes)] if cut else []
    return join([*below, read_part(source, cut, log, stored, sizes)])


def read_hashes(
    kept: Iterable[tuple[int, bytes]], cut: int, log: str, stored: StoredTile, sizes: Iterable[int]
) -> Part:
    """The part [0, `cut`) of a log whose bodies were pruned, from its tiles; `kept` are the entries still there."""
    part, rows = Part(0), dict(kept)
    part.told = [row for row in rows.items() if row[1].startswith(_TOLD)]
    wanted = sorted(size for size in set(sizes) if 0 < size <= cut)
    for first in range(0, cut, WIDTH):
        data = stored(0, first // WIDTH) or b""
        leaves = split(data)
        if len(data) != WIDTH * HASH_BYTES:
            part.note(
                Finding("missing-entry", first, first + WIDTH - 1, "They were pruned, and their hashes are gone.")
            )
            part.broken_off = True
            return part
        while wanted and wanted[0] <= first + WIDTH:
            size = wanted.pop(0)
            part.inner[size] = _peaks(leaves[: size - first])
        root = perfect_root(leaves)
        above = stored(1, first // WIDTH // WIDTH) or b""
        if split(above)[first // WIDTH % WIDTH :][:1] != [root]:
            detail = "They were pruned, and their hashes are not those that were signed."
            part.note(Finding("tile-mismatch", first, first + WIDTH - 1, detail, by_tile=True))
        for seq in [seq for seq in rows if seq < first + WIDTH]:
            part.note(_kept_differs(seq, rows.pop(seq), leaves[seq - first], log))
        part.tile_roots.append(root)
        part.count += WIDTH
    return part


def odd_entry(bodies: Sequence[bytes], first: int, log: str) -> Finding | None:
    """The first entry that is not canonical or does not belong where it stands."""
    step = canonical.TOGETHER
    if all(_all_canonical(bodies[i : i + step], first + i, log) for i in range(0, len(bodies), step)):
        return None
    return _first_odd(bodies, first, log)


def read_part(
    rows: Iterable[tuple[int, bytes]],
    start: int,
    log: str,
    stored: StoredTile,
    sizes: Iterable[int],
    odd: Odd = odd_entry,
) -> Part:
    """Reads entries from `start` on, which is a tile's first, to the end of `rows` or to a gap."""
    part = Part(start)
    wanted = sorted(size for size in set(sizes) if size > start)
    source = iter(rows)
    while not part.broken_off and (block := list(islice(source, WIDTH))):
        first = start + part.count
        count = _in_order(block, first, part)
        bodies = [body for _, body in block[:count]]
        leaves = [sha256(b"\0" + body).digest() for body in bodies]  # leaf_hash, a million times
        theirs = stored(0, first // WIDTH)
        kept = None if theirs is None else split(theirs)
        if kept is not None and kept[:count] != leaves:
            part.note(_tile_differs(first, bodies, leaves, kept, stored))
        if part.wrong is None:
            part.note(odd(bodies, first, log))
        part.told += [row for row in block[:count] if row[1].startswith(_TOLD)]
        while wanted and wanted[0] <= first + count:
            size = wanted.pop(0)
            part.inner[size] = _peaks(leaves[: size - first])
        part.count += count
        if count == WIDTH:
            part.tile_roots.append(perfect_root(leaves))
        else:
            part.tail = leaves
    return part


def join(parts: Iterable[Part]) -> Reading:
    """The whole tree from its parts in order, up to the first gap."""
    reading = Reading()
    frontier = reading.frontier
    for part in parts:
        if part.start != frontier.size and (part.count or part.wrong):
            last = part.wrong.last if part.wrong is not None and not part.count else part.start - 1
            gap = Finding("missing-entry", frontier.size, last, f"After it comes entry {last + 1}.")
            reading.wrong = reading.wrong or gap
            break
        inside = defaultdict(list)
        for size in part.inner:
            inside[(size - 1 - part.start) // WIDTH].append(size)
        for number, root in enumerate([*part.tile_roots, None]):
            for size in inside[number]:
                reading.roots[size] = fold_peaks([*frontier.peaks, *part.inner.pop(size)])
            if root is not None:
                frontier.append_subtree(root, HEIGHT)
        for leaf in part.tail:
            frontier.append(leaf)
        reading.tail = part.tail
        reading.tile_roots += part.tile_roots
        reading.told += part.told
        reading.wrong = reading.wrong or part.wrong
        if part.broken_off:
            break
    return reading


def _peaks(leaves: Sequence[bytes]) -> list[bytes]:
    inner = Frontier()
    for leaf in leaves:
        inner.append(leaf)
    return inner.peaks


def _in_order(block: Sequence[tuple[int, bytes]], start: int, part: Part) -> int:
    """How many rows follow `start` without a gap."""
    if [seq for seq, _ in block] == list(range(start, start + len(block))):
        return len(block)
    count = next(i for i, (seq, _) in enumerate(block) if seq != start + i)
    expected, found = start + count, block[count][0]
    part.note(Finding("missing-entry", expected, max(expected, found - 1), f"After it comes entry {found}."))
    part.broken_off = True
    return count


def _all_canonical(bodies: Sequence[bytes], start: int, log: str) -> bool:
    """Whether each body is written again byte by byte, and says the place where it stands."""
    values: Any = canonical.read_all(bodies)
    if values is None:
        return False
    try:
        places = [(raw["log"], raw["seq"], raw["v"]) for raw in values]
    except (KeyError, TypeError):
        return False
    return places == [(log, seq, VERSION) for seq in range(start, start + len(bodies))]


def _first_odd(bodies: Sequence[bytes], start: int, log: str) -> Finding | None:
    """The first entry of a block that is not canonical or stands where it does not belong."""
    for seq, body in enumerate(bodies, start):
        raw = _parsed(body)
        if isinstance(raw, str):
            kind: Kind = "newer-entry" if raw.startswith("v:") else "not-canonical"
            return Finding(kind, seq, seq, f"The entry {raw}.")
        if raw["log"] != log:
            return Finding("foreign-entry", seq, seq, "The entry is of another log.")
        if raw["seq"] != seq:
            return Finding("reordered", seq, seq, f"Here stands what was written as entry {raw['seq']}.")
    return None


def _kept_differs(seq: int, body: bytes, leaf: bytes, log: str) -> Finding | None:
    """What is wrong with one entry that stays among pruned ones."""
    if seq < 0:
        return Finding("surplus-entry", seq, seq, "No entry has such a number.")
    found = _first_odd([body], seq, log)
    if found is None and leaf != sha256(b"\0" + body).digest():
        return Finding("edited-entry", seq, seq, "It differs from what was signed.")
    return found


def _tile_differs(
    start: int, bodies: Sequence[bytes], leaves: Sequence[bytes], kept: Sequence[bytes], stored: StoredTile
) -> Finding:
    """Which entries differ from the hashes their tile keeps, and whether they were moved or edited."""
    places = [i for i, pair in enumerate(zip(leaves, kept, strict=False)) if pair[0] != pair[1]]
    if not places:
        return Finding("tile-mismatch", start, start + len(leaves) - 1, "The tile has another length.", by_tile=True)
    first, last = start + places[0], start + places[-1]
    raw = _parsed(bodies[places[0]])
    if not isinstance(raw, str) and raw["seq"] != first and _leaf_at(raw["seq"], stored) == leaves[places[0]]:
        return Finding("reordered", first, last, f"Here stands what was written as entry {raw['seq']}.", by_tile=True)
    return Finding("edited-entry", first, last, f"{len(places)} differ from what was signed.", by_tile=True)


def _leaf_at(seq: int, stored: StoredTile) -> bytes | None:
    data = stored(0, seq // WIDTH)
    return None if data is None else split(data)[seq % WIDTH]


def _parsed(body: bytes) -> dict[str, Any] | str:
    """The raw entry, or why there is none."""
    try:
        return parse(body)
    except BadInput as exc:
        return str(exc)


def upper_tiles(tile_roots: Sequence[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """(level, index, data) of every tile above level 0, the unfinished ones too."""
    level, row = 1, list(tile_roots)
    while row:
        for index in range(0, len(row), WIDTH):
            yield level, index // WIDTH, b"".join(row[index : index + WIDTH])
        row = [perfect_root(row[i : i + WIDTH]) for i in range(0, len(row) - WIDTH + 1, WIDTH)]
        level += 1
