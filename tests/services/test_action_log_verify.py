"""The verifier against every attacker of action-log.md 1 that this version stands up to; an untouched log passes."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from db.log import LogWriter
from db.log_check import check_file
from services.action_log import checkpoint
from services.action_log.known import Known
from services.action_log.merkle import Frontier, TreeHead, leaf_hash
from tests.attacked_logs import (
    COSIGNER,
    COUNT,
    KEY,
    RECEIPT,
    UPDATE,
    Sample,
    attacked,
    body,
    cut_to,
    found,
    sample as sample,
    signed_again,
    signed_with,
    sqlite,
)
from tests.log_samples import (
    CENTRAL,
    LOG,
    ORIGIN,
    OTHER_SEED,
    SEED,
    copy_of,
    numbered,
    open_log,
    unguarded,
)  # fmt: skip


def test_an_untouched_log_is_whole_and_so_is_a_copy_with_triggers_put_back(sample: Sample, tmp_path: Path) -> None:
    report = check_file(sample.path, sample.known)
    assert (report.state, report.size, report.root, report.log) == ("whole", COUNT, sample.head.root, LOG)
    assert (report.signed_by, report.anchored, report.receipts, report.place) == ("enrolled", True, 1, "")
    assert check_file(attacked(sample, tmp_path)).state == "whole"


@pytest.mark.parametrize("seq", [1, 255, 256, 300, 511])
def test_an_edited_entry_is_named(sample: Sample, tmp_path: Path, seq: int) -> None:
    edited = body(sample.path, seq).replace(b"agent:0042", b"agent:0043")
    path = attacked(sample, tmp_path, (UPDATE, (edited, seq)))
    assert found(check_file(path, sample.known)) == ("tampered", "edited-entry", seq, seq)


def test_an_edit_above_the_last_tile_is_named_within_its_subtree(sample: Sample, tmp_path: Path) -> None:
    edited = body(sample.path, 580).replace(b"agent:0042", b"agent:0043")
    report = check_file(attacked(sample, tmp_path, (UPDATE, (edited, 580))), sample.known)
    assert found(report) == ("tampered", "edited-entry", 576, 591)
    assert report.place == "entries 576 to 591"
    assert report.place_code == f"{LOG}:576-591"


def test_an_edit_with_its_tile_changed_too_is_found(sample: Sample, tmp_path: Path) -> None:
    edited = body(sample.path, 300).replace(b"agent:0042", b"agent:0043")
    db = dbapi2.connect(sample.path.as_posix())
    tile = bytearray(db.execute("SELECT data FROM tile WHERE level = 0 AND idx = 1").fetchone()[0])
    db.close()
    tile[44 * 32 : 45 * 32] = leaf_hash(edited)
    change = ("UPDATE tile SET data = ? WHERE level = 0 AND idx = 1", (bytes(tile),))
    report = check_file(attacked(sample, tmp_path, (UPDATE, (edited, 300)), change), sample.known)
    assert found(report) == ("tampered", "edited-entry", 0, 511)


def test_a_missing_entry_is_named(sample: Sample, tmp_path: Path) -> None:
    path = attacked(sample, tmp_path, ("DELETE FROM log WHERE seq BETWEEN ? AND ?", (300, 302)))
    assert found(check_file(path, sample.known)) == ("tampered", "missing-entry", 300, 302)
    path = attacked(sample, tmp_path, ("DELETE FROM log WHERE seq = ?", (0,)))
    assert found(check_file(path, sample.known)) == ("tampered", "missing-entry", 0, 0)


def test_a_removed_entry_with_the_rest_moved_up_is_found(sample: Sample, tmp_path: Path) -> None:
    path = attacked(
        sample, tmp_path,
        ("DELETE FROM log WHERE seq = ?", (300,)),
        ("UPDATE log SET seq = -seq WHERE seq > ?", (300,)),
        ("UPDATE log SET seq = -seq - 1 WHERE seq < ?", (0,)),
    )  # fmt: skip
    assert found(check_file(path, sample.known))[:3] == ("tampered", "reordered", 300)


@pytest.mark.parametrize(("one", "two"), [(10, 20), (10, 300), (570, 571)])
def test_swapped_entries_are_named(sample: Sample, tmp_path: Path, one: int, two: int) -> None:
    bodies = body(sample.path, one), body(sample.path, two)
    path = attacked(sample, tmp_path, (UPDATE, (bodies[1], one)), (UPDATE, (bodies[0], two)))
    assert found(check_file(path, sample.known))[:3] == ("tampered", "reordered", one)


def test_an_entry_of_another_log_is_named(sample: Sample, tmp_path: Path) -> None:
    other = body(sample.path, 580).replace(b"7f3a90c1/1", b"7f3a90c1/2")
    path = attacked(sample, tmp_path, (UPDATE, (other, 580)))
    assert found(check_file(path, sample.known)) == ("tampered", "foreign-entry", 580, 580)


def test_a_body_that_is_not_canonical_is_named(sample: Sample, tmp_path: Path) -> None:
    spaced = body(sample.path, 580).replace(b'"v":1', b'"v": 1')
    path = attacked(sample, tmp_path, (UPDATE, (spaced, 580)))
    assert found(check_file(path, sample.known)) == ("tampered", "not-canonical", 580, 580)


def test_an_entry_of_a_newer_version_is_not_called_tampered(tmp_path: Path) -> None:
    """Signed by the log's own writer, only not known to this program."""
    path = signed_with(tmp_path, lambda text: text.replace(b'"v":1', b'"v":2'))
    assert found(check_file(path)) == ("unusable", "newer-entry", 1, 1)


