"""Logs to attack: a sample with tiles, tail and receipt, and the ways to change its file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2

from services.action_log import checkpoint
from services.action_log.checkpoint import Signer
from services.action_log.known import Known
from services.action_log.merkle import Frontier, leaf_hash
from services.action_log.report import Report
from services.action_log.tiles import TileEdge
from tests.log_samples import (
    CENTRAL,
    CENTRAL_SEED,
    ORIGIN,
    SEED,
    copy_of,
    detail,
    draft,
    numbered,
    open_log,
    unguarded,
)  # fmt: skip

COUNT = 600  # two full tiles and a tail


RECEIPT = 400


KEY = Signer(ORIGIN, SEED).public_key


COSIGNER = (CENTRAL, Signer(CENTRAL, CENTRAL_SEED).public_key)


class Sample:
    """A log, what is known of it, and an older copy of its file."""

    def __init__(self, folder: Path) -> None:
        with open_log(folder) as writer:
            writer.append_many(numbered(RECEIPT - 1))
            note = checkpoint.cosign(writer.checkpoint, CENTRAL, CENTRAL_SEED, 1_764_000_000)
            assert writer.size == RECEIPT
            self.old_head = writer.head
        self.old = copy_of(folder / "log-1.db", folder / "old")
        with open_log(folder) as writer:
            writer.store_receipt(RECEIPT, note)
            writer.append_many(numbered(COUNT - RECEIPT - 1, RECEIPT - 1))
            writer.append([draft(details=(detail().hash,))], [detail()])
            self.head = writer.head
        self.path = folder / "log-1.db"
        self.known = Known(public_key=KEY, origin=ORIGIN, anchor=self.head, cosigner=COSIGNER)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(tmp_path_factory.mktemp("sample"))


def attacked(sample: Sample, folder: Path, *statements: tuple[str, tuple[Any, ...]]) -> Path:
    path = copy_of(sample.path, folder)
    with unguarded(path) as db:
        for sql, values in statements:
            assert db.execute(sql, values).rowcount, sql
    return path


def body(path: Path, seq: int) -> bytes:
    db = dbapi2.connect(path.as_posix())
    try:
        return bytes(db.execute("SELECT body FROM log WHERE seq = ?", (seq,)).fetchone()[0])
    finally:
        db.close()


def found(report: Report) -> tuple[str, str | None, int | None, int | None]:
    return report.state, report.kind, report.first, report.last


UPDATE = "UPDATE log SET body = ? WHERE seq = ?"


def signed_with(folder: Path, change: Callable[[bytes], bytes]) -> Path:
    """A log of three entries whose second one was changed before it was signed."""
    with open_log(folder) as writer:
        writer.append_many(numbered(2))
    path = folder / "log-1.db"
    bodies = [body(path, seq) for seq in range(3)]
    return signed_again(path, [bodies[0], change(bodies[1]), bodies[2]])


def signed_again(path: Path, bodies: list[bytes], origin: str = ORIGIN, seed: bytes = SEED) -> Path:
    """A log of one tile at most, which holds `bodies` now, and its head signed to match by whoever has the key."""
    with unguarded(path) as db:
        frontier = Frontier()
        db.execute("DELETE FROM log WHERE seq >= ?", (len(bodies),))
        for seq, one in enumerate(bodies):
            db.execute(UPDATE, (one, seq))
            frontier.append(leaf_hash(one))
        note = checkpoint.sign(origin, seed, frontier.head())
        db.execute("UPDATE head SET size = ?, frontier = ?, checkpoint = ?", (len(bodies), frontier.to_bytes(), note))
    return path


def cut_to(path: Path, size: int) -> list[tuple[str, tuple[Any, ...]]]:
    """What somebody with the seed does to shorten a log cleanly."""
    frontier = Frontier()
    for seq in range(size):
        frontier.append(leaf_hash(body(path, seq)))
    note = checkpoint.sign(ORIGIN, SEED, frontier.head())
    roots = Frontier()
    for seq in range(256):
        roots.append(leaf_hash(body(path, seq)))
    return [
        ("DELETE FROM log WHERE seq >= ?", (size,)),
        ("DELETE FROM tile WHERE level = 0 AND idx >= ?", (1,)),
        ("UPDATE tile SET data = ? WHERE level = 1", (roots.root(),)),
        ("UPDATE head SET size = ?, frontier = ?, checkpoint = ?", (size, frontier.to_bytes(), note)),
    ]


def sqlite(path: Path, sql: str) -> None:
    db = dbapi2.connect(path.as_posix(), isolation_level=None)
    db.execute(sql)
    db.close()


def written_anew(path: Path, folder: Path, bodies: Sequence[bytes], seed: bytes, *, origin: str = ORIGIN) -> Path:
    """The file as somebody makes it who has this program and that seed: all fits but what only other keys can sign."""
    path = copy_of(path, folder)
    frontier, edge, tiles = Frontier(), TileEdge(), {}
    for body in bodies:
        frontier.append(leaf_hash(body))
        tiles.update({(tile.level, tile.index): tile.data for tile in edge.append(leaf_hash(body))})
    note = checkpoint.sign(origin, seed, frontier.head())
    with unguarded(path) as db:
        db.execute("DELETE FROM log")
        db.executemany("INSERT INTO log(seq, body) VALUES (?, ?)", enumerate(bodies))
        db.execute("DELETE FROM tile")
        rows = [(level, index, data) for (level, index), data in tiles.items()]
        db.executemany("INSERT INTO tile(level, idx, data) VALUES (?, ?, ?)", rows)
        db.execute("UPDATE head SET size = ?, frontier = ?, checkpoint = ?", (len(bodies), frontier.to_bytes(), note))
    return path


SEEDS = [SEED, b"1" * 32, b"2" * 32]
ENDS = (300, 520)  # of the epochs 0 and 1; epoch 2 is in force
LENGTH = 600


def write_epochs(folder: Path) -> Path:
    """A closed log in its third epoch, with entries under each key and a receipt for some of the first's."""
    with open_log(folder) as writer:
        writer.append_many(numbered(199))
        writer.store_receipt(200, checkpoint.cosign(writer.checkpoint, CENTRAL, CENTRAL_SEED, 1_764_000_000))
        for end, seed in zip(ENDS, SEEDS[1:], strict=True):
            writer.append_many(numbered(end - writer.size - 1))
            writer.rotate(seed)
        writer.append_many(numbered(LENGTH - writer.size))
    return folder / "log-1.db"
