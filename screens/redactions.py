"""What is held back from an export: rows, fields and texts that may be about others, decided one by one (Art 15(4))."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from screens.kit import keys
from screens.kit.screen import KitScreen
from screens.kit.text import count, say, shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.confirm import Choice
from screens.kit.widgets.heads import Crumbs
from screens.kit.widgets.table import Column, VirtualTable
from screens.lines import pair
from screens.reveal import REASONS as REVEAL_REASONS, RevealBox
from services.types import HeldPart

WHY: Final = {
    "withheld-rows": "a row of somebody else",
    "shared-row": "a row about several persons",
    "third-party": "a field about somebody else",
    "free-text": "a text that names others",
}
KINDS: Final = {
    "email": "an e-mail address", "phone": "a telephone number", "iban": "a bank account", "card": "a card number",
    "national-id": "an identity number", "name": "a name",
}  # fmt: skip
WORDS: Final = {"": "open", "disclose": "goes out", "redact": "stays out"}
DISCLOSE: Final = {
    "1": ("about-the-person", "it is about the person alone"),
    "2": ("they-agreed", "the other person agreed"),
    "3": ("known-to-the-person", "the person knows it anyway: they told us, or it was told to them"),
    "4": ("no-harm", "weighed: it harms nobody's rights"),
}
REDACT: Final = {
    "1": ("others", "the other person's rights weigh more (Art 15(4))"),
    "2": ("in-confidence", "it was told to us in confidence"),
    "3": ("trade-secret", "it is a trade secret (recital 63)"),
    "4": ("protection", "it would put somebody in danger"),
}


@dataclass
class PartsRead(Message):
    parts: tuple[HeldPart, ...]


@dataclass
class Decided(Message):
    """A decision was kept: the item's state now, and how many parts are left."""

    words: str
    state: str
    left: int


@dataclass
class InClear(Message):
    value: str


