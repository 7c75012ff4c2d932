"""What a correction will write: by primary key, with what each row holds now; sealed before anything is written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson

from services.catalog.graph import Graph, Node
from services.catalog.identifiers import normal
from services.catalog.values import Plain
from services.connectors.base import Key
from services.fulfilment.correctable import Correctable
from services.fulfilment.found import FOREIGN, Found, Whose


@dataclass(frozen=True)
class Correction:
    """One field of one collection: `rows[i]` holds `held[i]` and gets `new`."""

    line: str
    system: str
    dataset: str
    collection: str
    key: tuple[str, ...]
    column: str
    changed_at: str
    category: str
    identity: str
    sensitive: bool
    new: str = field(repr=False)
    rows: tuple[Key, ...] = field(repr=False)
    held: tuple[Plain, ...] = field(repr=False)

    @property
    def node(self) -> Node:
        return Node(self.dataset, self.collection)


@dataclass(frozen=True)
class CorrectionPlan:
    """All of it, with where letters go: `to` and the mail addresses on file as they were before."""

    job: str
    to: str | None = field(repr=False)
    points: tuple[str, ...] = field(repr=False)
    corrections: tuple[Correction, ...] = field(repr=False)

    @property
    def systems(self) -> tuple[str, ...]:
        """Systems in which something is to be written, in order."""
        return tuple(sorted({one.system for one in self.corrections}))

    def of(self, system: str) -> tuple[Correction, ...]:
        """What is to be written there."""
        return tuple(one for one in self.corrections if one.system == system)

    def rows(self, system: str) -> int:
        """Rows that get a new value there, each counted once."""
        return len({(one.collection, row) for one in self.of(system) for row in one.rows})

    @property
    def categories(self) -> tuple[str, ...]:
        """Categories that are corrected, in order."""
        return tuple(sorted({one.category for one in self.corrections}))


def corrections(lines: Iterable[Correctable], new: Mapping[str, str], graph: Graph) -> Iterator[Correction]:
    """A correction for each place of the chosen lines; `new` by the line's id, in the form to be written."""
    for line in lines:
        for spot in line.spots if line.id in new else ():
            yield Correction(
                line.id,
                graph.system(spot.node),
                spot.node.dataset,
                spot.node.collection,
                spot.key,
                spot.column,
                spot.changed_at,
                line.category,
                line.identity,
                line.sensitive,
                new[line.id],
                spot.rows,
                spot.held,
            )


def names_another(found: Found, theirs: Found) -> bool:
    """Whether the search for a new identity (`theirs`) met a row that is not among the person's (`found`)."""
    ours = {(row.node, row.key) for part in found.collections() for row in part.rows if row.whose not in FOREIGN}
    return any(
        (row.node, row.key) not in ours for part in theirs.collections() for row in part.rows if row.whose is Whose.OWN
    )


def identities(plan: CorrectionPlan, region: str) -> dict[str, list[str]]:
    """What the person is known by once it is written: kind to values."""
    known: dict[str, list[str]] = {}
    for one in plan.corrections:
        if one.identity in ("email", "phone"):
            value = normal("email" if one.identity == "email" else "phone", one.new, region)
            if value not in known.setdefault(one.identity, []):
                known[one.identity].append(value)
    return known


def together(plans: Sequence[CorrectionPlan]) -> CorrectionPlan:
    """Several plans of a case as one, as its letter speaks of them; without any it goes nowhere."""
    to = next((plan.to for plan in plans if plan.to is not None), None)
    return CorrectionPlan("", to if plans else None, (), tuple(one for plan in plans for one in plan.corrections))


def to_json(plan: CorrectionPlan) -> bytes:
    """As it is sealed."""
    return orjson.dumps(asdict(plan))


def from_json(text: bytes) -> CorrectionPlan:
    """Back from `to_json`."""
    raw: dict[str, Any] = orjson.loads(text)
    return CorrectionPlan(raw["job"], raw["to"], tuple(raw["points"]), tuple(map(_one, raw["corrections"])))


def _one(raw: dict[str, Any]) -> Correction:
    made = Correction(**raw)
    rows: Sequence[Sequence[Plain]] = made.rows
    return replace(made, key=tuple(made.key), rows=tuple(tuple(row) for row in rows), held=tuple(made.held))
