"""Sync: what is acknowledged reaches central once and in order; no terminal can stop the others."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256

import pytest
import sqlalchemy as sa

from db import central
from db.central_port import CentralPort
from db.central_shapes import pack_details
from db.log import Detail, LogWriter
from db.log_check import check_file
from services.action_log import acts
from services.action_log.entry import decode
from services.action_log.moment import Moment, now
from services.cases.fold import MAX_CONFLICTS
from services.errors import Conflict, Refused, Unavailable, Unusable
from services.sync.down import Downlink
from services.sync.rebuild import differences
from tests.centre import COLLEAGUE, COLLEAGUE_PIN, Centre, cases_in, request, sign_in
from tests.lone_terminal import Terminal, beat, bodies_of, unreachable, wait_until


@pytest.fixture
def terminal(centre: Centre) -> Iterator[Terminal]:
    made = Terminal(centre)
    yield made
    made.book.close()
    centre.engine.dispose()


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


def test_what_is_too_heavy_for_one_hand_in_goes_in_smaller_ones(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.append(12)
    sizes: list[int] = []
    submit = CentralPort.submit

    def noted(self: CentralPort, log: str, start: int, bodies: list[bytes], details: bytes, note: str) -> None:
        sizes.append(sum(map(len, bodies)))
        submit(self, log, start, bodies, details, note)

    monkeypatch.setattr(CentralPort, "submit", noted)
    monkeypatch.setattr("services.sync.up.HEAVY", heavy := 1500)
    terminal.push()
    assert terminal.held() == bodies_of(terminal.file)
    assert max(sizes) <= heavy < sum(sizes)


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


def test_a_fault_in_the_link_is_said_and_tried_again_not_died_of(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("Erika Mustermann")

    with centre.desk() as desk:
        session = sign_in(desk)
        wait_until(lambda: desk.status().central == "reached")
        desk.intake.open(session, request())  # the first takes a block of case numbers from central
        monkeypatch.setattr(Downlink, "run_once", broken)
        desk.intake.open(session, request())
        wait_until(lambda: desk.status().central == "unreachable")
        assert desk._ctx.link.state.alarm == "sync stopped (ZeroDivisionError) and tries again"
        monkeypatch.undo()
        centre.settle(desk)


def test_somebody_shut_out_gets_in_at_no_desk_that_is_kept_offline(centre: Centre) -> None:
    with centre.desk() as desk:
        desk.sign.sign_out(sign_in(desk), "done")
    file = centre.home.path / "central.db"
    away = file.with_name("away.db")
    centre.engine.dispose()
    file.rename(away)
    with centre.desk(answered=False) as desk:
        desk.sign.sign_out(sign_in(desk), "done")  # control: what was heard today counts
        long_ago = int(time.time()) - 13 * 3600
        desk._ctx.store.set_meta({"people-at": str(long_ago)})
        with pytest.raises(Unavailable, match="13 hours"):
            sign_in(desk)
    away.rename(file)
    with central.writing(centre.engine).begin() as conn:
        conn.execute(sa.update(central.AGENT).where(central.AGENT.c.id == "0042").values(disabled=True))
    with centre.desk() as desk:  # overnight: what was heard is asked for anew before anyone gets in
        with pytest.raises(Refused, match="do not fit"):
            sign_in(desk)
        sign_in(desk, COLLEAGUE, COLLEAGUE_PIN)


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
    log = terminal.book.log

    def note(size: int) -> str:
        return terminal.book.writer.batch_end(0, size)[1]

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


def test_a_new_log_that_is_refused_for_its_beginning_is_not_followed_by_logs_without_end(terminal: Terminal) -> None:
    terminal.book.refused("bad-checkpoint", "for the test")
    terminal.uplink.run_once()
    with terminal.centre.store.ingest() as tx:
        tx.refuse(terminal.book.log, "no")
    for _ in range(3):
        with pytest.raises(Unusable, match="refuses even a new log"):
            terminal.uplink.run_once()
    assert terminal.book.log.endswith("/2")
    terminal.append()  # the agent works on, and what follows is given another try
    terminal.push()
    assert len(terminal.held(f"{terminal.owner}/3")) == 2


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


def test_a_receipt_that_was_taken_away_in_central_is_missed(terminal: Terminal) -> None:
    terminal.append(3)
    assert terminal.uplink.state.alarm == ""
    terminal.push()
    with central.writing(terminal.centre.engine).begin() as conn:
        conn.execute(sa.update(central.HEAD).where(central.HEAD.c.log == terminal.book.log).values(receipt=""))
    terminal.uplink.run_once()
    assert "receipt does not hold" in terminal.uplink.state.alarm
    terminal.append(1)
    terminal.push()
    assert terminal.uplink.state.alarm == ""


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
        assert "the number is another case's already" in one.case.state(case).conflicts[0].reason
        assert after in cases_in(centre.store)
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
    """The list of conflicts ends somewhere: its length alone does not say that one more came."""
    with centre.desk() as desk:
        session = sign_in(desk)
        case = desk.intake.open(session, request()).case
        state = desk.case.state(case)
        early = acts.ExportAsked(format="json", language="de", delivery="on-file")
        desk._ctx.write([desk._ctx.draft(session, early, state, "1") for _ in range(MAX_CONFLICTS + 5)])
        centre.settle(desk)
        assert len(desk.case.state(case).conflicts) == MAX_CONFLICTS
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


def test_a_log_whose_program_runs_says_so_every_five_minutes(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = terminal.book.writer.size
    terminal.book.tend()
    assert terminal.book.writer.size == size
    began = time.monotonic()
    for minutes in range(1, 21):
        monkeypatch.setattr(time, "monotonic", lambda: began + minutes * 60)  # noqa: B023
        terminal.book.tend()
    with terminal.book.reader() as reader:
        assert [e.act for e in reader.entries(size)].count("heartbeat") == 4
