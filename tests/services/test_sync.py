"""Sync: what is acknowledged reaches central once and in order, and whatever was put back or changed is found."""

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from db import central
from db.central_port import CentralPort
from db.central_shapes import pack_details
from db.log import Detail, LogReader, LogWriter
from db.log_check import check_file
from services.action_log import acts
from services.action_log.entry import Draft, Entry, decode
from services.action_log.merkle import Frontier, leaf_hash
from services.action_log.moment import Moment, now
from services.errors import Conflict, Unavailable, Unusable
from services.home import enrol, key
from services.sync.down import Downlink
from services.sync.logbook import Logbook
from services.sync.rebuild import differences
from services.sync.up import Uplink
from services.types import Right
from tests.centre import Centre, copy_of, request, sign_in

DEPLOYMENT = "demo.rightsdesk.example"


def beat(owner: str) -> Draft:
    return Draft(act=acts.Heartbeat(), actor=f"log:{owner}/1", as_="log")


class Terminal:
    """A terminal of a centre without a desk: logbook and uplink in the test's own hands."""

    def __init__(self, centre: Centre, owner: str = "") -> None:
        self.centre = centre
        self.owner = owner or enrol(centre.home, centre.vault, "terminal", f"t{time.monotonic_ns()}")
        self.port = centre.port(self.owner)
        self.open()

    def open(self, **more: object) -> None:
        self.book = Logbook(self.centre.home, "terminal", self.owner, self.centre.vault, DEPLOYMENT, **more)  # type: ignore[arg-type]
        self.uplink = self.connect(self.port)

    def connect(self, port: CentralPort) -> Uplink:
        return Uplink(port, self.book, f"{DEPLOYMENT}/central", bytes.fromhex(port.facts()["cosigner-key"]))

    def append(self, count: int = 1) -> tuple[Entry, ...]:
        return self.book.append([beat(self.owner)] * count)

    def push(self, times: int = 12) -> None:
        for _ in range(times):
            self.uplink.run_once()
            self.centre.ingest.run_once()

    @property
    def file(self) -> Path:
        return self.book.writer.path

    def held(self, log: str = "") -> list[bytes]:
        """What central holds of a log, by sequence number."""
        query = sa.select(central.ENTRY.c.body).where(central.ENTRY.c.log == (log or f"{self.owner}/1"))
        with self.centre.engine.connect() as conn:
            return list(conn.execute(query.order_by(central.ENTRY.c.seq)).scalars())


@pytest.fixture
def terminal(centre: Centre) -> Iterator[Terminal]:
    made = Terminal(centre)
    yield made
    made.book.close()
    centre.engine.dispose()


def bodies_of(file: Path) -> list[bytes]:
    with LogReader(file) as reader:
        return [body for _, body in reader.bodies()]


def copy_log(file: Path, to: Path) -> Path:
    """A copy of a closed log, as a backup has it."""
    to.parent.mkdir(exist_ok=True)
    shutil.copy(file, to)
    return to


def put_back(copy: Path, file: Path) -> None:
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    shutil.copy(copy, file)


# ── up ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_goes_twice_after_a_restart(terminal: Terminal) -> None:
    terminal.append(5)
    terminal.uplink.run_once()  # handed in, not ingested
    terminal.book.close()
    terminal.open()
    terminal.append(3)
    terminal.push()
    assert terminal.held() == bodies_of(terminal.file)
    assert terminal.uplink.state.waiting == 0
    assert terminal.book.alarms == ()


