"""Pruning: what stays still proves, what goes is gone, and only a signed cut excuses missing bodies."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

import db.log_check as log_check
from db.log import LogReader
from db.log_check import check_file
from db.log_file import LogBroken
from db.log_prune import prune
from services.action_log import acts, checkpoint, proof
from services.action_log.entry import Draft
from services.action_log.known import Known
from services.action_log.merkle import TreeHead
from services.action_log.report import Report
from services.errors import BadInput, NotFound, Unavailable
from tests.attacked_logs import COSIGNER, KEY
from tests.log_samples import CENTRAL, CENTRAL_SEED, LOG, ORIGIN, copy_of, numbered, open_log, unguarded

CUT, CLAIM, RECEIPT = 512, 800, 600


def pruned_draft(cut: int, root: bytes) -> Draft:
    return Draft(act=acts.LogPruned(cut=cut, root=root.hex()), actor=f"log:{LOG}", as_="log")


class Pruned:
    """A log of 900 entries whose first 512 bodies were taken out, and the same before that."""

    def __init__(self, folder: Path) -> None:
        with open_log(folder) as writer:
            writer.append_many(numbered(RECEIPT - 1))
            self.note = checkpoint.cosign(writer.checkpoint, CENTRAL, CENTRAL_SEED, 1_764_000_000)
            writer.append_many(numbered(CLAIM - RECEIPT, RECEIPT))
            writer.store_receipt(RECEIPT, self.note)
            with writer.reader() as reader:
                self.root = reader.root(CUT)
            writer.append([pruned_draft(CUT, self.root)])
            writer.append_many(numbered(99, CLAIM))
            self.head = writer.head
        self.known = Known(public_key=KEY, origin=ORIGIN, anchor=self.head, cosigner=COSIGNER)
        self.before = copy_of(folder / "log-1.db", folder / "before")
        self.path = folder / "log-1.db"
        assert prune(self.path, CUT, self.known) == CUT - 1

    def check(self, path: Path) -> Report:
        return check_file(path, self.known)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Pruned:
    return Pruned(tmp_path_factory.mktemp("pruned"))


def test_a_pruned_log_is_whole_and_smaller_and_its_old_texts_are_nowhere_in_it(log: Pruned) -> None:
    before, after = log.check(log.before), log.check(log.path)
    assert (before.state, before.cut, after.state, after.cut) == ("whole", 0, "whole", CUT)
    assert (after.size, after.root) == (before.size, before.root) == tuple(log.head)
    assert log.path.stat().st_size < log.before.stat().st_size * 0.7
    gone = b'"seconds":123}'
    assert gone in log.before.read_bytes()
    assert gone not in log.path.read_bytes()
    assert b'"seconds":523}' in log.path.read_bytes()  # the control
    assert not list(log.path.parent.glob("*pruning*"))
    assert log.path.stat().st_mode & 0o777 == 0o600


def test_everything_that_was_provable_above_the_cut_still_is(log: Pruned) -> None:
    with LogReader(log.path) as now, LogReader(log.before) as then:
        note = now.head().checkpoint
        for seq in (0, CUT, CUT + 1, RECEIPT - 1, CLAIM, 899):
            page = proof.write(now.body(seq), seq, now.inclusion(seq), note)
            assert proof.check(page, ORIGIN, KEY)[:2] == (then.body(seq), seq)
        for old in (1, 255, 256, CUT, RECEIPT, 899):
            grown = proof.write_growth(old, now.consistency(old), note)
            assert proof.check_growth(grown, TreeHead(old, then.root(old)), ORIGIN, KEY) == log.head
        with pytest.raises(NotFound, match="was pruned"):
            now.body(17)
        with pytest.raises(NotFound, match="There is no entry 5000"):
            now.body(5000)
        assert [seq for seq, _ in now.bodies()] == [0, *range(CUT, log.head.size)]


def test_the_log_goes_on_its_guards_stand_and_it_is_pruned_again(log: Pruned, tmp_path: Path) -> None:
    path = copy_of(log.path, tmp_path)
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(400))
        with writer.reader() as reader:
            root = reader.root(1024)
        writer.append([pruned_draft(1024, root)])
        writer.store_receipt(writer.size, checkpoint.cosign(writer.checkpoint, CENTRAL, CENTRAL_SEED, 1_764_000_000))
    assert check_file(path, log.known).cut == CUT  # named, not done yet: a run that was killed
    with closing(dbapi2.connect(path.as_posix())) as db, pytest.raises(dbapi2.IntegrityError, match="never deleted"):
        db.execute("DELETE FROM log WHERE seq = 700")
    assert prune(path, 1024, log.known) == CUT
    report = check_file(path, log.known)
    assert (report.state, report.cut, report.size) == ("whole", 1024, log.head.size + 401)
    with open_log(tmp_path, anchor=log.head) as writer:
        writer.append_many(numbered(3))
    assert check_file(path, log.known).size == log.head.size + 404


def test_nothing_is_pruned_that_no_entry_names(log: Pruned, tmp_path: Path) -> None:
    path = copy_of(log.before, tmp_path)
    for cut in (256, 768, 0):
        with pytest.raises(BadInput, match="named by no entry"):
            prune(path, cut, log.known)
    assert log.check(path).cut == 0
    assert not list(tmp_path.glob("*.pruning*"))


def test_a_log_that_is_being_read_or_written_is_left_alone(log: Pruned, tmp_path: Path) -> None:
    path = copy_of(log.before, tmp_path)
    with open_log(tmp_path), pytest.raises(Unavailable, match="writing this log"):
        prune(path, CUT, log.known)
    with open_log(tmp_path):
        pass
    with LogReader(path) as reader, reader.snapshot():
        reader.head()
        with pytest.raises(Unavailable, match="being read"):
            prune(path, CUT, log.known)
        assert reader.body(17)
    assert log.check(path).cut == 0
    assert prune(path, CUT, log.known) == CUT - 1


# ── what somebody with an SQL shell does ──────────────────────────────────────────────────────────────────────


def deleted(first: int, stop: int) -> Callable[[object, Pruned], None]:
    return lambda db, log: db.execute("DELETE FROM log WHERE seq >= ? AND seq < ?", (first, stop))  # type: ignore[attr-defined]


def edited(seq: int, old: bytes, new: bytes) -> Callable[[object, Pruned], None]:
    def change(db: object, log: Pruned) -> None:
        (body,) = db.execute("SELECT body FROM log WHERE seq = ?", (seq,)).fetchone()  # type: ignore[attr-defined]
        assert old in body
        db.execute("UPDATE log SET body = ? WHERE seq = ?", (body.replace(old, new), seq))  # type: ignore[attr-defined]

    return change


def both(*changes: Callable[[object, Pruned], None]) -> Callable[[object, Pruned], None]:
    def all_of(db: object, log: Pruned) -> None:
        for change in changes:
            change(db, log)

    return all_of


def tile(level: int, index: int, what: str = "zeroblob(8192)") -> Callable[[object, Pruned], None]:
    if not what:
        return lambda db, log: db.execute("DELETE FROM tile WHERE level = ? AND idx = ?", (level, index))  # type: ignore[attr-defined]
    sql = f"UPDATE tile SET data = {what} WHERE level = ? AND idx = ?"
    return lambda db, log: db.execute(sql, (level, index))  # type: ignore[attr-defined]


LONGER = both(edited(CLAIM, b'"cut":512', b'"cut":768'), deleted(CUT, 768))
ATTACKS: dict[str, tuple[Callable[[object, Pruned], None], str, int | None, int | None]] = {
    "a body above the cut": (deleted(700, 701), "missing-entry", 700, 700),
    "the first above the cut": (deleted(CUT, CUT + 1), "missing-entry", CUT, CUT),
    "a tile more than the entry says": (deleted(CUT, 768), "missing-entry", CUT, 767),
    "the entry that names the cut": (deleted(CLAIM, CLAIM + 1), "missing-entry", 1, 511),
    "an edited cut": (edited(CLAIM, b'"cut":512', b'"cut":768'), "missing-entry", 1, 511),
    "an edited cut, and as much gone": (LONGER, "edited-entry", 768, 895),
    "an edited entry": (edited(700, b"agent:0042", b"agent:0043"), "edited-entry", 700, 700),
    "the opening edited": (edited(0, b"rightsdesk", b"rightsdusk"), "edited-entry", 0, 0),
    "hashes changed": (tile(0, 1), "tile-mismatch", 256, 511),
    "hashes gone": (tile(0, 1, ""), "missing-entry", 256, 511),
    "the hashes above them changed": (tile(1, 0, "zeroblob(96)"), "tile-mismatch", 0, 255),
    "the tail": (deleted(890, 901), "tail-cut", 890, 899),
}


BY_TWO = ("a body above the cut", "an edited cut", "hashes changed")


@pytest.mark.parametrize(("name", "cores"), [*((name, 1) for name in ATTACKS), *((name, 2) for name in BY_TWO)])
def test_what_is_missing_or_changed_beside_the_cut_is_named(
    log: Pruned, tmp_path: Path, name: str, cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_check, "PARALLEL_FROM", 1)
    path = copy_of(log.path, tmp_path)
    attack, kind, first, last = ATTACKS[name]
    assert check_file(path, log.known, cores=cores).state == "whole"  # the control
    with unguarded(path) as db:
        attack(db, log)
    report = check_file(path, log.known, cores=cores)
    assert (report.state, report.kind, report.first, report.last) == ("tampered", kind, first, last)


@pytest.mark.parametrize(("first", "stop"), [(1, CUT), (1, 256), (1, 2), (100, 150), (0, 1)])
def test_bodies_that_no_entry_excuses_are_missing(tmp_path: Path, first: int, stop: int) -> None:
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(899))
    with unguarded(tmp_path / "log-1.db") as db:
        db.execute("DELETE FROM log WHERE seq >= ? AND seq < ?", (first, stop))
    report = check_file(tmp_path / "log-1.db")
    assert (report.kind, report.first, report.last) == ("missing-entry", first, stop - 1)


@pytest.mark.parametrize("what", ["another root", "not a tile", "only some of them"])
def test_an_entry_that_does_not_name_exactly_what_is_gone_excuses_nothing(tmp_path: Path, what: str) -> None:
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(899))
        with writer.reader() as reader:
            cut = 500 if what == "not a tile" else CUT
            root = bytes(32) if what == "another root" else reader.root(cut)
        writer.append([pruned_draft(cut, root)])
        writer.store_receipt(writer.size, checkpoint.cosign(writer.checkpoint, CENTRAL, CENTRAL_SEED, 1_764_000_000))
    with unguarded(tmp_path / "log-1.db") as db:
        db.execute("DELETE FROM log WHERE seq >= 1 AND seq < ?", (100 if what == "only some of them" else cut,))
    report = check_file(tmp_path / "log-1.db")
    assert (report.kind, report.first) == ("missing-entry", 1)


def test_what_central_never_had_is_not_excused(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(299))
        writer.store_receipt(300, checkpoint.cosign(writer.checkpoint, CENTRAL, CENTRAL_SEED, 1_764_000_000))
        writer.append_many(numbered(600))
        with writer.reader() as reader:
            root = reader.root(CUT)
        writer.append([pruned_draft(CUT, root)])
    with pytest.raises(LogBroken, match="no receipt of central covers them"):
        prune(tmp_path / "log-1.db", CUT, Known())
    assert check_file(tmp_path / "log-1.db").state == "whole"
    with unguarded(tmp_path / "log-1.db") as db:
        db.execute("DELETE FROM log WHERE seq >= 1 AND seq < ?", (CUT,))
    report = check_file(tmp_path / "log-1.db")
    assert (report.kind, report.first, report.last) == ("missing-entry", 300, CUT - 1)
