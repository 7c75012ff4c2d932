"""`desk.letter` without stores: one letter that was sent, one that waits, one that failed."""

from datetime import timedelta
from typing import Any

from services.types import LetterText, LetterView, Printed, Session
from tests.fake_case import NOW

SENT = LetterView("l1", "access-answer", "de", "sent", "smtp", "2026-11", at=NOW)
WAITS = LetterView(
    "l2", "acknowledgement", "de", "waiting", "", "2026-11", "no mail goes out", again=NOW + timedelta(minutes=10)
)
FAILED = LetterView(
    "l3", "erasure-outcome", "de", "failed", "", "2026-11", "the mail server refuses it", at=NOW, failed=True
)
TEXT = "\n".join(f"Line {number} of the letter, as the person reads it." for number in range(60))


class FakeLetters:
    """Keeps what it was asked."""

    def __init__(self) -> None:
        self.kept: list[tuple[Any, ...]] = []
        self.text = TEXT

    def read(self, session: Session, case: str, letter: str) -> LetterText:
        self.kept.append(("read", letter))
        return LetterText("erasure-outcome", "2026-11", "de", "Was wir gelöscht haben", self.text)

    def preview(self, session: Session, case: str, template: str) -> LetterText:
        self.kept.append(("preview", template))
        return LetterText(template, "2026-11", "de", "Eine Frage", self.text)

    def print(self, session: Session, case: str, letter: str) -> Printed:
        self.kept.append(("print", letter))
        return Printed(f"print/{case}-{letter}.pdf", letter == "l1")

    def retry(self, session: Session, case: str, letter: str) -> None:
        self.kept.append(("retry", letter))

    def handed(self, session: Session, case: str, letter: str, medium: str) -> None:
        self.kept.append(("handed", letter, medium))
