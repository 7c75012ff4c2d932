"""Letters in the words of a screen: what each is, whether it went out, why not and when next. No data."""

from datetime import tzinfo
from typing import Final

from screens.words import stamp
from services.types import LetterView, Printed

MEDIA: Final = {
    "smtp": "by mail", "outbox": "to the outbox", "post": "by post", "phone": "by telephone", "in-person": "in person",
}  # fmt: skip
HANDED: Final = {
    "1": ("post", "it was printed and posted"),
    "2": ("phone", "they were told on the telephone"),
    "3": ("in-person", "they were told in person"),
}
"""How a person was told what a letter says, where no mail goes."""
NOW: Final = "as it would go out now"


def row_of(one: LetterView) -> str:
    """The row of the desk's table that judges what is done about it: of a breach leads and the officer decide."""
    return "breach-letter" if one.template == "breach-notice" else "letter"


def print_row_of(one: LetterView) -> str:
    """The same for printing it."""
    return "print-notice" if one.template == "breach-notice" else "print-letter"


def printed_words(one: Printed) -> str:
    """Where it lies, and what is left to be done."""
    if one.addressed:
        return f"{one.file}, in the workers' outbox for seven days"
    return f"{one.file} in the outbox; no sure address: write it"


def named(template: str) -> str:
    """What a letter is called."""
    return template.replace("-", " ")


def state_words(one: LetterView, zone: tzinfo | None) -> str:
    """Whether it went out; if not, why, and when it is tried next."""
    at = f", {stamp(one.at, zone)}" if one.at is not None else ""
    if one.state == "sent":
        return f"sent {MEDIA.get(one.medium, f'by {one.medium}')}{at}"
    if one.state == "waiting":
        return f"waits ({one.reason})" + (f", next try {stamp(one.again, zone)}" if one.again is not None else "")
    if one.state == "failed":
        return f"NOT SENT: {one.reason}{at}"
    return {"made": "being sent", "retry asked": "to be sent again"}.get(one.state, one.state)
