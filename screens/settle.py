"""What was not taken: drafts, conflicts and, for leads, entries of closed logs. Each is repeated or dropped by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
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
from screens.words import left, stamp
from services.types import Unsettled

REFRESH_S: Final = 5
KINDS: Final = {"conflict": "conflict", "closed": "closed log", "draft": "draft"}
COUNTED: Final = {"draft": "drafts", "conflict": "conflicts", "closed": "closed log"}
DROPS: Final = {
    "1": ("done-already", "it was done in the meantime"),
    "2": ("not-wanted", "the person no longer wants it"),
    "3": ("mistake", "it was a mistake"),
    "4": ("only-a-record", "nothing follows from it"),
}
ALL_KEY: Final = "5"


@dataclass
class WaitingRead(Message):
    found: tuple[Unsettled, ...]


@dataclass
class Settled(Message):
    words: str


class SettleScreen(KitScreen):
    """y does what is under the cursor anew, f drops it with a reason; of one case when opened from a case."""

    CSS_PATH = "settle.tcss"
    BINDINGS = keys.bindings("settle")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self, case: str = "") -> None:
        super().__init__()
        self.case = case
        self.found: tuple[Unsettled, ...] | None = None

    def body(self) -> ComposeResult:
        yield Crumbs()
        columns: tuple[Column[Unsettled], ...] = (
            Column("When", 12, lambda one: stamp(one.at, self.host.clock().tzinfo)),
            Column("Case", 11, lambda one: one.case),
            Column("What", 22, lambda one: one.text, 3),
            Column("Who", 4, lambda one: one.who),
            Column("Kind", 10, lambda one: KINDS[one.kind]),
            Column("Keys", 8, _open_keys),
        )
        yield VirtualTable(
            columns, lambda one: f"{one.log}:{one.seq}", tone=lambda one: "row" if not one.no_drop else "calm",
            empty="Everything was taken.",
        )  # fmt: skip
        with Vertical(id="detail"):
            yield Static("", id="facts")

    @property
    def table(self) -> VirtualTable[Unsettled]:
        return self.query_one(VirtualTable)

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Queue", *filter(None, [self.case]), "Not taken")
        self.recall()
        self.set_interval(REFRESH_S, self._refresh)

    def on_screen_resume(self) -> None:
        self._refresh()

    # --- reading -----------------------------------------------------------------------------------------------------

    def recall(self) -> None:
        if self.host.session is not None:
            self.run(
                self.desk.settle.waiting, self.host.session, self.case, reply=WaitingRead, serial="waiting",
                stage="reading what was not taken",
            )  # fmt: skip

    def _refresh(self) -> None:
        if self.is_current and self.found is not None:
            self.recall()

    @on(WaitingRead)
    def _waiting_read(self, message: WaitingRead) -> None:
        self.found = message.found
        self.table.hold(message.found)
        numbers = {words: sum(one.kind == kind for one in message.found) for kind, words in COUNTED.items()}
        named = [f"{words} {count(number)}" for words, number in numbers.items() if number]
        self.query_one(FlashLine).base = say("not taken: $n", n=" · ".join(named) or "nothing")
        self._draw()

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        self._draw()

    def _draw(self) -> None:
        one = self.table.current
        room = (self.query_one("#detail").content_size.width or 78) - 1
        lines = [] if one is None else _facts(one, self.host.clock().tzinfo, room)
        self.query_one("#facts", Static).update(Content("\n").join(lines))
        self.refresh_bindings()

    # --- keys --------------------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        one = self.table.current if self.is_mounted else None
        if action not in ("open", "repeat", "drop"):
            return ""
        if one is None:
            return "nothing under the cursor"
        return {"repeat": one.no_repeat, "drop": one.no_drop}.get(action, "")

    def about(self) -> str:
        return self.table.current.case if self.table.current is not None else self.case

    def action_open(self) -> None:
        one = self.table.current
        if one is not None:
            self.host.show("case", one.case)

    def action_repeat(self) -> None:
        one = self.table.current
        if one is not None:
            go = partial(
                self._write, f"done anew: {one.text}", self.desk.settle.repeat, one.case, *one.place,
                stage="doing it anew",
            )  # fmt: skip
            if one.pin:
                self.host.with_pin(go)
            else:
                go()

    def action_drop(self) -> None:
        one = self.table.current
        if one is None:
            return
        beside = [o for o in self.found or () if o.case == one.case and o.no_repeat and not o.no_drop]
        answers = {key: words for key, (_, words) in DROPS.items()}
        if len(beside) > 1:
            answers[ALL_KEY] = f"all {count(len(beside))} of {one.case} that cannot be repeated: nothing follows"

        def chosen(key: str | None) -> None:
            if key is not None:
                places = [o.place for o in beside] if key == ALL_KEY else [one.place]
                reason = DROPS["4" if key == ALL_KEY else key][0]
                words = f"{count(len(places))} dropped; the log keeps what was written"
                self._write(words, self.desk.settle.drop, one.case, places, reason, stage="dropping it")

        self.app.push_screen(Choice(f"Drop “{one.text}”, because", [], answers), chosen)

    def _write(self, words: str, call: Callable[..., object], *args: object, stage: str) -> None:
        self.run(call, self.host.session, *args, reply=lambda _: Settled(words), serial=stage, write=True, stage=stage)

    @on(Settled)
    def _settled(self, message: Settled) -> None:
        self.flash(message.words, "good")
        self.recall()

    def forget(self) -> None:
        self.found = None
        self.table.forget()
        self.query_one("#facts", Static).update(shown(""))
        self.query_one(FlashLine).base = say("")


def _open_keys(one: Unsettled) -> str:
    return " ".join(key for key, no in (("y", one.no_repeat), ("f", one.no_drop)) if not no) or "-"


def _facts(one: Unsettled, zone: tzinfo | None, room: int) -> list[Content]:
    """What was asked, when, by whom; why it was not taken; what can be done about it."""
    when = f"by {one.who}, {stamp(one.at, zone)}"
    if one.met is not None and (one.met - one.at).total_seconds() >= 1:
        when += f"; it reached central {left(one.met, one.at)} later"
    holder = f"; {one.holder} holds the case now" if one.holder else ""
    repeat = f"no: {one.no_repeat}" if one.no_repeat else "y does it anew, now, in your name"
    drop = f"no: {one.no_drop}" if one.no_drop else "f, with a reason; the log keeps what was written"
    return [
        shown(f"{one.case} · {one.text}", "bold"),
        pair("Asked", when, room),
        pair("Not taken", one.why + holder, room),
        pair("Repeat", repeat + (" (PIN)" if one.pin and not one.no_repeat else ""), room),
        pair("Drop", drop, room),
    ]
