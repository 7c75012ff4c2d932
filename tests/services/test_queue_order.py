"""Queue order of rules.md 10.1: bands, then the hard date, then the case; read by keyset pages."""

import itertools
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from db import queue_pages
from db.terminal import TerminalStore
from services.cases.queue import band
from services.types import Band, Cursor, QueueView

TODAY = date(2026, 11, 24)
KEY = b"k" * 32

ROW = st.tuples(
    st.sampled_from(["nordlicht", "harbour"]),
    st.integers(-5, 5),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "0042", "0017"]),
    st.none() | st.integers(-2, 8),
)
Made = tuple[str, int, bool, bool, bool, str, *tuple[int | None, ...]]
"""Controller, days to the end, open, acknowledged, breach, who; days until the person is asked again, if they are."""


def row(number: int, made: Made) -> tuple[object, ...]:
    controller, days, is_open, ack, breach, who, *wait = made
    due = (TODAY + timedelta(days=days)).isoformat()
    wakes = (TODAY + timedelta(days=wait[0])).isoformat() if wait and wait[0] is not None else ""
    flags = (int(is_open), int(ack), int(breach and is_open), 0, 0, "", wakes and due, wakes, number)
    return (f"C-26-{number:06d}", controller, "Access", "a•••@ex•••.com", "new", who, "T2", due, *flags)


def expected(rows: list[tuple[object, ...]], today: dict[str, str]) -> list[str]:
    """The order, computed from nothing but the rules."""
    order = []
    for r in rows:
        place = band(
            date.fromisoformat(str(r[7])),
            date.fromisoformat(today[str(r[1])]),
            is_open=bool(r[8]),
            acknowledged=bool(r[9]),
            breach=bool(r[10]),
            wakes=date.fromisoformat(str(r[15])) if r[15] else None,
        )
        if place is not Band.CLOSED:
            order.append((place, str(r[7]), str(r[0])))
    return [case for _, _, case in sorted(order)]


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=40), st.integers(1, 7), st.booleans())
def test_pages_in_either_direction_are_the_order_of_the_rules(
    tmp_path_factory: pytest.TempPathFactory, made: list[Made], size: int, same: bool
) -> None:
    store = TerminalStore(tmp_path_factory.mktemp("queue") / "desk.db", KEY)
    rows = [row(n, m) for n, m in enumerate(made, 1)]
    store.apply_changes(rows, len(rows))
    # Near midnight two controllers live on two days.
    today = {"nordlicht": TODAY.isoformat(), "harbour": (TODAY if same else TODAY - timedelta(days=1)).isoformat()}
    forward = walk(store, today, size, reverse=False)
    backward = walk(store, today, size, reverse=True)
    assert forward == expected(rows, today)
    assert backward == forward[::-1]
    assert queue_pages.count(store, QueueView()) == len(forward)
    store.close()


def walk(store: TerminalStore, today: dict[str, str], size: int, *, reverse: bool) -> list[str]:
    seen: list[str] = []
    after: Cursor | None = None
    for _ in itertools.count():
        page = queue_pages.page(store, QueueView(), today, after, size, reverse=reverse)
        if not page:
            return seen
        if reverse:
            page = page[::-1]
        seen.extend(str(r[0]) for r in page)
        after = Cursor(page[-1][-1], str(page[-1][7]), str(page[-1][0]))
    raise AssertionError


def store_of(tmp_path: Path, *made: Made) -> TerminalStore:
    store = TerminalStore(tmp_path / "desk.db", KEY)
    store.apply_changes([row(n, m) for n, m in enumerate(made, 1)], 1)
    return store


def test_views_show_mine_unassigned_and_closed(tmp_path: Path) -> None:
    store = store_of(
        tmp_path,
        ("nordlicht", 3, True, True, False, "0042"),
        ("nordlicht", 2, True, True, False, ""),
        ("nordlicht", 1, False, True, False, "0042"),
    )
    today = {"nordlicht": TODAY.isoformat()}

    def cases(view: QueueView) -> list[str]:
        return [r[0] for r in queue_pages.page(store, view, today, None, 10, reverse=False)]

    assert cases(QueueView(kind="mine", agent="0042")) == ["C-26-000001"]
    assert cases(QueueView(kind="unassigned")) == ["C-26-000002"]
    assert cases(QueueView(kind="closed")) == ["C-26-000003"]
    assert cases(QueueView(text="000003")) == ["C-26-000003"]


