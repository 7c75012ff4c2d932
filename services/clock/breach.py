"""The hours within which a breach is reported to the authority (Art 33(1), rules.md CLK-13)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.clock.dates import received_on
from services.clock.rules import rules_for
from services.errors import BadInput
from services.types import Regime


@dataclass(frozen=True, slots=True)
class BreachEnd:
    """Until when the authority is told, in the zone of the controller. `safe` leads.

    `latest` is what Reg. 1182/71 Art 3(1) gives: the hour of the event is not counted.
    """

    aware_at: datetime
    safe: datetime
    latest: datetime
    rules: tuple[str, ...] = ("CLK-13",)


def breach_end(aware_at: datetime, zone: str, regime: Regime = Regime.EU) -> BreachEnd:
    """The end for a breach known since `aware_at` (aware); real hours, through weekends, holidays and a changed clock.

    No end moves to a working day, and the two working days of Art 3(5) are not asked for (CLK-13). Raises `BadInput`
    for a time without offset, an unknown zone, and what no row of the law or no calendar reaches.
    """
    hours = timedelta(hours=rules_for(regime, received_on(aware_at, zone)).breach_hours)
    place = ZoneInfo(zone)
    try:
        known = aware_at.astimezone(UTC)
        local = aware_at.astimezone(place)
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        after = known + (timedelta(hours=1) - into if into else timedelta())
        return BreachEnd(local, (known + hours).astimezone(place), (after + hours).astimezone(place))
    except OverflowError as exc:
        raise BadInput("there is no such time", place="breach") from exc


def hours_left(end: BreachEnd, now: datetime) -> str:
    """`71 h left`, `40 min left`, or `OVERDUE -3 h`; a started hour is not counted as left."""
    seconds = int((end.safe - now).total_seconds())
    if seconds < 0:
        return f"OVERDUE -{-(seconds // 3600)} h"
    return f"{seconds // 3600} h left" if seconds >= 3600 else f"{seconds // 60} min left"
