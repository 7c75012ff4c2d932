"""The state of a case: frozen, made by the fold alone, kept by central as JSON."""

from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any

import orjson

from services.cases.asked import Asked, Receipt
from services.cases.breach import BreachState, Concerned, Decision, Lock, Notice, from_raw
from services.cases.conflict import Conflict as Conflict, conflict_of as conflict_of
from services.cases.decision import DecisionState
from services.task_types import TaskState
from services.types import (
    Channel,
    DutyRole,
    ItemState,
    Outcome,
    RecipientState,
    Regime,
    Requester,
    Right,
    SystemResult,
    Tier,
)  # fmt: skip

_ORDER = {state: n for n, state in enumerate(ItemState)}


@dataclass(frozen=True, slots=True)
class Item:
    """One right of the case with its own outcome. Times are µs since 1970, UTC.

    `held`: groups of parts of an export that wait for a decision, and how many are left in each. `decided`: (group,
    part, decision, reason), with an empty part for all of a group. `kept_by`: the case for which a restriction that
    was lifted here still stands. `target`: digest of who gets the package instead of the person (Art 20(2)). `view`:
    the digest of what the person says of what people weigh. `decided_by`: the actor who had a part in the automated
    decision that is looked at anew.
    """

    id: str
    right: Right
    state: ItemState = ItemState.NEW
    outcome: Outcome = Outcome.OPEN
    plan: str = ""
    digest: str = ""
    counts: tuple[int, int, int] = (0, 0, 0)
    ground: str = ""
    language: str = ""
    asked_by: str = ""
    asked_at: int = 0
    approved_by: str = ""
    approved_at: int = 0
    returned: str = ""
    package: str = ""
    purpose: str = ""
    systems: tuple[SystemResult, ...] = ()
    recipients: tuple[RecipientState, ...] = ()
    held: tuple[tuple[str, int], ...] = ()
    decided: tuple[tuple[str, str, str, str], ...] = ()
    tasks: tuple[TaskState, ...] = ()
    kept_by: str = ""
    target: str = ""
    decision: DecisionState | None = None
    view: str = ""
    decided_by: str = ""

    @property
    def undecided(self) -> int:
        """Parts of an export that wait for a decision."""
        return sum(left for _, left in self.held)

    @property
    def ended(self) -> bool:
        return self.state is ItemState.CLOSED


@dataclass(frozen=True, slots=True)
class Check:
    """The running or last identity check of this contact. `passed` holds (factor, method), `failed`
    (factor, reason), `asked` (factor, ask), `marks` (step, y|f|-)."""

    id: str
    template: str
    version: str
    tier_needed: Tier
    session: str
    actor: str
    started_at: int
    passed: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    asked: tuple[tuple[str, str], ...] = ()
    marks: tuple[tuple[str, str], ...] = ()
    strikes: int = 0
    tier: Tier = Tier.T0
    ended: str = ""
    lowered: str = ""
    """Why a lead lowered the tier; empty: nobody did, or something graver came to light since."""
    document: str = ""
    """Why a lead lets a document be looked at; empty: nobody does."""
    offered: str = ""
    """Who may accept it from whoever led it; until then it proves nothing (G10)."""


@dataclass(frozen=True, slots=True)
class LetterState:
    """A letter of the case: made, sent or failed (`reason`), at `at` (µs); `item` it belongs to, empty for the case."""

    id: str
    template: str
    version: str
    language: str
    state: str = "made"
    medium: str = ""
    item: str = ""
    reason: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True)
class Effort:
    """What the case took so far: how often somebody took it up (`session` was the last), contacts that were wrapped up
    and their seconds, checks, those without result, how often it opened again."""

    touches: int = 0
    session: str = ""
    contacts: int = 0
    seconds: int = 0
    checks: int = 0
    failed_checks: int = 0
    reopened: int = 0


NO_EFFORT = Effort()


