"""Logs that tests write, and the ways in which tests change them behind the writer's back."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from db.log import Detail, LogWriter
from services.action_log import acts
from services.action_log.act import Act
from services.action_log.entry import Draft

LOG = "7f3a90c1/1"
ORIGIN = f"demo/{LOG}"
SEED = bytes(range(32))
OTHER_SEED = bytes(range(1, 33))
CENTRAL = "demo/central"
CENTRAL_SEED = bytes(range(2, 34))
MICROS = 1_764_000_000_000_000


def draft(act: Act | None = None, **more: Any) -> Draft:
    """An everyday draft."""
    given: dict[str, Any] = {
        "act": act or acts.CaseClaimed(until=MICROS),
        "actor": "agent:0042",
        "as_": "agent",
        "controller": "nordlicht",
        "case": "C-26-004211",
    }
    return Draft(**{**given, **more})


def numbered(count: int, start: int = 0) -> list[Draft]:
    """Drafts that can be told apart by their `seconds`."""
    return [draft(acts.ContactEnded(seconds=number)) for number in range(start, start + count)]


def detail(text: bytes = b"sealed") -> Detail:
    """A detail with the right name."""
    return Detail(sha256(text).hexdigest(), "C-26-004211", "note", text)


def open_log(folder: Path, **more: Any) -> LogWriter:
    """The sample log in `folder`."""
    return LogWriter(folder / "log-1.db", **{"log": LOG, "origin": ORIGIN, "seed": SEED, **more})


def write_log(folder: Path, count: int, **more: Any) -> Path:
    """A closed log of `count` entries."""
    with open_log(folder, **more) as writer:
        writer.append_many(numbered(count - 1))
    return folder / "log-1.db"


def copy_of(path: Path, folder: Path) -> Path:
    """A copy of a closed log."""
    folder.mkdir(exist_ok=True)
    return Path(shutil.copy(path, folder / path.name))


@contextmanager
def unguarded(path: Path) -> Iterator[Any]:
    """The file as someone with an SQL shell has it: triggers dropped, and put back before it is closed."""
    db = dbapi2.connect(path.as_posix(), isolation_level=None)
    triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    yield db
    for _, sql in triggers:
        db.execute(sql)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
