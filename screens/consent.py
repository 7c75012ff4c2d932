"""Consent: the controller's purposes with the text to read, one key each, no bundled yes (Art 7)."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from screens import case_panes
from screens.case_acts import Acted
from screens.kit import keys
from screens.kit.screen import KitScreen
from screens.kit.text import shown
from screens.kit.widgets.confirm import Choice
from screens.kit.widgets.heads import Crumbs
from services.types import CaseView, ItemState, PurposeView, Right, Session

SIDES = {"w": Right.CONSENT_WITHDRAW, "g": Right.CONSENT_GIVE}


@dataclass
class PurposesRead(Message):
    purposes: tuple[PurposeView, ...]
    case: CaseView


@dataclass
class CaseRead(Message):
    case: CaseView


class ConsentScreen(KitScreen):
    """j k move, y gives, f takes back the purpose under the cursor; below T1 nothing of the person's stands here."""

    CSS_PATH = "consent.tcss"
    BINDINGS = keys.bindings("consent", "list")
    AUTO_FOCUS = ""

    def __init__(self, case: str) -> None:
        super().__init__()
        self.case = case
        self.view: CaseView | None = None
        self.purposes: tuple[PurposeView, ...] = ()
        self.cursor = 0
        self.said: dict[str, str] = {}  # purpose → what was done here
        self._reading = False

    def body(self) -> ComposeResult:
        yield Crumbs()
        with VerticalScroll(id="list", can_focus=False):
            yield Static("", id="purposes")
        with VerticalScroll(id="read", can_focus=False):
            yield Static("", id="text")

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Queue", self.case, "Consent")
        self.recall()
        self.set_interval(1, self._poll)

    # --- reading -----------------------------------------------------------------------------------------------------

    def recall(self) -> None:
        self.run(
            partial(_read, self.desk, self.host.session, self.case), reply=lambda found: PurposesRead(*found),
            serial="purposes", stage="reading the purposes",
        )  # fmt: skip

    def _poll(self) -> None:
        if self.said and self.is_current and not self._reading and self.host.session is not None:
            self._reading = True
            self.run(self.desk.case.read, self.host.session, self.case, reply=CaseRead, serial="case")

    @on(PurposesRead)
    def _purposes_read(self, message: PurposesRead) -> None:
        self.purposes, self.view = message.purposes, message.case
        self.place(message.case.controller_name)
        self.cursor = min(self.cursor, max(0, len(self.purposes) - 1))
        self._draw()

    @on(CaseRead)
    def _case_read(self, message: CaseRead) -> None:
        self._reading = False
        self.view = message.case
        self._draw()

    # --- drawing -----------------------------------------------------------------------------------------------------

    @property
    def purpose(self) -> PurposeView | None:
        """The one under the cursor."""
        return self.purposes[self.cursor] if self.cursor < len(self.purposes) else None

    def _draw(self) -> None:
        lines = [self._line(number, one) for number, one in enumerate(self.purposes)]
        self.query_one("#purposes", Static).update(Content("\n").join(lines or [shown("no purposes", "$quiet")]))
        one, view = self.purpose, self.view
        if one is not None and view is not None:
            parts = [
                shown("Read out  ", "$quiet") + shown(one.text, "bold"),
                shown("It means  ", "$quiet") + shown(one.effect),
                shown(f"text {one.text_version}", "$quiet"),
            ]
            proofs = case_panes.proofs(view.history, self.host.clock()) if self.said else []
            self.query_one("#text", Static).update(Content("\n").join([*parts, Content(""), *proofs[-4:]]))
        self.refresh_bindings()

    def _line(self, number: int, one: PurposeView) -> Content:
        here = number == self.cursor
        status = self.said.get(one.key) or (f"on file: {one.status}" if one.status else "")
        marketing = "marketing " if one.marketing else ""
        head = shown(f"{'▶' if here else ' '} {number + 1} {one.title}  ", "bold" if here else "")
        return head + shown(marketing, "$quiet") + shown(status, "$success")

    # --- keys --------------------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        if action not in ("give", "take_back", "add_right"):
            return ""
        if self.view is None or self.purpose is None:
            return "the purposes are being read"
        if action == "add_right":
            return self.view.key("note").reason if self._missing() else "the case asks for both already"
        reason = self.view.key("consent-give" if action == "give" else "consent-withdraw").reason
        return f"{reason} (+ adds it)" if reason.startswith("nobody asked") else reason

    def _missing(self) -> dict[str, Right]:
        items = self.view.items if self.view else ()
        have = {item.right for item in items if item.state is not ItemState.CLOSED}
        return {key: one for key, one in SIDES.items() if one not in have}

    def _say(self, *, given: bool) -> None:
        one = self.purpose
        if one is None:
            return
        desk, session, case = self.desk, self.host.session, self.case

        def write() -> None:
            desk.act.consent(session, case, one.key, given=given)

        words = "given" if given else "withdrawn"
        self.said[one.key] = f"… {words}"
        self.run(
            write, reply=lambda _: Acted(f"{one.key} {words}; it is written now"), serial=one.key, write=True,
            stage="keeping it",
        )  # fmt: skip

    def action_give(self) -> None:
        self._say(given=True)

    def action_take_back(self) -> None:
        self._say(given=False)

    @on(Acted)
    def _acted(self, message: Acted) -> None:
        self.flash(message.words, "good")
        self.said = {key: words.removeprefix("… ") for key, words in self.said.items()}
        self.recall()

    def action_add_right(self) -> None:
        missing = self._missing()
        answers = {key: "withdraw consent" if key == "w" else "give consent" for key in missing}

        def chosen(key: str | None) -> None:
            if key is not None:
                self.run(
                    self.desk.intake.add_item, self.host.session, self.case, missing[key].value,
                    reply=lambda _: Acted(f"added: {answers[key]}"), serial="add", write=True, stage="adding it",
                )  # fmt: skip

        self.app.push_screen(Choice("The caller also asks to", [], answers), chosen)

    def _move(self, to: int) -> None:
        self.cursor = min(max(0, to), max(0, len(self.purposes) - 1))
        self._draw()

    def action_move_down(self) -> None:
        self._move(self.cursor + 1)

    def action_move_up(self) -> None:
        self._move(self.cursor - 1)

    def action_to_first(self) -> None:
        self._move(0)

    def action_to_last(self) -> None:
        self._move(len(self.purposes))

    def forget(self) -> None:
        self.view, self.purposes, self.said = None, (), {}
        for name in ("#purposes", "#text"):
            self.query_one(name, Static).update(shown(""))


def _read(desk: Any, session: Session | None, case: str) -> tuple[tuple[PurposeView, ...], CaseView]:
    return desk.act.purposes(session, case), desk.case.read(session, case)
