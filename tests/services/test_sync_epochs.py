"""Epoch keys on the way to central: the logbook changes them beside the work, central goes on from key to key."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from db import central, log_start
from db.central_witness import CentralView
from db.log import LogReader
from db.log_check import check_file
from db.terminal import TerminalStore
from services.action_log.checkpoint import parse, public_key, sign
from services.action_log.merkle import TreeHead
from services.action_log.moment import Moment, now
from services.action_log.proof import check_keys, write_keys
from services.central_check import rows as wrong_rows
from services.central_log import CentralLog
from services.errors import Unusable
from services.evidence import evidence_of
from services.log_seeds import LogSeeds, name_of
from services.sync import logbook
from services.sync.link import Link
from services.witnessing import create, opened
from tests.attacked_logs import written_anew
from tests.centre import Centre
from tests.lone_terminal import DEPLOYMENT, Terminal, unreachable, wait_until


@pytest.fixture
def terminal(centre: Centre) -> Iterator[Terminal]:
    made = Terminal(centre)
    yield made
    made.book.close()


def seeds(terminal: Terminal) -> LogSeeds:
    """What the vault holds now."""
    return LogSeeds(terminal.centre.vault, terminal.owner)


def an_epoch(terminal: Terminal, count: int = logbook.EPOCH_ENTRIES) -> None:
    """Entries under one key, and the change to the next."""
    terminal.append(count)
    terminal.book.tend()


def verified(terminal: Terminal) -> str:
    """What `log verify` says of the terminal's logs."""
    evidence = evidence_of(terminal.centre.home, terminal.centre.vault)
    reports = [evidence.check(file.path) for file in evidence.files if file.log.startswith(terminal.owner)]
    return ", ".join(f"{r.log} {r.state} {r.kind or ''}".strip() for r in reports)


# ── when a key changes ────────────────────────────────────────────────────────────────────────────────────────


def test_a_key_changes_after_256_entries_and_the_old_one_is_erased(terminal: Terminal) -> None:
    first = seeds(terminal).now
    an_epoch(terminal, logbook.EPOCH_ENTRIES - 2)
    assert terminal.book.writer.sealed == 0
    an_epoch(terminal, 1)
    assert terminal.book.writer.sealed == terminal.book.writer.size == logbook.EPOCH_ENTRIES + 1
    held = seeds(terminal).now
    assert first.in_force not in held.all
    assert first.spare == held.spare
    assert public_key(held.in_force) == terminal.book.writer.public_key
    terminal.book.tend()  # nothing was written since
    assert seeds(terminal).now == held


def test_a_key_changes_ten_minutes_after_its_first_entry(terminal: Terminal) -> None:
    terminal.book.close()
    late = 0

    def clock() -> Moment:
        at = now()
        return at._replace(ts=at.ts + late, mono=at.mono + late)

    terminal.open(clock=clock)
    an_epoch(terminal, 1)
    assert terminal.book.writer.sealed == 0
    late = logbook.EPOCH_US
    terminal.book.tend()
    assert terminal.book.writer.sealed == terminal.book.writer.size == 3
    late *= 3
    terminal.book.tend()
    assert terminal.book.writer.size == 3  # an epoch without entries does not end


def test_a_terminal_goes_on_under_the_key_in_force_after_a_restart(terminal: Terminal) -> None:
    an_epoch(terminal)
    key = terminal.book.writer.public_key
    terminal.book.close()
    terminal.open()
    assert not terminal.book.alarms
    assert terminal.book.writer.public_key == key
    terminal.append()
    terminal.push()
    assert terminal.uplink.state.waiting == 0


@pytest.mark.parametrize("error", [Unusable("the keyring does not answer any more"), RuntimeError("a bus is gone")])
@pytest.mark.parametrize("refused", [1, 2], ids=["before", "after"])
def test_a_vault_that_takes_no_key_stops_nobody_is_named_and_asked_again(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, refused: int, error: Exception
) -> None:
    """Refused before the change the old key goes on; after it, the old one waits to be erased."""
    old, put, calls = seeds(terminal).now, terminal.centre.vault.put, []

    def locked(name: str, value: bytes) -> None:
        calls.append(name)
        if len(calls) >= refused:
            raise error
        put(name, value)

    monkeypatch.setattr(terminal.centre.vault, "put", locked)
    an_epoch(terminal)
    assert "signing key is not changed" in terminal.book.key_trouble
    assert (terminal.book.writer.sealed > 0) is (refused == 2)
    assert old.in_force in seeds(terminal).now.all
    assert terminal.append()
    tried = len(calls)
    terminal.book.tend()
    assert len(calls) == tried  # not at every turn
    monkeypatch.undo()
    monkeypatch.setattr(terminal.book, "_key_wait", 0.0)
    terminal.book.tend()
    assert terminal.book.key_trouble == ""
    assert old.in_force not in seeds(terminal).now.all
    terminal.push()
    assert terminal.uplink.state.waiting == 0
    assert verified(terminal) == f"{terminal.owner}/1 whole"


