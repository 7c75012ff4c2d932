"""Epoch keys in a log's file: whoever holds today's key writes no other past for entries whose key is gone."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from db.log import LogBroken, LogReader
from db.log_check import check_file
from db.log_prune import prune
from services.action_log import checkpoint
from services.action_log.acts import LogPruned
from services.action_log.checkpoint import public_key
from services.action_log.epochs import STRIDE
from services.action_log.known import Known
from services.action_log.merkle import Frontier, TreeHead, leaf_hash
from services.action_log.proof import check_keys, write_keys
from services.errors import BadInput
from tests.attacked_logs import ENDS, LENGTH, SEEDS, found, write_epochs, written_anew
from tests.log_samples import CENTRAL, CENTRAL_SEED, ORIGIN, SEED, copy_of, draft, numbered, open_log, unguarded

KNOWN = Known(public_key=public_key(SEED), origin=ORIGIN)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_epochs(tmp_path_factory.mktemp("epochs"))


def bodies_of(path: Path) -> list[bytes]:
    with LogReader(path) as reader:
        return [body for _, body in reader.bodies()]


def edited(bodies: Sequence[bytes], seq: int) -> list[bytes]:
    changed = bodies[seq].replace(b"agent:0042", b"agent:0043")
    assert changed != bodies[seq]
    return [*bodies[:seq], changed, *bodies[seq + 1 :]]


def unsealed(path: Path) -> None:
    with unguarded(path) as db:
        db.execute("DELETE FROM seal")


# ── what the writer does ──────────────────────────────────────────────────────────────────────────────────────


def test_a_log_goes_on_under_new_keys_and_the_report_says_what_is_sealed(log: Path) -> None:
    report = check_file(log, KNOWN)
    assert (report.state, report.size, report.sealed) == ("whole", LENGTH, ENDS[-1])
    with LogReader(log) as reader:
        assert [size for size, _ in reader.seals()] == list(ENDS)
        acts = [(e.seq, e.params["epoch"]) for e in reader.entries() if e.act == "key.rotated"]
    assert acts == [(ENDS[0] - 1, 1), (ENDS[1] - 1, 2)]


def test_each_key_signs_its_own_stretch_and_is_gone_from_the_writer_then(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(5))
        writer.rotate(SEEDS[1])
        head, note = writer.head, writer.checkpoint
        assert checkpoint.verify(note, ORIGIN, public_key(SEED)) == head  # the last note of the old key
        assert writer.public_key == public_key(SEEDS[1])
        assert list(writer._keys._signers) == [public_key(SEEDS[1])]
        writer.append(numbered(1))
        assert checkpoint.verify(writer.checkpoint, ORIGIN, public_key(SEEDS[1])) == writer.head
        with pytest.raises(BadInput):
            checkpoint.verify(writer.checkpoint, ORIGIN, public_key(SEED))


def test_entries_that_share_a_commit_with_the_change_lie_on_their_side_of_it(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer:
        with writer._turn:  # what comes now waits, and is committed at once
            before = writer.append_later(numbered(3))
            commits = writer.commits
            change = Thread(target=writer.rotate, args=(SEEDS[1],))
            change.start()
            while writer._waiting.qsize() < 2:
                pass
            after = writer.append_later(numbered(2))
        before(), after()
        change.join()
        assert writer.commits == commits + 1
        assert (writer.size, writer.sealed) == (7, 5)
    assert check_file(tmp_path / "log-1.db", KNOWN).state == "whole"


def test_the_log_says_which_of_the_seeds_is_in_force(log: Path, tmp_path: Path) -> None:
    for seeds in ([SEEDS[2]], [SEEDS[1], SEEDS[2]], [SEED, SEEDS[2]]):
        path = copy_of(log, tmp_path / str(len(seeds)))
        with open_log(path.parent, seed=seeds[0], others=seeds[1:]) as writer:
            assert writer.public_key == public_key(SEEDS[2])
            writer.append(numbered(1))
        assert check_file(path, KNOWN).state == "whole"


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_a_log_is_not_gone_on_with_under_a_key_that_is_over(log: Path, tmp_path: Path, seed: bytes) -> None:
    with pytest.raises(LogBroken) as broken:
        open_log(copy_of(log, tmp_path).parent, seed=seed)
    assert broken.value.report.kind == "foreign-key"


def test_a_change_that_the_disk_did_not_take_leaves_the_old_key_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(5))

        def full(*_: object) -> None:
            raise OSError("no space left")

        monkeypatch.setattr(writer._keys, "seal", full)
        with pytest.raises(Exception, match="disk"):
            writer.rotate(SEEDS[1])
        monkeypatch.undo()
        writer.append(numbered(1))
        assert (writer.size, writer.sealed, writer.public_key) == (7, 0, public_key(SEED))
        writer.rotate(SEEDS[1])
        assert (writer.size, writer.sealed, writer.public_key) == (8, 8, public_key(SEEDS[1]))
    assert check_file(tmp_path / "log-1.db", KNOWN).state == "whole"


def test_keys_change_while_many_write(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer:
        threads = [Thread(target=lambda: [writer.append(numbered(1)) for _ in range(60)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(12):
            writer.rotate(bytes([number]) * 32)
        for thread in threads:
            thread.join()
        assert writer.size == 1 + 4 * 60 + 12
        assert writer.public_key == public_key(bytes([11]) * 32)
    report = check_file(tmp_path / "log-1.db", KNOWN)
    assert (report.state, report.kind) == ("whole", None)


def test_batches_end_where_a_key_does_and_where_a_gone_key_left_notes(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(2 * STRIDE + 99))
        writer.rotate(SEEDS[1])
        writer.append_many(numbered(99))
        end, size = 2 * STRIDE + 101, 2 * STRIDE + 200
        ends, start = [], 0
        while start < size:
            start, note = writer.batch_end(start)
            ends.append(start)
            key = SEED if start <= end else SEEDS[1]
            with writer.reader() as reader:
                assert checkpoint.verify(note, ORIGIN, public_key(key)) == TreeHead(start, reader.root(start))
        assert ends == [STRIDE, 2 * STRIDE, end, size]
        assert writer.batch_end(700, 10)[0] == STRIDE  # its key left no note before
        assert writer.batch_end(2 * STRIDE, 5000)[0] == end
        assert writer.batch_end(end, 7)[0] == end + 7
    assert check_file(tmp_path / "log-1.db", KNOWN).state == "whole"


# ── what an attacker with the file and today's key does ───────────────────────────────────────────────────────


@pytest.mark.parametrize(("seq", "first", "last"), [(7, 0, 299), (298, 0, 299), (300, 300, 519), (518, 300, 519)])
def test_an_entry_of_an_earlier_epoch_written_anew_is_found_and_its_epoch_named(
    log: Path, tmp_path: Path, seq: int, first: int, last: int
) -> None:
    path = written_anew(log, tmp_path, edited(bodies_of(log), min(seq, last - 1)), SEEDS[2])
    assert found(check_file(path, KNOWN)) == ("tampered", "bad-seal", first, last)


def test_the_control_an_entry_after_the_last_seal_can_be_written_anew_and_the_report_says_so(
    log: Path, tmp_path: Path
) -> None:
    path = written_anew(log, tmp_path, edited(bodies_of(log), ENDS[-1]), SEEDS[2])
    report = check_file(path, KNOWN)
    assert (report.state, report.size - report.sealed) == ("whole", LENGTH - ENDS[-1])


def test_a_seal_that_is_missing_is_found(log: Path, tmp_path: Path) -> None:
    path = written_anew(log, tmp_path / "all", edited(bodies_of(log), 7), SEEDS[2])
    unsealed(path)
    assert found(check_file(path, KNOWN)) == ("tampered", "seal-missing", 0, ENDS[0] - 1)
    path = copy_of(log, tmp_path / "one")
    with unguarded(path) as db:
        db.execute("DELETE FROM seal WHERE size = ?", (ENDS[1],))
    assert found(check_file(path, KNOWN)) == ("tampered", "seal-missing", *(ENDS[0], ENDS[1] - 1))


@pytest.mark.parametrize("seed", SEEDS[1:])
def test_a_seal_by_a_later_key_is_refused(log: Path, tmp_path: Path, seed: bytes) -> None:
    bodies = edited(bodies_of(log), 7)
    path = written_anew(log, tmp_path, bodies, SEEDS[2])
    with unguarded(path) as db:
        for end in ENDS:
            frontier = Frontier()
            for one in bodies[:end]:
                frontier.append(leaf_hash(one))
            db.execute("UPDATE seal SET note = ? WHERE size = ?", (checkpoint.sign(ORIGIN, seed, frontier.head()), end))
    assert found(check_file(path, KNOWN)) == ("tampered", "bad-seal", 0, ENDS[0] - 1)


def test_a_head_by_a_key_past_its_epoch_is_refused(log: Path, tmp_path: Path) -> None:
    for number, seed in enumerate(SEEDS[:2]):
        path = written_anew(log, tmp_path / str(number), bodies_of(log), seed)
        assert found(check_file(path, KNOWN)) == ("tampered", "retired-key", ENDS[-1], LENGTH - 1)
    path = written_anew(log, tmp_path / "own", bodies_of(log), SEEDS[2])
    assert check_file(path, KNOWN).state == "whole"  # the control: the key in force


def test_another_next_key_in_an_earlier_epoch_is_found(log: Path, tmp_path: Path) -> None:
    """The attacker names a key of theirs where epoch 1 began, and goes on from there."""
    mine = b"m" * 32
    bodies = bodies_of(log)
    bodies[ENDS[0] - 1] = bodies[ENDS[0] - 1].replace(
        public_key(SEEDS[1]).hex().encode(), public_key(mine).hex().encode()
    )
    path = written_anew(log, tmp_path, bodies[: ENDS[0] + 50], mine)
    with unguarded(path) as db:
        db.execute("DELETE FROM seal WHERE size > ?", (ENDS[0],))
    assert found(check_file(path, KNOWN)) == ("tampered", "bad-seal", 0, ENDS[0] - 1)


def test_a_key_that_the_log_does_not_name_is_refused(log: Path, tmp_path: Path) -> None:
    """The change of keys is taken out of the past, and what follows signed with today's key."""
    bodies = [body for body in bodies_of(log) if b"key.rotated" not in body][:298]
    path = written_anew(log, tmp_path, bodies, SEEDS[2])
    unsealed(path)
    assert found(check_file(path, KNOWN))[:2] == ("tampered", "foreign-key")


