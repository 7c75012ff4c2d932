"""What a witness decides about one log: whether what central shows now continues what was seen last.

Values in, values out. A witness stands where the administrator of central's database has no hand, and trusts its own
memory alone: the key that a log had at first sight, the newest head, and hashes that name the place of a change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from services.action_log import checkpoint
from services.action_log.aggregate import Leaves
from services.action_log.entry import check_log_id
from services.action_log.epochs import Chain, check_seals, follow
from services.action_log.merkle import EMPTY_ROOT, Frontier, TreeHead
from services.action_log.read_through import ROTATED, Finding, Odd, Part, Reading, join, odd_entry, read_part
from services.action_log.report import Kind
from services.action_log.tiles import HEIGHT, WIDTH
from services.errors import BadInput

NOTHING = TreeHead(0, EMPTY_ROOT)


@dataclass(frozen=True, slots=True)
class Shown:
    """A log as central shows it: origin and keys as enrolled, its own head, the log's note, central's cosigned note.

    `next_key` opens the log that follows, should this one break.
    """

    log: str
    origin: str
    public_key: bytes
    size: int
    checkpoint: str
    receipt: str
    next_key: bytes = b""


@dataclass(frozen=True, slots=True)
class Seen:
    """A log as the witness remembers it: roots of its full tiles (256 entries), leaf hashes above the last of them.

    `keys` are those after the first that signed what was seen: the size from which on, and the key.
    """

    log: str
    origin: str
    public_key: bytes
    head: TreeHead
    tiles: tuple[bytes, ...] = ()
    tail: tuple[bytes, ...] = ()
    keys: tuple[tuple[int, bytes], ...] = ()
    next_key: bytes = b""

    def is_sound(self) -> bool:
        """Whether the hashes lead to the head."""
        frontier = Frontier()
        for root in self.tiles:
            frontier.append_subtree(root, HEIGHT)
        for leaf in self.tail:
            frontier.append(leaf)
        return len(self.tail) < WIDTH and frontier.head() == self.head

    def start(self) -> int:
        """Where its last, unfinished tile begins."""
        return len(self.tiles) * WIDTH


@dataclass(frozen=True, slots=True)
class Alarm:
    """A log is not what was seen, or not what was signed; [`first`, `last`] are the entries concerned."""

    log: str
    kind: Kind | Literal["log-gone", "not-in-aggregate"]
    detail: str
    first: int | None = None
    last: int | None = None

    @property
    def place(self) -> str:
        """`entry 17`, `entries 512 to 600`, or nothing."""
        if self.first is None:
            return ""
        return f"entry {self.first}" if self.last in (None, self.first) else f"entries {self.first} to {self.last}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the aggregate says of a log: the newest head accepted, and the notes since the last look, oldest first."""

    newest: TreeHead | None
    since: Sequence[str] = ()

    def marks(self, start: int, size: int) -> list[tuple[TreeHead, str]]:
        """Those that can be held against entries [`start`, `size`)."""
        heads = ((checkpoint.parse(note).head, note) for note in self.since)
        return [(head, note) for head, note in heads if start < head.size <= size]


def look(
    shown: Shown,
    seen: Seen | None,
    rows: Iterable[tuple[int, bytes]],
    start: int,
    cosigner: tuple[str, bytes],
    seals: Mapping[int, str],
    accepted: Accepted | None = None,
) -> Seen | Alarm:
    """What to remember now, or what is wrong. `rows` are the log's entries from `start` on, in order, `seals` the notes
    by its earlier keys by size.

    `start` is 0, or where the remembered unfinished tile begins: then what is older is taken as remembered.
    `accepted` where the aggregate was read too.
    """
    return no_log(shown) or _read(shown, seen, rows, start, odd_entry, cosigner, seals, accepted)


def look_at_aggregate(
    shown: Shown, seen: Seen | None, rows: Iterable[tuple[int, bytes]], start: int, leaves: Leaves
) -> Seen | Alarm:
    """The same of central's aggregate, whose `rows` are accepted checkpoints; `leaves` then knows what they say."""
    return _read(shown, seen, rows, start, leaves.odd, None, {}, None)


