"""Reading a log: its own connection, never writing, from one thread at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from db.log_cut import cut_of, cuts_named
from db.log_file import Connection, StoredHead, open_for_reading, plain_words, read_head
from services.action_log.act import from_params
from services.action_log.acts import LogOpened
from services.action_log.entry import Entry, decode
from services.action_log.merkle import (
    NodeReader,
    TreeHead,
    consistency_proof,
    cover,
    inclusion_proof,
    leaf_hash,
    root_at,
)
from services.action_log.read_through import ROTATED
from services.action_log.tiles import WIDTH, TileReader, node_reader
from services.errors import BadInput, NotFound

PAGE = 2048
END = 2**62


@dataclass(frozen=True, slots=True)
class Detail:
    """A sealed text: SHA-256 (hex) of `blob`, the case it belongs to, what it is."""

    hash: str
    owner: str
    kind: str
    blob: bytes


class LogReader:
    """The log at `path`; `close` it, or use `with`. Raises `Unavailable` or `Unusable`."""

    def __init__(self, path: Path) -> None:
        self._db = open_for_reading(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the file."""
        self._db.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """One view of the log for all reads inside, whatever is appended meanwhile."""
        with plain_words():
            self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK")

    def head(self) -> StoredHead:
        """Size, root and signed checkpoint of the last commit."""
        with plain_words():
            return read_head(self._db)

    def bodies(self, start: int = 0, stop: int = END) -> Iterator[tuple[int, bytes]]:
        """(seq, bytes as written) of entries [start, stop), in order, a page at a time."""
        while start < stop:
            with plain_words():
                rows = self._db.execute(
                    "SELECT seq, body FROM log WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT ?", (start, stop, PAGE)
                ).fetchall()
            yield from rows
            if len(rows) < PAGE:
                return
            start = rows[-1][0] + 1

    def entries(self, start: int = 0, stop: int = END) -> Iterator[Entry]:
        """Entries [start, stop), in order; raises `BadInput` on one that is not canonical."""
        return (decode(body) for _, body in self.bodies(start, stop))

    def since(self, seq: int) -> Iterator[Entry]:
        """Entries from `seq` on, that one included."""
        return self.entries(seq)

    def newest_first(self, case: str | None = None, before: int | None = None, limit: int = 100) -> list[Entry]:
        """At most `limit` entries below `before`, newest first, of one case when given."""
        mark = f'"case":"{case}",'.encode() if case is not None else b""
        with plain_words():
            rows = self._db.execute(
                "SELECT body FROM log WHERE seq < ? AND (? OR instr(body, ?)) ORDER BY seq DESC LIMIT ?",
                (END if before is None else before, case is None, mark, limit),
            ).fetchall()
        return [decode(body) for (body,) in rows]

    def of_case(self, case: str, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """(seq, bytes as written) of every entry of a case from `start` on, in order; all of these are searched."""
        with plain_words():
            rows = self._db.execute(
                "SELECT seq, body FROM log WHERE seq >= ? AND instr(body, ?) ORDER BY seq",
                (start, f'"case":"{case}",'.encode()),
            ).fetchall()
        return (row for row in rows if decode(row[1]).case == case)

    def body(self, seq: int) -> bytes:
        """The bytes of one entry; raises `NotFound`."""
        return body_of(self._db, seq)

    def cut(self) -> int:
        """Up to where bodies were pruned, as an entry says; 0 where none were."""
        return cut_of(self._db)

    def cuts_named(self) -> set[int]:
        """Every cut that an entry names."""
        with plain_words():
            return cuts_named(self._db)

    def opening_key(self) -> bytes | None:
        """The key that the first entry names: the one to enrol. None where that entry cannot be read."""
        return opening_key(self._db)

    def seals(self) -> list[tuple[int, str]]:
        """(size, note) of what earlier keys signed before they were erased, oldest first."""
        with plain_words():
            return self._db.execute("SELECT size, note FROM seal ORDER BY size").fetchall()

    def rotations(self) -> list[tuple[int, bytes, str]]:
        """(seq, bytes as written, the old key's last note) of each entry that names the next key, oldest first."""
        query = "SELECT seq, body, note FROM seal JOIN log ON seq = size - 1 ORDER BY seq"  # others were pruned
        with plain_words():
            return [row for row in self._db.execute(query).fetchall() if row[1].startswith(ROTATED)]

    def receipts(self) -> list[tuple[int, str]]:
        """(size, note) of each of central's cosignatures, oldest first."""
        with plain_words():
            return self._db.execute("SELECT size, note FROM receipt ORDER BY size").fetchall()

    def details(self, start: int = 0, stop: int = END) -> list[Detail]:
        """Sealed details of entries [start, stop) that are still here."""
        with plain_words():
            rows = self._db.execute(
                "SELECT hash, owner, kind, blob FROM detail WHERE seq >= ? AND seq < ? ORDER BY seq", (start, stop)
            ).fetchall()
        return [Detail(*row) for row in rows]

    def root(self, size: int) -> bytes:
        """Root of the first `size` entries; raises `NotFound` beyond the end."""
        self._within(size)
        return root_at(size, self._nodes())

    def inclusion(self, seq: int, size: int | None = None) -> list[bytes]:
        """Audit path of entry `seq` in the tree of `size` (default: all); raises `BadInput`, `NotFound`."""
        return inclusion_proof(seq, self._within(size), self._nodes())

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """That the tree of `old` is a prefix of the tree of `new` (default: all); raises `BadInput`, `NotFound`."""
        return consistency_proof(old, self._within(new), self._nodes())

    def tile(self, level: int, index: int) -> bytes:
        """Hashes of a tile joined, fewer than 256 at the right edge."""
        return tile_reader(self._db)(level, index)

    def _nodes(self) -> NodeReader:
        """Any complete node: the right edge from the head row, the rest from tiles."""
        frontier = self.head().frontier
        edge = dict(zip(cover(0, frontier.size), frontier.peaks, strict=True))
        inner = node_reader(self.tile)
        return lambda level, index: edge.get((level, index)) or inner(level, index)

    def _within(self, size: int | None) -> int:
        last = self.head().frontier.size
        if size is not None and size > last:
            raise NotFound(f"The log has {last} entries, not {size}.")
        return last if size is None else size


def body_of(db: Connection, seq: int) -> bytes:
    """The bytes of entry `seq`; raises `NotFound`."""
    with plain_words():
        row = db.execute("SELECT body FROM log WHERE seq = ?", (seq,)).fetchone()
    if row is None and seq < cut_of(db):
        raise NotFound(f"Entry {seq} was pruned: its hash is here, its text is in central or nowhere.")
    if row is None:
        raise NotFound(f"There is no entry {seq} in this log.")
    return bytes(row[0])


def opening_key(db: Connection) -> bytes | None:
    """The key that `log.opened`, the first entry, names."""
    try:
        entry = decode(body_of(db, 0))
        act = from_params(entry.act, entry.params)
    except (BadInput, NotFound):
        return None
    return bytes.fromhex(act.public_key) if isinstance(act, LogOpened) else None


def tile_reader(db: Connection) -> TileReader:
    """Tiles as stored; the unfinished one of level 0 is made from the entries."""

    def read(level: int, index: int) -> bytes:
        with plain_words():
            row = db.execute("SELECT data FROM tile WHERE level = ? AND idx = ?", (level, index)).fetchone()
            if row is not None or level:
                return bytes(row[0]) if row is not None else b""
            first = index * WIDTH
            rows = db.execute("SELECT body FROM log WHERE seq >= ? AND seq < ? ORDER BY seq", (first, first + WIDTH))
            return b"".join(leaf_hash(body) for (body,) in rows)

    return read


__all__ = ["Detail", "LogReader", "TreeHead", "body_of", "tile_reader"]
