"""The erasure plan: by primary key what will be deleted, masked, kept under which law, and left alone, and why.

It is what the second person approves, so it says everything that will happen. It holds keys and identities: personal
data, to be kept sealed.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Literal

import orjson

from services.catalog.console_keys import Words
from services.catalog.graph import Graph, Node
from services.catalog.strategies import FormatPreservation, Mask, MaskSettings
from services.connectors.base import Key
from services.errors import BadInput, Refused, Unusable
from services.fulfilment.found import MAX_OTHERS, Found, FoundCollection, FoundRow, Reach, Whose
from services.fulfilment.keep_until import until
from services.fulfilment.mask_fields import identifiers, mask_fields

VERSION = 1
NO_DATE = "no-date"
WHICH = "several people are known by this: say which of them it is (P)"
OTHER_PERSON, SHARED, NOT_PERSONAL, READ_ONLY = "other-person", "shared", "not-personal", "read-only"
LEGAL_HOLD, LEGAL_HOLD_LAW = "legal-hold", "Art 17(3)(e)"
LEFT_OUT = "left-out"


@dataclass(frozen=True)
class Action:
    """One thing done to rows of one collection. `count`: rows, repeated ones counted.

    `fields` only for `mask`. `law`, `until` (ISO, empty when open) only for `keep`. `reason`: a code for `leave`
    (other-person, left-out, shared, not-personal, read-only) and for a `keep` without a date (no-date) or under a legal
    hold (legal-hold), else the catalog's words.
    """

    act: Literal["delete", "mask", "keep", "leave"]
    dataset: str
    collection: str
    key: tuple[str, ...]
    rows: tuple[Key, ...]
    count: int
    fields: tuple[tuple[str, Mask], ...] = ()
    law: str = ""
    until: str = ""
    reason: Words = ""


@dataclass(frozen=True)
class SystemPlan:
    """What happens in one system; `note` says why nothing does where it was not searched."""

    system: str
    actions: tuple[Action, ...]
    note: str = ""

    def count(self, act: str) -> int:
        """Rows that `act` (delete, mask, keep, leave) is planned for."""
        return sum(action.count for action in self.actions if action.act == act)


@dataclass(frozen=True)
class Plan:
    """The whole plan. `faults`: why it cannot be carried out as the catalog stands; empty for one that can.

    `identifiers`: what is taken out of free text. `catalog`: SHA-256 of the catalog's files it was made with; empty
    where none was named.
    """

    controller: str
    made_on: str
    region: str
    identities: tuple[tuple[str, tuple[str, ...]], ...]
    identifiers: tuple[str, ...]
    systems: tuple[SystemPlan, ...]
    faults: tuple[str, ...] = ()
    catalog: str = ""

    def system(self, key: str) -> SystemPlan:
        """The part of one system; empty when it has none."""
        return next((system for system in self.systems if system.system == key), SystemPlan(key, ()))

    def count(self, act: str) -> int:
        """Rows in all systems that `act` is planned for."""
        return sum(system.count(act) for system in self.systems)

    @property
    def left_out(self) -> int:
        """Rows of people who are known by the same and were left out."""
        return sum(a.count for system in self.systems for a in system.actions if a.reason == LEFT_OUT)

    def to_json(self) -> bytes:
        """Canonical JSON: equal plans give equal bytes."""
        return orjson.dumps({"v": VERSION, **asdict(self)}, option=orjson.OPT_SORT_KEYS)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, hex: what is approved."""
        return hashlib.sha256(self.to_json()).hexdigest()

    @staticmethod
    def from_json(data: bytes) -> "Plan":
        """Back from `to_json`; raises `Unusable` for anything else."""
        try:
            raw = orjson.loads(data)
            if raw.pop("v") != VERSION:
                raise Unusable("the plan is of another version")
            systems = tuple(
                SystemPlan(s["system"], tuple(map(_action, s["actions"])), s["note"]) for s in raw["systems"]
            )
            identities = tuple((kind, tuple(values)) for kind, values in raw["identities"])
            named, faults, catalog = tuple(raw["identifiers"]), tuple(raw["faults"]), str(raw["catalog"])
            about = raw["controller"], raw["made_on"], raw["region"]
            return Plan(*about, identities, named, systems, faults, catalog)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
            raise Unusable("the plan cannot be read") from None