def test_a_cut_back_to_a_seal_needs_no_key_and_is_found_by_the_anchor_and_by_the_key_that_is_held(
    log: Path, tmp_path: Path
) -> None:
    end = ENDS[0]
    path = written_anew(log, tmp_path, bodies_of(log)[:end], SEED)  # the same bytes as the seal's note
    with unguarded(path) as db:
        db.execute("DELETE FROM seal WHERE size > ?", (end,))
        assert db.execute("SELECT checkpoint FROM head").fetchone() == db.execute("SELECT note FROM seal").fetchone()
    assert check_file(path, KNOWN).state == "whole"
    with LogReader(log) as reader:
        known = replace(KNOWN, anchor=reader.head().head)
    assert found(check_file(path, known)) == ("tampered", "rolled-back", end, LENGTH - 1)
    for anchor, kind in ((known.anchor, "rolled-back"), (None, "foreign-key")):
        with pytest.raises(LogBroken) as broken:
            open_log(tmp_path, seed=SEEDS[2], anchor=anchor)
        assert broken.value.report.kind == kind


def test_epochs_are_counted_and_a_change_that_names_no_key_is_found(log: Path, tmp_path: Path) -> None:
    for old, new in ((b'"epoch":2', b'"epoch":3'), (b'{"epoch":2', b'{"count":2')):
        bodies = bodies_of(log)
        bodies[ENDS[1] - 1] = bodies[ENDS[1] - 1].replace(old, new)
        path = written_anew(log, tmp_path / new.decode().strip('{":23'), bodies, SEEDS[2])
        assert found(check_file(path, KNOWN)) == ("tampered", "bad-seal", ENDS[1] - 1, ENDS[1] - 1)


