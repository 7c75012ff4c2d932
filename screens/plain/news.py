"""A case as lines, and what of them is new: nothing that stands there already is said again."""

import time
from collections.abc import Sequence
from typing import Final

from screens import case_panes
from screens.plain.seat import WIDE, Seat
from services.types import CaseView, ItemState

NEWS_S: Final = 60.0
_POLL_S: Final = 0.5


def facts(seat: Seat, view: CaseView) -> list[str]:
    """The panes of the case screen as lines."""
    now = seat.now()
    left = case_panes.facts(view, seat.session.agent, now.tzinfo, WIDE).plain
    right = case_panes.overview(view, "", now, WIDE).plain
    check = view.verification
    tier = f"Identity: {check.tier} is reached" + (f", {check.strikes} of 2 wrong" if check.strikes else "")
    return [line for line in [f"Case {view.id}", *left.splitlines(), tier, *right.splitlines()] if line.strip()]


def say_new(seat: Seat, view: CaseView, before: Sequence[str]) -> list[str]:
    """Say the lines that were not among those `before`; all lines as they are now."""
    lines = facts(seat, view)
    for line in lines:
        if line not in before:
            seat.say(line)
    return lines


def wait(seat: Seat, case: str, before: Sequence[str], seconds: float) -> list[str]:
    """Say what changes as it changes, until nothing runs or the time is over; Ctrl-C ends it."""
    lines, end = list(before), time.monotonic() + seconds
    seat.say("waiting; Ctrl-C stops")
    while time.monotonic() < end:
        view = seat.does(lambda: seat.desk.case.read(seat.session, case))
        if view is None:
            return lines
        lines = say_new(seat, view, lines)
        if not _runs(view) or not seat.rest(_POLL_S):
            return lines
    seat.say(f"nothing more for {seconds:.0f} seconds")
    return lines


def _runs(view: CaseView) -> bool:
    """Whether something changes by itself: what waits for a person or for its time does not."""
    running = any(item.state is ItemState.RUNNING for item in view.items)
    return running or any(not line.synced for line in view.history)
