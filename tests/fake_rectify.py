"""`desk.rectify` without stores: a few values on file, masked; keeps what was asked for."""

from collections.abc import Mapping

from services.types import CorrectableLine, Session

LINES = (
    CorrectableLine("1" * 32, "name", "family name", "L•••", "text", ("crm",), 1),
    CorrectableLine("2" * 32, "name", "name", "A•••", "text", ("desk", "shop"), 2, kept=6),
    CorrectableLine("3" * 32, "date of birth", "date of birth", "1•••", "date", ("crm",), 1),
    CorrectableLine(
        "4" * 32, "e-mail address", "email", "a•••@ex•••.com", "email", ("crm", "desk", "news", "shop"), 4, grave=True
    ),
    CorrectableLine("5" * 32, "payment data", "iban", "D•••", "text", ("shop",), 1, grave=True, sensitive=True),
)


class FakeRectify:
    """Takes every value but those with an exclamation mark."""

    def __init__(self, lines: tuple[CorrectableLine, ...] = LINES) -> None:
        self.known = lines
        self.asked: list[dict[str, str]] = []

    def lines(self, session: Session, case: str) -> tuple[CorrectableLine, ...]:
        return self.known

    def why_not(self, case: str, line: CorrectableLine, value: str) -> str:
        return "a value holds no exclamation mark" if "!" in value else ""

    def ask(self, session: Session, case: str, wanted: Mapping[CorrectableLine, str]) -> None:
        self.asked.append({line.field: value for line, value in wanted.items()})
