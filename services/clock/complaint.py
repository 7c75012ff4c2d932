"""By when a complaint to the controller is confirmed (DPA 2018 s 164A, rules.md 2.6)."""

from datetime import date, timedelta

from services.clock.calendar import LAST_YEAR, Calendar
from services.clock.rules import rules_for
from services.errors import BadInput
from services.types import Regime


def confirm_by(received: date, calendar: Calendar, regime: Regime) -> date | None:
    """The last day to confirm a complaint received on `received`; None where no law names one.

    Day 1 is the day after receipt, and an end on no working day moves to the next one. Raises `BadInput` as `rules_for`
    and after 2099.
    """
    days = rules_for(regime, received).confirm_days
    if days is None:
        return None
    if received.year > LAST_YEAR:
        raise BadInput(f"holidays are not known after {LAST_YEAR}", place="received")
    return calendar.roll(received + timedelta(days=days))
