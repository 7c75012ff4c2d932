"""The check when a log is opened: what can be known in a blink, whatever its size (action-log.md 3, "At start")."""

from dataclasses import dataclass

from db.log_file import Connection, LogBroken, StoredHead, read_head
from db.log_reader import body_of, opening_key, tile_reader
from services.action_log.checkpoint import BadSignature, parse as parse_note
from services.action_log.epochs import Chain
from services.action_log.merkle import Frontier, TreeHead, leaf_hash, root_at
from services.action_log.report import Kind, Report
from services.action_log.tiles import WIDTH, TileEdge, edge_of, node_reader
from services.errors import BadInput, NotFound, Unusable


@dataclass(slots=True)
class Growing:
    """What the writer keeps in memory: under 20 kB, whatever the size. `chain` says which key signs now."""

    frontier: Frontier
    edge: TileEdge
    checkpoint: str
    chain: Chain


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of the log from outside: its name, origin, the keys that may be in force, and a head it once had.

    The first of the keys opens a log that is new.
    """

    log: str
    origin: str
    keys: tuple[bytes, ...]
    anchor: TreeHead | None = None


def load(db: Connection, expected: Expected) -> Growing:
    """The right edge of a log that passes the check; raises `LogBroken`."""
    try:
        return _checked(db, expected)
    except (TypeError, ValueError) as exc:  # a flipped byte can turn one type of value into another
        raise _broken(expected, None, "damaged-file", detail="Values are of another type.") from exc


def _checked(db: Connection, expected: Expected) -> Growing:
    stored = _head(db, expected)
    size = stored.frontier.size
    chain = _chain(db, expected, stored)
    _signature(stored, expected, chain)
    rows = db.execute("SELECT max(seq) FROM log").fetchone()[0]
    count = 0 if rows is None else rows + 1
    if count != size:
        kind: Kind = "tail-cut" if count < size else "surplus-entry"
        raise _broken(expected, stored, kind, min(count, size), max(count, size) - 1, "Rows and signed size differ.")
    tail = _tail(db, expected, stored)
    _known_heads(db, expected, stored, _sealed(db, expected, stored, chain))
    return Growing(stored.frontier, edge_of(size, tile_reader(db), tail), stored.checkpoint, chain)


def _head(db: Connection, expected: Expected) -> StoredHead:
    try:
        stored = read_head(db)
    except BadInput as exc:
        raise _broken(expected, None, "frontier-mismatch", detail="The head row cannot be read.") from exc
    if not stored.checkpoint and db.execute("SELECT 1 FROM log LIMIT 1").fetchone():
        raise _broken(expected, None, "head-missing", detail="There are entries, but no signed head.")
    return stored


def _chain(db: Connection, expected: Expected, stored: StoredHead) -> Chain:
    """The newest epoch and the one before it, as the entries say; its key is one that this machine holds."""
    row = db.execute("SELECT size, epoch FROM seal ORDER BY size DESC LIMIT 1").fetchone()
    if row is None:
        chain = Chain(opening_key(db) or expected.keys[0])
    else:
        size, epoch = row
        before = db.execute("SELECT max(size) FROM seal WHERE epoch = ?", (epoch - 1,)).fetchone()[0] or 0
        try:
            old = Chain(opening_key(db) or b"", epoch - 1)
            if before:
                old.rotate(before - 1, body_of(db, before - 1))
            chain = Chain(old.key, epoch, before)
            chain.rotate(size - 1, body_of(db, size - 1))
        except (BadInput, NotFound) as exc:
            raise _broken(expected, stored, "bad-seal", size - 1, size - 1, "It names no next key.") from exc
    if chain.key not in expected.keys:
        if expected.anchor is not None and expected.anchor.size > stored.frontier.size:
            raise _rolled_back(expected, stored, "the anchor", expected.anchor)
        detail = "The key that it goes on with is none of this machine's."
        raise _broken(expected, stored, "foreign-key", detail=detail)
    return chain


def _signature(stored: StoredHead, expected: Expected, chain: Chain) -> None:
    """The note is signed by the key in force and says what the frontier says."""
    if not stored.checkpoint:
        return
    try:
        head = chain.head(stored.checkpoint, expected.origin)
    except BadSignature as exc:
        retired = chain.is_retired(stored.checkpoint, expected.origin)
        kind: Kind = "retired-key" if retired else "foreign-key" if exc.foreign else "bad-signature"
        raise _broken(expected, stored, kind, detail=f"The checkpoint {exc.reason}.") from exc
    except BadInput as exc:
        raise _broken(expected, stored, "bad-checkpoint", detail=f"The checkpoint {exc.reason}.") from exc
    if head != stored.head:
        raise _broken(expected, stored, "frontier-mismatch", detail="The frontier does not have the signed root.")


def _sealed(db: Connection, expected: Expected, stored: StoredHead, chain: Chain) -> list[tuple[str, TreeHead]]:
    """The head that the key before the one in force signed last; older ones are for the full check."""
    row = db.execute("SELECT note FROM seal ORDER BY size DESC LIMIT 1").fetchone()
    if row is None:
        return []
    try:
        head = chain.head(row[0], expected.origin)
        if head.size != chain.sealed:
            raise BadInput("is for another size")
    except BadInput as exc:
        detail = f"The note that seals them {exc.reason}."
        raise _broken(expected, stored, "bad-seal", chain.start, chain.sealed - 1, detail) from exc
    return [("the last seal", head)]


def _tail(db: Connection, expected: Expected, stored: StoredHead) -> list[bytes]:
    """Leaf hashes above the last full tile, held against the frontier."""
    size = stored.frontier.size
    start = size - size % WIDTH
    rows = db.execute("SELECT body FROM log WHERE seq >= ? ORDER BY seq", (start,)).fetchall()
    leaves = [leaf_hash(body) for (body,) in rows]
    grown = Frontier()
    for leaf in leaves:
        grown.append(leaf)
    kept = stored.frontier.peaks[len(stored.frontier.peaks) - len(grown.peaks) :]
    first = start
    for ours, theirs, width in zip(grown.peaks, kept, _widths(size % WIDTH), strict=True):
        if ours != theirs:
            raise _broken(expected, stored, "edited-entry", first, first + width - 1, "The entries have another hash.")
        first += width
    return leaves


def _widths(count: int) -> list[int]:
    return [1 << bit for bit in range(count.bit_length() - 1, -1, -1) if count >> bit & 1]


def _known_heads(db: Connection, expected: Expected, stored: StoredHead, known: list[tuple[str, TreeHead]]) -> None:
    """What is known, the anchor and the newest receipt lie on this log: neither beyond its end nor beside it."""
    if expected.anchor is not None:
        known.append(("the anchor", expected.anchor))
    row = db.execute("SELECT note FROM receipt ORDER BY size DESC LIMIT 1").fetchone()
    if row is not None:
        try:
            known.append(("central's receipt", parse_note(row[0]).head))
        except BadInput as exc:
            raise _broken(expected, stored, "bad-receipt", detail="A receipt cannot be read.") from exc
    size, node = stored.frontier.size, node_reader(tile_reader(db))
    for name, head in known:
        if head.size > size:
            raise _rolled_back(expected, stored, name, head)
        try:
            same = root_at(head.size, node) == head.root
        except Unusable as exc:
            raise _broken(expected, stored, "tile-mismatch", detail="A tile is missing.") from exc
        if not same:
            raise _broken(expected, stored, "forked", 0, head.size - 1, f"Another log than {name} knows.")


def _rolled_back(expected: Expected, stored: StoredHead, name: str, head: TreeHead) -> LogBroken:
    size = stored.frontier.size
    detail = f"It has {size} entries; {name} knows {head.size}."
    return _broken(expected, stored, "rolled-back", size, head.size - 1, detail)


def _broken(
    expected: Expected,
    stored: StoredHead | None,
    kind: Kind,
    first: int | None = None,
    last: int | None = None,
    detail: str = "",
) -> LogBroken:
    head = TreeHead(0, b"") if stored is None else stored.head
    report = Report(
        state="tampered",
        size=head.size,
        root=head.root,
        kind=kind,
        first=first,
        last=last,
        detail=detail,
        log=expected.log,
        signed_by="enrolled",
        anchored=expected.anchor is not None,
    )
    return LogBroken(report)
