"""Central on SQLite and on PostgreSQL: the same tables, the same answers, and nobody wins a race twice."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from math import inf
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from db import central
from db.central_audit import AuditView
from db.central_persons import cases_by
from db.central_port import CentralPort
from db.central_replay import Repeat, ReplayStore
from db.central_store import CentralStore
from services.errors import Conflict, NotFound, Refused, Unavailable, Unusable

KEY = b"k" * 32
LEASE_US = 900 * 1_000_000


@pytest.fixture(scope="module")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new SQLite central, to copy: Alembic takes its time."""
    file = tmp_path_factory.mktemp("central") / "central.db"
    central.create(f"sqlite:///{file}", KEY).dispose()
    return file


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path, empty_file: Path) -> Iterator[sa.Engine]:
    """A new central with one terminal, one worker and one case, in each of the two databases."""
    if request.param == "sqlite":
        shutil.copy(empty_file, tmp_path / "central.db")
        found = central.open_engine(f"sqlite:///{tmp_path / 'central.db'}", KEY)
    else:
        url = request.getfixturevalue("postgres")
        central.create(url, None).dispose()
        found = central.open_engine(url, None)
    with central.writing(found).begin() as conn:
        facts = {"deployment": "d", "next-number": "1", "rev": "0"}
        conn.execute(sa.insert(central.META), [{"key": k, "value": v} for k, v in facts.items()])
        for owner, kind in (("00000001", "terminal"), ("00000002", "worker")):
            log = f"{owner}/1"
            conn.execute(
                sa.insert(central.TERMINAL), [{"id": owner, "kind": kind, "name": kind, "ask_key": b"a", "pid": 0}]
            )
            row = {"id": log, "owner": owner, "kind": kind, "public_key": b"p", "next_key": b"n", "origin": f"d/{log}"}
            conn.execute(sa.insert(central.LOG), [{**row, "enrolled_at": 0, "problem": ""}])
            head = {"log": log, "size": 0, "frontier": b"", "checkpoint": "", "receipt": "", "key": b"p"}
            conn.execute(sa.insert(central.HEAD), [head])
        conn.execute(sa.insert(central.CASE), [case_row("C-26-000001", 1)])
        claim = {"case_id": "C-26-000001", "holder": "", "fence": 0, "until": 0}
        conn.execute(sa.insert(central.CLAIM), [claim])
    yield found
    found.dispose()


