"""A letter of a case to be read at a desk: as it was sealed when it left or could not, or as it would leave now."""

from services.cases.case import Case
from services.cases.fold_clock import EXTENSION
from services.cases.fold_letters import FROM_CASE
from services.cases.queue import dates_of, due_if_extended
from services.errors import BadInput, NotFound
from services.fulfilment.post import from_text, own_letters
from services.fulfilment.workroom import Workroom
from services.letters.compose import Letter, compose

_REASON = "volume"
"""Stands for the reason that a person chooses when they extend."""


def letter_of(room: Workroom, case: Case, letter: str) -> dict[str, object]:
    """The sealed letter of that id, as a desk shows it; raises `NotFound`."""
    return told(sealed_letter(room, case, letter))


def sealed_letter(room: Workroom, case: Case, letter: str) -> Letter:
    """The letter of that id, as it was sealed last; raises `NotFound`."""
    found = [one for text in room.details.own(case.id, "letter").values() if (one := from_text(text)).id == letter]
    if not found:
        raise NotFound("there is no copy of this letter")
    known = next((one for one in case.letters if one.id == letter), None)
    return next((one for one in found if known is not None and one.version == known.version), found[-1])


def letter_now(room: Workroom, case: Case, template: str) -> dict[str, object]:
    """A letter whose facts the case alone holds, as it would leave now. Raises `Refused` naming a missing fact."""
    controller = room.controller(case.controller)
    dates = dates_of(case, controller)
    due = due_if_extended(case, controller, room.today(controller)) if template == EXTENSION else dates.due
    facts: dict[str, object] = {
        "controller": controller, "case_number": case.id, "received_on": dates.received_on, "due_on": due,
        "rights": [item.right.value for item in case.items], "reason": _REASON, "ground": "identity-doubt",
    }  # fmt: skip
    if template not in FROM_CASE:
        raise BadInput("this letter is written when its work is done")
    return told(compose(template, controller.language, facts, own=own_letters(room, controller)))


def told(letter: Letter) -> dict[str, object]:
    """A letter as a desk gets it."""
    return {name: getattr(letter, name) for name in ("template", "version", "language", "subject", "text")}
