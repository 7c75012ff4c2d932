"""`desk.intake` without stores."""

from datetime import date, datetime

from services.errors import BadInput
from services.types import Intake, Opened, Session

CASE = "C-26-004155"
SAY = "Your request is logged as of Thursday 05 March 2026. You will have an answer by Tuesday 07 April 2026."


class FakeIntake:
    """Opens one case; no controller declares a line."""

    lines = staticmethod(lambda *_: ())

    def preview(self, session: Session, controller: str, received_at: datetime | None = None) -> Opened:
        return Opened("", date(2026, 4, 5), date(2026, 4, 7), SAY)

    def open(self, session: Session, intake: Intake) -> Opened:
        if not intake.identifier:
            raise BadInput("an e-mail, a phone or a customer number is needed to find the person", place="identifier")
        return Opened(CASE, date(2026, 4, 5), date(2026, 4, 7), SAY)
