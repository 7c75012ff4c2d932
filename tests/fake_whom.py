"""`desk.whom` without stores: two people under one address and two records like theirs, masked; keeps what was said."""

from collections.abc import Collection

from services.types import Matches, PersonMatch, Session

TWO = (
    PersonMatch(
        "1" * 32, ("1" * 32,), False, "A••• L•••", ("K•••42",),
        (("crm", "Customer", 1), ("desk", "Requester", 1), ("shop", "Shop account", 1)),
        unlike=("born", "name", "number"),
    ),
    PersonMatch(
        "2" * 32, ("2" * 32,), False, "N••• L•••", ("K•••77",), (("crm", "Customer", 1), ("shop", "Shop account", 2)),
        unlike=("born", "name", "number"),
    ),
)  # fmt: skip
LIKE = (
    PersonMatch(
        "3" * 32, ("3" * 32,), True, "A••• L•••", ("K•••08", "a•••@ex•••.com"), (("shop", "Shop account", 1),),
        ("email-slip", "name-spelling"),
    ),
    PersonMatch("4" * 32, ("4" * 32,), True, "", ("+49•••••321",), (("desk", "Requester", 1),), ("phone",)),
)  # fmt: skip


class FakeWhom:
    """`said`: ids by their first digit, with the reason."""

    def __init__(self, people: tuple[PersonMatch, ...] = TWO + LIKE, undecided: bool = True) -> None:
        self.people, self.undecided = people, undecided
        self.said: list[tuple[str, str]] = []

    def matches(self, session: Session, case: str, stage: object = None) -> Matches:
        return Matches(case, self.people, self.undecided, 3, ("archive",))

    def choose(self, session: Session, matches: Matches, chosen: Collection[str], reason: str = "") -> None:
        self.said.append(("".join(sorted(one[0] for one in chosen)), reason))
