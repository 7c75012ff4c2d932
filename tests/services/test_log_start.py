"""Opening a log: what is checked in a blink, what does not open, and the successor that names it."""

import time
from pathlib import Path
from typing import Any

import pytest

from db.log import LogBroken
from db.log_check import check_file
from db.log_successor import open_successor, successor_of
from services.action_log import checkpoint
from services.action_log.merkle import TreeHead
from tests.log_samples import (
    CENTRAL,
    CENTRAL_SEED,
    LOG,
    OTHER_SEED,
    SEED,
    copy_of,
    draft,
    numbered,
    open_log,
    unguarded,
    write_log,
)  # fmt: skip


def broken(folder: Path, **more: Any) -> LogBroken:
    with pytest.raises(LogBroken) as caught:
        open_log(folder, **more)
    return caught.value


def test_an_untouched_log_with_anchor_and_receipt_opens(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(700))
        writer.store_receipt(701, checkpoint.cosign(writer.checkpoint, CENTRAL, CENTRAL_SEED, 1))
        head = writer.head
    with open_log(tmp_path, anchor=head) as writer:
        writer.append([draft()])
    open_log(tmp_path, anchor=head).close()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("UPDATE log SET body = CAST(replace(body, ':0042', ':0043') AS BLOB) WHERE seq = 690", "edited-entry"),
        ("DELETE FROM log WHERE seq = 700", "tail-cut"),
        ("INSERT INTO log SELECT 701, body FROM log WHERE seq = 700", "surplus-entry"),
        ("DELETE FROM head", "head-missing"),
        ("UPDATE head SET frontier = zeroblob(length(frontier))", "frontier-mismatch"),
        ("UPDATE head SET frontier = x'00'", "frontier-mismatch"),
        ("UPDATE head SET checkpoint = 'x'", "bad-checkpoint"),
        ("UPDATE head SET checkpoint = replace(checkpoint, '/1' || char(10) || '70', '/1' || char(10) || '71')",
         "bad-signature"),
        ("UPDATE receipt SET note = 'x'", "bad-receipt"),
        ("UPDATE tile SET data = zeroblob(8192) WHERE level = 0", "forked"),
    ],
)  # fmt: skip
def test_a_changed_log_does_not_open_and_says_why(tmp_path: Path, change: str, kind: str) -> None:
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(299))
        writer.store_receipt(300, checkpoint.cosign(writer.checkpoint, CENTRAL, CENTRAL_SEED, 1))
        writer.append_many(numbered(401))
    with unguarded(tmp_path / "log-1.db") as db:
        db.execute(change)
    assert broken(tmp_path).report.kind == kind
    open_log_again = broken(tmp_path)  # the lock was let go
    assert open_log_again.report.log == LOG


def test_a_restored_older_file_another_key_and_another_history_do_not_open(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(300))
    copy_of(tmp_path / "log-1.db", tmp_path / "old")
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(300))
        anchor = writer.head
    assert broken(tmp_path / "old", anchor=anchor).report.kind == "rolled-back"
    assert broken(tmp_path, seed=OTHER_SEED).report.kind == "foreign-key"
    assert broken(tmp_path, anchor=TreeHead(300, bytes(32))).report.kind == "forked"
    empty = tmp_path / "empty"
    empty.mkdir()
    assert broken(empty, anchor=anchor).report.kind == "rolled-back"


def test_a_successor_names_the_broken_log_which_stays_as_it_was(tmp_path: Path) -> None:
    path = write_log(tmp_path, 20)
    with unguarded(path) as db:
        db.execute("DELETE FROM log WHERE seq = 19")
    kept = path.read_bytes()
    with open_successor(broken(tmp_path), tmp_path / "log-2.db", origin="demo/7f3a90c1/2", seed=SEED) as writer:
        assert writer.log == successor_of(LOG) == "7f3a90c1/2"
        with writer.reader() as reader:
            entries = list(reader.entries())
    assert [entry.act for entry in entries] == ["log.opened", "log.recovered"]
    assert entries[1].params == {"kind": "tail-cut", "place": "7f3a90c1/1:19"}
    assert path.read_bytes() == kept


def test_the_check_at_start_is_short_whatever_the_size(tmp_path: Path) -> None:
    path = write_log(tmp_path, 60_000)
    began = time.perf_counter()
    with open_log(tmp_path) as writer:
        assert time.perf_counter() - began < 0.3
        assert writer.size == 60_000
    assert path.stat().st_size > 20_000_000


def test_a_value_turned_into_another_type_is_found(tmp_path: Path) -> None:
    path = write_log(tmp_path, 5)
    for table, column in (("log", "body"), ("head", "checkpoint"), ("head", "frontier")):
        with unguarded(copy_of(path, tmp_path / column)) as db:
            db.execute("PRAGMA writable_schema = ON")
            db.execute("UPDATE sqlite_master SET sql = replace(sql, 'STRICT', '') WHERE name = ?", (table,))
            db.execute("PRAGMA writable_schema = RESET")
            db.execute(f"UPDATE {table} SET {column} = 7.5")
            db.execute("PRAGMA writable_schema = ON")
            db.execute("UPDATE sqlite_master SET sql = sql || ' STRICT' WHERE name = ?", (table,))
            db.execute("PRAGMA writable_schema = RESET")
        with pytest.raises(LogBroken):
            open_log(tmp_path / column)
        assert check_file(tmp_path / column / "log-1.db").state == "tampered"


def test_an_interrupt_leaves_nobody_waiting_and_the_log_in_order(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer:

        def interrupt() -> None:
            writer._insert([])
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            writer._do(interrupt)
        assert writer.append([draft()])[0].seq == 1
    assert check_file(tmp_path / "log-1.db").state == "whole"
