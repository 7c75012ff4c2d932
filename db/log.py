"""The log's writer: one at a time, one commit for all that wait, "done" only after the commit (action-log.md 3)."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Self

from sqlcipher3 import dbapi2

from db.file_lock import FileLock
from db.kill_points import reach
from db.log_file import Connection, LogBroken, as_desk_error, open_for_writing, plain_words, wipe
from db.log_keys import WriterKeys
from db.log_reader import Detail, LogReader
from db.log_request import Request
from db.log_start import Expected, Growing, load
from services.action_log.acts import KeyRotated, LogOpened
from services.action_log.canonical import dump_walked
from services.action_log.checkpoint import parse as parse_note
from services.action_log.entry import Draft, Entry, check_log_id, from_raw, prepare
from services.action_log.epochs import STRIDE
from services.action_log.merkle import TreeHead, leaf_hash
from services.action_log.moment import Clock, now
from services.action_log.tiles import Tile
from services.errors import BadInput, NotFound, Unavailable

MAX_BATCH, BULK = 1024, 4096


class LogWriter:
    """Appends to the one log at `path` (made when absent); safe to call from any thread.

    `log` is `<owner>/<n>`, `origin` the checkpoints' origin, `seed` the 32-byte Ed25519 seed that opens it; one of
    `others` may be in force by now, which the log says. `anchor` is a head that this log is known to have had. Raises
    `Unavailable` (another writer, full disk), `Unusable` (damaged, newer), `LogBroken` when the start-up check fails:
    keep the file then and call `open_successor`.
    """

    def __init__(
        self,
        path: Path,
        *,
        log: str,
        origin: str,
        seed: bytes,
        others: Sequence[bytes] = (),
        anchor: TreeHead | None = None,
        clock: Clock = now,
        training: bool = False,
        software: str = "rightsdesk",
    ) -> None:
        self.path = path
        self.log = check_log_id(log)
        self.commits = 0
        self._keys = WriterKeys(origin, (seed, *others))
        self._expected = self._keys.expected(Expected(log, origin, (), anchor))
        self._clock, self._training = clock, training
        self._waiting: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._gate, self._turn = threading.Lock(), threading.Lock()
        self._bell = threading.Semaphore(0)
        self._server: threading.Thread | None = None
        self._closed, self._wiped = False, True
        self._tiles: dict[tuple[int, int], Tile] = {}
        with plain_words():
            self._lock = FileLock(path.with_name(path.name + ".lock"), what="log")
        try:
            self._db: Connection = open_for_writing(path)
            try:
                with plain_words():
                    self._growing: Growing | None = load(self._db, self._expected)
            except BaseException:
                self._db.close()
                raise
        except BaseException:
            self._lock.release()
            raise
        self._head = self._growing.frontier.head(), self._growing.checkpoint
        self._settle_keys()
        if not self.size:
            try:
                self.append([self._own(LogOpened(public_key=self.public_key.hex(), software=software))])
            except BaseException:
                self.close()
                raise

    # ── for everyone ──────────────────────────────────────────────────────────────────────────────────────────

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def size(self) -> int:
        """Entries that are durable."""
        return self._head[0].size

    @property
    def root(self) -> bytes:
        """Root (32 bytes) over all durable entries."""
        return self._head[0].root

    @property
    def head(self) -> TreeHead:
        """Size and root together: what an anchor keeps."""
        return self._head[0]

    @property
    def checkpoint(self) -> str:
        """The signed note of the last commit."""
        return self._head[1]

    @property
    def public_key(self) -> bytes:
        """The Ed25519 key (32 bytes) in force."""
        return self._in_force[0]

    @property
    def sealed(self) -> int:
        """Entries whose key is gone: nobody can write another past for them."""
        return self._in_force[1]

    def append(self, drafts: Sequence[Draft], details: Sequence[Detail] = ()) -> tuple[Entry, ...]:
        """Writes the drafts in one transaction with their details; returns after the commit.

        Raises `BadInput` (lint, a detail that no draft names), `Unavailable` (full disk, closed), `LogBroken`.
        """
        raws, work = self._appending(drafts, details)
        return tuple(self._do(work, len(raws)))

    def append_later(self, drafts: Sequence[Draft], details: Sequence[Detail] = ()) -> Callable[[], tuple[Entry, ...]]:
        """Like `append` without waiting; a refused draft still raises at once. Call what it returns to wait."""
        raws, work = self._appending(drafts, details)
        return self._later(work, len(raws)).result

    def _appending(
        self, drafts: Sequence[Draft], details: Sequence[Detail]
    ) -> tuple[list[dict[str, Any]], Callable[[], tuple[Entry, ...]]]:
        """The drafts, checked, and the work that writes them inside a commit."""
        raws = [prepare(draft) for draft in drafts]
        rows = _detail_rows(raws, details)

        def work() -> tuple[Entry, ...]:
            self._insert(raws)
            for number, owner, kind, blob, index in rows:
                self._db.execute(
                    "INSERT INTO detail(hash, seq, owner, kind, blob) VALUES (?, ?, ?, ?, ?)",
                    (number, raws[index]["seq"], owner, kind, blob),
                )
            return tuple(from_raw(raw) for raw in raws)

        return raws, work

    def append_many(self, drafts: Iterable[Draft], *, batch: int = BULK) -> int:
        """Writes many drafts, `batch` to a commit (all of a batch or none); returns how many. For imports."""
        waiting: deque[Request] = deque()
        source, count = iter(drafts), 0
        try:
            while raws := [prepare(draft) for draft in islice(source, batch)]:
                waiting.append(self._later(partial(self._insert, raws), len(raws)))
                if len(waiting) > 1:
                    count += int(waiting.popleft().result())
        finally:  # also when a later draft is refused: what was handed over is durable when this ends
            count += sum(int(request.result()) for request in waiting)
        return count

    def store_receipt(self, size: int, note: str) -> None:
        """Keeps central's cosigned note for the tree of `size`; a second one for the same size changes nothing."""
        if parse_note(note).head.size != size:
            raise BadInput("is a receipt for another size", place="receipt")
        sql = "INSERT INTO receipt(size, note) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM receipt WHERE size = ?1)"
        self._do(lambda: self._db.execute(sql, (size, note)))

    def forget_details(self, upto: int) -> int:
        """Deletes details of entries below `upto`, which central has accepted, from the disk too; returns how many."""
        gone = int(self._do(lambda: self._db.execute("DELETE FROM detail WHERE seq < ?", (upto,)).rowcount))
        if gone or not self._wiped:
            with self._turn, plain_words():
                self._wiped = self._closed or wipe(self._db)
            self._ring()  # for whoever found the turn taken
        return gone

    def batch_end(self, start: int, most: int = STRIDE) -> tuple[int, str]:
        """Where a batch for central that begins at `start` ends, and the signed note of that size.

        It holds `most` entries or what there is; under an earlier key it ends where that key left a note, which may be
        further. Raises `NotFound` at the end of the log.
        """
        if not 0 <= start < self.size:
            raise NotFound(f"The log has {self.size} entries, none from {start} on.")
        return tuple(self._do(lambda: self._keys.batch_end(self._db, self._now_growing(), start, most)))

    def rotate(self, seed: bytes) -> None:
        """Goes on under the key of another seed; the old one is held no more when this returns (action-log.md 4)."""
        key = self._keys.take(seed)
        self._expected = self._keys.expected(self._expected)

        def work() -> None:
            growing = self._now_growing()
            raw = prepare(self._own(KeyRotated(epoch=growing.chain.epoch + 1, public_key=key.hex())))
            self._insert([raw])
            self._store_tiles()
            self._keys.seal(self._db, growing, dump_walked(raw))

        self._do(work)
        self._settle_keys()

    def _settle_keys(self) -> None:
        """Drops every seed but the one that what is durable says is in force."""
        with self._turn:
            if self._growing is None:
                self._growing = load(self._db, self._expected)
            chain = self._growing.chain
            self._keys.settle(chain)
            self._expected = self._keys.expected(self._expected)
            self._in_force = chain.key, chain.sealed

    def reader(self) -> LogReader:
        """A reader of this log with a connection of its own."""
        return LogReader(self.path)

    def close(self) -> None:
        """Writes what waits, then lets go of file and lock; a second call does nothing."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
        with self._turn:
            while not self._waiting.empty():
                self._commit_waiting()
        if self._server is not None:
            self._bell.release()
            self._server.join()
        self._db.close()
        self._lock.release()

    # ── one commit for all that wait ──────────────────────────────────────────────────────────────────────────

    def _put(self, work: Callable[[], Any], weight: int) -> Request:
        request = Request(work, weight)
        with self._gate:
            if self._closed:
                raise Unavailable("The log is closed; nothing was written.")
            self._waiting.put(request)
        return request

    def _do(self, work: Callable[[], Any], weight: int = 1) -> Any:
        """Puts the work in line; commits all that waits when nobody else does, else leaves it to whoever does."""
        request = self._put(work, weight)
        if self._turn.acquire(blocking=False):
            try:
                self._commit_waiting()
            finally:
                self._turn.release()
            if not self._waiting.empty():  # they came meanwhile and found the turn taken
                self._ring()
        return request.result()

    def _later(self, work: Callable[[], Any], weight: int) -> Request:
        """Puts the work in line for the thread that serves those who do not wait."""
        request = self._put(work, weight)
        self._ring()
        return request

    def _ring(self) -> None:
        with self._gate:
            if self._server is None and not self._closed:
                self._server = threading.Thread(target=self._serve, name=f"log {self.log}", daemon=True)
                self._server.start()
        self._bell.release()

    def _serve(self) -> None:
        while True:
            self._bell.acquire()
            with self._turn:
                while not self._waiting.empty():
                    self._commit_waiting()
            if not self._waiting.empty():
                self._ring()
            with self._gate:
                if self._closed and self._waiting.empty():
                    return

    def _commit_waiting(self) -> None:
        """Takes what waits, up to a batch, and commits it at once; only with the turn in hand."""
        batch: list[Request] = []
        weight = 0
        while weight < MAX_BATCH and not self._waiting.empty():  # nobody else takes: we have the turn
            batch.append(self._waiting.get_nowait())
            weight += batch[-1].weight
        if batch:
            self._commit_or_split(batch)

    def _commit_or_split(self, batch: list[Request]) -> None:
        """One commit for all; when it fails each alone, so that one request cannot fail another."""
        try:
            results = self._commit(batch)
        except BaseException as exc:
            self._forget()
            if len(batch) == 1 or not isinstance(exc, Exception):
                for request in batch:
                    request.settle(None, as_desk_error(exc))
                if not isinstance(exc, Exception):
                    raise  # an interrupt: nobody may be left waiting
                return
            for request in batch:
                self._commit_or_split([request])
            return
        for request, result in zip(batch, results, strict=True):
            reach("log.before-ack")
            request.settle(result)

    def _commit(self, batch: list[Request]) -> list[Any]:
        if self._growing is None:
            self._growing = load(self._db, self._expected)
        growing = self._growing
        self._db.execute("BEGIN IMMEDIATE")
        before = growing.frontier.size
        results = [request.work() for request in batch]
        head = self._store_edge(growing) if growing.frontier.size != before else self._head
        reach("log.before-commit")
        self._db.execute("COMMIT")
        reach("log.after-commit")
        self._head = head
        self.commits += 1
        return results

    def _insert(self, raws: Sequence[dict[str, Any]]) -> int:
        """Gives the entries their place and time, and writes them; the head follows once for the whole commit."""
        growing = self._now_growing()
        ts, mono, boot = self._clock()
        rows = []
        for seq, raw in enumerate(raws, growing.frontier.size):
            raw.update(log=self.log, seq=seq, ts=ts, mono=mono, boot=boot, training=self._training)
            body = dump_walked(raw)
            leaf = leaf_hash(body)
            growing.frontier.append(leaf)
            for tile in growing.edge.append(leaf):
                self._tiles[tile.level, tile.index] = tile
            rows.append((seq, body))
        sql = "INSERT INTO log(seq, body) VALUES (?, ?)"
        if len(rows) == 1:
            self._db.execute(sql, rows[0])
        else:
            self._db.executemany(sql, rows)
        return len(rows)

    def _store_edge(self, growing: Growing) -> tuple[TreeHead, str]:
        """Writes tiles that filled or grew, and the signed head, which it returns with its note."""
        self._store_tiles()
        head = growing.frontier.head()
        growing.checkpoint = note = self._keys.sign(growing)
        row = (head.size, growing.frontier.to_bytes(), note)
        if not self._db.execute("UPDATE head SET size = ?, frontier = ?, checkpoint = ? WHERE one = 1", row).rowcount:
            self._db.execute("INSERT INTO head(one, size, frontier, checkpoint) VALUES (1, ?, ?, ?)", row)
        return head, note

    def _store_tiles(self) -> None:
        upsert = "INSERT INTO tile(level, idx, data) VALUES (?, ?, ?)"
        for tile in self._tiles.values():
            changed = self._db.execute(
                "UPDATE tile SET data = ?3 WHERE level = ?1 AND idx = ?2", (tile.level, tile.index, tile.data)
            ).rowcount
            if not changed:
                self._db.execute(upsert, (tile.level, tile.index, tile.data))
        self._tiles.clear()

    def _now_growing(self) -> Growing:
        assert self._growing is not None  # noqa: S101 (set by _commit)
        return self._growing

    def _forget(self) -> None:
        """Rolls back and drops memory: what is true next is read from the file."""
        self._growing = None
        self._tiles.clear()
        if self._db.in_transaction:
            with suppress(dbapi2.Error):  # whoever waits hears of the first error; the next commit meets this one
                self._db.execute("ROLLBACK")

    def _own(self, act: KeyRotated | LogOpened) -> Draft:
        return Draft(act=act, actor=f"log:{self.log}", as_="log")


def _detail_rows(raws: Sequence[dict[str, Any]], details: Sequence[Detail]) -> list[tuple[str, str, str, bytes, int]]:
    """Each detail with the index of the draft that names it; raises `BadInput` when its hash is wrong or unnamed."""
    named = {number: index for index, raw in enumerate(raws) for number in raw["details"]}
    for detail in details:
        if sha256(detail.blob).hexdigest() != detail.hash or detail.hash not in named:
            raise BadInput("is not the detail that an entry names", place="details")
    return [(d.hash, d.owner, d.kind, d.blob, named[d.hash]) for d in details]


__all__ = ["Detail", "LogBroken", "LogReader", "LogWriter"]