def _read(
    shown: Shown,
    seen: Seen | None,
    rows: Iterable[tuple[int, bytes]],
    start: int,
    odd: Odd,
    cosigner: tuple[str, bytes] | None,
    seals: Mapping[int, str],
    accepted: Accepted | None,
) -> Seen | Alarm:
    head = _identity(shown, seen) or _size(shown, seen) or _claimed(shown)
    if isinstance(head, Alarm):
        return head
    old = seen or Seen(shown.log, shown.origin, shown.public_key, NOTHING, next_key=shown.next_key)
    new_seals = {size: note for size, note in seals.items() if start < size <= shown.size}
    marks = [] if accepted is None else accepted.marks(start, head.size)
    sizes = [old.head.size, *new_seals, *(mark.size for mark, _ in marks)]
    part = read_part(rows, start, shown.log, lambda _level, _index: None, sizes, odd)
    before = [Part(0, start, list(old.tiles))] if start else []
    reading = join([*before, part])
    known = [one for one in old.keys if one[0] <= start]
    chain = Chain(shown.public_key, ends=[size for size, _ in known], keys=[key for _, key in known])
    astray = follow(chain, reading.telling(ROTATED))
    return (
        _signed(shown, chain, head, cosigner)
        or _entries(shown, part, reading)
        or _history(shown, old, part, reading, head)
        or _marks(shown, old, reading, marks, chain)
        or _sealed(shown, astray or check_seals(chain, new_seals, reading.roots, shown.origin, start))
        or _newest(shown, head, accepted)
        or replace(
            old,
            head=head,
            tiles=tuple(reading.tile_roots),
            tail=tuple(part.tail),
            keys=tuple(zip(chain.ends, chain.keys, strict=True)),
        )
    )


def no_log(shown: Shown) -> Alarm | None:
    """Something that is listed under what is no log's id: it names files and lines of ours, so nothing else will do."""
    try:
        check_log_id(shown.log)
    except BadInput:
        return Alarm("?", "bad-checkpoint", "Central lists a log under what is no log's id.")
    return None


def _identity(shown: Shown, seen: Seen | None) -> Alarm | None:
    """What a log was enrolled with is what it was at first sight, for good."""
    if seen is None:
        return None
    if (shown.public_key, shown.next_key, shown.origin) != (seen.public_key, seen.next_key, seen.origin):
        return Alarm(shown.log, "foreign-key", "Central names another key or origin than at first sight.")
    return None


def _size(shown: Shown, seen: Seen | None) -> Alarm | None:
    if seen is None or shown.size >= seen.head.size:
        return None
    detail = f"Central shows {shown.size} entries; {seen.head.size} were witnessed."
    return Alarm(shown.log, "rolled-back", detail, shown.size, seen.head.size - 1)


def _claimed(shown: Shown) -> TreeHead | Alarm:
    """The head that the log's note says; nothing is checked yet but its size."""
    if not shown.size:
        return NOTHING
    try:
        head = checkpoint.parse(shown.checkpoint).head
    except BadInput as exc:
        return Alarm(shown.log, "bad-checkpoint", f"The checkpoint {exc.reason}.")
    if head.size != shown.size:
        return Alarm(shown.log, "bad-checkpoint", f"Central counts {shown.size} entries, the checkpoint {head.size}.")
    return head


def _signed(shown: Shown, chain: Chain, head: TreeHead, cosigner: tuple[str, bytes] | None) -> Alarm | None:
    """Signed by the log's key of that time, and cosigned by central."""
    if not shown.size:
        return None
    try:
        chain.head(shown.checkpoint, shown.origin)
    except checkpoint.BadSignature as exc:
        retired = chain.is_retired(shown.checkpoint, shown.origin)
        kind: Kind = "retired-key" if retired else "foreign-key" if exc.foreign else "bad-signature"
        return Alarm(shown.log, kind, f"The checkpoint {exc.reason}.")
    if cosigner is None:
        return None
    try:
        chain.head(shown.receipt, shown.origin)
        cosigned, _ = checkpoint.verify_cosignature(shown.receipt, *cosigner)
    except BadInput as exc:
        return Alarm(shown.log, "bad-receipt", f"Central's receipt {exc.reason}.")
    if cosigned != head:
        return Alarm(shown.log, "bad-receipt", "Central's receipt is for another head than the checkpoint.")
    return None


