"""What workers saw of a system when they last held it against the catalog, and when that is an alarm.

Folded from the acts `system.checked`, in the order of central; kept in central beside its facts.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

CHECKED = "system.checked"
PREFIX = "system:"
"""Before the name of a system in central's facts."""
DAY_US = 86_400_000_000
_AWAY = ("away", "unusable")


@dataclass(frozen=True, slots=True)
class Seen:
    """Times in µs: `at` the last look, `since` of this outcome, `answered` the last answer (0: never).

    `personal` and `gone` as that answer had them.
    """

    system: str
    at: int
    outcome: str
    since: int
    answered: int
    personal: tuple[str, ...] = ()
    personal_count: int = 0
    gone: tuple[str, ...] = ()
    gone_count: int = 0

    def to_json(self) -> str:
        """As central keeps it."""
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def from_json(text: str) -> "Seen":
        """Back from `to_json`."""
        raw = json.loads(text)
        return Seen(**{**raw, "personal": tuple(raw["personal"]), "gone": tuple(raw["gone"])})


def fold(before: Seen | None, params: Mapping[str, object], at: int) -> Seen:
    """What is known after one more look at `at` (µs). While a system is away, what it last showed stays."""
    outcome, system = str(params["outcome"]), str(params["system"])
    since = before.since if before is not None and before.outcome == outcome else at
    if outcome in _AWAY:
        known = before or Seen(system, at, outcome, since, 0)
        first = known.answered or (known.since if known.outcome in _AWAY else 0)
        return Seen(
            system, at, outcome, since, first, known.personal, known.personal_count, known.gone, known.gone_count
        )
    personal, gone = (tuple(map(str, _list(params[name]))) for name in ("personal", "gone"))
    personal_count, gone_count = (int(str(params[name])) for name in ("personal_count", "gone_count"))
    return Seen(system, at, outcome, since, at, personal, personal_count, gone, gone_count)


def known_systems(facts: Mapping[str, str]) -> list[Seen]:
    """The systems among central's facts, by name; what somebody made unreadable there is left out."""
    found = []
    for name in sorted(facts):
        if name.startswith(PREFIX):
            with suppress(ValueError, KeyError, TypeError):
                found.append(Seen.from_json(facts[name]))
    return found


def alarms(systems: Iterable[Seen], now: int) -> list[str]:
    """What is wrong with data systems at `now` (µs), as sentences."""
    found = []
    for seen in systems:
        if seen.outcome in _AWAY and now - (seen.answered or seen.since) > DAY_US:
            found.append(f"system {seen.system} does not answer since {_day(seen.answered or seen.since)}")
        if seen.personal_count:
            names = _some(seen.personal, seen.personal_count)
            found.append(f"system {seen.system} has new columns that look personal: {names}")
        if seen.gone_count:
            found.append(f"system {seen.system} lacks what the catalog names: {_some(seen.gone, seen.gone_count)}")
    return found


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _some(names: tuple[str, ...], count: int) -> str:
    more = count - len(names)
    return ", ".join(names) + (f", +{more}" if more else "")


def _day(micros: int) -> str:
    return f"{datetime.fromtimestamp(micros / 1_000_000, UTC):%Y-%m-%d %H:%M} UTC"