def make_plan(
    found: Found,
    graph: Graph,
    today: date,
    controller: str,
    decisions: Iterable[str] = (),
    *,
    read_only: Iterable[str] = (),
    catalog: str = "",
    on_hold: Callable[[Node], bool] = lambda _: False,
) -> Plan:
    """The plan for what was found. `decisions`: ids of rows (`FoundRow.id`) a person decided to treat as the person's.

    `today`: in the controller's zone. `read_only`: systems that are never changed. `catalog` is named in the plan;
    `on_hold` says of a collection that a legal hold keeps the person's rows there. Raises `Refused` when too many other
    people were met, one of several may be meant or a system could not be searched, `BadInput` for a decision about a
    row that is not there.
    """
    if found.undecided:
        raise Refused(WHICH)
    if found.stopped:
        way = " → ".join(found.path)
        raise Refused(f"the search met {found.others} other identities (more than {MAX_OTHERS}), by way of {way}")
    for system in found.systems:
        if system.reach is Reach.FAILED:
            raise Refused(f"no plan without system '{system.key}': {system.reason}")
    decided = frozenset(decisions)
    unknown = decided - {row.id for c in found.collections() for row in c.rows}
    if unknown:
        raise BadInput(f"{len(unknown)} decisions are about rows that were not found")
    systems, faults = [], []
    closed = frozenset(read_only)
    for system in found.systems:
        actions: list[Action] = []
        for part in system.collections:
            planned = list(_Planner(graph, part, today, decided).actions())
            if system.key in closed:
                planned = [_untouched(action) for action in planned]
            if on_hold(part.node):
                planned = _kept_by_hold(planned)
            faults += _faults(graph, part, planned)
            actions += planned
        systems.append(SystemPlan(system.key, tuple(actions), system.reason))
    return Plan(
        controller, today.isoformat(), found.region, found.identities, identifiers(found, graph), tuple(systems),
        tuple(sorted(set(faults))), catalog,
    )  # fmt: skip


def _untouched(action: Action) -> Action:
    """What happens in a system that is never changed."""
    return action if action.reason == LEFT_OUT else replace(action, act="leave", fields=(), reason=READ_ONLY)


_LEAVES = {Whose.SHARED: SHARED, Whose.LEFT: LEFT_OUT}


class _Planner:
    """What happens to the rows of one collection."""

    def __init__(self, graph: Graph, part: FoundCollection, today: date, decided: frozenset[str]) -> None:
        self.part, self.today, self.decided = part, today, decided
        self.collection = graph.nodes[part.node]
        self.rules = graph.dataset(part.node).rules(self.collection)
        self.fields = tuple(mask_fields(graph, part.node, part.fixed))
        self.named_by_key = _identities_in_key(graph, part)

    def actions(self) -> Iterator[Action]:
        """The rows grouped by what happens to them, in a fixed order."""
        groups: dict[tuple[str, str, str, str], list[FoundRow]] = {}
        for row in self.part.rows:
            groups.setdefault(self._fate(row), []).append(row)
        for (act, law, until_day, reason), rows in sorted(groups.items()):
            yield Action(
                act,  # type: ignore[arg-type]  # one of the four words of `_fate`
                self.part.node.dataset, self.part.node.collection, self.part.key,
                tuple(row.key for row in rows), sum(row.count for row in rows),
                self.fields if act == "mask" else (), law, until_day,
                (reason or self._words()) if act in ("keep", "leave") else "",
            )  # fmt: skip

    def _words(self) -> Words:
        retention = self.rules.retention
        return (retention.reason if retention else None) or self.rules.reason or ""

    def _fate(self, row: FoundRow) -> tuple[str, str, str, str]:
        """Act, law, until, reason code."""
        if row.whose is not Whose.OWN and row.id not in self.decided:
            return "leave", "", "", _LEAVES.get(row.whose, OTHER_PERSON)
        retention = self.rules.retention
        if retention is not None:
            last, law = until(retention, row.values.get(str(retention.field)), self.today)
            if last is None:
                return "keep", law, "", NO_DATE
            if last >= self.today:
                return "keep", law, last.isoformat(), ""
        if self.rules.erase == "keep" and retention is None:
            return "keep", "", "", ""
        if self.rules.erase in ("delete", "keep"):
            return "delete", "", "", ""
        return ("mask", "", "", "") if self.fields or self.named_by_key else ("leave", "", "", NOT_PERSONAL)


def _kept_by_hold(planned: Iterable[Action]) -> list[Action]:
    """What would be erased stays; what a law keeps or is left stays for its own reason."""
    return [
        replace(action, act="keep", fields=(), law=LEGAL_HOLD_LAW, until="", reason=LEGAL_HOLD)
        if action.act in ("delete", "mask")
        else action
        for action in planned
    ]


def _faults(graph: Graph, part: FoundCollection, actions: Iterable[Action]) -> list[str]:
    """An identity within the key of masked rows would stay."""
    masked = any(action.act == "mask" for action in actions)
    return [
        f"{part.node}.{path} is part of the key and cannot be masked: say 'erase: delete'"
        for path in _identities_in_key(graph, part)
        if masked
    ]


def _identities_in_key(graph: Graph, part: FoundCollection) -> list[str]:
    return [entry.path for entry in graph.entries_of(part.node) if entry.path.partition(".")[0] in part.fixed]


def _action(raw: dict[str, object]) -> Action:
    fields = tuple((name, _mask(mask)) for name, mask in raw["fields"])  # type: ignore[attr-defined]  # from to_json
    rows = tuple(tuple(row) for row in raw["rows"])  # type: ignore[attr-defined]
    return Action(**{**raw, "key": tuple(raw["key"]), "rows": rows, "fields": fields})  # type: ignore[arg-type]


def _mask(raw: dict[str, object]) -> Mask:
    settings = raw["configuration"]
    if not isinstance(settings, dict):
        return Mask(raw["strategy"])  # type: ignore[arg-type]
    kept = settings["format_preservation"]
    format_preservation = FormatPreservation(**kept) if kept else None
    return Mask(raw["strategy"], MaskSettings(**{**settings, "format_preservation": format_preservation}))  # type: ignore[arg-type]
