"""The writer: one thread, shared commits, nothing acknowledged is lost, nothing wrong gets in."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from db.log import LogReader, LogWriter
from db.log_check import check_file
from db.log_file import expected_schema, open_for_writing, schema_of
from services.action_log import acts, checkpoint
from services.action_log.merkle import TreeHead, check_consistency, check_inclusion, leaf_hash
from services.action_log.moment import Moment
from services.errors import BadInput, NotFound, Unavailable, Unusable
from tests.conftest import CHECKOUT
from tests.log_samples import (
    CENTRAL,
    CENTRAL_SEED,
    LOG,
    copy_of,
    detail,
    draft,
    numbered,
    open_log,
    unguarded,
    write_log,
)  # fmt: skip


def test_a_new_log_opens_with_its_key_and_every_entry_has_its_place_and_time(tmp_path: Path) -> None:
    with open_log(tmp_path, clock=lambda: Moment(111, 22, "cd" * 16), training=True) as writer:
        (entry,) = writer.append([draft(fence=17, base=7)])
        assert (entry.seq, entry.log, entry.ts, entry.mono, entry.boot) == (1, LOG, 111, 22, "cd" * 16)
        assert (entry.act, entry.params, entry.training) == ("case.claimed", {"until": 1764000000000000}, True)
        with writer.reader() as reader:
            first = next(reader.entries())
            assert acts.from_params(first.act, first.params) == acts.LogOpened(
                public_key=writer.public_key.hex(), software="rightsdesk"
            )
            assert list(reader.since(1)) == [entry]


def test_a_log_goes_on_where_it_ended(tmp_path: Path) -> None:
    sizes = []
    for _ in range(4):
        with open_log(tmp_path) as writer:
            writer.append_many(numbered(300))
            sizes.append(writer.size)
            root = writer.root
        with open_log(tmp_path) as writer:
            assert writer.root == root
    assert sizes == [301, 601, 901, 1201]
    assert check_file(tmp_path / "log-1.db").state == "whole"


def test_append_many_writes_all_in_few_commits_and_a_bad_draft_stops_before_its_batch(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer:
        assert writer.append_many((d for d in numbered(1000)), batch=256) == 1000
        assert writer.size == 1001
        assert writer.commits <= 1 + 4
        bad = [*numbered(300), draft(acts.CaseClosed(reason="Ada Lovelace"))]
        with pytest.raises(BadInput):
            writer.append_many(bad, batch=100)
        assert writer.size == 1001 + 300
        assert writer.append_many([]) == 0


def test_waiting_entries_share_a_commit(tmp_path: Path) -> None:
    threads, each = 16, 12
    with open_log(tmp_path) as writer:
        start = threading.Barrier(threads)
        taken: list[list[int]] = []

        def work() -> None:
            start.wait()
            taken.append([writer.append([draft()])[0].seq for _ in range(each)])

        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sorted(seq for seqs in taken for seq in seqs) == list(range(1, threads * each + 1))
        assert all(seqs == sorted(seqs) for seqs in taken)
        assert writer.commits < threads * each / 2
    with open_log(tmp_path / ".") as alone:  # the control: one caller alone has a commit for each entry
        before = alone.commits
        for _ in range(5):
            alone.append([draft()])
        assert alone.commits - before == 5


def test_a_refused_draft_fails_alone(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer:
        with pytest.raises(BadInput):
            writer.append([draft(), draft(actor="ada@example.com")])
        assert writer.size == 1
        held = hold(writer)
        huge = acts.MarketingStopped(channels=tuple(f"channel_{n}" for n in range(9000)))
        waits = [writer.append_later([draft(act)]) for act in (None, huge, None)]
        held.set()
        assert waits[0]()[0].act == "case.claimed"
        with pytest.raises(BadInput, match="longer than 65535"):
            waits[1]()
        assert waits[2]()[0].act == "case.claimed"
        assert writer.size == 3
    assert check_file(tmp_path / "log-1.db").state == "whole"


def hold(writer: LogWriter) -> threading.Event:
    """Keeps the writer thread busy, so that what follows waits and shares a commit."""
    held = threading.Event()
    entered = threading.Event()

    def work() -> None:
        entered.set()
        held.wait(5)

    threading.Thread(target=lambda: writer._do(work), daemon=True).start()
    entered.wait(5)
    return held


# ── details, receipts ─────────────────────────────────────────────────────────────────────────────────────────


def test_details_are_written_with_their_entry_and_forgotten_after_the_receipt(tmp_path: Path) -> None:
    one, two = detail(b"one"), detail(b"two")
    with open_log(tmp_path) as writer, writer.reader() as reader:
        writer.append([draft(), draft(details=(one.hash,))], [one])
        writer.append([draft(details=(two.hash,))], [two])
        assert reader.details() == [one, two]
        assert reader.details(3, 4) == [two]
        assert writer.forget_details(3) == 1
        assert reader.details() == [two]
        assert next(reader.since(2)).details == (one.hash,)


def test_a_detail_that_no_entry_names_or_with_another_hash_is_refused(tmp_path: Path) -> None:
    from dataclasses import replace

    with open_log(tmp_path) as writer:
        for drafts, given in (
            ([draft()], detail()),
            ([draft(details=("ab" * 32,))], replace(detail(), hash="ab" * 32)),
        ):
            with pytest.raises(BadInput):
                writer.append(drafts, [given])
        writer.append([draft(details=(detail().hash,))], [detail()])
        with pytest.raises(Unusable):  # the same sealed text twice cannot be: sealing is never the same
            writer.append([draft(details=(detail().hash,))], [detail()])
        assert writer.append([draft()])[0].seq == 2


def test_a_receipt_is_kept_once_and_for_its_own_size(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer, writer.reader() as reader:
        first = checkpoint.cosign(writer.checkpoint, CENTRAL, CENTRAL_SEED, 1)
        later = checkpoint.cosign(writer.checkpoint, CENTRAL, CENTRAL_SEED, 2)
        writer.store_receipt(1, first)
        writer.store_receipt(1, later)
        assert reader.receipts() == [(1, first)]
        with pytest.raises(BadInput):
            writer.store_receipt(2, first)


def test_a_checkpoint_for_any_size_is_signed_and_consistent(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer, writer.reader() as reader:
        writer.append_many(numbered(700))
        for size in (1, 255, 256, 300, 701):
            head = checkpoint.verify(writer.batch_end(0, size)[1], f"demo/{LOG}", writer.public_key)
            assert head == TreeHead(size, reader.root(size))
            assert check_consistency(head, writer.head, reader.consistency(size))
        assert writer.batch_end(0, 701)[1] == writer.checkpoint
        assert writer.batch_end(300, 1024) == (701, writer.checkpoint)
        with pytest.raises(NotFound):
            writer.batch_end(701)


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_reader_pages_filters_and_proves(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer, writer.reader() as reader:
        writer.append_many(numbered(5000))
        writer.append([draft(case="C-26-004999")])
        assert [seq for seq, _ in reader.bodies(10, 4990)] == list(range(10, 4990))
        assert [e.seq for e in reader.newest_first(limit=3)] == [5001, 5000, 4999]
        assert [e.seq for e in reader.newest_first(before=3)] == [2, 1, 0]
        assert [e.seq for e in reader.newest_first(case="C-26-004999")] == [5001]
        assert reader.newest_first(case="C-26-00499") == []
        body = reader.body(4711)
        assert check_inclusion(leaf_hash(body), 4711, writer.head, reader.inclusion(4711))
        assert reader.head().head == writer.head
        for wrong in (lambda: reader.body(9999), lambda: reader.root(9999), lambda: reader.inclusion(1, 9999)):
            with pytest.raises(NotFound):
                wrong()


def test_a_reader_never_writes_and_needs_a_log(tmp_path: Path) -> None:
    path = write_log(tmp_path, 3)
    with LogReader(path) as reader, pytest.raises(dbapi2.OperationalError, match="readonly"):
        reader._db.execute("DELETE FROM receipt")
    with pytest.raises(Unusable):
        LogReader(tmp_path / "none.db")


# ── guards of the file ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE log SET body = x'00' WHERE seq = 1",
        "DELETE FROM log WHERE seq = 2",
        "DELETE FROM log",
        "INSERT OR REPLACE INTO log VALUES (1, x'00')",
        "REPLACE INTO log VALUES (1, x'00')",
        "INSERT INTO log VALUES (1, x'00') ON CONFLICT(seq) DO UPDATE SET body = excluded.body",
        "INSERT INTO log VALUES (9, x'00')",
        "INSERT INTO log VALUES (NULL, x'00')",
        "INSERT INTO log VALUES (-1, x'00')",
        "INSERT INTO log VALUES (3, 'text')",
        "DELETE FROM head",
        "UPDATE head SET size = 1",
        "INSERT OR REPLACE INTO head VALUES (1, 0, x'', '')",
        "INSERT OR REPLACE INTO tile VALUES (0, 0, x'')",
        "UPDATE tile SET data = x''",
        "DELETE FROM tile",
        "UPDATE receipt SET note = ''",
        "DELETE FROM receipt",
        "INSERT OR REPLACE INTO receipt VALUES (3, '')",
    ],
)
def test_triggers_refuse_what_is_no_append(tmp_path: Path, guarded: Path, sql: str) -> None:
    path = copy_of(guarded, tmp_path)
    db = dbapi2.connect(path.as_posix(), isolation_level=None)
    with pytest.raises(dbapi2.IntegrityError):
        db.execute(sql)
    db.execute("PRAGMA recursive_triggers = ON")
    with pytest.raises(dbapi2.IntegrityError):
        db.execute(sql)
    db.close()
    with unguarded(path) as free:  # the control: without the triggers the same statement passes
        if "text" not in sql:
            free.execute(sql)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guarded")
    path = write_log(folder, 300)
    with unguarded(path) as db:
        db.execute("DELETE FROM log WHERE seq >= 3")
        db.execute("INSERT INTO receipt VALUES (3, 'x')")
    return path


def test_the_schema_is_numbered_and_made_by_its_migrations(tmp_path: Path) -> None:
    db = open_for_writing(tmp_path / "log-1.db")
    assert db.execute("PRAGMA user_version").fetchone()[0] == 1
    assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert schema_of(db) == expected_schema()
    db.close()


@pytest.mark.skipif(os.name == "nt", reason="modes of files are POSIX")
def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer:
        writer.append([draft()])
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()}
    assert set(modes) >= {"log-1.db", "log-1.db-wal", "log-1.db.lock"}
    assert set(modes.values()) == {0o600}


def test_a_second_writer_is_refused_and_a_dead_ones_lock_is_taken_over(tmp_path: Path) -> None:
    with open_log(tmp_path), pytest.raises(Unavailable, match="Another Rightsdesk"):
        open_log(tmp_path)
    code = (
        "import sys, time; from pathlib import Path; from tests.log_samples import open_log\n"
        "w = open_log(Path(sys.argv[1])); print('open', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=CHECKOUT, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"open\n"
    with pytest.raises(Unavailable):
        open_log(tmp_path)
    child.kill()
    child.wait()
    child.stdout.close()
    with open_log(tmp_path) as writer:
        assert writer.append([draft()])[0].seq == 1


def test_a_newer_schema_a_damaged_file_and_another_file_say_so(tmp_path: Path) -> None:
    path = write_log(tmp_path, 600)
    other = copy_of(path, tmp_path / "newer")
    db = dbapi2.connect(other.as_posix(), isolation_level=None)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(Unusable, match="newer Rightsdesk"):
        open_log(tmp_path / "newer")
    raw = bytearray(path.read_bytes())
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "log-1.db").write_bytes(raw[: len(raw) // 3])
    with pytest.raises(Unusable, match="log verify"):
        open_log(tmp_path / "damaged")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "log-1.db").write_bytes(b"not a database at all, only text " * 200)
    with pytest.raises(Unusable, match="log verify"):
        open_log(tmp_path / "other")
    assert (tmp_path / "other" / "log-1.db").read_bytes() == b"not a database at all, only text " * 200


FULL = """
import resource, sys
from pathlib import Path
from services.errors import Unavailable
from tests.log_samples import draft, numbered, open_log
folder = Path(sys.argv[1])
writer = open_log(folder)
writer.append(numbered(5))
room = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, ((folder / "log-1.db-wal").stat().st_size + 20_000, room[1]))
done, refused = 0, 0
while refused < 3:
    try:
        writer.append(numbered(20))
        done += 20
    except Unavailable as exc:
        assert "full" in str(exc), exc
        refused += 1
