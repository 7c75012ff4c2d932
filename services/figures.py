"""Figures for the management (Art 5(2), 24; CEF 2025): how requests were answered, and what that took.

Counted from folded cases alone, in one pass: sums and counters of whole days and minutes, no case is held. Nobody who
works here is in them, and training is not. A request belongs to the period in which it was received.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from services.cases.case import from_json
from services.cases.fold_tasks import BY_HAND
from services.cases.queue import calendar_of, dates_of
from services.clock.dates import dates_for
from services.controllers import Controller
from services.types import Outcome, Regime

NOT_ANSWERED: Final = (Outcome.WITHDRAWN, Outcome.MERGED, Outcome.SPAM, Outcome.OPEN)
"""Outcomes that answer nobody."""


@dataclass(frozen=True, slots=True)
class Share:
    """`n` of `of`."""

    n: int
    of: int

    @property
    def percent(self) -> float | None:
        """In percent, None of nothing."""
        return 100 * self.n / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Figures:
    """One controller's requests of a period. Days are calendar days; minutes are those that were wrapped up.

    `month`, `three`: answered by the legal end of one month or of three, of those that were or had to be. `hand`: done
    with people at a data system, or by an agent alone. `cost` is of one request, None where no cost is declared.
    """

    controller: str
    received: int
    answered: int
    open: int
    overdue: int
    median_days: float | None
    month: Share
    three: Share
    extended: Share
    refused: Share
    paused: Share
    median_pause: float | None
    failed_checks: Share
    reopened: Share
    breaches: int
    touches: float | None
    program: int
    hand: int
    minutes: float | None
    minutes_program: float | None
    minutes_hand: float | None
    cost: float | None
    cost_program: float | None
    cost_hand: float | None
    currency: str


@dataclass(slots=True)
class _Handling:
    """Seconds of the requests that were wrapped up, and how many these are."""

    seconds: int = 0
    requests: int = 0

    @property
    def minutes(self) -> float | None:
        return self.seconds / self.requests / 60 if self.requests else None


@dataclass(slots=True)
class _Sums:
    """What is added up while cases stream by: its size does not depend on how many there are."""

    counts: Counter[str] = field(default_factory=Counter)
    days: Counter[int] = field(default_factory=Counter)
    pauses: Counter[int] = field(default_factory=Counter)
    handling: dict[str, _Handling] = field(default_factory=lambda: {"all": _Handling(), "program": _Handling(),
                                                                     "hand": _Handling()})  # fmt: skip


class FigureBook:
    """Adds up cases. `begin` and `end` are the first and the last day of receipt, None for no bound."""

    def __init__(
        self, controllers: Mapping[str, Controller], now: datetime, begin: date | None = None, end: date | None = None
    ) -> None:
        self._known, self._now = controllers, now
        self._begin = begin.isoformat() if begin else ""
        self._end = end.isoformat() if end else "9999"
        self._sums: dict[str, _Sums] = {key: _Sums() for key in controllers}
        self._ends_of: dict[tuple[str, str, str], tuple[date, date]] = {}
        self._today = {key: now.astimezone(ZoneInfo(one.zone)).date() for key, one in controllers.items()}

    def add(self, body: bytes) -> None:
        """One folded case as central keeps it."""
        case: dict[str, Any] = orjson.loads(body)
        controller = self._known.get(case["controller"])
        if controller is None or case.get("training") or not self._begin <= case["received_on"] <= self._end:
            return
        counts = self._sums[controller.key].counts
        if case.get("breach"):
            counts["breaches"] += 1
        elif not (case.get("source") and case.get("closed_at") == case["opened_at"]):  # ended before it came here
            self._request(case, controller, body)

    def _request(self, case: dict[str, Any], controller: Controller, body: bytes) -> None:
        sums, items = self._sums[controller.key], case.get("items", ())
        counts, effort = sums.counts, case.get("effort", {})
        counts["received"] += 1
        counts["touches"] += effort.get("touches", 0)
        counts["reopened"] += bool(effort.get("reopened"))
        counts["checks"] += effort.get("checks", 0)
        counts["failed_checks"] += effort.get("failed_checks", 0)
        ended = [item for item in items if item.get("outcome", Outcome.OPEN) not in NOT_ANSWERED]
        counts["ended"] += len(ended)
        counts["refused"] += sum(item["outcome"] == Outcome.REFUSED for item in ended)
        by_hand = [_by_hand(item) for item in ended]
        counts["hand"], counts["program"] = counts["hand"] + sum(by_hand), counts["program"] + by_hand.count(False)
        month, three, extended, paused = self._ends(case, controller, body)
        counts["extended"] += extended
        if paused:
            counts["paused"] += 1
            sums.pauses[paused] += 1
        self._answer(sums, case, controller, bool(ended), month, three)
        if effort.get("contacts"):
            for kind in ("all", "hand" if any(by_hand) else "program") if ended else ("all",):
                sums.handling[kind].seconds += effort.get("seconds", 0)
                sums.handling[kind].requests += 1

    def _answer(
        self, sums: _Sums, case: dict[str, Any], controller: Controller, ended: bool, month: date, three: date
    ) -> None:
        counts, today = sums.counts, self._today[controller.key]
        if not case.get("closed"):
            counts["open"] += 1
            counts["overdue"] += month < today
            counts["had_month"] += month < today
            counts["had_three"] += three < today
        elif ended:
            day = _day(case["closed_at"], controller.zone)
            counts["answered"] += 1
            sums.days[(day - date.fromisoformat(case["received_on"])).days] += 1
            for name, last in (("month", month), ("three", three)):
                counts[f"had_{name}"] += 1
                counts[f"in_{name}"] += day <= last

    def _ends(self, case: dict[str, Any], controller: Controller, body: bytes) -> tuple[date, date, bool, int]:
        """The legal end of one month, of three, whether it was extended, and the days it stood still."""
        month, three = self._plain(controller, case["received_on"], case["regime"])
        if not any(case.get(name) for name in ("questions", "receipts", "noticed_at")):
            return month, three, False, 0
        dates = dates_of(from_json(body), controller)
        return dates.due_hard, max(three, dates.hard), dates.due_extended is not None, dates.paused_days

    def _plain(self, controller: Controller, received_on: str, regime: str) -> tuple[date, date]:
        """The ends of one month and of three, where nothing moved them; kept for the next case of that day."""
        key = controller.key, received_on, regime
        if key not in self._ends_of:
            day, calendar = date.fromisoformat(received_on), calendar_of(controller)
            ends = (dates_for(day, calendar, Regime(regime), extended=longer).hard for longer in (False, True))
            self._ends_of[key] = next(ends), next(ends)
        return self._ends_of[key]

    def figures(self) -> list[Figures]:
        """Of each controller, by key."""
        return [self._of(self._known[key], self._sums[key]) for key in sorted(self._sums)]

    @staticmethod
    def _of(controller: Controller, sums: _Sums) -> Figures:
        n, minutes = sums.counts, {kind: one.minutes for kind, one in sums.handling.items()}
        rate = controller.cost.per_minute if controller.cost else None
        cost = {kind: None if rate is None or one is None else one * rate for kind, one in minutes.items()}
        return Figures(
            controller=controller.key,
            received=n["received"],
            answered=n["answered"],
            open=n["open"],
            overdue=n["overdue"],
            median_days=median(sums.days),
            month=Share(n["in_month"], n["had_month"]),
            three=Share(n["in_three"], n["had_three"]),
            extended=Share(n["extended"], n["received"]),
            refused=Share(n["refused"], n["ended"]),
            paused=Share(n["paused"], n["received"]),
            median_pause=median(sums.pauses),
            failed_checks=Share(n["failed_checks"], n["checks"]),
            reopened=Share(n["reopened"], n["received"]),
            breaches=n["breaches"],
            touches=n["touches"] / n["received"] if n["received"] else None,
            program=n["program"],
            hand=n["hand"],
            minutes=minutes["all"],
            minutes_program=minutes["program"],
            minutes_hand=minutes["hand"],
            cost=cost["all"],
            cost_program=cost["program"],
            cost_hand=cost["hand"],
            currency=controller.cost.currency if controller.cost else "",
        )


def figures_of(
    bodies: Iterable[bytes],
    controllers: Mapping[str, Controller],
    *,
    now: datetime | None = None,
    begin: date | None = None,
    end: date | None = None,
) -> list[Figures]:
    """The figures of each controller over folded cases, in one pass."""
    book = FigureBook(controllers, now or datetime.now(UTC), begin, end)
    for body in bodies:
        book.add(body)
    return book.figures()


def named(one: Figures) -> list[tuple[str, str]]:
    """Each figure with its words, in the order in which they are read."""
    return [
        ("requests received", f"{one.received:,}"),
        ("answered", f"{one.answered:,}"),
        ("open", f"{one.open:,}, {one.overdue:,} past their month"),
        ("median days to the answer", _number(one.median_days)),
        ("answered within one month", _share(one.month)),
        ("answered within three months", _share(one.three)),
        ("extended", _share(one.extended)),
        ("refused", _share(one.refused)),
        ("the time stood still", f"{_share(one.paused)}, median days {_number(one.median_pause)}"),
        ("checks without result", _share(one.failed_checks)),
        ("opened again", _share(one.reopened)),
        ("breaches", f"{one.breaches:,}"),
        ("taken up, times a request", _number(one.touches)),
        ("rights done by program, by hand", f"{one.program:,}, {one.hand:,}"),
        ("minutes a request", _three(one.minutes, one.minutes_program, one.minutes_hand)),
        *([("cost a request", f"{one.currency} {_three(one.cost, one.cost_program, one.cost_hand, 2)}")]
          if one.currency else []),
    ]  # fmt: skip


def _number(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _share(share: Share) -> str:
    return "-" if share.percent is None else f"{share.percent:.1f} % ({share.n:,} of {share.of:,})"


def _three(whole: float | None, program: float | None, hand: float | None, digits: int = 1) -> str:
    told = [_number(value, digits) for value in (whole, program, hand)]
    return f"{told[0]} (program {told[1]}, hand {told[2]})"


def median(counted: Counter[int]) -> float | None:
    """The middle of what was counted, the mean of the two in the middle of an even number; None of nothing."""
    whole = counted.total()
    if not whole:
        return None
    wanted, seen, middle = ((whole - 1) // 2, whole // 2), 0, list[int]()
    for value in sorted(counted):
        seen += counted[value]
        middle += [value for place in wanted[len(middle) :] if place < seen]
        if len(middle) == len(wanted):
            break
    return sum(middle) / 2


def _by_hand(item: dict[str, Any]) -> bool:
    """Whether people did it: at a data system, or an agent who ended it without one."""
    systems = item.get("systems", ())
    return bool(item.get("tasks") or item.get("returned")) or not systems or any(
        one.get("reason") == BY_HAND for one in systems
    )  # fmt: skip


def _day(at: int, zone: str) -> date:
    return datetime.fromtimestamp(at // 1_000_000, _zone(zone)).date()


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
