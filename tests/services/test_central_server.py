"""Central on a server: machines join by invitation and work with their own logins, which may do little."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from db.central import ENTRY, STALE
from db.central_server import ServerPort, port_of
from db.central_store import CentralStore
from services.action_log import acts
from services.action_log.checkpoint import public_key
from services.errors import Conflict, DeskError, Refused, Unusable
from services.home import Home
from services.invitation import Invitation, join, revoke
from services.log_seeds import LogSeeds
from services.secrets import open_vault
from services.sync.ingest import Ingest
from services.sync.rebuild import differences
from services.types import QueueView, Right
from tests.centre import COLLEAGUE, COLLEAGUE_PIN, cases_in, request, sign_in
from tests.server_centre import Machine, ServerCentre

pytestmark = pytest.mark.postgres


@pytest.fixture
def served(postgres: str, tmp_path: Path, centre_template: Path, no_keyring: None) -> Iterator[ServerCentre]:
    centre = ServerCentre(tmp_path, postgres, centre_template)
    yield centre
    centre.engine.dispose()


def test_two_machines_join_and_work_on_one_truth(served: ServerCentre) -> None:
    first, second = served.joined("terminal", "desk-1"), served.joined("terminal", "desk-2")
    with first.desk() as one, second.desk() as two:
        served.settle(one, two)
        mine, yours = sign_in(one), sign_in(two, COLLEAGUE, COLLEAGUE_PIN)
        case = one.intake.open(mine, request(Right.ACCESS, Right.ERASURE)).case
        other = two.intake.open(yours, request(Right.ACCESS)).case
        assert case != other
        one.act.note(mine, case, "said in passing")
        one.act.hand_over(mine, case)
        served.settle(one, two)
        assert {r.case for r in two.queue.page(yours, QueueView(), None, 10).rows} == {case, other}
        assert two.queue.take(yours, case) == 2
        served.settle(one, two)
        assert one.case.read(mine, case).holder == COLLEAGUE
        assert differences(served.store) == []
        assert (one.alarms(), two.alarms()) == ((), ())
    assert served.store.size_of(f"{first.owner}/1") > 3


def test_two_ingests_at_once_take_every_batch_once_and_refuse_none(served: ServerCentre) -> None:
    machines = [served.joined("terminal", name) for name in ("desk-1", "desk-2")]
    with machines[0].desk() as one, machines[1].desk() as two:
        sessions = [sign_in(one), sign_in(two, COLLEAGUE, COLLEAGUE_PIN)]
        cases = [d.intake.open(s, request()).case for _ in range(6) for d, s in zip((one, two), sessions, strict=True)]
        ingests = [Ingest(CentralStore(served.engine), served.ingest._keys) for _ in range(3)]
        until = time.monotonic() + 20
        while not (one.synced(0.05) and two.synced(0.05)) and time.monotonic() < until:
            with ThreadPoolExecutor(3) as pool:
                for done in [pool.submit(i.run_once) for i in ingests]:
                    done.result()
        assert one.alarms() == two.alarms() == ()
        assert cases_in(served.store) == set(cases)
        assert differences(served.store) == []


def test_a_terminals_wrong_clock_does_not_make_a_worker_look_away(
    served: ServerCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, worker = served.joined("terminal", "desk-1"), served.joined("worker", "worker-1")
    CentralStore(worker.engine()).heartbeat(worker.owner, 1, 1_000_000)
    port = port_of(machine.engine(), machine.owner)
    an_hour_ahead = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: an_hour_ahead)
    assert port.feed().worker_ago < 60
    assert time.time() - port.worker_seen()[0] / 1_000_000 > 3000  # control: by its own clock it would


def test_an_invitation_opens_once(served: ServerCentre, tmp_path: Path) -> None:
    invitation = served.invite("terminal", "desk-1")
    first, thief = (Home(tmp_path / name, invitation.url) for name in ("first", "thief"))
    for home in (first, thief):
        home.path.mkdir()
    join(first, open_vault(first.path, demo=True), invitation)
    with pytest.raises(Refused, match="used already"):
        join(thief, open_vault(thief.path, demo=True), invitation)
    join(first, open_vault(first.path, demo=True), invitation)  # whoever joined may run it again
    with pytest.raises(Unusable, match="belongs to a centre already"):
        join(first, open_vault(first.path, demo=True), served.invite("terminal", "desk-2"))


@pytest.mark.parametrize("after", ["bring_ask_key", "enrol_log"])
def test_a_join_that_broke_off_goes_on(
    served: ServerCentre, tmp_path: Path, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation = served.invite("terminal", "desk-1")
    home = Home(tmp_path / "desk", invitation.url)
    home.path.mkdir()
    vault = open_vault(home.path, demo=True)
    real = getattr(ServerPort, after)

    def breaks(*args: object) -> None:
        real(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ServerPort, after, breaks)
        with pytest.raises(KeyboardInterrupt):
            join(home, vault, invitation)
    join(home, vault, invitation)
    with Machine(home, invitation.owner, "desk-1", vault, served.answered).desk() as desk:
        served.settle(desk)
        sign_in(desk)


def test_what_a_terminals_login_may_not_do(served: ServerCentre) -> None:
    mine, other = served.joined("terminal", "desk-1"), served.joined("terminal", "desk-2")
    with other.desk() as desk:
        session = sign_in(desk)
        case = desk.intake.open(session, request()).case
        served.settle(desk)
    engine = mine.engine()
    theirs = f"{other.owner}/1"
    refused = [
        *(
            f"SELECT * FROM public.{t}"
            for t in ("entry", "aggregate", "detail", "subject", "lookup", "meta", "ask", "inbox")
        ),
        "INSERT INTO entry (log, seq, accepted_at, body) VALUES ('x/1', 0, 0, 'x')",
        "INSERT INTO public.inbox (log, start, count, entries, details, checkpoint, received_at) "
        "VALUES ('x/1', 0, 1, '', '', '', 0)",
        "UPDATE case_ SET who = '0042'",
        "UPDATE log_head SET size = 0",
        "DELETE FROM entry",
        "TRUNCATE public.entry",
        "UPDATE meta SET value = '0' WHERE key = 'rev'",
        "DELETE FROM ask",
        "DELETE FROM inbox",
        "UPDATE agent SET roles = '{}'",
        "INSERT INTO agent (id, name, roles, disabled, pin_rev) VALUES ('6666', 'x', '{}', false, 1)",
        "SELECT pin_hash FROM public.agent",
        "UPDATE claim SET fence = 99",
        "SELECT * FROM claim",
        f"SELECT * FROM desk.submit('{theirs}', 1, 1, 'x', '', 'x')",
        f"SELECT * FROM desk.enrol_log('{theirs[:-1]}2', 'x', '\\x00', '\\x00')",
        "SELECT desk.reserve_numbers(1000000)",
        "SELECT desk.reserve_numbers(-5)",
        f"SELECT desk.claim('{case}', 'worker:1', 1000)",
        f"SELECT desk.claim('{case}', 'agent:0042', 99999999999999)",
        "SET ROLE rightsdesk_owner",
        "SET ROLE rightsdesk_worker",
        f"SET SESSION AUTHORIZATION rd_{other.owner}",
        "CREATE TABLE mine (a int)",
        "CREATE TEMP TABLE mine (a int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION desk.me() RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
        "CREATE ROLE friend",
        f"ALTER ROLE rd_{mine.owner} SUPERUSER",
        f"ALTER ROLE rd_{other.owner} PASSWORD 'x'",
        "ALTER TABLE public.entry DISABLE TRIGGER ALL",
        "DROP VIEW desk.case_",
        "INSERT INTO desk.stale VALUES ('a/1', 1)",
        "DELETE FROM desk.stale",
        "GRANT rightsdesk_worker TO CURRENT_USER",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "COPY (SELECT 1) TO '/tmp/x'",
        "SELECT lo_import('/etc/passwd')",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'desk'",
    ]
    for statement in refused:
        with engine.connect() as conn, pytest.raises(sa.exc.DBAPIError) as caught:
            conn.exec_driver_sql(statement)
        assert caught.value.orig is not None
        state = caught.value.orig.sqlstate  # type: ignore[attr-defined]
        assert state in ("42501", "42P01", "55000", "42809"), f"{statement}: {state} {caught.value.orig}"
    with engine.connect() as conn:
        # What it sees of others is what every desk may show: no log, no inbox, no question of theirs.
        assert {r[0] for r in conn.exec_driver_sql("SELECT owner FROM log")} == {mine.owner}
        assert not conn.exec_driver_sql("SELECT 1 FROM inbox").all()
        assert not conn.exec_driver_sql("SELECT 1 FROM ask").all()
        keys = {r[0] for r in conn.exec_driver_sql("SELECT key FROM meta")}
        assert keys <= {"deployment", "deployment-key", "cosigner-key", "rev", "feed"}
        # Control: the same login can do what its work needs.
        assert conn.exec_driver_sql("SELECT id FROM case_").scalar() == case
        assert conn.exec_driver_sql(f"SELECT desk.claim('{case}', 'agent:0017', 1000)").scalar() == 0
    engine.dispose()
    assert served.store.size_of(theirs) > 0


def test_what_a_workers_login_may_not_do(served: ServerCentre) -> None:
    engine = served.joined("worker", "worker-1").engine()
    refused = [
        "UPDATE aggregate SET note = ''", "DELETE FROM aggregate", "TRUNCATE aggregate", "DELETE FROM aggregate_head",
        "UPDATE entry SET body = ''", "DELETE FROM entry", "TRUNCATE entry", "UPDATE agent SET roles = '{}'",
        "UPDATE agent SET pin_hash = ''", "UPDATE agent SET disabled = false",
        "UPDATE log SET public_key = ''", "UPDATE terminal SET revoked = false", "UPDATE terminal SET ask_key = ''",
        "INSERT INTO agent (id, name, pin_hash, roles, disabled) VALUES ('6666', 'x', 'x', '{}', false)",
        "ALTER TABLE entry DISABLE TRIGGER ALL", "DROP TABLE entry", "SET ROLE rightsdesk_owner",
        "CREATE TABLE public.mine (a int)",
    ]  # fmt: skip
    for statement in refused:
        with engine.connect() as conn, pytest.raises(sa.exc.ProgrammingError) as caught:
            conn.exec_driver_sql(statement)
        assert caught.value.orig.sqlstate == "42501", statement  # type: ignore[union-attr]
    engine.dispose()


def test_a_desk_tells_of_a_result_that_came_too_late_and_of_an_act_that_was_not_taken(served: ServerCentre) -> None:
    machine = served.joined("terminal", "desk-1")
    with machine.desk() as desk:
        served.settle(desk)
        session = sign_in(desk)
        case = desk.intake.open(session, request(Right.ACCESS)).case
        state = desk.case.state(case)
        early = acts.ExportAsked(format="json", language="de", delivery="on-file")
        (asked,) = desk._ctx.write([desk._ctx.draft(session, early, state, "1")])
        served.settle(desk)
        with served.engine.begin() as conn:
            late = conn.execute(sa.select(ENTRY.c.log, ENTRY.c.seq).where(ENTRY.c.case_id == case).limit(1)).one()
            conn.execute(sa.insert(STALE), [{"log": late[0], "seq": late[1]}])
        told = {line.seq: line.mark for line in desk.case.read(session, case).history if line.mark}
        assert told[late[1]] == "came too late: another worker had this job"
        (met,) = desk.settle.waiting(session)
        assert (met.case, met.seq) == (case, asked.seq)
        desk.settle.drop(session, case, [met.place], "mistake")
        served.settle(desk)
        assert desk.settle.waiting(session) == ()


def test_a_revoked_terminal_is_out_at_once(served: ServerCentre) -> None:
    machine = served.joined("terminal", "desk-1")
    engine = machine.engine()
    port = port_of(engine, machine.owner)
    assert port.facts()["deployment"]
    revoke(served.home, served.vault, "terminal", "desk-1")
    with pytest.raises(DeskError):
        port.facts()
    with pytest.raises(Refused, match="does not let this terminal in"):
        machine.engine()
    served.joined("terminal", "desk-1-again")


def test_a_terminal_that_joined_cannot_change_its_key(served: ServerCentre) -> None:
    machine = served.joined("terminal", "desk-1")
    port = port_of(machine.engine(), machine.owner)
    assert isinstance(port, ServerPort)
    with pytest.raises(Conflict):
        port.bring_ask_key(b"k" * 32)
    with pytest.raises(Conflict):
        port.enrol_log(f"{machine.owner}/2", f"demo.rightsdesk.example/{machine.owner}/2", b"k" * 32, b"l" * 32)
    spare = public_key(LogSeeds(machine.vault, machine.owner).now.spare)
    port.enrol_log(f"{machine.owner}/2", f"demo.rightsdesk.example/{machine.owner}/2", spare, b"l" * 32)
    port.close()


def test_another_machine_must_be_reached_over_checked_tls(served: ServerCentre) -> None:
    from db.central_engine import open_engine

    with pytest.raises(Unusable, match="sslmode=verify-full"):
        open_engine("postgresql+psycopg://rd_x@db.example.com/centre?sslmode=require", b"x")


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"v":2}', b"\xff", b"x" * 100_000])
def test_what_is_no_invitation_says_so(data: bytes) -> None:
    with pytest.raises(DeskError):
        Invitation.from_json(data)


def test_what_every_desk_asks_each_second_reads_no_whole_table(served: ServerCentre) -> None:
    engine = served.joined("terminal", "desk-1").engine()

    def plan(query: str) -> str:
        with engine.connect() as conn:
            conn.execute(sa.text("SET enable_seqscan = off"))  # tables are small here
            return "\n".join(conn.execute(sa.text(f"EXPLAIN {query}")).scalars())

    assert "Sort" not in plan("SELECT pos FROM accepted ORDER BY pos DESC LIMIT 1")
    assert "Sort" not in plan("SELECT id FROM case_ WHERE rev > 0 ORDER BY rev LIMIT 10")
    assert "Sort" in plan("SELECT pos FROM entry ORDER BY pos DESC LIMIT 1"), "the control: past a barrier it must sort"
