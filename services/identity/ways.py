"""Which factors are open in a check, and why the others are not. Facts about what is on file, never the values."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.types import Factor

COOLING_DAYS = 30
"""A contact point younger than this proves nothing and gets nothing sent (IDV-10, G5)."""

Point = Literal["email", "phone", "post"]


@dataclass(frozen=True, slots=True)
class Ways:
    """What decides which factors are open. `…_since` is the day the contact point was last set, None if none is held.

    `today` is the day in the controller's zone. A day of change that is not known is `date.max`: not proven old.
    """

    today: date
    offline: bool = False
    email_since: date | None = None
    phone_since: date | None = None
    post_since: date | None = None
    kbd_questions: int = 0


MIN_KBD = 5
"""Fewer dynamic questions than this are no random choice (rules.md 7.3)."""

_USES: dict[Factor, Point] = {Factor.OTP: "email", Factor.CBK: "phone", Factor.LTR: "post"}


def blocked(factor: Factor, ways: Ways, *, method: str = "") -> str:
    """Why `factor` cannot be used now, as words for the agent alone; empty when it can.

    A code is never blocked for want of an address: that would tell the caller whether one is held.
    """
    if ways.offline:
        return "offline: no factor passes"
    if factor is Factor.CBK and ways.phone_since is None:
        return "there is no number on file to dial"
    if factor is Factor.KBD and ways.kbd_questions < MIN_KBD:
        return f"fewer than {MIN_KBD} questions to choose from"
    point = "phone" if factor is Factor.OTP and method not in ("", "email") else _USES.get(factor)
    if point is not None and changed_recently(point, ways):
        return f"this contact point was changed less than {COOLING_DAYS} days ago (IDV-10)"
    return ""


def changed_recently(point: Point, ways: Ways) -> bool:
    """Whether a contact point on file is too young to prove anything or to be sent anything (IDV-10)."""
    since = {"email": ways.email_since, "phone": ways.phone_since, "post": ways.post_since}[point]
    return since is not None and (ways.today - since).days < COOLING_DAYS