class RedactionsScreen(KitScreen):
    """y gives out what is under the cursor, f keeps it in, Y and F all that is like it; with a reason each."""

    CSS_PATH = "redactions.tcss"
    BINDINGS = keys.bindings("redactions")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self, case: str) -> None:
        super().__init__()
        self.case = case
        self.parts: tuple[HeldPart, ...] | None = None

    def body(self) -> ComposeResult:
        yield Crumbs()
        columns: tuple[Column[HeldPart], ...] = (
            Column("Where", 20, lambda one: f"{one.system} {one.label}", 1),
            Column("Field", 14, _field, 1),
            Column("Why", 27, lambda one: WHY.get(one.why, one.why), 2),
            Column("Decided", 9, lambda one: WORDS.get(one.decision, one.decision)),
        )
        yield VirtualTable(
            columns, lambda one: one.id, tone=lambda one: "calm" if one.decision else "row",
            empty="Nothing is held back.",
        )  # fmt: skip
        with Vertical(id="detail"):
            yield Static("", id="facts")

    @property
    def table(self) -> VirtualTable[HeldPart]:
        return self.query_one(VirtualTable)

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Queue", self.case, "Held back")
        self.recall()

    # --- reading -----------------------------------------------------------------------------------------------------

    def recall(self) -> None:
        if self.host.session is not None:
            self.run(
                self.desk.held.waiting, self.host.session, self.case, reply=PartsRead, serial="held", write=True,
                stage="reading what is held back",
            )  # fmt: skip

    @on(PartsRead)
    def _parts_read(self, message: PartsRead) -> None:
        self.parts = message.parts
        self.table.hold(message.parts)
        left = sum(not one.decision for one in message.parts)
        base = "$n parts to decide; with the last the package is made" if left else "all decided: it is being made"
        self.query_one(FlashLine).base = say(base, n=count(left))
        self._draw()

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        self._draw()

    def _draw(self) -> None:
        one = self.table.current
        room = (self.query_one("#detail").content_size.width or 78) - 1
        self.query_one("#facts", Static).update(Content("\n").join(_facts(one, room) if one else []))
        self.refresh_bindings()

    # --- keys --------------------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        if action not in ("disclose", "redact", "disclose_alike", "redact_alike", "reveal"):
            return ""
        return "" if self.is_mounted and self.table.current is not None else "nothing under the cursor"

    def action_disclose(self) -> None:
        self._ask("disclose", alike=False)

    def action_redact(self) -> None:
        self._ask("redact", alike=False)

    def action_disclose_alike(self) -> None:
        self._ask("disclose", alike=True)

    def action_redact_alike(self) -> None:
        self._ask("redact", alike=True)

    def _ask(self, decision: str, *, alike: bool) -> None:
        """The reason, then for giving out the PIN, then the decision."""
        one = self.table.current
        if one is None:
            return
        reasons = DISCLOSE if decision == "disclose" else REDACT
        what = f"all {count(one.of)} like this" if alike else "this"
        title = f"Give {what} out, because" if decision == "disclose" else f"Keep {what} in, because"

        def chosen(key: str | None) -> None:
            if key is not None:
                go = partial(self._decide, one, decision, reasons[key][0], alike)
                if decision == "disclose":
                    self.host.with_pin(go)
                else:
                    go()

        self.app.push_screen(Choice(title, [], {key: words for key, (_, words) in reasons.items()}), chosen)

    def _decide(self, one: HeldPart, decision: str, reason: str, alike: bool) -> None:
        words = f"{count(one.of) if alike else 1} decided: {WORDS[decision]}"
        session = self.host.session

        def decide() -> tuple[str, int]:
            kept: tuple[str, int] = self.desk.held.decide(session, one, decision, reason, alike=alike)
            return kept

        self.run(
            decide, reply=lambda now: Decided(words, *now), serial="decide", write=True, stage="keeping the decision"
        )

    @on(Decided)
    def _decided(self, message: Decided) -> None:
        """The list as it stands now; with the last decision it is over."""
        if message.left == 0:
            self.dismiss(None)
            self.host.flash("all decided: the package is being made", "good")
            return
        self.flash(message.words, "good")
        self.run(self.desk.held.decided, self.case, self.parts or (), reply=PartsRead, serial="held", stage="reading")

    def action_reveal(self) -> None:
        one = self.table.current
        if one is None:
            return

        def reasoned(key: str | None) -> None:
            if key is not None:
                self.run(
                    self.desk.held.reveal, self.host.session, one, REVEAL_REASONS[key][0], reply=InClear,
                    serial="reveal", write=True, stage="asking for it",
                )  # fmt: skip

        answers = {key: words for key, (_, words) in REVEAL_REASONS.items()}
        self.app.push_screen(Choice("Why must you see it? It is logged.", [], answers), reasoned)

    @on(InClear)
    def _in_clear(self, message: InClear) -> None:
        self.app.push_screen(RevealBox("what is held back", message.value or "nothing is held"))

    def forget(self) -> None:
        self.parts = None
        self.table.forget()
        self.query_one("#facts", Static).update(shown(""))
        self.query_one(FlashLine).base = say("")


def _field(one: HeldPart) -> str:
    return "the whole row" if one.field == "*" else one.field_label or one.field


def _facts(one: HeldPart, room: int) -> list[Content]:
    """What, where, why, and what can be done about it."""
    why = WHY.get(one.why, one.why)
    if one.kinds:
        why += ": " + ", ".join(KINDS.get(kind, kind) for kind in one.kinds)
    said = DISCLOSE if one.decision == "disclose" else REDACT
    reason = next((words for code, words in said.values() if code == one.reason), one.reason)
    alike = f"; Y and F decide all {count(one.of)} like it" if one.of > 1 else ""
    return [
        shown(f"{one.system} · {one.label} · {_field(one)}", "bold"),
        pair("Why", why, room),
        pair("Text", one.around or "masked; . shows it for ten seconds", room),
        pair("Decided", f"{WORDS[one.decision]}: {reason}" if one.decision else "open: it stays out until then", room),
        pair("Keys", f"y gives it out (PIN), f keeps it in{alike}", room),
    ]
