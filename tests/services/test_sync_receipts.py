"""Central's receipts in the log itself: noted beside what somebody does, never for their own sake."""

from collections.abc import Callable, Iterator

import pytest

from db.log import LogReader
from services.action_log import acts
from services.action_log.act import from_params
from services.action_log.checkpoint import parse
from services.action_log.entry import Entry
from services.evidence import evidence_of
from services.home import key
from services.log_seeds import read_seeds
from tests.attacked_logs import signed_again
from tests.centre import Centre
from tests.log_samples import unguarded
from tests.lone_terminal import Terminal, bodies_of


@pytest.fixture
def terminal(centre: Centre) -> Iterator[Terminal]:
    made = Terminal(centre)
    made.book.close()
    made.open(receipt_s=0)
    yield made
    made.book.close()
    centre.engine.dispose()


def noted(terminal: Terminal) -> list[Entry]:
    with terminal.book.reader() as reader:
        return [entry for entry in reader.entries() if entry.act == "sync.receipt"]


def test_the_next_action_notes_the_newest_receipt(terminal: Terminal) -> None:
    terminal.append(3)
    terminal.push()
    size = terminal.book.writer.size
    (told,) = terminal.append(1)
    assert told.act == "heartbeat"  # whoever acts gets its own entry back
    (entry,) = noted(terminal)
    with terminal.book.reader() as reader:
        receipts = dict(reader.receipts())
        assert from_params(entry.act, entry.params) == acts.SyncReceipt(size=size, root=reader.root(size).hex())
    assert parse(receipts[size]).head.size == size
    assert (entry.seq, entry.actor) == (size, f"log:{terminal.book.log}")


def test_receipts_call_for_no_receipts_without_end(terminal: Terminal) -> None:
    terminal.append(1)
    terminal.push()
    terminal.append(1)
    terminal.push(30)
    size = terminal.book.writer.size
    terminal.push(30)
    assert terminal.book.writer.size == size
    assert len(noted(terminal)) == 1
    assert terminal.book.waiting() == (0, None)


def test_every_receipt_is_not_noted_only_the_newest_every_ten_minutes(centre: Centre) -> None:
    terminal = Terminal(centre)
    for _ in range(3):
        terminal.append(1)
        terminal.push()
    assert noted(terminal) == []
    terminal.book._receipt_at -= 601
    terminal.append(1)
    terminal.push()
    terminal.append(1)
    assert len(noted(terminal)) == 1
    terminal.book.close()
    centre.engine.dispose()


def test_a_receipt_of_a_log_that_broke_is_not_noted_in_its_successor(terminal: Terminal) -> None:
    terminal.append(3)
    terminal.push()
    terminal.book.refused("forked", "central holds another history of this log")
    (told,) = terminal.append(1)
    assert (told.log, told.act) == (f"{terminal.owner}/2", "heartbeat")
    assert noted(terminal) == []


def report(terminal: Terminal) -> tuple[str, str | None, str]:
    """What `log verify` says of a closed log."""
    evidence = evidence_of(terminal.centre.home, terminal.centre.vault)
    found = evidence.check(terminal.file)
    return found.state, found.kind, found.place


def another_root(body: bytes) -> bytes:
    place = body.index(b'"root":"') + 8
    return body[:place] + (b"1" if body[place : place + 1] == b"0" else b"0") + body[place + 1 :]


@pytest.fixture
def noting(terminal: Terminal) -> Terminal:
    """A closed log with receipts for 4 and 6 entries, whose entry 4 notes the first of them. Central has 6 of 7."""
    terminal.append(3)
    terminal.push()
    terminal.append(1)
    terminal.push()
    terminal.append(1)
    terminal.book.close()
    return terminal


def test_control_a_log_that_notes_its_receipts_is_whole(noting: Terminal) -> None:
    with LogReader(noting.file) as reader:
        assert [size for size, _ in reader.receipts()] == [4, 6]
        assert [e.seq for e in reader.entries() if e.act == "sync.receipt"] == [4, 6]
    assert report(noting) == ("whole", None, "")


def test_receipts_thrown_away_are_named_by_the_entry_that_noted_them(noting: Terminal) -> None:
    with unguarded(noting.file) as db:
        db.execute("DELETE FROM receipt")
    assert report(noting) == ("tampered", "bad-receipt", "entry 4")


def test_the_newest_receipt_thrown_away_is_named_too(noting: Terminal) -> None:
    with unguarded(noting.file) as db:
        db.execute("DELETE FROM receipt WHERE size = 6")
    assert report(noting) == ("tampered", "bad-receipt", "entry 6")


def test_a_noted_receipt_under_a_newer_one_is_proved_by_it(noting: Terminal) -> None:
    with unguarded(noting.file) as db:
        db.execute("DELETE FROM receipt WHERE size = 4")
    assert report(noting) == ("whole", None, "")


@pytest.mark.parametrize(
    "change", [another_root, lambda body: body.replace(b'"size":6', b'"size":7')], ids=["another root", "not yet"]
)
def test_an_entry_that_notes_what_central_never_signed_is_named(
    noting: Terminal, change: Callable[[bytes], bytes]
) -> None:
    """Written anew, not yet synced, and signed to match by whoever has the log's key."""
    *bodies, last = bodies_of(noting.file)
    log = f"{noting.owner}/1"
    origin = noting.book.origin(log)
    seed = read_seeds(key(noting.centre.vault, f"log-seed:{noting.owner}")).in_force
    noting.centre.vault.delete(f"anchor:{log}")
    signed_again(noting.file, [*bodies, last], origin, seed)
    assert report(noting) == ("whole", None, ""), "the control: what is signed again as it was"
    before = bodies[-1]
    assert change(before) != before
    signed_again(noting.file, [*bodies[:-1], change(before), last], origin, seed)
    assert report(noting) == ("tampered", "bad-receipt", "entry 6")
