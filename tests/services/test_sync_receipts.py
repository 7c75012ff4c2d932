"""Central's receipts in the log itself: noted beside what somebody does, never for their own sake."""

from collections.abc import Iterator

import pytest

from services.action_log import acts
from services.action_log.act import from_params
from services.action_log.checkpoint import parse
from services.action_log.entry import Entry
from tests.attacked_logs import sqlite
from tests.centre import Centre
from tests.lone_terminal import Terminal


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


def test_receipts_thrown_away_are_still_told_of_by_the_log(terminal: Terminal) -> None:
    terminal.append(3)
    terminal.push()
    terminal.append(1)
    terminal.book.close()
    sqlite(terminal.file, "DROP TABLE receipt")
    terminal_file = terminal.file
    from db.log import LogReader

    with LogReader(terminal_file) as reader:
        (entry,) = [entry for entry in reader.entries() if entry.act == "sync.receipt"]
    assert entry.params["size"] == 4
