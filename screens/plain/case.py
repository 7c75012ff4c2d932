"""One case on plain lines: what it is, what is to be done next, and the acts that are open."""

from typing import Final

from screens import case_panes
from screens.kit.keys import ACTIONS
from screens.plain.acts import ALL, Act
from screens.plain.news import NEWS_S, say_new, wait
from screens.plain.seat import BACK, WIDE, Option, Seat
from services.types import CaseView

HISTORY: Final = 20


def case(seat: Seat, name: str, say: str = "") -> None:
    """Show it and act on it until the person goes back; a case that cannot be read is said and left."""
    if say:
        seat.say(f'Say: "{say}"')
    shown: list[str] = []
    while True:
        view: CaseView | None = seat.does(lambda: seat.desk.case.read(seat.session, name))
        if view is None:
            return
        shown = say_new(seat, view, shown)
        key = seat.choose(f"{view.id}. What next?", _open_acts(seat, view), back="back to the queue", again="reads it")
        if key == BACK:
            return
        if key == "why":
            _say_closed(seat, view)
        elif key == "hist":
            zone = seat.now()
            for line in view.history[:HISTORY]:
                under = f", under {line.under}" if line.under else ""
                seat.say(case_panes.history_line(line, zone, WIDE).plain + under)
        elif key == "d":
            shown = []
        elif key == "n":
            shown = wait(seat, name, shown, NEWS_S)
        elif key:
            act = next(one for one in _acts(seat) if one.key == key and one.state(view).allowed)
            if act.work(seat, view):
                return


def _open_acts(seat: Seat, view: CaseView) -> list[Option]:
    """What may be done now, by the letters of the other screens."""
    options = [Option(act.key, ACTIONS[act.action].words) for act in _acts(seat) if act.state(view).allowed]
    return [*options, Option("n", "wait for news"), Option("d", "say the whole case again"),
            Option("hist", "its newest actions"), Option("why", "what is closed, and why")]  # fmt: skip


def _say_closed(seat: Seat, view: CaseView) -> None:
    for act in _acts(seat):
        state = act.state(view)
        if not state.allowed:
            seat.say(f"{act.key} {ACTIONS[act.action].words}; closed: {state.reason}")


def _acts(seat: Seat) -> list[Act]:
    return [act for act in ALL if seat.session.role.value in ACTIONS[act.action].roles]