def _newest(shown: Shown, head: TreeHead, accepted: Accepted | None) -> Alarm | None:
    """Central's head of a log is the newest checkpoint of it in the aggregate."""
    newest = NOTHING if accepted is None or accepted.newest is None else accepted.newest
    if accepted is None or newest == head:
        return None
    if newest.size > head.size:
        detail = f"Central shows {head.size} entries; it had accepted {newest.size}."
        return Alarm(shown.log, "rolled-back", detail, head.size, newest.size - 1)
    if newest.size == head.size:
        return Alarm(shown.log, "forked", "Central accepted another history of as many entries.")
    detail = f"The newest checkpoint of it in the aggregate counts {newest.size} entries, central's head {head.size}."
    return Alarm(shown.log, "not-in-aggregate", detail, newest.size, head.size - 1)


def _sealed(shown: Shown, found: Finding | None) -> Alarm | None:
    return None if found is None else Alarm(shown.log, found.kind, found.detail, found.first, found.last)


def _entries(shown: Shown, part: Part, reading: Reading) -> Alarm | None:
    """Rows that are missing, moved, not canonical, or too many."""
    found, size = reading.wrong, reading.frontier.size
    if found is not None:
        return Alarm(shown.log, found.kind, found.detail, found.first, found.last)
    if size < shown.size:
        return Alarm(shown.log, "tail-cut", f"Central's head counts {shown.size} entries.", size, shown.size - 1)
    if size > shown.size:
        return Alarm(shown.log, "surplus-entry", f"Central's head counts {shown.size} entries.", shown.size, size - 1)
    return None


def _history(shown: Shown, old: Seen, part: Part, reading: Reading, head: TreeHead) -> Alarm | None:
    """The beginning is what was seen, the whole is what is signed."""
    signed = reading.frontier.head() == head
    size = old.head.size
    # Where reading began at its very end, what was seen is what we began with.
    if size and size != part.start and reading.roots.get(size) != old.head.root:
        first, last = _place(old, part, reading)
        if signed:
            return Alarm(shown.log, "forked", "Its own key signed another history than was witnessed.", first, last)
        return Alarm(shown.log, "edited-entry", "It is not what was witnessed.", first, last)
    if not signed:
        return Alarm(shown.log, "root-mismatch", "New entries are not those that were signed.", size, head.size - 1)
    return None


def _marks(
    shown: Shown, old: Seen, reading: Reading, marks: Sequence[tuple[TreeHead, str]], chain: Chain
) -> Alarm | None:
    """The log signed, and still begins with, everything that central accepted of it since the last look."""
    first = old.head.size
    for mark, note in marks:
        place = min(first, mark.size - 1), mark.size - 1
        try:
            chain.head(note, shown.origin)
        except BadInput as exc:
            return Alarm(shown.log, "bad-signature", f"A checkpoint that central accepted of it {exc.reason}.", *place)
        if reading.roots.get(mark.size) != mark.root:
            detail = "Central had accepted another history of it, which the aggregate holds."
            return Alarm(shown.log, "forked", detail, *place)
        first = mark.size
    return None


def _place(old: Seen, part: Part, reading: Reading) -> tuple[int, int]:
    """The first place where the entries are not those remembered: a tile, or one entry above the last full tile."""
    for index, (now, then) in enumerate(zip(reading.tile_roots, old.tiles, strict=False)):
        if now != then:
            return index * WIDTH, index * WIDTH + WIDTH - 1
    leaves: Sequence[bytes] = part.tail if len(reading.tile_roots) == len(old.tiles) else ()
    for index, (now, then) in enumerate(zip(leaves, old.tail, strict=False)):
        if now != then:
            return old.start() + index, old.start() + index
    return old.start(), old.head.size - 1