def test_a_signed_body_that_is_not_canonical_is_named(tmp_path: Path) -> None:
    path = signed_with(tmp_path, lambda text: text.replace(b'"v":1', b'"v": 1'))
    assert found(check_file(path)) == ("tampered", "not-canonical", 1, 1)


def test_two_bodies_that_are_canonical_only_when_joined_do_not_pass(tmp_path: Path) -> None:
    """The verifier reads many bodies as one text: what runs over from one into the next must not hide there."""
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(2))
    whole = [body(tmp_path / "log-1.db", seq) for seq in range(3)]
    middle = len(whole[1]) // 2
    bodies = [whole[0], whole[1][:middle], whole[1][middle:] + b"," + whole[2]]
    report = check_file(signed_again(tmp_path / "log-1.db", bodies))
    assert found(report) == ("tampered", "not-canonical", 1, 1)


def test_a_cut_tail_is_found_by_the_head(sample: Sample, tmp_path: Path) -> None:
    path = attacked(sample, tmp_path, ("DELETE FROM log WHERE seq >= ?", (590,)))
    assert found(check_file(path)) == ("tampered", "tail-cut", 590, COUNT - 1)


def test_tail_and_head_cut_together_are_found_by_the_anchor(sample: Sample, tmp_path: Path) -> None:
    """The older file is what such a cut leaves: Ed25519 signs the same head with the same bytes."""
    path = copy_of(sample.old, tmp_path)
    assert check_file(path, Known(public_key=KEY)).state == "whole"  # by itself it is: that is why there are anchors
    assert found(check_file(path, sample.known)) == ("tampered", "rolled-back", RECEIPT, COUNT - 1)


def test_tail_and_head_cut_together_are_found_by_central(sample: Sample, tmp_path: Path) -> None:
    path = copy_of(sample.old, tmp_path)
    known = Known(public_key=KEY, accepted=TreeHead(500, bytes(32)))
    assert found(check_file(path, known)) == ("tampered", "rolled-back", RECEIPT, 499)


def test_tail_and_head_cut_below_a_receipt_are_found_by_the_receipt(sample: Sample, tmp_path: Path) -> None:
    path = attacked(sample, tmp_path, *cut_to(sample.path, 390))
    known = Known(public_key=KEY, cosigner=COSIGNER)
    assert found(check_file(path, known)) == ("tampered", "rolled-back", 390, RECEIPT - 1)


def test_a_log_signed_anew_with_another_key_is_found_by_the_enrolled_key(sample: Sample, tmp_path: Path) -> None:
    with LogWriter(tmp_path / "log-1.db", log=LOG, origin=ORIGIN, seed=OTHER_SEED) as writer:
        writer.append_many(numbered(COUNT - 1))
    path = tmp_path / "log-1.db"
    assert check_file(path).state == "whole"  # by its own key it is; the report says that only this was checked
    assert check_file(path).signed_by == "own"
    assert found(check_file(path, Known(public_key=KEY)))[:2] == ("tampered", "foreign-key")


def test_another_history_with_the_right_key_is_found_by_anchor_and_receipt(sample: Sample, tmp_path: Path) -> None:
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(COUNT + 50))
    path = tmp_path / "log-1.db"
    known = Known(public_key=KEY, anchor=sample.head)
    assert found(check_file(path, known)) == ("tampered", "forked", 0, COUNT - 1)
    shutil.copy(path, tmp_path / "with.db")
    db = dbapi2.connect((tmp_path / "with.db").as_posix())
    note = dbapi2.connect(sample.path.as_posix()).execute("SELECT note FROM receipt").fetchone()[0]
    db.execute("INSERT INTO receipt VALUES (?, ?)", (RECEIPT, note))
    db.commit()
    db.close()
    known = Known(public_key=KEY, cosigner=COSIGNER)
    assert found(check_file(tmp_path / "with.db", known)) == ("tampered", "forked", 0, RECEIPT - 1)