@pytest.mark.parametrize("cut", ["all", "last"])
def test_the_check_at_start_wants_the_newest_seal(log: Path, tmp_path: Path, cut: str) -> None:
    path = copy_of(log, tmp_path)
    with unguarded(path) as db:
        db.execute("DELETE FROM seal" if cut == "all" else f"DELETE FROM seal WHERE size = {ENDS[1]}")
    with pytest.raises(LogBroken) as broken:
        open_log(tmp_path, seed=SEEDS[2])
    assert broken.value.report.kind == "foreign-key"


def test_the_check_at_start_holds_the_newest_seal_against_the_entries(log: Path, tmp_path: Path) -> None:
    written_anew(log, tmp_path, edited(bodies_of(log), 7), SEEDS[2])
    with pytest.raises(LogBroken) as broken:
        open_log(tmp_path, seed=SEEDS[2])
    assert (broken.value.report.kind, broken.value.report.last) == ("forked", ENDS[1] - 1)


@pytest.mark.parametrize("cut", [256, 512])
def test_a_pruned_log_still_leads_from_key_to_key(log: Path, tmp_path: Path, cut: int) -> None:
    path = copy_of(log, tmp_path)
    with LogReader(path) as reader, open_log(tmp_path, seed=SEEDS[2]) as writer:
        pages = write_keys(reader.rotations(), reader.inclusion)
        writer.store_receipt(LENGTH, checkpoint.cosign(writer.checkpoint, CENTRAL, CENTRAL_SEED, 1_764_000_000))
        writer.append([draft(LogPruned(cut=cut, root=reader.root(cut).hex()))])
    assert prune(path, cut, KNOWN) > 250
    report = check_file(path, KNOWN)
    assert (report.state, report.cut, report.sealed) == ("whole", cut, ENDS[-1])
    open_log(tmp_path, seed=SEEDS[2]).close()
    with LogReader(path) as reader:
        assert write_keys(reader.rotations(), reader.inclusion) == pages
    with unguarded(path) as db:
        db.execute("DELETE FROM log WHERE seq = ?", (ENDS[0] - 1,))
    assert check_file(path, KNOWN).state == "tampered"


def test_the_keys_of_a_log_are_proved_from_one_to_the_next(log: Path) -> None:
    with LogReader(log) as reader:
        pages = write_keys(reader.rotations(), reader.inclusion)
    chain = check_keys(pages, ORIGIN, public_key(SEED))
    assert (chain.ends, chain.key) == (list(ENDS), public_key(SEEDS[2]))
    for wrong in ([pages[1]], pages[::-1], [pages[0], pages[0]]):
        with pytest.raises(BadInput):
            check_keys(wrong, ORIGIN, public_key(SEED))
    with pytest.raises(BadInput):
        check_keys(pages, ORIGIN, public_key(SEEDS[1]))