def test_the_link_changes_keys_where_central_is_away(terminal: Terminal, tmp_path: Path) -> None:
    store = TerminalStore(tmp_path / "desk.db", bytes(32))
    link = Link(unreachable, terminal.book, store)
    terminal.append(logbook.EPOCH_ENTRIES)
    link.start()
    wait_until(lambda: terminal.book.writer.sealed)
    link.close()
    store.close()


# ── central ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_many_epochs_written_offline_reach_central_and_everybody_finds_them_whole(
    terminal: Terminal, tmp_path: Path
) -> None:
    for _ in range(4):
        an_epoch(terminal)
    terminal.append(10)
    terminal.push(20)
    assert terminal.uplink.state.waiting == 0
    with LogReader(terminal.file) as reader:
        assert terminal.held() == [body for _, body in reader.bodies()]
        seals = [size for size, _ in reader.seals()]
    with terminal.centre.engine.connect() as conn:
        head = sa.select(central.HEAD.c.key).where(central.HEAD.c.log == terminal.book.log)
        assert conn.execute(head).scalar_one() == terminal.book.writer.public_key
    assert verified(terminal) == f"{terminal.owner}/1 whole"
    assert wrong_rows(terminal.centre.engine) == []
    create(tmp_path / "witness", "witness.example")
    with opened(tmp_path / "witness") as witness, CentralView.of(terminal.centre.engine) as view:
        assert list(view.seals(terminal.book.log)) == seals
        assert witness.round(view, 1).alarms == ()
        ((shown,),) = [[one for one in view.logs() if one.log == terminal.book.log]]
        held = CentralLog(view, shown, (f"{DEPLOYMENT}/central", bytes.fromhex(view.facts()["cosigner-key"])))
        with LogReader(terminal.file) as reader:
            pages = write_keys(reader.rotations(), reader.inclusion)
        chain = check_keys(write_keys(held.rotations(), held.inclusion), shown.origin, shown.public_key)
        assert chain == check_keys(pages, shown.origin, shown.public_key)
        assert chain.key == terminal.book.writer.public_key
    an_epoch(terminal)
    terminal.append(3)
    terminal.push()
    for new_only in (True, False):
        with opened(tmp_path / "witness") as witness, CentralView.of(terminal.centre.engine) as view:
            assert witness.round(view, 2, new_only=new_only).alarms == ()


def test_a_restored_central_is_filled_again_from_any_size(terminal: Terminal) -> None:
    """Its newest entries lie under keys that are gone: the notes on the way end the batches."""
    terminal.append(9)
    terminal.push()
    an_epoch(terminal, 3000)
    an_epoch(terminal)
    terminal.push(20)
    assert terminal.uplink.state.waiting == 0
    assert wrong_rows(terminal.centre.engine) == []


def unsynced(terminal: Terminal) -> tuple[str, int]:
    """Three epochs that central never received; the log, and where the last one begins."""
    for _ in range(2):
        an_epoch(terminal)
    terminal.append(20)
    terminal.book.close()
    return f"{terminal.owner}/1", terminal.book.writer.sealed


def rewritten(terminal: Terminal, seq: int) -> None:
    """The file as somebody makes it who has the account: the program, the file, all that the vault holds."""
    with LogReader(terminal.file) as reader:
        bodies = [body for _, body in reader.bodies()]
    bodies[seq] = bodies[seq].replace(b'"as":"log"', b'"as":"lag"')
    folder, seed = terminal.file.parent / "new", seeds(terminal).now.in_force
    path = written_anew(terminal.file, folder, bodies, seed, origin=f"{DEPLOYMENT}/{terminal.owner}/1")
    for end in ("-wal", "-shm"):
        terminal.file.with_name(terminal.file.name + end).unlink(missing_ok=True)
    shutil.move(path, terminal.file)
    terminal.centre.vault.delete(f"anchor:{terminal.owner}/1")


