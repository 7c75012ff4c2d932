"""desk.db: what one terminal may show without asking central. SQLCipher, plain SQL, read by keyset pages.

Holds the queue (masked), snapshots of opened cases, drafts, agents and controllers, and what is kept of PINs for some
hours. All but drafts and PINs can be fetched again.
"""

import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlite

from db.kill_points import reach
from services.errors import Unavailable, Unusable

KEPT = "your log keeps every action"
OFFLINE_S = 12 * 3600
"""How long what central last said of people counts here: somebody shut out must not get in at a desk kept offline."""

_COLUMNS = (
    "case_id", "controller", "rights", "person", "state", "who", "tier", "due", "open", "ack", "breach", "approval",
    "conflicts", "hard", "paused", "wakes", "rev",
)  # fmt: skip
_PUT = (
    f"INSERT INTO queue VALUES ({', '.join('?' * len(_COLUMNS))}) "  # noqa: S608
    f"ON CONFLICT DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in _COLUMNS[1:])}"
)
_MORE = (
    "INSERT INTO tally VALUES (NEW.controller, NEW.open, NEW.who, NEW.approval, NEW.state, NEW.rights, 1) "
    "ON CONFLICT DO UPDATE SET n = n + 1"
)
_LESS = (
    "UPDATE tally SET n = n - 1 WHERE controller = OLD.controller AND open = OLD.open AND who = OLD.who "
    "AND approval = OLD.approval AND state = OLD.state AND rights = OLD.rights"
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE queue (
            case_id TEXT PRIMARY KEY, controller TEXT NOT NULL, rights TEXT NOT NULL, person TEXT NOT NULL,
            state TEXT NOT NULL, who TEXT NOT NULL, tier TEXT NOT NULL, due TEXT NOT NULL, open INT NOT NULL,
            ack INT NOT NULL, breach INT NOT NULL, approval INT NOT NULL, conflicts INT NOT NULL, hard TEXT NOT NULL,
            paused TEXT NOT NULL, wakes TEXT NOT NULL, rev INT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX queue_due ON queue (open, breach, due, case_id)",
        "CREATE INDEX queue_ack ON queue (open, breach, ack, due, case_id)",
        "CREATE INDEX queue_who_due ON queue (who, open, breach, due, case_id)",
        "CREATE INDEX queue_who_ack ON queue (who, open, breach, ack, due, case_id)",
        "CREATE INDEX queue_approval ON queue (open, breach, due, case_id) WHERE approval=1",
        "CREATE INDEX queue_wakes ON queue (open, breach, due, case_id) WHERE wakes<>''",
        "CREATE INDEX queue_who_wakes ON queue (who, open, breach, due, case_id) WHERE wakes<>''",
        "CREATE INDEX queue_conflicts ON queue (controller) WHERE conflicts>0",
        # How many rows of each kind there are: counting a million takes seconds, and the screen asks again and again.
        """
        CREATE TABLE tally (
            controller TEXT NOT NULL, open INT NOT NULL, who TEXT NOT NULL, approval INT NOT NULL,
            state TEXT NOT NULL, rights TEXT NOT NULL, n INT NOT NULL,
            PRIMARY KEY (controller, open, who, approval, state, rights)
        ) STRICT, WITHOUT ROWID
        """,
        f"CREATE TRIGGER queue_in AFTER INSERT ON queue BEGIN {_MORE}; END",
        f"CREATE TRIGGER queue_out AFTER DELETE ON queue BEGIN {_LESS}; END",
        f"CREATE TRIGGER queue_moved AFTER UPDATE ON queue BEGIN {_LESS}; {_MORE}; END",
        """
        CREATE TABLE snapshot (
            case_id TEXT PRIMARY KEY, body BLOB NOT NULL, rev INT NOT NULL, own_size INT NOT NULL,
            on_hold INT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE draft (id TEXT PRIMARY KEY, agent TEXT NOT NULL, body BLOB NOT NULL, saved_at INT NOT NULL)
        STRICT
        """,
        """
        CREATE TABLE agent (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, roles TEXT NOT NULL, disabled INT NOT NULL, pin_rev INT NOT NULL
        ) STRICT
        """,
        # What a PIN fits that central said yes to, for sign-ins without central; keyed with this terminal's own key.
        """
        CREATE TABLE pin (
            agent TEXT PRIMARY KEY, kept TEXT NOT NULL, rev INT NOT NULL, checked_at INT NOT NULL,
            tries INT NOT NULL DEFAULT 0, locked_until INT NOT NULL DEFAULT 0
        ) STRICT
        """,
        "CREATE TABLE controller (key TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT",
        # Published catalogs, without the files: what the officer's screen shows.
        """
        CREATE TABLE catalog (
            controller TEXT NOT NULL, number INT NOT NULL, digest TEXT NOT NULL, head BLOB NOT NULL,
            shown BLOB NOT NULL, PRIMARY KEY (controller, number)
        ) STRICT
        """,
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    ),
)
"""Statements by schema version."""


