"""When a person's data were looked at or changed, and why, for that person: never who did it (ACC-4, C-579/21)."""

from dataclasses import dataclass
from typing import Final

from services.action_log.entry import Entry

ANSWER, IDENTITY, RESTORED = "answer-request", "check-identity", "repeat-after-restore"
_BY_AGENT: Final = ("vouched", "agent")
"""Methods by which nothing that is held is compared: somebody ticks what was said."""

_WHAT: Final = {
    "find.done": "searched",
    "factor.passed": "compared",
    "factor.failed": "compared",
    "data.viewed": "shown",
    "plan.made": "planned",
    "export.built": "copied",
    "export.delivered": "sent",
    "erase.system_done": "erased",
    "consent.written": "consent",
    "restriction.written": "restricted",
    "restriction.lifted": "lifted",
    "rectification.written": "corrected",
    "recipient.told": "told",
    "replay.done": "erased",
}
"""What an act does with data that are held; other acts do nothing with them."""
_WHY: Final = {"factor.passed": IDENTITY, "factor.failed": IDENTITY, "replay.done": RESTORED}


@dataclass(frozen=True, slots=True)
class Consultation:
    """One use of the data: `at` µs UTC; `what` and `why` are codes, `systems` keys; for which `case`."""

    at: int
    what: str
    why: str
    case: str
    systems: tuple[str, ...] = ()


def consultation(entry: Entry) -> Consultation | None:
    """What the person may know of one action; None where nothing that is held was used, and of training."""
    what = _WHAT.get(entry.act)
    if what is None or entry.training or entry.case is None or entry.params.get("method") in _BY_AGENT:
        return None
    if entry.params.get("what") == "preview":
        what = "counted"
    why = _WHY.get(entry.act) or str(entry.params.get("reason") or ANSWER)
    return Consultation(
        entry.ts, what, why if entry.act in ("data.viewed", *_WHY) else ANSWER, entry.case, _systems(entry)
    )


def _systems(entry: Entry) -> tuple[str, ...]:
    """Where: those in which something was found, where an act counts by system."""
    named, counts = entry.params.get("systems"), entry.params.get("counts")
    if isinstance(named, list | tuple) and isinstance(counts, list | tuple):
        return tuple(str(key) for key, count in zip(named, counts, strict=True) if count)
    if isinstance(named, list | tuple):
        return tuple(str(key) for key in named)
    one = entry.params.get("system")
    return (str(one),) if one else ()
