"""A full check of a log's file: its schema, SQLite's own structure, and through the verifier every entry."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

from sqlcipher3 import dbapi2

from db.log_cut import cut_of
from db.log_file import VERSION, Connection, expected_schema, open_for_reading, plain_words, schema_of
from db.log_reader import END
from services.action_log.known import Known, Stored, StoredTile
from services.action_log.merkle import EMPTY_ROOT
from services.action_log.read_through import Part, Reading, join, read_hashes, read_part
from services.action_log.report import Kind, Report, State
from services.action_log.tiles import WIDTH
from services.action_log.verify import verify, verify_read
from services.errors import DeskError

PARALLEL_FROM = 100_000
"""Entries from which more than one core is worth the start of further processes."""


def check_file(path: Path, known: Known | None = None, *, cores: int = 1) -> Report:
    """Checks the log at `path`; never raises for what is wrong with it, never changes it."""
    known = known or Known()
    if not path.exists() and _known_size(known):
        return _report("tampered", "rolled-back", f"The file is gone; it had {_known_size(known)} entries.")
    try:
        db = open_for_reading(path)
    except DeskError as exc:
        if "damaged" in exc.reason and _is_sqlite(path):
            return _report("tampered", "damaged-file", "SQLite cannot read the file.")
        return _report("unusable", "newer-file" if "newer" in exc.reason else "not-a-log", exc.reason)
    try:
        return _check(path, db, known, cores)
    except (dbapi2.Error, OverflowError, TypeError, ValueError, DeskError) as exc:
        return _report("tampered", "damaged-file", f"SQLite cannot read the file through ({type(exc).__name__}).")
    finally:
        db.close()


def _check(path: Path, db: Connection, known: Known, cores: int) -> Report:
    if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        return _report("unusable", "not-a-log", "The file is of a version that never was.")
    if schema_of(db) != expected_schema():
        return _report("tampered", "schema-changed", "Tables or the triggers that guard them are not the original.")
    db.execute("BEGIN")  # one view of the log, whatever is appended meanwhile
    row = db.execute("SELECT size, frontier, checkpoint FROM head").fetchone()
    if row is None and db.execute("SELECT 1 FROM log LIMIT 1").fetchone() is None:
        return _empty(known)
    receipts = tuple(db.execute("SELECT size, note FROM receipt ORDER BY size").fetchall())
    seals = tuple(db.execute("SELECT size, note, epoch FROM seal ORDER BY size").fetchall())
    tiles = db.execute("SELECT count(*) FROM tile").fetchone()[0]
    size, frontier, note = (0, b"", "") if row is None else row
    if [type(value) for value in (size, frontier, note)] != [int, bytes, str] or any(
        type(number) is not int or type(text) is not str for number, text, *_ in (*receipts, *seals)
    ):
        return _report("tampered", "damaged-file", "The head, a seal or a receipt is of another type.")
    stored = Stored(size, frontier, note, _tile(db), tiles, receipts, cut_of(db), seals)
    if cores < 2 or size < PARALLEL_FROM:
        report = verify(_rows(db), stored, known)
    else:
        report = verify_read(
            partial(_read_apart, path, db, cores, stored.cut), next(_rows(db), (0, b""))[1], stored, known
        )
    if report.state != "whole":
        return report
    return _structure(db) or report


def _rows(db: Connection, start: int = -END, stop: int = END) -> Iterator[tuple[int, bytes]]:
    return iter(db.execute("SELECT seq, body FROM log WHERE seq >= ? AND seq < ? ORDER BY seq", (start, stop)))


def _read_apart(path: Path, db: Connection, cores: int, cut: int, log: str, sizes: Sequence[int]) -> Reading:
    """Reads whole tiles in as many processes as there are cores; entries appended meanwhile are left out."""
    stop = db.execute("SELECT coalesce(max(seq) + 1, 0) FROM log").fetchone()[0]
    width = ((stop - cut) // cores // WIDTH + 1) * WIDTH
    spans = [(start, min(start + width, stop)) for start in range(cut, stop, width)]
    below = [read_hashes(_rows(db, stop=cut), cut, log, _tile(db), sizes)] if cut else []
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        return join([*below, *pool.map(partial(_read_span, path, log, tuple(sizes)), spans)])


def _read_span(path: Path, log: str, sizes: Sequence[int], span: tuple[int, int]) -> Part:
    start, stop = span
    with closing(open_for_reading(path)) as db, plain_words():
        return read_part(_rows(db, start or -END, stop), start, log, _tile(db), sizes)


def _tile(db: Connection) -> StoredTile:
    def read(level: int, index: int) -> bytes | None:
        row = db.execute("SELECT data FROM tile WHERE level = ? AND idx = ?", (level, index)).fetchone()
        return None if row is None else bytes(row[0])

    return read


def _structure(db: Connection) -> Report | None:
    """What no entry depends on: SQLite's pages, and sealed details against their names."""
    for number, blob in db.execute("SELECT hash, blob FROM detail"):
        if sha256(blob).hexdigest() != number:
            return _report("tampered", "damaged-file", "A sealed detail is not what its entry names.")
    if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        return _report("tampered", "damaged-file", "All entries are right, but pages of the file are damaged.")
    return None


def _empty(known: Known) -> Report:
    if _known_size(known):
        return _report("tampered", "rolled-back", f"It is empty; it had {_known_size(known)} entries.")
    return _report("unusable", "head-missing", "Nothing was ever written to this log.")


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def _known_size(known: Known) -> int:
    return max((head.size for head in (known.anchor, known.accepted) if head is not None), default=0)


def _report(state: State, kind: Kind, detail: str) -> Report:
    return Report(state, 0, EMPTY_ROOT, kind, detail=detail)
