"""A letter as a PDF/A-2b, to be looked at or printed and posted where no mail can go."""

from collections.abc import Sequence
from datetime import datetime

from services.controllers import Controller
from services.fulfilment.typeset import typeset
from services.letters.compose import Letter
from services.letters.dates import day


def letter_pdf(
    letter: Letter, controller: Controller, made_at: datetime, *, case_number: str = "", to: Sequence[str] = ()
) -> bytes:
    """The PDF, dated `made_at` (aware, in the controller's zone), `to` in the window. Raises `Unusable`."""
    lines = letter.text.rstrip("\n").split("\n")
    data = {
        "subject": letter.subject,
        "controller": controller.name,
        "address": controller.address,
        "case_number": case_number,
        "date": day(made_at.date(), letter.language),
        "to": list(to),
        "lines": [{"text": line.strip(), "indent": len(line) - len(line.lstrip(" "))} for line in lines],
    }
    return typeset("letter.typ", data, language=letter.language, made_at=made_at)