@pytest.mark.parametrize("text", ["C-26-000003", "c-26-000003", "C-26-00000", "C-26-0"])
@pytest.mark.parametrize("kind", ["all", "mine", "unassigned", "approval", "closed"])
def test_a_case_number_is_found_by_its_key(tmp_path: Path, kind: str, text: str) -> None:
    made = ("nordlicht", 3, True, True, False, "0042")
    store, today = store_of(tmp_path, made, made, made), {"nordlicht": TODAY.isoformat()}
    store.apply_changes([("D-26-000003", *row(3, made)[1:])], 4)
    view = QueueView(kind=kind, agent="0042", text=text)
    found = [r[0] for r in queue_pages.page(store, view, today, None, 10, reverse=False)]
    among = [] if kind in ("unassigned", "approval") else [f"C-26-00000{n}" for n in (1, 2, 3)]
    assert found == [case for case in among if case.startswith(text.upper())]
    assert queue_pages.count(store, view) == len(found)
    for part in queue_pages.bands(today):
        where, args = queue_pages.filters(view)
        chosen = f"SELECT case_id FROM queue INDEXED BY {queue_pages.index_for(view, part)} WHERE {part.where}{where}"
        plan = store.rows(f"EXPLAIN QUERY PLAN {chosen}", (*part.args, *args))
        assert any("case_id>? AND case_id<?" in str(r[3]) for r in plan)


@pytest.mark.parametrize("text", ["%", "_", "\\", "'; DROP TABLE queue; --", "%_%"])
def test_a_filter_is_text_never_a_pattern_or_sql(tmp_path: Path, text: str) -> None:
    store = store_of(tmp_path, ("nordlicht", 3, True, True, False, ""))
    today = {"nordlicht": TODAY.isoformat()}
    assert queue_pages.page(store, QueueView(text=text), today, None, 10, reverse=False) == []
    assert queue_pages.count(store, QueueView()) == 1


@pytest.mark.parametrize("kind", ["all", "mine", "unassigned", "approval", "closed"])
def test_pages_read_indexes_not_the_table(tmp_path: Path, kind: str) -> None:
    store, view = store_of(tmp_path), QueueView(kind=kind, agent="0042")
    where, args = queue_pages.filters(view)
    for part in queue_pages.bands({"nordlicht": "2026-11-24"}):
        chosen = f"SELECT case_id FROM queue INDEXED BY {queue_pages.index_for(view, part)} WHERE {part.where}{where}"
        sql = f"EXPLAIN QUERY PLAN {chosen} ORDER BY due, case_id LIMIT 5"
        plan = " ".join(str(r[3]) for r in store.rows(sql, (*part.args, *args)))
        assert "USING INDEX" in plan or "USING COVERING INDEX" in plan
        assert "open=? AND breach=?" in plan
        assert "TEMP B-TREE" not in plan


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), ROW), max_size=30))
def test_counts_stay_true_whatever_moves(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, Made]]
) -> None:
    store = TerminalStore(tmp_path_factory.mktemp("queue") / "desk.db", KEY)
    for number, made in changes:
        store.apply_changes([row(number, made)], 1)
    today = {key: TODAY.isoformat() for key in ("nordlicht", "harbour")}
    for kind in ("all", "mine", "unassigned", "approval", "closed"):
        view = QueueView(kind=kind, agent="0042")
        shown = queue_pages.page(store, view, today, None, 100, reverse=False)
        assert queue_pages.count(store, view) == len(shown)
        text = QueueView(kind=kind, agent="0042", text="C-26")
        shown = queue_pages.page(store, text, today, None, 100, reverse=False)
        assert queue_pages.count(store, text) == len(shown)
    store.forget_queue()
    assert queue_pages.count(store, QueueView()) == 0
    store.close()
