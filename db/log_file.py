"""The log's file: plain SQLite through SQLCipher's newer library, made, migrated, opened; see action-log.md 3."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sqlcipher3 import dbapi2

from services.action_log.merkle import EMPTY_ROOT, Frontier, TreeHead
from services.action_log.report import Report
from services.errors import BadInput, DeskError, Unavailable, Unusable

Connection = sqlite3.Connection  # sqlcipher3 has the same interface and no types of its own

APPLICATION_ID = 0x52444C47  # "RDLG"
SQL = Path(__file__).parent / "log_sql"
VERSION = max(int(file.stem) for file in SQL.glob("*.sql"))
SETTINGS = (
    "synchronous = FULL",
    "fullfsync = 1",
    "recursive_triggers = ON",
    "trusted_schema = OFF",
    # A sealed detail that is forgotten must not stay in free pages: it may be shredded in central by then.
    "secure_delete = ON",
    # A short write-ahead log is soon written over instead of grown: a third off the time of a commit.
    "wal_autocheckpoint = 64",
)
BUSY_MS = 10_000
CHECK = "Run `rightsdesk log verify` to see what is wrong; the file is kept as it is."


class LogBroken(Unusable):
    """A log is not what it should be; `report` says how. The caller keeps it and opens its successor."""

    def __init__(self, report: Report) -> None:
        where = f" ({report.place})" if report.place else ""
        super().__init__(
            f"The log {report.log} is not what was written: {report.kind}{where}. {report.detail}".rstrip(),
            kept="The file is kept as evidence.",
        )
        self.report = report


@dataclass(frozen=True, slots=True)
class StoredHead:
    """The head row: size, frontier and the signed note; `checkpoint` is empty while nothing was written."""

    frontier: Frontier
    checkpoint: str

    @property
    def head(self) -> TreeHead:
        """Size and root."""
        return self.frontier.head() if self.frontier.size else TreeHead(0, EMPTY_ROOT)


def open_for_writing(path: Path) -> Connection:
    """The log at `path`, made (0600) or migrated where needed; raises `Unavailable` or `Unusable`."""
    with plain_words():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        db = _connect(path.as_posix())
        try:
            for setting in SETTINGS:
                db.execute(f"PRAGMA {setting}")
            version = _version(db)
            if version < VERSION:
                _migrate(db, version)
            mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode != "wal":
                raise Unavailable("The log's folder does not allow a write-ahead log (is it on a network share?).")
        except BaseException:
            db.close()
            raise
        return db


def wipe(db: Connection) -> bool:
    """Old pages leave the write-ahead log, what was deleted with them; False while somebody reads them."""
    db.execute("PRAGMA busy_timeout = 0")  # whoever appends waits meanwhile
    try:
        return not db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")


def open_for_reading(path: Path) -> Connection:
    """The log at `path`, never written to; raises `Unavailable` or `Unusable`."""
    if not path.is_file():
        raise Unusable(f"There is no log at {path.name}.")
    with plain_words():
        try:
            db = _connect(path.absolute().as_uri() + "?mode=ro")
            _version(db)
        except dbapi2.OperationalError:
            if path.with_name(path.name + "-wal").exists():
                raise
            db = _connect(path.absolute().as_uri() + "?immutable=1")  # evidence on a medium that is read-only
            _version(db)
        return db


def read_head(db: Connection) -> StoredHead:
    """The head row, an empty one for a log without entries; raises `BadInput` when it cannot be one."""
    row = db.execute("SELECT size, frontier, checkpoint FROM head").fetchone()
    if row is None:
        return StoredHead(Frontier(), "")
    if [type(value) for value in row] != [int, bytes, str]:  # a flipped byte can turn one type into another
        raise BadInput("is not a head row", place="head")
    return StoredHead(Frontier.from_bytes(row[0], row[1]), row[2])


def schema_of(db: Connection) -> list[tuple[str, ...]]:
    """Everything the schema holds, as (type, name, table, SQL, page): tables, indices, and the triggers that guard
    them, which have no page of their own."""
    rows = db.execute(
        "SELECT type, name, tbl_name, coalesce(sql, ''), iif(type IN ('table', 'index'), '', rootpage) "
        "FROM sqlite_master ORDER BY type, name"
    )
    return [tuple(row) for row in rows]


def expected_schema() -> list[tuple[str, ...]]:
    """The schema of this version, made in memory."""
    db = _connect(":memory:")
    try:
        _migrate(db, 0)
        return schema_of(db)
    finally:
        db.close()


@contextmanager
def plain_words() -> Iterator[None]:
    """Turns what SQLite and the system say into `Unavailable` or `Unusable`, without values."""
    try:
        yield
    except DeskError:
        raise
    except (dbapi2.Error, OSError, UnicodeDecodeError) as exc:
        raise as_desk_error(exc) from exc


def as_desk_error(exc: BaseException) -> DeskError:
    """What went wrong with the log's file, for a person; what the system said is its cause."""
    if isinstance(exc, DeskError):
        return exc
    told = _in_words(exc)
    told.__cause__ = exc  # whoever waits for another thread's commit gets it without a `raise … from`
    return told


def _in_words(exc: BaseException) -> DeskError:
    text = str(exc)
    if isinstance(exc, OSError) or "disk is full" in text or "disk I/O error" in text:
        return Unavailable("The log cannot be written: the disk is full or does not answer. Nothing was lost.")
    if "readonly" in text or "unable to open" in text or "locked" in text:
        return Unavailable("The log's file cannot be opened for this: check the folder's permissions.")
    if isinstance(exc, UnicodeDecodeError) or "malformed" in text or "not a database" in text or "corrupt" in text:
        return Unusable(f"The log's file is damaged. {CHECK}")
    return Unusable(f"The log's file refused ({type(exc).__name__}). {CHECK}")


def _connect(place: str) -> Connection:
    db = dbapi2.connect(
        place, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000, uri=place.startswith("file:")
    )
    db.execute("PRAGMA cipher_log_level = NONE")  # SQLCipher's own lines on stderr would tear the screen
    return cast(Connection, db)


def _version(db: Connection) -> int:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise Unusable("This log was written by a newer Rightsdesk. Update this one; nothing was changed.")
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise Unusable(f"This file is a database, but not a log. {CHECK}")
    return version


def _migrate(db: Connection, version: int) -> None:
    for number in range(version + 1, VERSION + 1):
        sql = (SQL / f"{number}.sql").read_text("utf-8")
        stamp = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {number};"
        db.executescript(f"BEGIN IMMEDIATE; {sql} {stamp} COMMIT;")