def test_surplus_rows_a_changed_head_and_a_lost_head_are_found(sample: Sample, tmp_path: Path) -> None:
    row = body(sample.path, 599).replace(b'"seq":599', b'"seq":600')
    path = attacked(sample, tmp_path, ("INSERT INTO log VALUES (?, ?)", (COUNT, row)))
    assert found(check_file(path)) == ("tampered", "surplus-entry", COUNT, COUNT)
    path = attacked(sample, tmp_path, ("UPDATE head SET frontier = zeroblob(length(frontier))", ()))
    assert check_file(path).kind == "frontier-mismatch"
    path = attacked(sample, tmp_path, ("DELETE FROM head", ()))
    assert check_file(path).kind == "head-missing"
    path = attacked(sample, tmp_path, ("UPDATE head SET checkpoint = ?", ("x",)))
    assert check_file(path).kind == "bad-checkpoint"


def test_an_edit_with_a_new_root_in_an_unsigned_note_is_found(sample: Sample, tmp_path: Path) -> None:
    edited = body(sample.path, 580).replace(b"agent:0042", b"agent:0043")
    path = attacked(sample, tmp_path, (UPDATE, (edited, 580)))
    with unguarded(path) as db:
        frontier = Frontier()
        for (one,) in db.execute("SELECT body FROM log ORDER BY seq"):
            frontier.append(leaf_hash(one))
        note = db.execute("SELECT checkpoint FROM head").fetchone()[0]
        forged = checkpoint.body_of(ORIGIN, frontier.head()) + "\n" + note.split("\n\n")[1]
        db.execute("UPDATE head SET frontier = ?, checkpoint = ?", (frontier.to_bytes(), forged))
    assert found(check_file(path, sample.known))[:2] == ("tampered", "bad-signature")


def test_changed_and_missing_and_surplus_tiles_are_told_from_edited_entries(sample: Sample, tmp_path: Path) -> None:
    changes = {
        "UPDATE tile SET data = zeroblob(8192) WHERE level = 0 AND idx = 1": (256, 511),
        "UPDATE tile SET data = zeroblob(64) WHERE level = 1": (None, None),
        "DELETE FROM tile WHERE level = 0 AND idx = 0": (0, 255),
        "INSERT INTO tile VALUES (0, 9, zeroblob(8192))": (None, None),
    }
    for sql, place in changes.items():
        report = check_file(attacked(sample, tmp_path, (sql, ())), sample.known)
        assert found(report) == ("tampered", "tile-mismatch", *place), sql


def test_a_forged_receipt_is_found(sample: Sample, tmp_path: Path) -> None:
    note = checkpoint.cosign(checkpoint.sign(ORIGIN, SEED, sample.old_head), CENTRAL, OTHER_SEED, 1)
    path = attacked(sample, tmp_path, ("UPDATE receipt SET note = ?", (note,)))
    assert check_file(path, sample.known).kind == "bad-receipt"
    path = attacked(sample, tmp_path, ("UPDATE receipt SET size = size + ?", (1,)))
    assert check_file(path, sample.known).kind == "bad-receipt"


def test_a_changed_schema_is_found(sample: Sample, tmp_path: Path) -> None:
    for sql in ("DROP TRIGGER log_no_delete", "CREATE TABLE more(x)", "DROP INDEX detail_seq"):
        path = copy_of(sample.path, tmp_path)
        db = dbapi2.connect(path.as_posix(), isolation_level=None)
        db.execute(sql)
        db.close()
        assert check_file(path, sample.known).kind == "schema-changed", sql


def test_a_changed_detail_is_found(sample: Sample, tmp_path: Path) -> None:
    path = attacked(sample, tmp_path, ("UPDATE detail SET blob = ?", (b"other",)))
    assert check_file(path, sample.known).kind == "damaged-file"


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda p: None, "not-a-log"),
        (lambda p: p.write_bytes(b""), "head-missing"),
        (lambda p: p.write_bytes(b"no database at all" * 100), "not-a-log"),
        (lambda p: sqlite(p, "CREATE TABLE t(x)"), "not-a-log"),
        (lambda p: sqlite(p, "PRAGMA user_version = 99"), "newer-file"),
    ],
)
def test_what_is_no_log_is_unusable(tmp_path: Path, make: Callable[[Path], None], kind: str) -> None:
    make(tmp_path / "log-1.db")
    report = check_file(tmp_path / "log-1.db")
    assert report.state == "unusable"
    assert kind in (report.kind, "head-missing")


def test_an_emptied_log_is_found_by_its_anchor(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / "log-1.db"
    from db.log_file import open_for_writing

    open_for_writing(path).close()
    assert check_file(path).kind == "head-missing"
    assert check_file(path, sample.known).kind == "rolled-back"