def test_without_central_the_console_works_on_and_counts(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    with centre.desk() as desk:
        session = sign_in(desk)
        desk.intake.open(session, request())
        centre.settle(desk)
        file = centre.home.path / "central.db"
        with centre.engine.connect():
            monkeypatch.setattr(CentralPort, "hello", unreachable)
            desk.intake.open(session, request())
            desk.intake.open(session, request())
            wait_until(lambda: desk.status().central == "unreachable" and desk.status().waiting == 6)
            assert desk.status().oldest_s is not None
            assert "offline, 6 waiting" in desk.status().sync_text
            monkeypatch.undo()
        centre.settle(desk)
        assert (desk.status().waiting, desk.status().central) == (0, "reached")
        assert file.exists()


def unreachable(*_: object) -> None:
    raise Unavailable("central does not answer")


def wait_until(true: object, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < until, "it did not come to pass in time"
        time.sleep(0.02)


def test_a_fault_in_the_link_is_said_and_tried_again_not_died_of(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("Erika Mustermann")

    with centre.desk() as desk:
        session = sign_in(desk)
        wait_until(lambda: desk.status().central == "reached")
        monkeypatch.setattr(Downlink, "run_once", broken)
        desk.intake.open(session, request())
        wait_until(lambda: desk.status().central == "unreachable")
        assert desk._ctx.link.state.alarm == "sync stopped (ZeroDivisionError) and tries again"
        monkeypatch.undo()
        centre.settle(desk)


def test_details_stay_here_until_central_has_signed_for_them(centre: Centre) -> None:
    with centre.desk() as desk:
        desk.intake.open(sign_in(desk), request())
        uplink = desk._ctx.link

        def here() -> int:
            with desk._ctx.book.reader() as reader:
                return len(reader.details())

        wait_until(lambda: uplink.state.online and centre.port(desk._ctx.terminal).hello(desk._ctx.book.log).pending)
        assert here() == 3
        time.sleep(0.3)
        assert here() == 3  # handed in is not accepted
        centre.settle(desk)
        assert here() == 0


def test_repeated_and_reordered_hand_ins_change_nothing(terminal: Terminal) -> None:
    terminal.append(9)
    with terminal.book.reader() as reader:
        bodies = [b for _, b in reader.bodies()]
    log, note = terminal.book.log, terminal.book.writer.checkpoint_at
    with pytest.raises(Conflict):
        terminal.port.submit(log, 5, bodies[5:], b"", note(10))
    terminal.port.submit(log, 0, bodies[:5], b"", note(5))
    for _ in range(2):
        with pytest.raises(Conflict):
            terminal.port.submit(log, 0, bodies[:5], b"", note(5))
    terminal.push()
    with pytest.raises(Conflict):
        terminal.port.submit(log, 0, bodies[:5], b"", note(5))
    assert terminal.held() == bodies
    assert terminal.book.alarms == ()


def test_a_second_desk_on_a_terminal_is_told_and_the_first_goes_on(centre: Centre) -> None:
    with centre.desk() as first:
        session = sign_in(first)
        with pytest.raises(Unavailable, match="Another Rightsdesk"), centre.desk():
            pass
        assert first.intake.open(session, request()).case
        centre.settle(first)
        assert first.alarms() == ()


def test_a_wall_clock_that_was_set_back_is_written_down_and_harms_nothing(terminal: Terminal) -> None:
    back = [0]

    def clock() -> Moment:
        real = now()
        return real._replace(ts=real.ts - back[0])

    terminal.book.close()
    terminal.open(clock=clock)
    terminal.append()
    back[0] = 3600 * 1_000_000
    entries = terminal.append()
    terminal.append()
    assert [e.act for e in entries] == ["heartbeat"]
    terminal.push()
    held = [decode(b) for b in terminal.held()]
    (noted,) = [e for e in held if e.act == "clock.stepped"]
    assert abs(int(str(noted.params["delta_us"])) + 3600 * 1_000_000) < 2_000_000
    assert held[-1].ts < held[1].ts
    assert check_file(terminal.file).state == "whole"


# ── restores ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_central_restored_from_a_backup_is_noticed_and_gets_everything_again(centre: Centre, tmp_path: Path) -> None:
    file = centre.home.path / "central.db"
    with centre.desk("desk-1") as one, centre.desk("desk-2") as two:
        kept = one.intake.open(sign_in(one), request()).case
        centre.settle(one, two)
    centre.engine.dispose()
    shutil.copy(file, tmp_path / "backup.db")
    again = Centre(centre.home.path)
    with again.desk("desk-1") as one, again.desk("desk-2") as two:
        session = sign_in(one)
        lost = [one.intake.open(session, request(Right.ERASURE)).case for _ in range(3)]
        for _ in range(6):  # many steps of the change feed, which will be few when they come again in one batch
            one.act.note(session, kept, "said in passing")
            again.settle(one)
        wait_until(lambda: two.caught_up(0.1))
        seen = int(two._ctx.store.meta("rev"))
    again.engine.dispose()
    put_back(tmp_path / "backup.db", file)

    restored = Centre(centre.home.path)
    assert set(restored.store.case_rows()) == {kept}
    with restored.desk("desk-1") as one:
        restored.settle(one)
        assert "central lost entries" in one.alarms()[0]
        assert not one.status().log_ok
        session = sign_in(one)
        new = one.intake.open(session, request()).case
        restored.settle(one)
        assert restored.port("").latest_rev() < seen  # a terminal that asks only for what is newer never sees `new`
        while restored.port("").latest_rev() <= seen:
            one.act.note(session, kept, "said in passing")
            restored.settle(one)
    with restored.desk("desk-2") as two:  # it lost nothing itself, and hears of it all the same
        wait_until(lambda: {r[0] for r in two._ctx.store.rows("SELECT case_id FROM queue")} == {kept, *lost, new})
        # its own block of numbers, and any other, is not given out again
        other = two.intake.open(sign_in(two), request()).case
        restored.settle(two)
    assert restored.store.case_rows().keys() == {kept, *lost, new, other}
    assert differences(restored.store) == []
    restored.engine.dispose()


def test_a_cursor_that_is_no_number_or_lies_ahead_fetches_everything_again(centre: Centre) -> None:
    with centre.desk() as desk:
        case = desk.intake.open(sign_in(desk), request()).case
        centre.settle(desk)
        port, store = centre.port(desk._ctx.terminal), desk._ctx.store
        desk._ctx.link.close()
        for wrong in ("nonsense", "99999", "-4"):
            store.set_meta({"rev": wrong})
            Downlink(port, store).run_once()
            assert store.rows("SELECT case_id FROM queue") == [(case,)]
            assert store.meta("rev") == str(port.latest_rev())


def test_an_older_copy_of_the_log_is_found_at_start_and_the_agent_goes_on(centre: Centre, tmp_path: Path) -> None:
    terminal = Terminal(centre)
    terminal.append(3)
    terminal.push()
    terminal.book.close()
    old = copy_log(terminal.file, tmp_path / "old" / "log-1.db")
    terminal.open()
    terminal.append(4)
    terminal.push()
    terminal.book.close()
    put_back(old, terminal.file)
    evidence = terminal.file.read_bytes()
    terminal.open()
    assert terminal.book.alarms[0].kind == "rolled-back"
    assert terminal.book.log == f"{terminal.owner}/2"
    terminal.append(2)
    terminal.push()
    assert centre.home.log("terminal", terminal.owner, 1).read_bytes() == evidence
    second = [decode(b) for b in terminal.held(f"{terminal.owner}/2")]
    assert [e.act for e in second] == ["log.opened", "log.recovered", "heartbeat", "heartbeat"]
    assert second[1].params == {"kind": "rolled-back", "place": f"{terminal.owner}/1:4-7"}
    assert len(terminal.held()) == 8  # what central had accepted stays accepted
    terminal.book.close()


@pytest.mark.parametrize("then", [0, 1, 9])
def test_an_older_copy_with_its_anchor_is_found_at_the_next_contact(centre: Centre, tmp_path: Path, then: int) -> None:
    """A local administrator can put back the keyring too: only central knows better. `then` entries follow."""
    terminal = Terminal(centre)
    terminal.append(3)
    terminal.push()
    terminal.book.close()
    old = copy_log(terminal.file, tmp_path / "old" / "log-1.db")
    anchor = key(centre.vault, f"anchor:{terminal.owner}/1")
    terminal.open()
    terminal.append(4)
    terminal.push()
    terminal.book.close()
    put_back(old, terminal.file)
    centre.vault.put(f"anchor:{terminal.owner}/1", anchor)
    terminal.open()
    assert terminal.book.alarms == ()  # invisible until then: docs/stores.md says so
    if then:
        terminal.append(then)
    terminal.push()
    (alarm,) = terminal.book.alarms
    assert alarm.kind == ("rolled-back" if then < 4 else "forked")
    terminal.append(1)
    terminal.push()
    assert len(terminal.held(f"{terminal.owner}/2")) == 3
    assert terminal.uplink.state.waiting == 0
    terminal.book.close()


def rewrite(file: Path, seed: bytes, log: str, bodies: list[bytes]) -> None:
    """A log made anew over `bodies` by somebody with this program and a key of theirs."""
    for end in ("", "-wal", "-shm", ".lock"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    with LogWriter(file, log=log, origin=f"{DEPLOYMENT}/{log}", seed=seed) as writer:
        rows = [(orjson.loads(body)["seq"], body) for body in bodies[1:]]

        def work() -> None:
            growing = writer._growing
            assert growing is not None
            for _, body in rows:
                growing.frontier.append(leaf_hash(body))
                growing.edge.append(leaf_hash(body))
            writer._db.executemany("INSERT INTO log(seq, body) VALUES (?, ?)", rows)

        writer._do(work)


@pytest.mark.parametrize("anchored", [True, False], ids=["with the anchor", "without an anchor"])
def test_a_cut_tail_with_a_head_to_match_is_found(centre: Centre, anchored: bool) -> None:
    """Whoever has the seed can sign a shorter log: anchor or central tells."""
    terminal = Terminal(centre)
    terminal.append(6)
    terminal.push()
    terminal.book.close()
    bodies = bodies_of(terminal.file)
    seed = key(centre.vault, f"log-seed:{terminal.owner}")
    rewrite(terminal.file, seed, f"{terminal.owner}/1", bodies[:4])
    if not anchored:
        centre.vault.delete(f"anchor:{terminal.owner}/1")
    terminal.open()
    assert bool(terminal.book.alarms) is anchored
    terminal.push()
    assert [a.kind for a in terminal.book.alarms] in (["forked"], ["rolled-back"])
    assert terminal.held() == bodies
    assert terminal.book.log == f"{terminal.owner}/2"
    terminal.book.close()


def test_a_log_signed_anew_with_another_key_is_found_at_start(centre: Centre) -> None:
    terminal = Terminal(centre)
    terminal.append(6)
    terminal.push()
    terminal.book.close()
    rewrite(terminal.file, b"t" * 32, f"{terminal.owner}/1", bodies_of(terminal.file))
    terminal.open()
    assert [a.kind for a in terminal.book.alarms] == ["foreign-key"]
    terminal.append()
    terminal.push()
    assert len(terminal.held(f"{terminal.owner}/2")) == 3
    terminal.book.close()


def test_another_key_in_the_vault_too_is_found_at_the_next_contact_and_makes_no_logs_without_end(
    centre: Centre,
) -> None:
    terminal = Terminal(centre)
    terminal.append(6)
    terminal.push()
    terminal.book.close()
    rewrite(terminal.file, b"t" * 32, f"{terminal.owner}/1", bodies_of(terminal.file))
    centre.vault.put(f"log-seed:{terminal.owner}", b"t" * 32)
    centre.vault.delete(f"anchor:{terminal.owner}/1")
    terminal.open()
    for _ in range(3):
        with pytest.raises(Unusable, match="another signing key"):
            terminal.uplink.run_once()
    assert terminal.append()  # the agent works on; an operator enrols the terminal again
    assert terminal.book.log == f"{terminal.owner}/1"
    terminal.book.close()


def test_a_refused_batch_retires_the_log_and_what_comes_after_goes_up(terminal: Terminal) -> None:
    terminal.append(2)
    terminal.push()
    poison = replace(beat(terminal.owner), actor="worker:0a0a0a0a")
    terminal.book.append([poison])
    terminal.append(3)
    terminal.push()
    assert [a.kind for a in terminal.book.alarms] == ["bad-checkpoint"]
    terminal.append(1)
    terminal.push()
    assert len(terminal.held()) == 3
    assert len(terminal.held(f"{terminal.owner}/2")) == 3
    kept = bodies_of(terminal.centre.home.log("terminal", terminal.owner, 1))
    assert len(kept) == 7  # nothing is deleted because it was refused


def test_an_append_while_the_log_is_being_retired_goes_into_the_new_one(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = terminal.book.writer
    append = LogWriter.append

    def retired_meanwhile(writer: LogWriter, *more: object) -> object:
        if writer is old and not terminal.book.alarms:
            terminal.book.refused("bad-checkpoint", "for the test")
        return append(writer, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(LogWriter, "append", retired_meanwhile)
    (entry,) = terminal.append()
    assert entry.log == f"{terminal.owner}/2"


def test_a_vault_that_takes_no_anchor_stops_nobody(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object) -> None:
        raise Unusable("the keyring does not answer any more")

    monkeypatch.setattr(terminal.centre.vault, "put", locked)
    terminal.book.anchor(now=True)
    assert "anchor is not kept" in terminal.book.anchor_trouble
    assert terminal.append()
    monkeypatch.undo()
    terminal.book.anchor(now=True)
    assert terminal.book.anchor_trouble == ""


def test_a_receipt_that_central_did_not_sign_counts_for_nothing(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.append(3)
    terminal.push()
    hello = terminal.port.hello(terminal.book.log)
    forged = hello.receipt.replace("AA", "AB").replace("A", "B", 3)
    monkeypatch.setattr(terminal.port, "hello", lambda log: replace(hello, size=99, receipt=forged))
    terminal.uplink.run_once()
    assert "receipt does not hold" in terminal.uplink.state.alarm
    assert terminal.book.alarms == ()  # a lie on the line retires no log
    monkeypatch.undo()
    terminal.push(2)
    assert terminal.uplink.state.alarm == ""


# ── what one terminal cannot do to the others ─────────────────────────────────────────────────────────────────


def jobs_of(centre: Centre, kind: str) -> int:
    with centre.engine.connect() as conn:
        query = sa.select(sa.func.count()).select_from(central.JOB).where(central.JOB.c.kind == kind)
        return int(conn.execute(query).scalar_one())


def test_a_case_number_used_twice_is_a_conflict_in_sight_and_stops_nobody(centre: Centre) -> None:
    with centre.desk("desk-1") as one, centre.desk("desk-2") as two:
        case = one.intake.open(sign_in(one), request()).case
        centre.settle(one, two)
        session, intake = sign_in(two), two.intake
        controller, at = two._ctx.controller("nordlicht"), intake._now()
        drafts, details = intake._drafts(session, request(), controller, at, intake._dates(controller, at), case)
        two._ctx.write(drafts, details)
        after = two.intake.open(session, request()).case
        centre.settle(one, two)
        assert two.alarms() == ()
        assert "the number is another case's already" in one.case.state(case).conflicts[0]
        assert after in centre.store.case_rows()
        assert jobs_of(centre, "acknowledge") == 2
        assert differences(centre.store) == []


@pytest.mark.parametrize(
    "details",
    [
        b"no JSON",
        b"[[1,2]]",
        b'[["h","C-26-000001","key","zz"]]',
        pack_details([("h" * 64, "C-26-000001", "key", b"k")]),
    ],
    ids=["no JSON", "short", "no hex", "not named"],
)
def test_poisoned_details_retire_their_own_log_and_stop_nobody(terminal: Terminal, details: bytes) -> None:
    other = Terminal(terminal.centre)
    bodies = bodies_of(terminal.file)
    terminal.port.submit(terminal.book.log, 0, bodies, details, terminal.book.writer.checkpoint)
    other.append()
    other.push(3)
    terminal.push(4)
    assert terminal.book.log.endswith("/2")
    assert (len(other.held()), other.book.alarms) == (2, ())
    other.book.close()


def test_nobody_replaces_the_sealed_key_of_another_case(centre: Centre) -> None:
    with centre.desk("desk-1") as one, centre.desk("desk-2") as two:
        case = one.intake.open(sign_in(one), request()).case
        centre.settle(one, two)
        blob = b"sealed to nobody"
        digest = sha256(blob).hexdigest()
        session, state = sign_in(two), two.case.state(case)
        act = acts.NoteKept(kind="note", reason=None, flags=())
        two._ctx.write([two._ctx.draft(session, act, state, details=(digest,))], [Detail(digest, case, "key", blob)])
        with suppress(AssertionError):
            centre.settle(two)
        assert "another case's" in two.alarms()[0]
        assert centre.store.count_details(case) == 3


def test_however_many_conflicts_a_case_has_an_unfit_action_makes_no_job(centre: Centre) -> None:
    """The list of conflicts ends at twenty: its length alone does not say that one more came."""
    with centre.desk() as desk:
        session = sign_in(desk)
        case = desk.intake.open(session, request()).case
        state = desk.case.state(case)
        early = acts.ExportAsked(format="json", language="de", delivery="on-file")
        desk._ctx.write([desk._ctx.draft(session, early, state, "1") for _ in range(25)])
        centre.settle(desk)
        assert len(desk.case.state(case).conflicts) == 20
        assert jobs_of(centre, "export") == 0


def test_a_successor_takes_a_new_block_of_case_numbers_and_goes_on_offline_with_the_old(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder of a terminal was put back whole: its count of numbers went back with its log."""
    with centre.desk() as desk:
        session = sign_in(desk)
        first = int(desk.intake.open(session, request()).case[5:])
        desk._ctx.book.refused("rolled-back", "for the test")
        monkeypatch.setattr(CentralPort, "reserve_numbers", unreachable)
        assert int(desk.intake.open(session, request()).case[5:]) == first + 1
        monkeypatch.undo()
        wait_until(lambda: desk._ctx.online)
        later = int(desk.intake.open(session, request()).case[5:])
        assert later >= first + 1000
        assert int(desk.intake.open(session, request()).case[5:]) == later + 1


# ── any order of things ───────────────────────────────────────────────────────────────────────────────────────


class Line(CentralPort):
    """The way to central: a hand-in may be lost before or after it arrived, or arrive once more later."""

    lose = ""
    last: tuple[object, ...] | None = None

    def submit(self, *batch: object) -> None:  # type: ignore[override]
        lose, self.lose = self.lose, ""
        if lose == "before":
            raise Unavailable("the line is down")
        super().submit(*batch)  # type: ignore[arg-type]
        self.last = batch
        if lose == "after":
            raise Unavailable("the line is down")


class CarelessLine(Line):
    """The control: whoever hands in is taken at their word, whatever central has."""

    def submit(self, *batch: object) -> None:  # type: ignore[override]
        log, start, bodies, details, note = batch
        row = {"log": log, "start": start, "count": 0, "entries": b"\n".join(bodies), "details": details}  # type: ignore[arg-type]
        with self._writing() as conn:
            conn.execute(sa.insert(central.INBOX), [{**row, "checkpoint": note, "received_at": 0}])
        self.last = batch


def machine(template: Path, scratch: Path, line: type[Line]) -> type[RuleBasedStateMachine]:
    """A state machine over one terminal and its central."""

    class Sync(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.centre = copy_of(template, scratch / f"home{time.monotonic_ns()}")
            self.terminal = Terminal(self.centre)
            self.line = line(self.centre.engine, self.terminal.owner)
            self.terminal.uplink = self.terminal.connect(self.line)
            self.said: list[tuple[str, int, str]] = []

        @rule()
        def append(self) -> None:
            self.said += [(e.log, e.seq, e.op) for e in self.terminal.append(2)]

        @rule()
        def exchange(self) -> None:
            self.terminal.uplink.run_once()

        @rule()
        def ingest(self) -> None:
            self.centre.ingest.run_once()

        @rule()
        def restart(self) -> None:
            self.terminal.book.close()
            self.terminal.open()
            self.terminal.uplink = self.terminal.connect(self.line)

        @rule()
        def drop_before(self) -> None:
            self.dropped("before")

        @rule()
        def drop_after(self) -> None:
            self.dropped("after")

        def dropped(self, when: str) -> None:
            self.line.lose = when
            with suppress(Unavailable):
                self.terminal.uplink.run_once()
            self.line.lose = ""

        @rule()
        def repeat(self) -> None:
            if self.line.last is not None:
                with suppress(Conflict):
                    self.line.submit(*self.line.last)

        @invariant()
        def nothing_is_refused(self) -> None:
            assert self.terminal.book.alarms == ()

        def teardown(self) -> None:
            try:
                self.terminal.push(len(self.said) + 6)
                held = [decode(b) for b in self.terminal.held()]
                assert [e.seq for e in held] == list(range(len(held)))
                told = [(e.log, e.seq, e.op) for e in held]
                assert [t for t in told if t in set(self.said)] == self.said
                assert self.terminal.uplink.state.waiting == 0
                assert self.terminal.book.alarms == ()
            finally:
                self.terminal.book.close()
                self.centre.engine.dispose()
                shutil.rmtree(self.centre.home.path)

    return Sync


FEW = settings(max_examples=10, stateful_step_count=20, deadline=None, database=None)
MANY = settings(max_examples=300, stateful_step_count=50, deadline=None, database=None)
FIRST_FAILURE = settings(
    max_examples=30, deadline=None, database=None, phases=[Phase.generate], report_multiple_bugs=False
)


@pytest.fixture
def bare_template(centre_template: Path, tmp_path: Path, no_keyring: None) -> Path:
    """The centre without its data systems: quicker to copy."""
    shutil.copytree(centre_template, tmp_path / "bare", ignore=shutil.ignore_patterns("data"))
    return tmp_path / "bare"


def test_every_acknowledged_entry_is_in_central_once_and_in_order(bare_template: Path, tmp_path: Path) -> None:
    run_state_machine_as_test(machine(bare_template, tmp_path, Line), settings=FEW)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_every_acknowledged_entry_is_in_central_once_and_in_order_long(bare_template: Path, tmp_path: Path) -> None:
    run_state_machine_as_test(machine(bare_template, tmp_path, Line), settings=MANY)


def test_control_a_central_that_forgets_to_look_at_the_start_fails(bare_template: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine(bare_template, tmp_path, CarelessLine), settings=FIRST_FAILURE)


def test_the_tree_of_a_rewritten_log_is_right_so_that_the_tests_above_mean_something(centre: Centre) -> None:
    terminal = Terminal(centre)
    terminal.append(6)
    terminal.book.close()
    bodies = bodies_of(terminal.file)
    rewrite(terminal.file, b"t" * 32, f"{terminal.owner}/1", bodies)
    frontier = Frontier()
    for body in bodies_of(terminal.file):
        frontier.append(leaf_hash(body))
    with LogReader(terminal.file) as reader:
        assert reader.head().head == frontier.head()
    assert bodies_of(terminal.file)[1:] == bodies[1:]
