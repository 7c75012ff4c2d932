"""A time as it is typed: in the zone of the controller, whose clocks the law goes by (CLK-10)."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from services.errors import BadInput

SHAPES: Final = "now, 16:20, or 2026-11-20 16:20"


def typed(text: str, zone: str, now: datetime, place: str = "") -> datetime | None:
    """The time that was typed, None for now; an hour alone is today's. Raises `BadInput` when it reads like no time."""
    words, here = text.strip(), now.astimezone(ZoneInfo(zone))
    if words in ("", "now"):
        return None
    try:
        if len(words) <= len("16:20"):
            hour = datetime.strptime(words, "%H:%M")
            return here.replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0)
        at = datetime.fromisoformat(words)
        return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        raise BadInput(f"a time such as {SHAPES}", place=place) from None