def test_an_unsynced_entry_of_an_earlier_epoch_cannot_be_written_anew(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, _ = unsynced(terminal)
    rewritten(terminal, 100)
    assert verified(terminal) == f"{log} tampered bad-seal"
    monkeypatch.setattr(log_start, "_known_heads", lambda *_: None)  # the attacker's own program: it checks nothing
    terminal.open()
    terminal.push()
    assert terminal.held(log) == []  # central takes nothing that the key of that time did not sign
    assert "signed tree head" in terminal.port.hello(log).problem


def test_the_control_an_unsynced_entry_under_todays_key_can_be(terminal: Terminal) -> None:
    log, sealed = unsynced(terminal)
    rewritten(terminal, sealed + 3)
    assert verified(terminal) == f"{log} whole"
    terminal.open()
    terminal.push()
    assert b'"as":"lag"' in terminal.held(log)[sealed + 3]


def submit(terminal: Terminal, stop: int, note: str) -> str:
    """Hand in the entries up to `stop` with that note; what central says of the log then."""
    hello = terminal.port.hello(terminal.book.log)
    with terminal.book.reader() as reader:
        bodies = [body for _, body in reader.bodies(hello.size, stop)]
    terminal.port.submit(terminal.book.log, hello.size, bodies, b"", note)
    terminal.centre.ingest.run_once()
    return terminal.port.hello(terminal.book.log).problem


def note_of(terminal: Terminal, seed: bytes, size: int) -> str:
    with terminal.book.reader() as reader:
        root = reader.root(size)
    return sign(f"{DEPLOYMENT}/{terminal.book.log}", seed, TreeHead(size, root))


def test_central_takes_no_batch_that_goes_on_after_a_change_of_keys(terminal: Terminal) -> None:
    old = seeds(terminal).now.in_force
    an_epoch(terminal)
    terminal.append(4)
    assert "goes on after it" in submit(terminal, 262, note_of(terminal, old, 262))
    assert terminal.held() == []


def test_central_takes_no_note_by_a_key_that_is_over(terminal: Terminal) -> None:
    old = seeds(terminal).now.in_force
    an_epoch(terminal)
    terminal.append(4)
    sealed = terminal.book.writer.sealed
    assert submit(terminal, sealed, note_of(terminal, old, sealed)) == ""  # the control: its last one
    assert "not signed" in submit(terminal, 262, note_of(terminal, old, 262))


def test_central_takes_no_note_by_a_key_that_is_not_named_yet(terminal: Terminal) -> None:
    terminal.append(5)
    assert "not signed" in submit(terminal, 6, note_of(terminal, seeds(terminal).now.spare, 6))
    assert terminal.held() == []


# ── the log that follows ──────────────────────────────────────────────────────────────────────────────────────


def test_the_log_that_follows_a_broken_one_is_opened_by_the_spare_and_taken_by_central(terminal: Terminal) -> None:
    an_epoch(terminal)
    spare = seeds(terminal).now.spare
    terminal.push()
    terminal.book.refused("bad-checkpoint", "for the test")
    assert terminal.book.writer.public_key == public_key(spare)
    terminal.append(2)
    terminal.book.tend()
    assert seeds(terminal).now.in_force == spare != seeds(terminal).now.spare
    terminal.push()
    assert len(terminal.held(f"{terminal.owner}/2")) == 4


def test_logs_that_broke_one_after_the_other_offline_are_all_enrolled(terminal: Terminal) -> None:
    terminal.book.refused("bad-checkpoint", "for the test")
    terminal.book.refused("bad-checkpoint", "for the test")
    an_epoch(terminal)
    terminal.book.close()
    terminal.open()
    terminal.push()
    assert terminal.uplink.state.waiting == 0
    assert terminal.held(f"{terminal.owner}/2") == []
    assert len(terminal.held(f"{terminal.owner}/3")) == terminal.book.writer.size
    assert wrong_rows(terminal.centre.engine) == []


def test_a_vault_put_back_from_a_backup_costs_a_log_and_nobodys_work(terminal: Terminal) -> None:
    backup = terminal.centre.vault.get(name_of(terminal.owner)) or b""
    an_epoch(terminal)
    terminal.push()
    terminal.book.close()
    terminal.centre.vault.put(name_of(terminal.owner), backup)
    terminal.open()
    assert [alarm.kind for alarm in terminal.book.alarms] == ["foreign-key"]
    terminal.append(2)
    terminal.push()
    assert len(terminal.held(f"{terminal.owner}/2")) == 4
    assert terminal.uplink.state.waiting == 0


def test_a_successor_is_not_enrolled_before_the_vault_holds_the_key_after_it(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise Unusable("the keyring does not answer any more")

    monkeypatch.setattr(terminal.centre.vault, "put", locked)
    terminal.book.refused("bad-checkpoint", "for the test")
    assert terminal.append()
    with pytest.raises(Unusable, match="keyring"):
        terminal.uplink.run_once()
    monkeypatch.undo()
    terminal.push()
    assert terminal.uplink.state.waiting == 0


def test_receipts_of_earlier_epochs_stay_good(terminal: Terminal) -> None:
    terminal.append(50)
    terminal.push()
    an_epoch(terminal)
    terminal.append(9)
    terminal.push()
    with terminal.book.reader() as reader:
        sizes = [parse(note).head.size for _, note in reader.receipts()]
    assert len(sizes) > 1
    known = evidence_of(terminal.centre.home, terminal.centre.vault).known[terminal.book.log]
    assert check_file(terminal.file, known).state == "whole"
