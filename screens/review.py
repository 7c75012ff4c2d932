"""Review: what waits for a second person, with the plan's counts. Four eyes: never the one who asked."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from screens.assigning import Done
from screens.case_acts import RETURNS
from screens.deciding import Deciding, Waiting
from screens.kit import keys
from screens.kit.text import count, say, shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.confirm import Choice
from screens.kit.widgets.heads import Crumbs
from screens.kit.widgets.table import Column, VirtualTable
from screens.refusing_words import proposal_words
from screens.words import right, stamp
from services.types import Approval

REFRESH_S: Final = 2
MINE: Final = "you asked for it: a second person approves"
THEN: Final = "y approves and the waiting period starts; f sends it back"
THEN_DECIDED: Final = "y shows the letter; there you decide, and then it leaves"


@dataclass
class WaitingRead(Message):
    approvals: tuple[Approval, ...]


class ReviewScreen(Deciding):
    """A lead's list; y approves the plan under the cursor with the PIN, f sends it back with a reason."""

    CSS_PATH = "review.tcss"
    BINDINGS = keys.bindings("review")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self) -> None:
        super().__init__()
        self.approvals: tuple[Approval, ...] | None = None

    def body(self) -> ComposeResult:
        yield Crumbs()
        columns: tuple[Column[Approval], ...] = (
            Column("Due", 9, lambda one: one.due, 1),
            Column("Case", 11, lambda one: one.case),
            Column("Right", 8, lambda one: right(one.right), 1),
            Column("Plan", 25, _plan, 2),
            Column("Asked by", 8, lambda one: "you" if one.mine else one.asked_by),
        )
        yield VirtualTable(columns, lambda one: f"{one.case}/{one.item}", empty="Nothing waits for a second person.")
        with Vertical(id="detail"):
            yield Static("", id="facts")

    @property
    def table(self) -> VirtualTable[Approval]:
        return self.query_one(VirtualTable)

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Queue", "Review", "waits for a second person")
        self.recall()
        self.set_interval(REFRESH_S, self._refresh)

    def on_screen_resume(self) -> None:
        if self.approvals is not None:
            self.recall()

    # --- reading -----------------------------------------------------------------------------------------------------

    def recall(self) -> None:
        if self.host.session is not None:
            self.run(
                self.desk.review.waiting, self.host.session, reply=WaitingRead, serial="waiting",
                stage="reading what waits",
            )  # fmt: skip

    def _refresh(self) -> None:
        if self.is_current and self.approvals is not None:
            self.recall()

    @on(WaitingRead)
    def _waiting_read(self, message: WaitingRead) -> None:
        self.approvals = message.approvals
        self.table.hold(message.approvals)
        self.query_one(FlashLine).base = say("$n wait for a second person", n=count(len(message.approvals)))
        self._draw()

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        self._draw()

    def _draw(self) -> None:
        one = self.table.current
        if one is None:
            self.query_one("#facts", Static).update(shown(""))
        else:
            zone = self.host.clock().tzinfo
            facts = (
                ("Plan", _plan(one) if one.decision else f"{one.preview} ({one.digest[:12]})"),
                ("Asked by", f"{'you' if one.mine else one.asked_by}, {stamp(one.asked_at, zone)}"),
                ("Then", MINE if one.mine else THEN_DECIDED if one.decision else THEN),
            )
            lines = [shown(f"{one.case} · {right(one.right)}", "bold")]
            lines += [shown(f"{name:<9}", "$quiet") + shown(value) for name, value in facts]
            self.query_one("#facts", Static).update(Content("\n").join(lines))
        self.refresh_bindings()

    # --- keys --------------------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        if action not in ("open", "approve", "send_back", "assign", "mark"):
            return ""
        one = self.table.current if self.is_mounted else None
        if one is None:
            return "nothing under the cursor"
        return MINE if action == "approve" and one.mine else ""

    def about(self) -> str:
        return self.table.current.case if self.table.current is not None else ""

    def action_open(self) -> None:
        one = self.table.current
        if one is not None:
            self.host.show("case", one.case)

    def action_mark(self) -> None:
        self.table.toggle_mark()

    def action_approve(self) -> None:
        one = self.table.current
        if one is not None and one.decision is not None:
            self.look_at(_waiting(one))
        elif one is not None:
            words = f"{one.case} approved: the waiting period runs now"
            args = (one.case, one.item, one.digest)
            self.host.with_pin(lambda: self._write(words, self.desk.review.approve, *args, stage="approving"))

    def action_send_back(self) -> None:
        one = self.table.current
        if one is None:
            return
        if one.decision is not None:
            self.look_at(_waiting(one))
            return

        def chosen(key: str | None) -> None:
            if key is not None:
                args = (one.case, one.item, RETURNS[key][0])
                self._write(f"{one.case} sent back", self.desk.review.send_back, *args, stage="sending it back")

        answers = {key: words for key, (_, words) in RETURNS.items()}
        self.app.push_screen(Choice("Send it back, because", [], answers), chosen)

    def action_assign(self) -> None:
        one = self.table.current
        if one is not None:
            cases = tuple(sorted({key.partition("/")[0] for key in self.table.marked})) or (one.case,)
            self.assign(cases, self._controller_of(one))

    def _controller_of(self, one: Approval) -> str:
        session = self.host.session
        return one.controller or (session.controllers[0] if session else "")

    def _write(self, words: str, call: Callable[..., object], *args: object, stage: str) -> None:
        self.run(call, self.host.session, *args, reply=partial(_done, words), serial=stage, write=True, stage=stage)

    @on(Done)
    def _done(self, message: Done) -> None:
        self.flash(message.words, "good")
        self.table.marked.clear()
        self.recall()

    def forget(self) -> None:
        self.approvals = None
        self.table.forget()
        self.query_one("#facts", Static).update(shown(""))
        self.query_one(FlashLine).base = say("")


def _plan(one: Approval) -> str:
    return proposal_words(one.decision) if one.decision is not None else one.preview


def _waiting(one: Approval) -> Waiting:
    decision = one.decision
    words, id = (proposal_words(decision), decision.id) if decision is not None else ("", "")
    return Waiting(one.case, one.item, id, words, one.duty, MINE if one.mine else "")


def _done(words: str, _result: object) -> Message:
    return Done(words)
