"""Queue pages out of desk.db: bands in order, each an indexed keyset range (design.md 7.11). Plain SQL, read only.

The day decides the band, so bands are ranges over the hard date, and "today" is each controller's own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from db.terminal import TerminalStore
from services.types import PAUSE_ENDS_DAYS, Band, Cursor, QueueView

CASE_NUMBER = re.compile(r"[A-Za-z]{1,3}-[0-9]{2}-[0-9]{1,9}")
COLUMNS = (
    "case_id, controller, rights, person, state, who, tier, due, open, ack, breach, approval, conflicts, "
    "hard, paused, wakes"
)


@dataclass(frozen=True, slots=True)
class BandRange:
    """A band as SQL over `queue`; every row of an open case is in exactly one. `order` names the indexes that fit."""

    band: Band
    where: str
    args: tuple[object, ...]
    order: str


def bands(today: Mapping[str, str]) -> tuple[BandRange, ...]:
    """The ranges of a day; `today` is the ISO date by controller."""
    day, days = _today_sql(today)
    latest = (max(today.values(), default="9999"),)
    soon = f"date({day}, '+{PAUSE_ENDS_DAYS} days')"
    ends, waits = f"wakes<>'' AND wakes<={soon}", f"(wakes='' OR wakes>{soon})"
    return (
        BandRange(Band.BREACH, "open=1 AND breach=1", (), "due"),
        BandRange(Band.OVERDUE, f"open=1 AND breach=0 AND due<? AND due<{day}", (*latest, *days), "due"),
        BandRange(Band.TODAY, f"open=1 AND breach=0 AND due<=? AND due={day}", (*latest, *days), "due"),
        BandRange(Band.PAUSE_ENDS, f"open=1 AND breach=0 AND due>{day} AND {ends}", (*days, *days), "wakes"),
        BandRange(
            Band.UNACKNOWLEDGED, f"open=1 AND breach=0 AND ack=0 AND due>{day} AND {waits}", (*days, *days), "ack"
        ),
        BandRange(Band.REST, f"open=1 AND breach=0 AND ack=1 AND due>{day} AND {waits}", (*days, *days), "ack"),
        BandRange(Band.CLOSED, "open=0 AND breach=0", (), "due"),
    )


def page(
    store: TerminalStore, view: QueueView, today: Mapping[str, str], after: Cursor | None, limit: int, *, reverse: bool
) -> list[tuple[Any, ...]]:
    """Up to `limit` rows (COLUMNS, band) after `after` in queue order; with `reverse` those before it, nearest last."""
    where, args = filters(view)
    ranges = [r for r in bands(today) if shown(r.band, view)]
    rows: list[tuple[Any, ...]] = []
    for part in reversed(ranges) if reverse else ranges:
        if after is not None and (part.band > after.band if reverse else part.band < after.band):
            continue
        step, at = ("<", "DESC") if reverse else (">", "ASC")
        inside = after is not None and part.band == after.band
        place = f" AND (due, case_id) {step} (?, ?)" if inside else ""
        sql = (
            f"SELECT {COLUMNS} FROM queue INDEXED BY {index_for(view, part)} WHERE {part.where}{where}{place} "  # noqa: S608
            f"ORDER BY due {at}, case_id {at} LIMIT ?"
        )
        key = (after.due, after.case) if inside and after is not None else ()
        found = store.rows(sql, (*part.args, *args, *key, limit - len(rows)))
        rows.extend((*r, part.band) for r in found)
        if len(rows) >= limit:
            break
    return rows[::-1] if reverse else rows


def count(store: TerminalStore, view: QueueView) -> int:
    """How many rows the view has: from the tally, unless a text is looked for."""
    where, args = filters(view)
    if view.text:
        sql = f"SELECT count(*) FROM queue WHERE TRUE{where}"  # noqa: S608
    else:
        sql = f"SELECT coalesce(sum(n), 0) FROM tally WHERE open={int(view.kind != 'closed')}{where}"  # noqa: S608
    return int(store.rows(sql, args)[0][0])


def conflicts(store: TerminalStore, controllers: tuple[str, ...]) -> int:
    """In how many cases of these controllers something did not count and is not settled."""
    marks = ",".join("?" * len(controllers))
    sql = f"SELECT count(*) FROM queue INDEXED BY queue_conflicts WHERE conflicts>0 AND controller IN ({marks})"  # noqa: S608
    return int(store.rows(sql, controllers)[0][0])


def shown(band: Band, view: QueueView) -> bool:
    """Closed cases stand in a view of their own, and are found by text."""
    return (band is Band.CLOSED) == (view.kind == "closed") or bool(view.text)


def filters(view: QueueView) -> tuple[str, tuple[object, ...]]:
    """The view as SQL conditions and their arguments."""
    parts: list[str] = []
    args: list[object] = []
    if view.controllers:
        parts.append(f"controller IN ({','.join('?' * len(view.controllers))})")
        args.extend(view.controllers)
    for column, value in (("controller", view.controller), ("state", view.state)):
        if value:
            parts.append(f"{column}=?")
            args.append(value)
    if view.right:
        parts.append("rights LIKE ? ESCAPE '\\'")
        args.append(f"%{_plain(view.right)}%")
    if _is_number(view):
        parts.append("case_id >= ? AND case_id < ?")
        args.extend((view.text.upper(), f"{view.text.upper()}:"))  # `:` comes after every digit
    elif view.text:
        parts.append("(case_id LIKE ? ESCAPE '\\' OR person LIKE ? ESCAPE '\\' OR rights LIKE ? ESCAPE '\\')")
        args.extend([f"%{_plain(view.text)}%"] * 3)
    if view.kind == "mine":
        parts.append("who=?")
        args.append(view.agent)
    elif view.kind == "unassigned":
        parts.append("who=''")
    elif view.kind == "approval":
        parts.append("approval=1")
    return "".join(f" AND {p}" for p in parts), tuple(args)


def index_for(view: QueueView, part: BandRange) -> str:
    """The index in whose order the rows of a band stand in this view; for a case number, the one that finds it."""
    if _is_number(view):
        return "sqlite_autoindex_queue_1"
    if view.kind == "approval":
        return "queue_approval"
    return f"queue_who_{part.order}" if view.kind in ("mine", "unassigned") else f"queue_{part.order}"


def _is_number(view: QueueView) -> bool:
    """Whether the text is a case number or its beginning: found by the key, where other texts read every row."""
    return CASE_NUMBER.fullmatch(view.text) is not None


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _today_sql(today: Mapping[str, str]) -> tuple[str, tuple[object, ...]]:
    """An expression for the controller's own day, and its arguments; one plain value when all agree."""
    days = set(today.values())
    if len(days) <= 1:
        return "?", (next(iter(days), "9999-12-31"),)
    cases = " ".join("WHEN ? THEN ?" for _ in today)
    args = [value for pair in today.items() for value in pair]
    return f"(CASE controller {cases} END)", tuple(args)
