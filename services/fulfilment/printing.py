"""A letter of a case on paper: a PDF in the outbox for whoever prints and posts, gone after some days."""

from services.cases.case import Case
from services.errors import NotFound
from services.fulfilment.letter_pdf import letter_pdf
from services.fulfilment.letter_view import sealed_letter
from services.fulfilment.postal import address_lines
from services.fulfilment.workroom import Workroom
from services.letters.delivery import put_in_outbox

FOLDER = "print"
KEPT_US = 7 * 24 * 3_600 * 1_000_000
"""What was printed by then lies on paper; the letter itself stays sealed in its case."""


def print_letter(room: Workroom, case: Case, letter: str) -> dict[str, object]:
    """Write it as `print/<case>-<id>.pdf` in the outbox (0600), once more is the same; which, and whether it has an
    address. Raises `NotFound`, `Unusable`."""
    state = next((one for one in case.letters if one.id == letter), None)
    if state is None:
        raise NotFound("there is no such letter")
    found, controller = sealed_letter(room, case, letter), room.controller(case.controller)
    to = address_lines(room, case.id)
    pdf = letter_pdf(found, controller, room.at(controller, state.at or room.now()), case_number=case.id, to=to)
    name = f"{case.id}-{letter[:8]}.pdf"
    put_in_outbox(room.outbox / FOLDER, name, pdf)
    return {"file": f"{FOLDER}/{name}", "addressed": bool(to)}


def sweep_printed(room: Workroom) -> int:
    """Delete what was written for the printer more than seven days ago; how many went."""
    gone = 0
    for file in (room.outbox / FOLDER).glob("*.pdf*"):
        if file.stat().st_mtime * 1_000_000 < room.now() - KEPT_US:
            file.unlink(missing_ok=True)
            gone += 1
    return gone