def case_row(case: str, rev: int, **change: object) -> dict[str, object]:
    row = {
        "id": case, "controller": "nordlicht", "subject": "psn:1", "body": b"{}", "revision": 1, "rev": rev,
        "rights": "Access", "person": "n•••", "state": "new", "who": "", "tier": "T0", "due": "2026-04-07",
        "is_open": True, "acknowledged": False, "breach": False, "approval": True, "conflicts": 0, "on_hold": 0,
        "hard": "", "paused": "", "wakes": "", "extended": False,
    }  # fmt: skip
    return row | change


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each returned or raised, all begun together."""
    gate, found = threading.Barrier(len(works)), [None] * len(works)

    def run(place: int, work: Callable[[], object]) -> None:
        gate.wait()
        try:
            found[place] = work()  # type: ignore[call-overload]
        except Exception as exc:
            found[place] = exc  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=(n, w)) for n, w in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(found)


# ── tables ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_migrations_and_the_tables_say_the_same(engine: sa.Engine) -> None:
    with engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []
        other = sa.MetaData()
        for table in SQLModel.metadata.sorted_tables:
            table.to_metadata(other)
        other.tables["case_"].append_column(sa.Column("extra", sa.Integer))
        assert [d[0] for d in compare_metadata(context, other)] == ["add_column"]  # the control


@pytest.mark.parametrize("fails", [False, True])
def test_after_a_bulk_load_every_index_stands_again(engine: sa.Engine, fails: bool) -> None:
    def names() -> set[str]:
        return {str(i["name"]) for t in ("case_", "entry") for i in sa.inspect(engine).get_indexes(t)}

    before = names()
    with suppress(ZeroDivisionError), central.indexes_last(engine):
        assert "ix_case__subject" not in names()
        if fails:
            raise ZeroDivisionError
    assert names() == before


def test_numbers_outgrow_32_bits(engine: sa.Engine) -> None:
    big = 2**33
    row = {"log": "00000001/1", "seq": big, "case_id": None, "accepted_at": big, "body": b"x"}
    with central.writing(engine).begin() as conn:
        conn.execute(sa.insert(central.ENTRY), [{**row, "pos": big}])
        conn.execute(sa.update(central.HEAD).values(size=big))
    assert CentralStore(engine).size_of("00000001/1") == big
    with AuditView.of(engine) as view:
        assert list(view.accepted()) == [(big, b"x")]


def test_a_database_without_a_central_and_a_server_that_is_away_say_so(
    engine: sa.Engine, request: pytest.FixtureRequest
) -> None:
    if engine.dialect.name == "sqlite":
        return  # tests/doors/test_store_door.py
    server = request.getfixturevalue("postgres_server")
    with pytest.raises(Unusable, match="holds no central"):
        central.open_engine(server.url("postgres"), None)
    with pytest.raises(Refused, match="does not let this terminal in") as caught:
        central.open_engine(server.url().replace(server.password, "guess"), None)
    assert "guess" not in str(caught.value)
    with pytest.raises(Unavailable, match="does not answer"):
        central.open_engine(server.url().replace(str(server.port), "9"), None)


# ── races ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_batch_handed_in_twice_at_once_stands_in_the_inbox_once(engine: sa.Engine) -> None:
    port = CentralPort(engine, "00000001")
    at_once(*[port.facts] * 4)  # so that all four are connected and really begin together
    found = at_once(*[lambda: port.submit("00000001/1", 0, [b"{}"], b"", "")] * 4)
    assert [type(f) for f in found].count(type(None)) == 1
    assert [type(f) for f in found].count(Conflict) == 3
    assert port.hello("00000001/1").pending == 1


def test_blocks_of_case_numbers_never_overlap(engine: sa.Engine) -> None:
    port = CentralPort(engine, "00000001")
    firsts = at_once(*[lambda: port.reserve_numbers(1000)] * 5)
    assert sorted(firsts) == [1, 1001, 2001, 3001, 4001]  # type: ignore[type-var]


def test_a_free_case_is_claimed_by_one_of_many(engine: sa.Engine) -> None:
    works = [lambda n=n: CentralPort(engine, "00000001").claim("C-26-000001", f"agent:{n}", LEASE_US) for n in range(5)]
    assert sorted(at_once(*works), key=str) == [1, None, None, None, None]


def test_numbers_of_the_change_feed_are_given_once(engine: sa.Engine) -> None:
    def take() -> int:
        with CentralStore(engine).ingest() as tx:
            return tx.next_revs(3)

    assert sorted(at_once(*[take] * 4)) == [1, 4, 7, 10]  # type: ignore[type-var]


# ── a terminal's calls ────────────────────────────────────────────────────────────────────────────────────────


def test_a_lease_is_judged_by_centrals_clock_and_can_be_renewed_by_its_holder_only(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = CentralPort(engine, "00000001")
    fence = port.claim("C-26-000001", "agent:1", LEASE_US)
    assert port.claim("C-26-000001", "agent:2", LEASE_US) is None
    assert port.renew("C-26-000001", "agent:1", fence or 0, LEASE_US)
    assert not port.renew("C-26-000001", "agent:2", fence or 0, LEASE_US)
    if engine.dialect.name == "postgresql":  # a terminal whose own clock runs ahead gains nothing
        ahead = time.time_ns() + 3600 * 10**9
        monkeypatch.setattr(time, "time_ns", lambda: ahead)
        assert port.claim("C-26-000001", "agent:2", LEASE_US) is None
    assert port.claim("C-26-000001", "agent:1", -1) == 2
    assert port.claim("C-26-000001", "agent:2", LEASE_US) == 3
    with pytest.raises(NotFound):
        port.claim("C-26-000099", "agent:2", LEASE_US)


def test_questions_and_replies_pass_once(engine: sa.Engine) -> None:
    port, store = CentralPort(engine, "00000001"), CentralStore(engine)
    port.ask("q", "find", b"sealed")
    assert store.waiting_asks() == [("q", "00000001", "find", b"sealed")]
    store.stage_ask("q", "looking")
    assert port.take_reply("q") == ("looking", None)
    store.reply("q", b"answer")
    with pytest.raises(NotFound):
        CentralPort(engine, "00000002").take_reply("q")
    assert port.take_reply("q") == ("answered", b"answer")
    with pytest.raises(NotFound):
        port.take_reply("q")
    port.ask("old", "find", b"sealed")
    assert store.sweep_asks(2**60) == 1


def test_a_successor_is_enrolled_under_the_key_that_was_named_for_it_by_its_owner_only(engine: sa.Engine) -> None:
    port = CentralPort(engine, "00000001")
    with pytest.raises(Conflict):
        port.enrol_successor("00000001/2", "d/00000001/2", b"p", b"m")  # the first log's own key is not it
    port.enrol_successor("00000001/2", "d/00000001/2", b"n", b"m")
    assert port.public_key("00000001/2") == b"n"
    assert port.hello("00000001/2").size == 0
    port.enrol_successor("00000001/10", "d/00000001/10", b"m", b"l")
    with pytest.raises(Conflict):
        port.enrol_successor("00000001/11", "d/00000001/11", b"m", b"k")
    with pytest.raises(Refused):
        CentralPort(engine, "00000002").enrol_successor("00000001/4", "d/00000001/4", b"l", b"k")
    with pytest.raises(NotFound):
        CentralPort(engine, "00000009").enrol_successor("00000009/2", "d/00000009/2", b"p", b"m")
    with pytest.raises(NotFound):
        port.public_key("00000001/9")


def test_a_refused_log_takes_nothing_more(engine: sa.Engine) -> None:
    port = CentralPort(engine, "00000001")
    port.submit("00000001/1", 0, [b"{}"], b"", "")
    with CentralStore(engine).ingest() as tx:
        tx.refuse("00000001/1", "no")
    assert (port.hello("00000001/1").pending, port.hello("00000001/1").problem) == (0, "no")
    with pytest.raises(Conflict):
        port.submit("00000001/1", 0, [b"{}"], b"", "")


def test_a_loss_is_believed_only_where_central_has_less(engine: sa.Engine) -> None:
    port = CentralPort(engine, "00000001")
    port.report_loss("00000001/1", 0)
    assert (port.feed().word, port.feed().latest) == ("", 0)
    port.report_loss("00000001/1", 7)
    word = port.feed().word
    assert word
    assert port.reserve_numbers(1) > 100_000  # blocks given out after the backup are not given out again
    port.report_loss("00000001/1", 7)
    assert port.feed().word != word


def test_the_change_feed_says_whether_the_entry_still_stands_that_was_newest(engine: sa.Engine) -> None:
    port, row = CentralPort(engine, "00000001"), {"log": "00000001/1", "case_id": "C-26-000001", "body": b"{}"}
    assert (port.feed().mark, port.feed("").known) == ("", True)
    with central.writing(engine).begin() as conn:
        conn.execute(sa.insert(central.ENTRY), [{**row, "seq": 0, "accepted_at": 77}])
    mark = port.feed().mark
    with central.writing(engine).begin() as conn:
        conn.execute(sa.insert(central.ENTRY), [{**row, "seq": 1, "accepted_at": 78}])
    assert port.feed(mark).known
    assert port.feed(mark).mark != mark
    place = int(mark.partition(":")[0])
    for other in (f"{place}:76", f"{place + 9}:77", "nonsense", "x:77"):
        assert not port.feed(other).known


def test_the_change_feed_and_snapshots(engine: sa.Engine) -> None:
    port = CentralPort(engine, "00000001")
    with central.writing(engine).begin() as conn:
        conn.execute(sa.insert(central.CASE), [case_row(f"C-26-00000{n}", n) for n in (3, 2)])
    assert [r[0] for r in port.changes(0, 10)] == ["C-26-000001", "C-26-000002", "C-26-000003"]
    assert [r[-1] for r in port.changes(1, 1)] == [2]
    assert port.latest_rev() == 0
    assert [a[0] for a in port.approvals()] == ["C-26-000001", "C-26-000002", "C-26-000003"]
    snapshot = port.case("C-26-000002", "00000001/1")
    assert snapshot is not None
    assert (snapshot.body, snapshot.rev, snapshot.own_size) == (b"{}", 2, 0)
    assert port.case("C-26-000009", "00000001/1") is None


# ── a worker's ────────────────────────────────────────────────────────────────────────────────────────────────


def test_sealed_details_are_kept_once_and_shredded_whole(engine: sa.Engine) -> None:
    store = CentralStore(engine)
    for _ in range(2):
        store.put_detail("h1", "C-26-000001", "key", b"\x00\xff")
        store.put_detail("h2", "C-26-000001", "note", b"sealed")
    assert store.details("C-26-000001", "note") == [("C-26-000001", b"sealed", b"\x00\xff")]
    assert store.count_details("C-26-000001") == 2
    store.drop_detail("h2")
    with store.ingest() as tx:
        tx.shred(["C-26-000001"])
    assert store.count_details("C-26-000001") == 0


def test_a_forgotten_person_is_found_no_more_and_every_terminal_hears_of_it(engine: sa.Engine) -> None:
    store = CentralStore(engine)
    with store.ingest() as tx:
        tx.insert(central.SUBJECT, [{"id": "psn:1", "controller": "nordlicht", "masked": "n•••"}])
        tx.insert(central.LOOKUP, [{"digest": "d", "subject": "psn:1", "controller": "nordlicht"}])
    assert cases_by(store.engine, ["d"], "nordlicht") == ["C-26-000001"]
    assert cases_by(store.engine, ["d"], "albion") == []
    with store.ingest() as tx:
        tx.forget_person("psn:1", "erased")
    assert cases_by(store.engine, ["d"], "nordlicht") == []
    assert [(r[3], r[-1]) for r in CentralPort(engine, "").changes(0, 9)] == [("erased", 1)]


def test_a_job_moves_from_where_it_was_or_not_at_all(engine: sa.Engine) -> None:
    store = CentralStore(engine)
    job = {"id": "j", "kind": "erase", "controller": "nordlicht", "case_id": "C-26-000001", "item": "1"}
    with store.ingest() as tx:
        row = {"state": "queued", "not_before": 2**41, "params": "{}", "worker": "", "fence": 0}
        tx.insert(central.JOB, [{**job, **row}])
    assert store.due_jobs(0) == []
    assert [j.id for j in store.due_jobs(2**41)] == ["j"]
    assert [(j.id, j.worker, j.fence) for j in store.take_jobs("00000002", 9)] == [("j", "00000002", 1)]
    assert store.take_jobs("00000003", 9) == []
    assert [j.id for j in store.begun_jobs("00000002")] == [j.id for j in store.unsettled_jobs("C-26-000001")] == ["j"]
    with store.ingest() as tx:
        tx.cancel_jobs("C-26-000001", "1", "erase")
    assert store.job("j").state == "running"  # begun: it is not taken back under its feet
    with pytest.raises(NotFound):
        store.job("k")


def test_packages_the_replay_list_and_signs_of_life(engine: sa.Engine) -> None:
    store = CentralStore(engine)
    package = {"id": "p", "case_id": "C-26-000001", "file": "p.zip", "sha256": "s", "expires_at": 5, "state": "kept"}
    for _ in range(2):
        store.put_package(package)
        rows = [Repeat(digest, "nordlicht", "C-26-000001", "erasure", 7) for digest in ("d1", "d1", "d2")]
        ReplayStore(engine).add(rows)
    assert store.expired_packages(6) == [("p", "C-26-000001", "p.zip")]
    store.package_destroyed("p")
    assert store.expired_packages(6) == []
    with engine.connect() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(central.REPLAY)).scalar_one() == 2
    assert CentralPort(engine, "").worker_seen() == (0, 0)
    assert CentralPort(engine, "").feed().worker_ago == inf
    store.heartbeat("00000002", 2**32 + 5, 1_000_000)
    assert CentralPort(engine, "").worker_seen()[1] == 2**32 + 5
    assert 0 <= CentralPort(engine, "").feed().worker_ago < 60
    assert store.ask_key("00000001") == b"a"
    with pytest.raises(NotFound):
        store.ask_key("00000009")


def test_the_names_a_terminal_speaks_are_those_of_the_tables() -> None:
    from db import central_names

    for name in (
        "LOG",
        "HEAD",
        "ENTRY",
        "AGGREGATE",
        "AGGREGATE_HEAD",
        "INBOX",
        "CASE",
        "CLAIM",
        "AGENT",
        "CONTROLLER",
        "ASK",
        "TERMINAL",
        "META",
    ):
        spoken, real = getattr(central_names, name), getattr(central, name)
        assert spoken.name == real.name
        assert set(spoken.columns.keys()) <= set(real.columns.keys())
