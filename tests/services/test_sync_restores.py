"""Sync after a restore, a cut, a forgery: whatever was put back or changed is found, and the agent goes on."""

import shutil
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa

from db import central
from db.log import LogReader, LogWriter
from db.terminal import TerminalStore
from services.action_log.entry import decode
from services.action_log.merkle import Frontier, leaf_hash
from services.central_check import rows
from services.errors import Unusable
from services.home import key
from services.log_seeds import LogSeeds, Seeds
from services.sync.down import Downlink
from services.sync.rebuild import differences
from services.types import Right
from tests.centre import COLLEAGUE, COLLEAGUE_PIN, Centre, back_up, cases_in, request, restored, sign_in
from tests.lone_terminal import DEPLOYMENT, Terminal, bodies_of, copy_log, put_back, wait_until


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
        wait_until(lambda: one.status().central == "reached")
        lost = [one.intake.open(session, request(Right.ERASURE)).case for _ in range(3)]
        for _ in range(6):  # many steps of the change feed, which will be few when they come again in one batch
            one.act.note(session, kept, "said in passing")
            again.settle(one)
        wait_until(lambda: two.caught_up(0.1))
        seen = int(two._ctx.store.meta("rev"))
    again.engine.dispose()
    put_back(tmp_path / "backup.db", file)

    restored = Centre(centre.home.path)
    assert cases_in(restored.store) == {kept}
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
    assert cases_in(restored.store) == {kept, *lost, new, other}
    assert differences(restored.store) == []
    restored.engine.dispose()


def test_claims_that_a_backup_did_not_know_come_back_with_their_entries(centre: Centre, tmp_path: Path) -> None:
    with centre.desk("desk-1") as one, centre.desk("desk-2") as two:
        session = sign_in(one)
        case = one.intake.open(session, request()).case
        centre.settle(one, two)
        back_up(centre, tmp_path / "backup.db")
        one.act.hand_over(session, case)
        centre.settle(one, two)
        assert two.queue.take(sign_in(two, COLLEAGUE, COLLEAGUE_PIN), case) == 2
        centre.settle(one, two)
    again = restored(centre, tmp_path / "backup.db")
    assert again.store.claims() == {case: 1}
    with again.desk("desk-1") as one, again.desk("desk-2") as two:
        again.settle(one, two)
        again.settle(one, two)
    assert again.store.claims() == {case: 2}, "a fence that was given is not given again"
    assert [words for words in rows(again.engine) if "fence" in words] == []
    again.engine.dispose()


def test_a_log_that_a_backup_did_not_know_is_enrolled_again(centre: Centre, tmp_path: Path) -> None:
    terminal = Terminal(centre)
    terminal.push(2)
    back_up(centre, tmp_path / "backup.db")
    terminal.book.refused("forked", "for the test")
    terminal.append(3)
    terminal.push()
    assert terminal.book.log.endswith("/2")
    running = terminal.uplink
    terminal.centre = restored(centre, tmp_path / "backup.db")
    running._port = terminal.port = terminal.centre.port(terminal.owner)
    terminal.push()  # the same program: nobody starts it anew
    assert terminal.uplink is running
    assert len(terminal.held(terminal.book.log)) == 5
    assert "central lost entries" in running.state.alarm
    terminal.book.close()
    terminal.centre.engine.dispose()


def test_a_terminal_itself_notices_that_central_went_back_where_nobody_lost_a_receipt(
    centre: Centre, tmp_path: Path
) -> None:
    """Only what a terminal saw is gone; its writer never heard that central had it, so nobody reports a loss."""
    store = TerminalStore(tmp_path / "desk.db", bytes(32))
    down = Downlink(centre.port(""), store)
    with centre.desk() as desk:
        session = sign_in(desk)
        case = desk.intake.open(session, request()).case
        centre.settle(desk)
        back_up(centre, tmp_path / "backup.db")
        desk.act.hand_over(session, case)
        centre.settle(desk)
    down.run_once()
    assert store.rows("SELECT who FROM queue") == [("",)]
    again = restored(centre, tmp_path / "backup.db")
    with central.writing(again.engine).begin() as conn:  # other work brings the feed to where it was
        conn.execute(sa.update(central.META).where(central.META.c.key == "rev").values(value=store.meta("rev")))
    down = Downlink(again.port(""), store)
    down.run_once()
    assert store.rows("SELECT who FROM queue") == [("0042",)]
    store.close()
    again.engine.dispose()


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
    seed = LogSeeds(centre.vault, terminal.owner).now.in_force
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
    centre.vault.put(f"log-seed:{terminal.owner}", Seeds(b"t" * 32, b"u" * 32).to_json())
    centre.vault.delete(f"anchor:{terminal.owner}/1")
    terminal.open()
    for _ in range(3):
        with pytest.raises(Unusable, match="another signing key"):
            terminal.uplink.run_once()
    assert terminal.append()  # the agent works on; an operator enrols the terminal again
    assert terminal.book.log == f"{terminal.owner}/1"
    terminal.book.close()


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
