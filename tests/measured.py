"""How well a draft says what is there: precision and recall against labels."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass

from services.discovery.draft import Discovered
from services.discovery.evidence import THRESHOLD

Place = tuple[str, str]


@dataclass(frozen=True)
class Measure:
    """Of what holds in a draft, and of what holds or waits for a person."""

    right: int = 0
    said: int = 0
    there: int = 0
    offered: int = 0

    def __add__(self, other: "Measure") -> "Measure":
        """Both together."""
        return Measure(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    @property
    def precision(self) -> float:
        return self.right / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.there if self.there else 1.0

    @property
    def recall_with_review(self) -> float:
        return self.offered / self.there if self.there else 1.0

    def __str__(self) -> str:
        return f"precision {self.precision:.3f}, recall {self.recall:.3f}, with review {self.recall_with_review:.3f}"


def categories(found: Discovered, labels: Mapping[Place, str], *, show: bool = True) -> Measure:
    """Columns with their right category; one of the same kind counts (`user.content`, `user.content.private`)."""
    said = {(t, c): f for t, fields in found.findings.items() for c, f in fields.items()}
    holding = {place: one.category for place, one in said.items() if one.holds}
    right = {place for place, category in holding.items() if place in labels and same(category, labels[place])}
    offered = {place for place, one in said.items() if place in labels and same(one.category, labels[place])}
    if show:
        wrong = sorted((*place, holding[place], labels.get(place)) for place in holding.keys() - right)
        missed = sorted((*place, labels[place], said.get(place)) for place in labels.keys() - right)
        print(*("wrong: " + str(one) for one in wrong), *("missed: " + str(one) for one in missed), sep="\n")
    return Measure(len(right), len(holding), len(labels), len(offered))


def about_people(labels: Mapping[Place, str]) -> dict[Place, str]:
    """Labels but those that only what rows belong to makes personal: sums, days, states of an order."""
    owned = ("user.behavior", "user.payment", "user.sensor", "user.financial")
    return {place: one for place, one in labels.items() if not one.startswith(owned) or one.count(".") > 2}


def references(found: Discovered, labels: set[tuple[str, str, str, str]]) -> Measure:
    """Joins of single columns, whichever way."""
    single = [join for join in found.joins if len(join.columns) == 1]
    all_of = {(j.table, j.columns[0], j.parent, j.on[0]) for j in single}
    holding = {(j.table, j.columns[0], j.parent, j.on[0]) for j in single if j.confidence >= THRESHOLD}
    print(*("wrong join: " + str(one) for one in sorted(holding - labels)), sep="\n")
    print(*("missed join: " + str(one) for one in sorted(labels - holding)), sep="\n")
    return Measure(len(holding & labels), len(holding), len(labels), len(all_of & labels))


def same(one: str, other: str) -> bool:
    """Whether two categories are of one kind: two words of the taxonomy, three of ways to reach somebody."""

    def kind(category: str) -> tuple[str, ...]:
        words = category.split(".")
        return tuple(words[: 3 if words[1:2] == ["contact"] else 2])

    return kind(one) == kind(other)
