"""What a new legal hold is about and what it covers, typed in three fields; the matter is sealed."""

from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from screens.kit.dialog import Dialog
from screens.kit.text import shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.inputs import CleanInput

LONGEST: Final = 2_000


class HoldSetScreen(Dialog):
    """Dismissed with `matter`, `identifiers`, `collections` and `categories`, or with None by Esc."""

    AUTO_FOCUS = "#matter"

    def __init__(self, case: str) -> None:
        super().__init__()
        self.case = case

    def compose(self) -> ComposeResult:
        whom = f"the person of {self.case}" if self.case else "everybody"
        with Vertical(classes="box"):
            yield Static(shown("What is it about, and what must stay?", "bold"), classes="title")
            yield CleanInput(id="matter", max_length=LONGEST, placeholder="the matter: sealed, agents never see it")
            yield CleanInput(id="people", max_length=LONGEST, placeholder=f"e-mail, phone, number, …; empty: {whom}")
            where = "shop.invoice, user.contact, …; empty: all that is held"
            yield CleanInput(id="places", max_length=LONGEST, placeholder=where)
            yield FlashLine()
            yield Static(shown("Tab next field   Enter sets it, with the PIN   Esc back", "$quiet"))

    @on(Input.Submitted)
    def _submitted(self) -> None:
        matter, people, places = (
            self.query_one(f"#{name}", CleanInput).value for name in ("matter", "people", "places")
        )
        if not matter.strip():
            self.flash("say what it is about; Esc leaves", "no")
        elif not (self.case or parts(people) or parts(places)):
            self.flash("name people, collections or categories", "no")
        else:
            self.dismiss(given(matter, parts(people), parts(places)))


def parts(text: str) -> list[str]:
    """What stands between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def given(matter: str, people: list[str], places: list[str]) -> dict[str, Any]:
    """As the desk takes it: what begins with `user` or `system` is a data category, all else a collection."""
    categories = [place for place in places if place.split(".")[0] in ("user", "system")]
    collections = [place for place in places if place not in categories]
    return {"matter": matter.strip(), "identifiers": people, "collections": collections, "categories": categories}