@dataclass(frozen=True, slots=True)
class Case:
    """One contact with its items. `holder` is an actor, `fence` the claim's number, `until` its end in µs.

    `reduced`: parts whose time is over (`contact`, `letters`, `record`). `facts` say what makes the case graver
    (`identity/needs.py`). `people`: ids of records of people with a word of `fold_people.py`.
    `seen` and `dropped` are ops: of what is done once however often it comes, and of repeats of what was dropped.
    `extended`: a lead decided so; `noticed_at` (µs) is when its notice left, which alone makes it count. `pause`: why a
    lead lets the later date lead, empty while none does.
    `line`: which of the controller's lines was called; `read_back`: what they ask for was read back to them (INT-5).
    `breach`: what it is an entry of the register for, and then nothing else. `locks`: breaches that it is about.
    `instruction`: what a processor does here is done under it, except for acts that have their own: `special`, (act,
    reference). `proposed`: why two months more were proposed to the controller, which has not said so yet.
    `consenter`: who gives the next consent for a minor, once somebody said so.
    """

    id: str
    controller: str
    subject: str
    channel: Channel
    regime: Regime
    requester: Requester
    duty: DutyRole
    received_at: int
    received_on: str
    opened_by: str
    opened_at: int
    items: tuple[Item, ...] = ()
    holder: str = ""
    fence: int = 0
    until: int = 0
    assigned: str = ""
    acknowledged: bool = False
    extended: bool = False
    noticed_at: int = 0
    questions: tuple[Asked, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    pause: str = ""
    check: Check | None = None
    letters: tuple[LetterState, ...] = ()
    found: tuple[SystemResult, ...] = ()
    breach: BreachState | None = None
    locks: tuple[Lock, ...] = ()
    people: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    dropped: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    closed: bool = False
    closed_at: int = 0
    shredded: bool = False
    reduced: tuple[str, ...] = ()
    revision: int = 0
    training: bool = False
    source: str = ""
    key: str = ""
    instruction: str = ""
    special: tuple[tuple[str, str], ...] = ()
    proposed: str = ""
    consenter: str = ""
    line: str = ""
    read_back: bool = False
    effort: Effort = NO_EFFORT

    def item(self, item: str | None) -> Item | None:
        """The item of that id, if the case has it."""
        return next((i for i in self.items if i.id == item), None)

    @property
    def bare(self) -> bool:
        """Whether nobody knows any more who it is about: the person was erased, or the time of the data is over."""
        return self.shredded or bool({"contact", "record"} & {*self.reduced})

    def with_item(self, changed: Item) -> "Case":
        """The case with one item replaced."""
        return replace(self, items=tuple(changed if i.id == changed.id else i for i in self.items))

    @property
    def locked(self) -> bool:
        """Whether a breach locks it: nothing is given out, changed or sent until it is released (rules.md 5)."""
        return any(not one.released for one in self.locks)

    @property
    def state(self) -> ItemState:
        """The state of the least advanced open item (design.md 7.3); `sent` while only a letter has not left."""
        still = [i.state for i in self.items if not i.ended]
        if self.items and not still and not self.closed:
            return ItemState.SENT
        if self.closed or not still:
            return ItemState.CLOSED if self.items else ItemState.NEW
        return min(still, key=_ORDER.__getitem__)


def to_json(case: Case) -> bytes:
    """The case as JSON bytes; fields at their default are left out."""
    return orjson.dumps(_plain(case))


def from_json(data: bytes) -> Case:
    """Back from `to_json`."""
    raw = orjson.loads(data)
    for name, make in _SCALARS.items():
        if name in raw:
            raw[name] = make(raw[name])
    if "items" in raw:
        raw["items"] = tuple(_item(i) for i in raw["items"])
    if raw.get("check"):
        raw["check"] = _check(raw["check"])
    if "letters" in raw:
        raw["letters"] = tuple(LetterState(**x) for x in raw["letters"])
    if "found" in raw:
        raw["found"] = tuple(SystemResult(**x) for x in raw["found"])
    if "questions" in raw:
        raw["questions"] = tuple(_asked(x) for x in raw["questions"])
    if "receipts" in raw:
        raw["receipts"] = tuple(Receipt(**x) for x in raw["receipts"])
    if raw.get("breach"):
        raw["breach"] = from_raw(raw["breach"])
    if "effort" in raw:
        raw["effort"] = Effort(**raw["effort"])
    if "locks" in raw:
        raw["locks"] = tuple(Lock(**x) for x in raw["locks"])
    if "conflicts" in raw:
        raw["conflicts"] = tuple(_conflict(x) for x in raw["conflicts"])
    for name in ("people", "special"):
        if name in raw:
            raw[name] = tuple(tuple(one) for one in raw[name])
    for name in ("flags", "facts", "dropped", "seen", "reduced"):
        if name in raw:
            raw[name] = tuple(raw[name])
    return Case(**raw)


_SCALARS = {"channel": Channel, "regime": Regime, "requester": Requester, "duty": DutyRole}
_FIELDS = {
    kind: (names := [f.name for f in fields(kind)], attrgetter(*names), [f.default for f in fields(kind)])
    for kind in (
        Case,
        Asked,
        Receipt,
        Conflict,
        Item,
        Check,
        LetterState,
        SystemResult,
        RecipientState,
        TaskState,
        BreachState,
        Decision,
        Concerned,
        Notice,
        Lock,
        DecisionState,
        Effort,
    )
}
_NESTED = (tuple, Check, BreachState, DecisionState, Effort)


def _plain(value: Any) -> Any:
    known = _FIELDS.get(type(value))
    if known is not None:
        names, all_of, defaults = known
        # Most fields stand at their default, and mostly as the very object: an import writes a million cases.
        filled = zip(names, all_of(value), defaults, strict=True)
        return {n: _plain(v) if type(v) in _NESTED else v for n, v, d in filled if v is not d and v != d}
    if type(value) is tuple:
        return [_plain(v) for v in value]
    return value


def _item(raw: dict[str, Any]) -> Item:
    raw["right"] = Right(raw["right"])
    if "state" in raw:
        raw["state"] = ItemState(raw["state"])
    if "outcome" in raw:
        raw["outcome"] = Outcome(raw["outcome"])
    if "counts" in raw:
        raw["counts"] = tuple(raw["counts"])
    if "systems" in raw:
        raw["systems"] = tuple(SystemResult(**x) for x in raw["systems"])
    if "recipients" in raw:
        raw["recipients"] = tuple(RecipientState(**x) for x in raw["recipients"])
    if "tasks" in raw:
        raw["tasks"] = tuple(TaskState(**x) for x in raw["tasks"])
    for name in ("held", "decided"):
        if name in raw:
            raw[name] = tuple(tuple(one) for one in raw[name])
    if "decision" in raw:
        raw["decision"] = _decision(raw["decision"])
    return Item(**raw)


def _decision(raw: dict[str, Any]) -> DecisionState:
    for name in ("grounds", "earlier"):
        if name in raw:
            raw[name] = tuple(raw[name])
    return DecisionState(**raw)


def _asked(raw: dict[str, Any]) -> Asked:
    raw["chased"] = tuple(raw.get("chased", ()))
    return Asked(**raw)


def _conflict(raw: dict[str, Any]) -> Conflict:
    raw["details"] = tuple(raw["details"])
    return Conflict(**raw)


def _check(raw: dict[str, Any]) -> Check:
    for name in ("tier_needed", "tier"):
        if name in raw:
            raw[name] = Tier(raw[name])
    for name in ("passed", "failed", "asked", "marks"):
        if name in raw:
            raw[name] = tuple(tuple(pair) for pair in raw[name])
    return Check(**raw)
