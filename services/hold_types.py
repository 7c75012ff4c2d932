"""A legal hold as screens and the command line show it; its matter is not in it."""

from dataclasses import dataclass
from datetime import date


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

    def state(self, today: date) -> str:
        """Where it stands, in words."""
        if self.lifted_by:
            return "lifted"
        if self.asked_by:
            return f"{self.asked_by} wants it lifted"
        return "REVIEW OVERDUE" if self.review_on < today else "stands"
