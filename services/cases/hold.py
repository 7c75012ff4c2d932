"""A legal hold: what it covers and where it stands, folded from its acts alone (rules.md 9).

It is nobody's case: it holds across the cases of a person, and beside them. What does not fit changes nothing.
"""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime

import orjson

from services.action_log import acts
from services.action_log.act import from_params
from services.action_log.entry import Entry
from services.errors import BadInput

FLAG, PART_FLAG = "legal-hold", "legal-hold-part"
"""Of a case whose person's data are held: all of them, or some collections or categories."""
SET = "hold.set"
ACTS = (SET, "hold.reviewed", "hold.lift_asked", "hold.kept", "hold.lifted")
MAY = ("lead", "officer")


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold. Dates are ISO, times µs UTC, people actors. `number` counts sealed identifiers."""

    id: str
    controller: str
    case: str
    number: int
    collections: tuple[str, ...]
    categories: tuple[str, ...]
    issuer: str
    since: str
    review_on: str
    set_by: str
    set_at: int
    key: str
    asked_by: str = ""
    asked_at: int = 0
    reason: str = ""
    lifted_by: str = ""
    lifted_at: int = 0

    @property
    def stands(self) -> bool:
        return not self.lifted_at

    @property
    def of_person(self) -> bool:
        """Whether it is about certain people; else about everybody's data."""
        return bool(self.case or self.number)

    @property
    def whole(self) -> bool:
        """Whether it covers all that is held of them."""
        return not (self.collections or self.categories)

    def to_json(self) -> bytes:
        """Canonical JSON, as central keeps it."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)

    @staticmethod
    def from_json(data: bytes) -> "Hold":
        """Back from `to_json`."""
        raw = orjson.loads(data)
        return Hold(**{**raw, "collections": tuple(raw["collections"]), "categories": tuple(raw["categories"])})


def latest_review(day: date) -> date:
    """The last day on which a hold set on `day` must be looked at again: twelve months on (rules.md 9)."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return date(day.year + 1, 2, 28)


def fold(before: Hold | None, entry: Entry, at: int) -> Hold | None:
    """The hold after `entry`, accepted at `at` (µs); `before` itself where the entry does not fit."""
    if entry.as_ not in MAY or not entry.actor.startswith("agent:"):
        return before
    try:
        done = from_params(entry.act, entry.params)
    except BadInput:
        return before
    if before is None:
        return _set(done, entry, at) if isinstance(done, acts.HoldSet) else None
    if not before.stands or entry.controller != before.controller:
        return before
    match done:
        case acts.HoldReviewed() if _in_time(done.review_on, entry):
            return replace(before, review_on=done.review_on)
        case acts.HoldLiftAsked() if not before.asked_by:
            return replace(before, asked_by=entry.actor, asked_at=at, reason=done.reason)
        case acts.HoldKept() if before.asked_by:
            return replace(before, asked_by="", asked_at=0, reason="")
        case acts.HoldLifted() if before.asked_by and before.asked_by != entry.actor:
            return replace(before, lifted_by=entry.actor, lifted_at=at)
    return before


def _set(done: acts.HoldSet, entry: Entry, at: int) -> Hold | None:
    scoped = done.case or done.identifiers or done.collections or done.categories
    if not scoped or not entry.controller or not _in_time(done.review_on, entry):
        return None
    return Hold(
        done.hold, entry.controller, done.case or "", done.identifiers, done.collections, done.categories, done.issuer,
        done.since, done.review_on, entry.actor, at, done.key,
    )  # fmt: skip


def _in_time(review_on: str, entry: Entry) -> bool:
    """Whether the review is at most twelve months away; a day more, as the day began earlier elsewhere."""
    day = datetime.fromtimestamp(entry.ts / 1_000_000, UTC).date()
    try:
        return (date.fromisoformat(review_on) - latest_review(day)).days <= 1
    except ValueError:
        return False
