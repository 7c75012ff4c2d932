"""Consent: the controller's purposes with the text to read, one key each, no bundled yes (Art 7)."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from screens import case_panes
from screens.case_acts import Acted, kept_words
from screens.kit import keys
from screens.kit.messages import JobFailed
from screens.kit.screen import KitScreen
from screens.kit.text import shown
from screens.kit.widgets.confirm import Choice
from screens.kit.widgets.heads import Crumbs
from screens.lines import pair
from services.types import CaseView, ItemState, PurposeView, Right, Session, Tier

PROVEN: Final = (Tier.T1, Tier.T2, Tier.T3)
SIDES: Final = {True: Right.CONSENT_GIVE, False: Right.CONSENT_WITHDRAW}
CONSENTERS: Final = {
    "k": ("child", "the child, who is {age} or older and says so"),
    "p": ("parental", "who holds parental responsibility: the child is below {age}"),
}
"""Art 8(1): below the age of the controller's country the child cannot consent alone."""
ASK_AGE: Final = "Ask how old the child is. From {age} on it consents itself, and nobody in its place (Art 8)."
SINCE: Final = ("consent.given", "consent.withdrawn")


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
        self.kept = ""  # what was done last, until the case was read again

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
        if self.kept:
            self.flash(*kept_words(self.kept, message.case, self.host.clock().tzinfo))
            self.kept = ""
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
            room = (self.query_one("#read").content_size.width or 78) - 1
            parts = [
                pair("Read out", one.text, room, "bold"),
                pair("It means", one.effect, room),
                pair("Text", one.text_version, room),
            ]
            if self.said:
                parts += [Content(""), *case_panes.proofs(view.history, SINCE, self.host.clock(), room)]
            self.query_one("#text", Static).update(Content("\n").join(parts))
        self.refresh_bindings()

    def _line(self, number: int, one: PurposeView) -> Content:
        here = number == self.cursor
        status = self.said.get(one.key) or (f"on file: {one.status}" if one.status else "")
        marketing = "marketing " if one.marketing else ""
        head = shown(f"{'▶' if here else ' '} {number + 1} {one.title}  ", "bold" if here else "")
        return head + shown(marketing, "$quiet") + shown(status, "$success")

    # --- keys --------------------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        if action not in ("give", "take_back"):
            return ""
        if self.view is None or self.purpose is None:
            return "the purposes are being read"
        given = action == "give"
        if asked_for(self.view, given=given):
            return self.view.key("consent-give" if given else "consent-withdraw").reason
        if given and self.view.verification.tier not in PROVEN:
            return "needs T1: the person is not known yet (v)"
        return self.view.key("note").reason  # saying so is asking for it: the item is added with the act

    def _say(self, *, given: bool, by: str = "") -> None:
        one = self.purpose
        if one is None:
            return
        desk, session, case = self.desk, self.host.session, self.case

        def write() -> None:
            if not asked_for(desk.case.read(session, case), given=given):
                desk.intake.add_item(session, case, SIDES[given].value)
            desk.act.consent(session, case, one.key, given=given, **({"by": by} if by else {}))

        words = "given" if given else "withdrawn"
        self.said[one.key] = f"… {words}"
        self.run(
            write, reply=lambda _: Acted(f"{one.key} {words}; it is written now"), serial=one.key, write=True,
            stage="keeping it",
        )  # fmt: skip

    def action_give(self) -> None:
        age = self.view.consent_age if self.view is not None else 0
        if not age:
            self._say(given=True)
            return

        def chosen(key: str | None) -> None:
            if key is not None:
                self._say(given=True, by=CONSENTERS[key][0])

        answers = {key: words.format(age=age) for key, (_, words) in CONSENTERS.items()}
        self.app.push_screen(Choice("It is about a minor: who consents?", [ASK_AGE.format(age=age)], answers), chosen)

    def action_take_back(self) -> None:
        self._say(given=False)

    @on(Acted)
    def _acted(self, message: Acted) -> None:
        self.kept = message.words
        self.said = {key: words.removeprefix("… ") for key, words in self.said.items()}
        self.recall()

    @on(JobFailed)
    def _not_kept(self) -> None:
        self._reading = False
        self.said = {key: words for key, words in self.said.items() if not words.startswith("… ")}
        self._draw()

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


def asked_for(view: CaseView, *, given: bool) -> bool:
    """Whether an open item of the case is about this."""
    return any(item.right is SIDES[given] and item.state is not ItemState.CLOSED for item in view.items)
