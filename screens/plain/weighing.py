"""What the person says about what people weigh, on plain lines: noted first, as it will stand in their letter."""

from screens.plain.picking import which_item
from screens.plain.seat import Seat
from screens.plain.written import written
from screens.refusing_words import WEIGHED
from screens.weigh import LONGEST, QUOTED, THEN, TITLES
from services.types import CaseView, Right


def weigh(seat: Seat, view: CaseView) -> bool:
    """One open objection, automated decision or complaint. The case is not left."""
    item = which_item(seat, view, WEIGHED, "They speak about what?")
    why = view.key("complaint" if item is not None and item.right is Right.COMPLAINT else "weigh").reason
    if item is None or why:
        seat.say(f"no: {why or 'nobody asked for anything that is weighed'}")
        return False
    seat.say(f"{QUOTED} {THEN[item.right]}")
    text = seat.ask(f"{TITLES[item.right]} Empty: back")[:LONGEST]
    settled = written(seat, text, view.controller) if text else None
    if settled is None:
        return False
    part = ""
    if item.right is Right.ADM_REVIEW:
        part = seat.ask("Agent who had a part in the decision; empty: nobody")

    def keep() -> bool:
        seat.desk.weigh.note(seat.session, view.id, item.id, settled.text, decided_by=part)
        for kind, times in settled.kinds:
            seat.desk.act.flagged(seat.session, kind, "view", times, settled.choice)
        return True

    seat.does(keep, "kept")
    return False
