"""What a witness decides about one log: whether what central shows now continues what was seen last.

Values in, values out. A witness stands where the administrator of central's database has no hand, and trusts its own
memory alone: the key that a log had at first sight, the newest head, and hashes that name the place of a change.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from services.action_log import checkpoint
from services.action_log.aggregate import Leaves
from services.action_log.entry import check_log_id
from services.action_log.merkle import EMPTY_ROOT, Frontier, TreeHead
from services.action_log.read_through import Odd, Part, Reading, join, odd_entry, read_part
from services.action_log.report import Kind
from services.action_log.tiles import HEIGHT, WIDTH
from services.errors import BadInput

NOTHING = TreeHead(0, EMPTY_ROOT)


@dataclass(frozen=True, slots=True)
class Shown:
    """A log as central shows it: key and origin as enrolled, its own head, the log's note, central's cosigned note."""

    log: str
    origin: str
    public_key: bytes
    size: int
    checkpoint: str
    receipt: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A log as the witness remembers it: roots of its full tiles (256 entries), leaf hashes above the last of them."""

    log: str
    origin: str
    public_key: bytes
    head: TreeHead
    tiles: tuple[bytes, ...] = ()
    tail: tuple[bytes, ...] = ()

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
    accepted: Accepted | None = None,
) -> Seen | Alarm:
    """What to remember now, or what is wrong. `rows` are the log's entries from `start` on, in order.

    `start` is 0, or where the remembered unfinished tile begins: then older entries are taken as remembered.
    `accepted` where the aggregate was read too.
    """
    head = no_log(shown) or _signed(shown, seen)
    if isinstance(head, Alarm):
        return head
    wrong = _receipt(shown, head, cosigner) if shown.size else None
    return wrong or _read(shown, seen, rows, start, head, odd_entry, accepted)


def look_at_aggregate(
    shown: Shown, seen: Seen | None, rows: Iterable[tuple[int, bytes]], start: int, leaves: Leaves
) -> Seen | Alarm:
    """The same of central's aggregate, whose `rows` are accepted checkpoints; `leaves` then knows what they say."""
    head = _signed(shown, seen)
    return head if isinstance(head, Alarm) else _read(shown, seen, rows, start, head, leaves.odd, None)


def _read(
    shown: Shown,
    seen: Seen | None,
    rows: Iterable[tuple[int, bytes]],
    start: int,
    head: TreeHead,
    odd: Odd,
    accepted: Accepted | None,
) -> Seen | Alarm:
    old = seen or Seen(shown.log, shown.origin, shown.public_key, NOTHING)
    marks = [] if accepted is None else accepted.marks(start, head.size)
    sizes = [old.head.size, *(mark.size for mark, _ in marks)]
    part = read_part(rows, start, shown.log, lambda _level, _index: None, sizes, odd)
    before = [Part(0, start, list(old.tiles))] if start else []
    reading = join([*before, part])
    return (
        _entries(shown, part, reading)
        or _history(shown, old, part, reading, head)
        or _marks(shown, old, reading, marks)
        or _newest(shown, head, accepted)
        or Seen(shown.log, shown.origin, shown.public_key, head, tuple(reading.tile_roots), tuple(part.tail))
    )


def no_log(shown: Shown) -> Alarm | None:
    """Something that is listed under what is no log's id: it names files and lines of ours, so nothing else will do."""
    try:
        check_log_id(shown.log)
    except BadInput:
        return Alarm("?", "bad-checkpoint", "Central lists a log under what is no log's id.")
    return None


def _identity(shown: Shown, seen: Seen | None) -> Alarm | None:
    """The key of a log is the one at first sight, for good."""
    if seen is not None and (shown.public_key, shown.origin) != (seen.public_key, seen.origin):
        return Alarm(shown.log, "foreign-key", "Central names another key or origin than at first sight.")
    return None


def _size(shown: Shown, seen: Seen | None) -> Alarm | None:
    if seen is None or shown.size >= seen.head.size:
        return None
    detail = f"Central shows {shown.size} entries; {seen.head.size} were witnessed."
    return Alarm(shown.log, "rolled-back", detail, shown.size, seen.head.size - 1)


def _signed(shown: Shown, seen: Seen | None) -> TreeHead | Alarm:
    """The head that the log signed, by the key at first sight, and no smaller than was seen."""
    wrong = _identity(shown, seen) or _size(shown, seen)
    if wrong is not None or not shown.size:
        return wrong or NOTHING
    try:
        head = checkpoint.verify(shown.checkpoint, shown.origin, shown.public_key)
    except checkpoint.BadSignature as exc:
        return Alarm(shown.log, "foreign-key" if exc.foreign else "bad-signature", f"The checkpoint {exc.reason}.")
    except BadInput as exc:
        return Alarm(shown.log, "bad-checkpoint", f"The checkpoint {exc.reason}.")
    if head.size != shown.size:
        return Alarm(shown.log, "bad-checkpoint", f"Central counts {shown.size} entries, the checkpoint {head.size}.")
    return head


def _receipt(shown: Shown, head: TreeHead, cosigner: tuple[str, bytes]) -> Alarm | None:
    """Central cosigned the same."""
    try:
        checkpoint.verify(shown.receipt, shown.origin, shown.public_key)
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


def _marks(shown: Shown, old: Seen, reading: Reading, marks: Sequence[tuple[TreeHead, str]]) -> Alarm | None:
    """The log signed, and still begins with, everything that central accepted of it since the last look."""
    first = old.head.size
    for mark, note in marks:
        place = min(first, mark.size - 1), mark.size - 1
        try:
            checkpoint.verify(note, shown.origin, shown.public_key)
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