class TerminalStore:
    """One connection a thread to desk.db; `key` is the raw 32-byte key from the vault.

    Raises `Unusable` for a wrong key, a damaged file or a newer schema, `Unavailable` when the disk is full or busy.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._key = key
        self._local = threading.local()
        self._open: list[Any] = []
        self._write_lock = threading.Lock()
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    def _connection(self) -> Any:
        conn = getattr(self._local, "conn", None)
        if conn is None:
            conn = sqlite.connect(str(self.path), timeout=10, isolation_level=None, check_same_thread=False)
            conn.execute("PRAGMA cipher_log_level=NONE")
            conn.execute(f"PRAGMA key=\"x'{self._key.hex()}'\"")
            conn.execute("PRAGMA journal_mode=WAL")
            conn.execute("PRAGMA cache_size=-1000")
            conn.execute("PRAGMA secure_delete=ON")  # what is forgotten, a draft or what is kept of a PIN, is gone
            self._local.conn = conn
            self._open.append(conn)
        return conn

    def _migrate(self) -> None:
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            conn = self._connection()
            version = conn.execute("PRAGMA user_version").fetchone()[0]
            conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except (OSError, sqlite.OperationalError) as exc:
            reason = "the desk store cannot be opened: is the disk full or read-only?"
            raise Unavailable(reason, kept=KEPT, next_key="rightsdesk doctor") from exc
        except sqlite.DatabaseError as exc:
            reason = "the desk store cannot be opened: wrong key or damaged file"
            raise Unusable(reason, kept=KEPT, next_key="rightsdesk doctor") from exc
        if version > len(MIGRATIONS):
            reason = f"the desk store has schema {version}, this program knows {len(MIGRATIONS)}: update it"
            raise Unusable(reason, kept=KEPT)
        for number, statements in enumerate(MIGRATIONS[version:], version + 1):
            with self.writing() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                cursor.execute(f"PRAGMA user_version={number}")

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[Any]:
        """One transaction, rolled back on any exception; `durable` also through a power cut."""
        with self._write_lock, _answering():
            conn = self._connection()
            conn.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            conn.execute("BEGIN IMMEDIATE")
            try:
                yield conn
                conn.execute("COMMIT")
            except BaseException:
                if conn.in_transaction:  # a full disk may have ended it already
                    conn.execute("ROLLBACK")
                raise

    def rows(self, sql: str, args: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a SELECT on this thread's connection."""
        with _answering():
            return list(self._connection().execute(sql, args).fetchall())

    def close(self) -> None:
        """Close every thread's connection."""
        for conn in self._open:
            conn.close()
        self._open.clear()
        self._local = threading.local()

    def meta(self, key: str, default: str = "") -> str:
        """One kept fact."""
        found = self.rows("SELECT value FROM meta WHERE key=?", (key,))
        return str(found[0][0]) if found else default

    def set_meta(self, facts: Mapping[str, str]) -> None:
        """Keep facts, all or none, through a power cut: a case number that was used must not come again."""
        with self.writing(durable=True) as conn:
            conn.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())

    def apply_changes(self, rows: Iterable[Sequence[object]], rev: int, mark: str = "") -> None:
        """A page of the change feed, its cursor and central's mark, in one transaction; columns as in `queue`."""
        with self.writing() as conn:
            conn.executemany(_PUT, rows)
            conn.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", [("rev", str(rev)), ("mark", mark)])
            reach("down.before-commit")

    def forget_queue(self, feed: str = "") -> None:
        """Drop the replica of the queue: it is fetched again from the start, of the feed called `feed`."""
        with self.writing() as conn:
            conn.execute("DELETE FROM queue")
            conn.execute("DELETE FROM snapshot")
            conn.execute("DELETE FROM meta WHERE key IN ('rev', 'mark')")
            conn.execute("INSERT OR REPLACE INTO meta VALUES ('feed', ?)", (feed,))

    def replace_people(self, agents: Sequence[Sequence[object]], controllers: Iterable[Sequence[object]]) -> None:
        """Agents (id, name, roles, disabled, number of the PIN) and controllers (key, body), and when.

        What was kept of a PIN goes with whom it no longer opens for.
        """
        with self.writing() as conn:
            conn.execute("DELETE FROM agent")
            conn.executemany("INSERT INTO agent VALUES (?,?,?,?,?)", agents)
            conn.execute(
                "DELETE FROM pin WHERE NOT EXISTS "
                "(SELECT 1 FROM agent WHERE id=pin.agent AND disabled=0 AND pin_rev<=pin.rev)"
            )
            conn.execute("DELETE FROM pin WHERE checked_at < ?", (int(time.time()) - OFFLINE_S,))
            conn.execute("DELETE FROM controller")
            conn.executemany("INSERT INTO controller VALUES (?,?)", controllers)
            conn.execute("INSERT OR REPLACE INTO meta VALUES ('people-at', ?)", (str(int(time.time())),))

    def catalogs(self) -> set[tuple[str, int, str]]:
        """(controller, number, digest) of every catalog that is here."""
        return {(r[0], r[1], r[2]) for r in self.rows("SELECT controller, number, digest FROM catalog")}

    def change_catalogs(self, gone: Iterable[tuple[str, int]], new: Iterable[Sequence[object]]) -> None:
        """Forget versions (controller, number); keep new ones (controller, number, digest, head, what is shown)."""
        with self.writing() as conn:
            conn.executemany("DELETE FROM catalog WHERE controller=? AND number=?", gone)
            conn.executemany("INSERT OR REPLACE INTO catalog VALUES (?,?,?,?,?)", new)

    def keep_pin(self, agent: Sequence[object], kept: str, checked_at: int) -> None:
        """What a PIN fits that central said yes to at `checked_at` (seconds since 1970), and the agent as it said."""
        with self.writing() as conn:
            conn.execute("INSERT OR REPLACE INTO agent VALUES (?,?,?,?,?)", agent)
            row = (agent[0], kept, agent[4], checked_at)
            conn.execute("INSERT OR REPLACE INTO pin (agent, kept, rev, checked_at) VALUES (?,?,?,?)", row)

    def drop_pins(self, first: int, last: int) -> None:
        """Forget what was kept of PINs that central said yes to outside this time (seconds since 1970)."""
        if self.rows("SELECT 1 FROM pin WHERE checked_at NOT BETWEEN ? AND ? LIMIT 1", (first, last)):
            with self.writing() as conn:
                conn.execute("DELETE FROM pin WHERE checked_at NOT BETWEEN ? AND ?", (first, last))

    def set_tries(self, agent: str, tries: int, locked_until: int) -> None:
        """Wrong PINs in a row, and until when (seconds since 1970) no PIN is taken."""
        with self.writing() as conn:
            conn.execute("UPDATE pin SET tries=?, locked_until=? WHERE agent=?", (tries, locked_until, agent))

    def put_snapshot(self, case: str, body: bytes, rev: int, own_size: int, on_hold: int = 0) -> None:
        """Keep a case as central folded it, and how much of its person's data a legal hold covers."""
        with self.writing() as conn:
            conn.execute("INSERT OR REPLACE INTO snapshot VALUES (?,?,?,?,?)", (case, body, rev, own_size, on_hold))

    def snapshot(self, case: str) -> tuple[bytes, int, int, int] | None:
        """(body, rev, own size, how much is on hold) of a kept case."""
        found = self.rows("SELECT body, rev, own_size, on_hold FROM snapshot WHERE case_id=?", (case,))
        return (found[0][0], found[0][1], found[0][2], found[0][3]) if found else None


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except sqlite.OperationalError as exc:
        raise Unavailable("the desk store does not take it: full disk, or busy", kept=KEPT) from exc
    except sqlite.DatabaseError as exc:
        if type(exc) is not sqlite.DatabaseError:  # a fault of ours, not of the file
            raise
        raise Unusable("the desk store is damaged", kept=KEPT, next_key="rightsdesk doctor") from exc
