"""desk.db: keyset pages by bands, one transaction a page of changes, facts that outlive a power cut."""

import threading
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlcipher3.dbapi2
from hypothesis import given, settings, strategies as st

from db import queue_pages
from db.terminal import TerminalStore
from services.types import Band, Cursor, QueueView

KEY = b"k" * 32
TODAY = date(2026, 3, 5)
DAYS = {"nordlicht": "2026-03-05", "albion": "2026-03-04"}


@pytest.fixture
def store(tmp_path: Path) -> TerminalStore:
    return TerminalStore(tmp_path / "desk.db", KEY)


def row(number: int, **change: object) -> tuple[object, ...]:
    """A queue row; `change` by column."""
    fields: dict[str, object] = {
        "case_id": f"C-26-{number:06d}", "controller": "nordlicht", "rights": "Access", "person": "n•••",
        "state": "new", "who": "", "tier": "T0", "due": "2026-04-07", "open": 1, "ack": 1, "breach": 0, "approval": 0,
        "conflicts": 0, "hard": "", "paused": "", "wakes": "",
        "rev": number,
    }  # fmt: skip
    return tuple((fields | change).values())


def ids(store: TerminalStore, view: QueueView | None = None, limit: int = 100) -> list[tuple[str, Band]]:
    rows = queue_pages.page(store, view or QueueView(), DAYS, None, limit, reverse=False)
    return [(r[0][-1], r[-1]) for r in rows]


def test_bands_come_in_order_and_today_is_each_controllers_own(store: TerminalStore) -> None:
    store.apply_changes(
        [
            row(1),
            row(2, ack=0),
            row(3, due="2026-03-05"),
            row(4, due="2026-03-04"),
            row(5, due="2026-03-04", controller="albion"),
            row(6, breach=1),
            row(7, open=0),
        ],
        7,
    )
    expected = [("6", Band.BREACH), ("4", Band.OVERDUE), ("5", Band.TODAY), ("3", Band.TODAY)]
    assert ids(store) == [*expected, ("2", Band.UNACKNOWLEDGED), ("1", Band.REST)]
    assert ids(store, QueueView(kind="closed")) == [("7", Band.CLOSED)]
    assert ids(store, QueueView(controllers=("albion",))) == [("5", Band.TODAY)]


Rows = st.lists(
    st.tuples(
        st.integers(-3, 3), st.booleans(), st.booleans(), st.booleans(), st.sampled_from(["nordlicht", "albion"]),
        st.sampled_from(["", "0042"]),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(Rows, st.integers(1, 7), st.sampled_from(["", "mine", "unassigned"]))
def test_pages_joined_are_the_whole_view_forwards_and_backwards(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[int, bool, bool, bool, str, str]], size: int, kind: str
) -> None:
    store = TerminalStore(tmp_path_factory.mktemp("store") / "desk.db", KEY)
    store.apply_changes(
        [
            row(n, due=str(TODAY + timedelta(days=d)), open=int(o), ack=int(a), breach=int(b), controller=c, who=w)
            for n, (d, o, a, b, c, w) in enumerate(made)
        ],
        1,
    )
    view = QueueView(kind=kind, agent="0042")  # type: ignore[arg-type]
    whole = queue_pages.page(store, view, DAYS, None, 1000, reverse=False)
    keys = [(r[-1], r[7], r[0]) for r in whole]
    assert keys == sorted(keys)
    wanted = {n for n, m in enumerate(made) if m[1] and (not kind or m[5] == ("0042" if kind == "mine" else ""))}
    assert {int(k[2][-6:]) for k in keys} == wanted
    assert queue_pages.count(store, view) == len(whole)

    def walk(reverse: bool) -> list[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        cursor = None
        while part := queue_pages.page(store, view, DAYS, cursor, size, reverse=reverse):
            found = [*part, *found] if reverse else [*found, *part]
            edge = part[0] if reverse else part[-1]
            cursor = Cursor(edge[-1], edge[7], edge[0])
        return found

    assert walk(False) == whole
    assert walk(True) == whole
    store.close()


def test_a_page_of_changes_and_its_cursor_come_together_or_not_at_all(store: TerminalStore) -> None:
    store.apply_changes([row(1)], 1)
    with pytest.raises(sqlcipher3.dbapi2.ProgrammingError):
        store.apply_changes([row(2), row(3)[:-1]], 3)  # the second row does not fit
    assert (len(ids(store)), store.meta("rev")) == (1, "1")
    store.apply_changes([row(1, state="ready"), row(2)], 2)
    assert store.rows("SELECT state FROM queue ORDER BY case_id") == [("ready",), ("new",)]


def test_forgetting_the_queue_keeps_drafts_and_facts(store: TerminalStore) -> None:
    store.apply_changes([row(1)], 1)
    store.put_snapshot("C-26-000001", b"{}", 1, 1)
    store.set_meta({"number-next": "17"})
    with store.writing() as conn:
        conn.execute("INSERT INTO draft VALUES ('a', '0042', x'00', 1)")
    store.forget_queue("other")
    assert (ids(store), store.snapshot("C-26-000001"), store.meta("rev", "0")) == ([], None, "0")
    assert (store.meta("number-next"), store.meta("feed")) == ("17", "other")
    assert store.rows("SELECT id FROM draft") == [("a",)]


def test_what_is_kept_of_a_pin_goes_with_whom_it_no_longer_opens_for(store: TerminalStore) -> None:
    now, people = int(time.time()), ("0001", "0002", "0003", "0004", "0005")
    for number in people:
        store.keep_pin((number, "A", "{}", 0, 2), "kept", now - (13 * 3600 if number == "0005" else 0))
    store.set_tries("0001", 3, 99)
    after = [
        ("0001", "A2", "{}", 0, 2),
        ("0002", "A", "{}", 1, 2),
        ("0003", "A", "{}", 0, 3),
        ("0005", "A", "{}", 0, 2),
    ]
    store.replace_people(
        after, [("two", b"{}")]
    )  # shut out, a new PIN, gone, and one that central said yes to long ago
    assert store.rows("SELECT * FROM agent ORDER BY id") == after
    assert store.rows("SELECT agent, kept, rev, tries, locked_until FROM pin") == [("0001", "kept", 2, 3, 99)]
    assert store.rows("SELECT key FROM controller") == [("two",)]


def test_facts_are_kept_with_a_sync_to_disk_and_pages_without(store: TerminalStore) -> None:
    """SQLite says which durability a transaction ran under; a power cut cannot be had here."""
    with store.writing(durable=True) as conn:
        assert conn.execute("PRAGMA synchronous").fetchone() == (2,)
    with store.writing() as conn:
        assert conn.execute("PRAGMA synchronous").fetchone() == (1,)


def test_after_a_failed_commit_the_next_one_goes_through(store: TerminalStore) -> None:
    def fail() -> None:
        with store.writing() as conn:
            conn.execute("INSERT INTO meta VALUES ('a', '1')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    store.set_meta({"b": "2"})
    assert (store.meta("a"), store.meta("b")) == ("", "2")


def test_every_thread_has_its_own_connection_and_writes_take_turns(store: TerminalStore) -> None:
    failed: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for n in range(20):
                store.set_meta({f"{name}-{n}": str(n)})
                store.rows("SELECT count(*) FROM meta")
        except BaseException as exc:
            failed.append(exc)

    threads = [threading.Thread(target=write, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert store.rows("SELECT count(*) FROM meta") == [(80,)]
    store.close()
