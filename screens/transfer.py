"""Who gets portable data instead of the person: a name and an address, read back to the caller (Art 20(2))."""

from typing import NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from screens.kit.dialog import Dialog
from screens.kit.text import shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.inputs import CleanInput


class Target(NamedTuple):
    """As it was typed."""

    name: str
    mail: str


class TransferBox(Dialog):
    """Dismissed with a `Target`, or with None by Esc."""

    AUTO_FOCUS = "#name"

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(shown("Straight to which provider?", "bold"), classes="title")
            yield CleanInput(id="name", max_length=100, placeholder="its name, as the person says it")
            yield CleanInput(id="mail", max_length=200, placeholder="where it takes such data: an e-mail address")
            yield FlashLine()
            yield Static(shown("Look it up yourself: an address that the caller dictates proves nothing."))
            yield Static(shown("Read both back. The person keeps the key and gives it to the provider."))
            yield Static(shown("Tab next field   Enter goes on to the PIN   Esc back", "$quiet"))

    @on(Input.Submitted)
    def _submitted(self) -> None:
        name, mail = (self.query_one(f"#{one}", CleanInput).value.strip() for one in ("name", "mail"))
        if not name or "@" not in mail.strip("@"):
            self.flash("a name and a whole e-mail address; Esc leaves", "no")
        else:
            self.dismiss(Target(name, mail))

    def forget(self) -> None:
        for one in self.query(CleanInput):
            one.value = ""
