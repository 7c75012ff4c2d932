"""Taking bodies out of a log: its triggers let nobody, so a copy without them takes the file's place (docs/log.md).

Whenever the process ends, the log is the old file or the new one, and both are whole.
"""

import os
from contextlib import closing
from pathlib import Path

from sqlcipher3 import dbapi2

from db.file_lock import FileLock
from db.kill_points import reach
from db.log_check import check_file
from db.log_cut import KEPT_SQL, cuts_named
from db.log_file import LogBroken, open_for_writing, plain_words
from services.action_log.known import Known
from services.action_log.read_through import KEPT
from services.errors import BadInput, Unavailable

_SOON_MS = 1000


def prune(path: Path, cut: int, known: Known) -> int:
    """Takes the bodies of entries below `cut` out of the log at `path`; how many went. An entry must name the cut.

    Raises `Unavailable` while somebody has the file open, `LogBroken` when what came of it is not whole; the log is
    unchanged then.
    """
    with plain_words():
        lock = FileLock(path.with_name(path.name + ".lock"), what="log")
        copy = path.with_suffix(".pruning")  # a name that nobody takes for a log
        try:
            _remove(copy)
            _copy(path, copy, cut)
            reach("prune.copied")
            gone = _cut(copy, cut)
            reach("prune.cut")
            report = check_file(copy, known)
            if report.state != "whole":
                raise LogBroken(report)
            _sync(copy)
            reach("prune.before-swap")
            copy.replace(path)
            _sync(path.parent)
            reach("prune.after-swap")
        finally:
            _remove(copy)
            lock.release()
    return gone


def _copy(path: Path, copy: Path, cut: int) -> None:
    """A copy of the log, which keeps no write-ahead log itself: one that stayed would be read into the new file."""
    with closing(open_for_writing(path)) as db:
        if cut not in cuts_named(db):
            raise BadInput("is named by no entry of the log", place="cut")
        try:
            db.execute(f"PRAGMA busy_timeout = {_SOON_MS}")
            db.execute("PRAGMA journal_mode = DELETE")
        except dbapi2.OperationalError as exc:
            raise Unavailable("The log is being read by another program. Close that, then prune again.") from exc
        os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        db.execute("VACUUM INTO ?", (copy.as_posix(),))


def _cut(copy: Path, cut: int) -> int:
    """The bodies go, the guard against that stands again afterwards, and no page keeps what was there."""
    with closing(open_for_writing(copy)) as db:
        (guard,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'log_no_delete'").fetchone()
        db.execute("BEGIN IMMEDIATE")
        db.execute("DROP TRIGGER log_no_delete")
        gone = db.execute(f"DELETE FROM log WHERE seq < ? AND NOT ({KEPT_SQL})", (cut, *KEPT)).rowcount  # noqa: S608
        db.execute(guard)
        db.execute("COMMIT")
        db.execute("VACUUM")
    return gone


def _sync(path: Path) -> None:
    """On the disk; folders where the system lets them be opened."""
    if path.is_dir() and os.name == "nt":
        return
    fd = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _remove(copy: Path) -> None:
    """What an earlier run left when it was killed."""
    for end in ("", "-wal", "-shm", "-journal"):
        copy.with_name(copy.name + end).unlink(missing_ok=True)
