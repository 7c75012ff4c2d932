"""Logs flipped byte by byte, read on two cores, or signed wrongly by their own key."""

from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2

from db import log_check
from db.log_check import check_file
from services.action_log import checkpoint
from services.action_log.known import Known
from services.action_log.report import Report
from tests.attacked_logs import (
    COSIGNER,
    ENDS,
    KEY,
    UPDATE,
    Sample,
    attacked,
    body,
    cut_to,
    sample as sample,
    sqlite,
    write_epochs,
)
from tests.log_samples import (
    CENTRAL,
    CENTRAL_SEED,
    ORIGIN,
    OTHER_SEED,
    numbered,
    open_log,
)  # fmt: skip


def both(path: Path, known: Known, monkeypatch: pytest.MonkeyPatch) -> Report:
    """The report of two processes, which must be that of one."""
    monkeypatch.setattr(log_check, "PARALLEL_FROM", 100)
    apart, alone = check_file(path, known, cores=2), check_file(path, known)
    assert (apart.state, apart.kind, apart.first, apart.size) == (alone.state, alone.kind, alone.first, alone.size)
    return apart


def test_two_cores_say_what_one_says(sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert both(sample.path, sample.known, monkeypatch).root == sample.head.root
    edited = body(sample.path, 300).replace(b"agent:0042", b"agent:0043")
    changes: dict[str, list[tuple[str, tuple[Any, ...]]]] = {
        "edited-entry": [(UPDATE, (edited, 300))],
        "missing-entry": [("DELETE FROM log WHERE seq BETWEEN ? AND ?", (500, 513))],
        "tail-cut": [("DELETE FROM log WHERE seq >= ?", (590,))],
        "rolled-back": cut_to(sample.path, 390),
    }
    for kind, statements in changes.items():
        assert both(attacked(sample, tmp_path, *statements), sample.known, monkeypatch).kind == kind


def test_two_cores_follow_a_log_from_key_to_key_as_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, known = write_epochs(tmp_path), Known(public_key=KEY, origin=ORIGIN, cosigner=COSIGNER)
    assert both(path, known, monkeypatch).sealed == ENDS[-1]
    sqlite(path, "DROP TRIGGER seal_no_update")
    sqlite(path, "UPDATE seal SET epoch = 4 WHERE epoch = 1")
    sqlite(path, "CREATE TRIGGER seal_no_update BEFORE UPDATE ON seal BEGIN SELECT raise(ABORT, 'seals stay'); END")
    assert both(path, known, monkeypatch).kind == "bad-seal"


def small(folder: Path) -> tuple[Path, Known, str]:
    """A log of 300 entries with a receipt, as small as one with all kinds of pages can be."""
    with open_log(folder) as writer:
        writer.append_many(numbered(298))
        note = checkpoint.cosign(writer.checkpoint, CENTRAL, CENTRAL_SEED, 1_764_000_000)
        writer.store_receipt(writer.size, note)
        writer.append(numbered(1))
        writer.rotate(OTHER_SEED)
        writer.append(numbered(1))
        known = Known(public_key=KEY, origin=ORIGIN, anchor=writer.head, cosigner=COSIGNER)
    return folder / "log-1.db", known, content(folder / "log-1.db")


def content(path: Path) -> str:
    """All that the file holds, read the way the program reads it."""
    db = dbapi2.connect(path.as_posix())
    try:
        tables = ("log", "tile", "head", "receipt", "seal", "detail", "sqlite_master")
        return repr([db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables])
    finally:
        db.close()


def flip_campaign(folder: Path, step: int) -> tuple[int, int]:
    """Flips one byte at a time: each flip is found, or the file still holds exactly what it held."""
    path, known, before = small(folder)
    assert check_file(path, known).state == "whole"
    raw = path.read_bytes()
    flipped = folder / "flipped.db"
    caught = harmless = 0
    for place in range(0, len(raw), step):
        changed = bytearray(raw)
        changed[place] ^= 1 << place % 8
        flipped.write_bytes(changed)
        if check_file(flipped, known).state != "whole":
            caught += 1
        else:
            assert content(flipped) == before, f"byte {place}: changed, and not found"
            harmless += 1
        for name in ("flipped.db-wal", "flipped.db-shm"):
            (folder / name).unlink(missing_ok=True)
    return caught, harmless


def test_a_flipped_byte_is_found_or_harmless_a_sample(tmp_path: Path) -> None:
    caught, harmless = flip_campaign(tmp_path, step=1409)
    assert caught > harmless > 0


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_flipped_byte_is_found_or_harmless_one_byte_in_seven(tmp_path: Path) -> None:
    caught, harmless = flip_campaign(tmp_path, step=7)
    assert caught > harmless > 0


# ── logs that their own key signed wrongly ────────────────────────────────────────────────────────────────────
