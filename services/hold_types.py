"""A legal hold as screens and the command line show it; its matter is not in it."""

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class HoldView:
    """One hold. `asked_by`: who wants it lifted, waiting for a second person. `people`: how many identifiers name."""

    id: str
    controller: str
    case: str
    people: int
    collections: tuple[str, ...]
    categories: tuple[str, ...]
    issuer: str
    since: date
    review_on: date
    set_by: str
    asked_by: str = ""
    lifted_by: str = ""

    @property
    def scope(self) -> str:
        """Whose data and which, in words."""
        who = f"the person of {self.case}" if self.case else f"{self.people} people" if self.people else "everybody"
        what = ", ".join((*self.collections, *self.categories))
        return f"{who}: {what or 'all that is held'}"

    def overdue(self, today: date) -> bool:
        """Whether it should have been looked at again by now. It stands all the same."""
        return not self.lifted_by and self.review_on < today

    def state(self, today: date) -> str:
        """Where it stands, in words."""
        if self.lifted_by:
            return "lifted"
        if self.asked_by:
            return f"{self.asked_by} wants it lifted"
        return "REVIEW OVERDUE" if self.overdue(today) else "stands"


def in_order(one: HoldView) -> tuple[bool, date, str]:
    """Those that stand first, earliest review first."""
    return bool(one.lifted_by), one.review_on, one.id


def view_of(raw: dict[str, Any]) -> HoldView:
    """From what a worker says of a hold."""
    days = {name: date.fromisoformat(raw[name]) for name in ("since", "review_on")}
    return HoldView(**{**raw, **days, **{name: tuple(raw[name]) for name in ("collections", "categories")}})