assert writer.size == 6 + done
resource.setrlimit(resource.RLIMIT_FSIZE, room)
assert writer.append([draft()])[0].seq == 6 + done
writer.append_many(numbered(300))
writer.close()
print(done, refused)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on file size")
def test_a_full_disk_is_said_nothing_is_lost_and_it_works_again(tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], cwd=CHECKOUT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    done, refused = map(int, run.stdout.split())
    assert refused == 3
    report = check_file(tmp_path / "log-1.db")
    assert (report.state, report.size) == ("whole", 6 + done + 1 + 300)


def test_after_any_failure_memory_is_read_again_from_the_file(tmp_path: Path) -> None:
    with open_log(tmp_path) as writer:
        writer.append(numbered(10))

        def fail() -> None:
            writer._insert([])
            writer._db.execute("INSERT INTO log VALUES (11, x'00')")
            raise OSError("the disk went away")

        with pytest.raises(Unavailable):
            writer._do(fail)
        assert writer.append([draft()])[0].seq == 11
    assert check_file(tmp_path / "log-1.db").state == "whole"


def test_a_closed_writer_refuses_and_close_writes_what_waits(tmp_path: Path) -> None:
    writer = open_log(tmp_path)
    held = hold(writer)
    waits = [writer.append_later([draft()]) for _ in range(5)]
    threading.Timer(0.05, held.set).start()
    writer.close()
    writer.close()
    assert [wait()[0].seq for wait in waits] == [1, 2, 3, 4, 5]
    with pytest.raises(Unavailable):
        writer.append([draft()])
