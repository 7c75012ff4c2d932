"""The one-key acts of a case: each is judged by the desk's table, and a refused key answers with its reason."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from typing import Final

from textual import on
from textual.message import Message

from screens import case_panes
from screens.assigning import Done
from screens.by_hand import HandActs
from screens.case_checks import CaseChecks
from screens.deciding import Deciding, Waiting
from screens.kit.widgets.confirm import Choice
from screens.refusing_words import GROUNDS, WEIGHED, proposal_words
from screens.reveal import FIELDS, ORAL, READ_S, REASONS, SUMMARY, RevealBox
from screens.words import ENDINGS, RIGHTS, clock, right
from services.types import CaseView, ItemState, ItemView, Right

ACTS: Final = {
    "verify": "verify", "graver": "fact", "lower": "lower", "find": "find", "export": "export", "erase": "erase",
    "consent": "consent", "stop_marketing": "marketing", "restrict": "restrict", "rectify": "rectify", "lift": "lift",
    "note": "note", "hand_over": "hand-over",
    "wrap_up": "wrap-up", "withdraw": "withdraw", "take": "take", "assign": "assign", "approve": "approve",
    "send_back": "return", "resolve": "resolve", "add_right": "note", "held": "redact",
    "refuse": "refuse", "weigh": "weigh", "by_hand": "task", "holds": "hold", "people": "people",
}  # fmt: skip
"""Actions of the registry and the rows of the desk's table that judge them."""
DECIDED: Final = {"approve": "decide", "send_back": "decide", "withdraw": "unrefuse"}
"""What keys that are about an erasure mean while a decision waits; anybody may read its letter."""

RETURNS: Final = {
    "1": ("wrong-person", "it may be the wrong person"),
    "2": ("check-again", "check the identity again"),
    "3": ("hold-exists", "something must be kept"),
    "4": ("plan-too-wide", "the plan is too wide"),
    "5": ("talk-to-me", "talk to me first"),
}
RESTRICTIONS: Final = {
    "a": ("18-1-a", "they say the data are wrong, while that is checked"),
    "b": ("18-1-b", "it is unlawful, and they want no erasure"),
    "c": ("18-1-c", "they need the data for a claim"),
    "d": ("18-1-d", "they objected, while that is weighed"),
}
"""Art 18(1)."""
LIFTED: Final = {
    "1": ("accuracy-checked", "the data were checked"),
    "2": ("lawful", "the processing is lawful"),
    "3": ("claim-over", "they are not needed for a claim any more"),
    "4": ("objection-decided", "the objection was decided"),
    "5": ("person-asked", "the person asks for it"),
}
"""Art 18(3): why a restriction ends."""
BY_HAND: Final = (Right.RECTIFICATION, Right.RESTRICTION)
SEARCHED: Final = (Right.ACCESS, Right.PORTABILITY, Right.ERASURE)


@dataclass
class Acted(Message):
    """An act was kept; `words` say which, `say` what to tell the caller."""

    words: str
    say: str = ""


@dataclass
class Revealed(Message):
    title: str
    value: str


class CaseActs(CaseChecks, HandActs, Deciding):
    """Mixed into the case screen, which holds `case`, `view` and `recall`."""

    case: str
    say: str
    kept = ""
    view: CaseView | None

    def why_not(self, action: str) -> str:
        if action not in ACTS and action not in ("reveal", "settle"):
            return ""
        if self.view is None:
            return "the case is being read"
        if action == "settle":
            return "" if case_panes.unsettled(self.view) else "all that was done here was taken"
        if action == "reveal" or (action == "approve" and self._beside()):
            return ""
        if action in DECIDED and self._to_decide() is not None:
            return self.view.key(DECIDED[action]).reason if action == "withdraw" else ""
        if action == "weigh" and self.view.key("complaint").allowed:
            return ""
        return self.view.key(ACTS[action]).reason

    def _act(self, words: str, call: Callable[..., object], *args: object, stage: str) -> None:
        """A write, then its words and a fresh view."""
        reply = partial(_acted, words)
        self.run(call, self.host.session, self.case, *args, reply=reply, serial=stage, write=True, stage=stage)

    @on(Acted)
    def _acted(self, message: Acted) -> None:
        self.kept, self.say = message.words, message.say or self.say
        self.recall()

    def say_kept(self, view: CaseView) -> None:
        """What came of the act that was kept last, once the case was read again: taken, or a draft."""
        words, self.kept = self.kept, ""
        if words:
            self.flash(*kept_words(words, view, self.host.clock().tzinfo))

    # --- other screens -----------------------------------------------------------------------------------------------

    def action_rectify(self) -> None:
        self.host.show("rectify", self.case)

    def action_find(self) -> None:
        self._with_item(
            SEARCHED, "Find the data for which right?", lambda item: self.host.show("find", self.case, item)
        )

    def action_export(self) -> None:
        rights = (Right.ACCESS, Right.PORTABILITY)
        if len(self._open_items(rights)) < 2:
            self.host.show("export", self.case)
        else:
            self._with_item(
                rights, "Make the package for which right?", lambda item: self.host.show("export", self.case, item)
            )

    def action_erase(self) -> None:
        self.host.show("erase", self.case)

    def action_consent(self) -> None:
        self.host.show("consent", self.case)

    def action_note(self) -> None:
        if self.view is not None:
            from screens.note import NoteScreen

            self.app.push_screen(
                NoteScreen(self.case, self.view.controller),
                lambda kept: self.flash("note kept", "good") if kept else None,
            )

    def action_wrap_up(self) -> None:
        if self.view is not None:
            from screens.wrap import WrapScreen

            self.app.push_screen(WrapScreen(self.view), self._wrapped_up)

    def _wrapped_up(self, code: str | None) -> None:
        """The contact is over: back to the queue."""
        if code is not None:
            self.dismiss(None)
            self.host.flash(f"{self.case} wrapped up: {code}", "good")

    def action_letter(self) -> None:
        self.host.show("letters", self.case)

    def _with_item(self, rights: tuple[Right, ...], question: str, then: Callable[[str], None]) -> None:
        """One open item of these rights: asked only when there are several."""
        open_items = self._open_items(rights)
        if len(open_items) == 1:
            then(open_items[0].id)
        elif open_items:
            answers = {item.id: right(item.right) for item in open_items}
            self.app.push_screen(Choice(question, [], answers), lambda key: then(key) if key else None)

    # --- done at once ------------------------------------------------------------------------------------------------

    def action_take(self) -> None:
        self.take(self.case)

    def action_stop_marketing(self) -> None:
        self.run(
            self.desk.act.stop_marketing, self.host.session, self.case,
            reply=lambda words: Acted("marketing is stopped", words),
            serial="marketing", write=True, stage="stopping marketing",
        )  # fmt: skip

    def action_restrict(self) -> None:
        def chosen(key: str | None) -> None:
            if key is not None:
                words = "restricted from now on: every system is told"
                self._act(words, self.desk.act.restrict, RESTRICTIONS[key][0], stage="restricting")

        answers = {key: words for key, (_, words) in RESTRICTIONS.items()}
        self.app.push_screen(Choice("Store the data only, because", [], answers), chosen)

    def action_lift(self) -> None:
        def chosen(key: str | None) -> None:
            if key is not None:
                words = "being lifted: the person is told first"
                self.host.with_pin(lambda: self._act(words, self.desk.act.lift, LIFTED[key][0], stage="lifting"))

        answers = {key: words for key, (_, words) in LIFTED.items()}
        lines = ["The person gets a letter, and then every system takes the mark out."]
        self.app.push_screen(Choice("Lift the restriction, because", lines, answers), chosen)

    def action_refuse(self) -> None:
        self._with_item(tuple(GROUNDS), "Refuse what?", lambda item: self.host.show("refuse", self.case, item))

    def action_weigh(self) -> None:
        """An objection, an automated decision, a complaint: what the person says comes first."""
        from screens.weigh import WeighScreen

        def chosen(item: str) -> None:
            view, right = self.view, next(one.right for one in self._open_items(WEIGHED) if one.id == item)
            words = "kept: they are only stored until it is decided" if right is Right.OBJECTION_OTHER else "kept"
            if view is not None:
                self.app.push_screen(
                    WeighScreen(self.case, view.controller, item, right),
                    lambda kept: self._acted(Acted(words)) if kept else None,
                )

        self._with_item(WEIGHED, "They speak about what?", chosen)

    def action_withdraw(self) -> None:
        waiting = self._to_decide()
        if waiting is not None:
            self._act(
                "taken back: nothing was decided", self.desk.decision.withdraw, waiting.item, stage="taking it back"
            )
            return

        def decided(key: str | None) -> None:
            if key == "y":
                self._act(f"taken back: nothing will be {done}", self.desk.act.withdraw, stage="taking it back")

        what, done = case_panes.taken_back(self.view)
        lines = ["Nothing has been touched yet, and nothing will be."]
        self.app.push_screen(Choice(f"Take {what} back?", lines, {"y": "take it back"}), decided)

    def action_add_right(self) -> None:
        have = {item.right for item in self.view.items if item.state is not ItemState.CLOSED} if self.view else set()
        letters = {key: one for one, (key, _) in RIGHTS.items() if one not in have}

        def chosen(key: str | None) -> None:
            if key is not None:
                one = letters[key]
                self._act(f"{right(one)} added", self.desk.intake.add_item, one.value, stage="adding a right")

        answers = {key: right(one) for key, one in letters.items()}
        self.app.push_screen(Choice("The caller also asks for", [], answers), chosen)

    def action_resolve(self) -> None:
        def item_chosen(item: str) -> None:
            def chosen(key: str | None) -> None:
                if key is not None:
                    outcome, words = ENDINGS[key]
                    self._act(f"item {item} ended: {words}", self.desk.act.resolve, item, outcome, stage="ending it")

            answers = {key: words for key, (_, words) in ENDINGS.items() if key != "d" or self._by_hand(item)}
            self.app.push_screen(Choice(f"End item {item}, because", [], answers), chosen)

        self._with_item(tuple(Right), "End which item?", item_chosen)

    def _by_hand(self, item: str) -> bool:
        """Whether systems gave it back: then somebody may have done the rest there."""
        items = self.view.items if self.view else ()
        return any(one.id == item and one.returned and one.right in BY_HAND for one in items)

    # --- reveal ------------------------------------------------------------------------------------------------------

    def action_reveal(self) -> None:
        if self.view is None:
            return
        state = self.view.key("reveal")
        oral = self.view.verification.template == ORAL
        offered = {key: words for key, (what, words) in FIELDS.items() if state.allowed or what == "words"}
        offered = {key: words for key, words in offered.items() if oral or key != SUMMARY}
        lines = [] if state.allowed else [f"The rest stays masked: {state.reason}."]

        def field_chosen(key: str | None) -> None:
            if key is not None:
                reasons = {k: words for k, (_, words) in REASONS.items()}
                self.app.push_screen(Choice("Why must you see it? It is logged.", [], reasons), partial(reasoned, key))

        def reasoned(key: str, reason: str | None) -> None:
            if reason is not None:
                what, words = FIELDS[key]
                self.run(
                    self.desk.find.reveal, self.host.session, self.case, what, REASONS[reason][0],
                    reply=lambda value: Revealed(words, value), serial="reveal", write=True, stage="asking for it",
                )  # fmt: skip

        self.app.push_screen(Choice("Show for ten seconds", lines, offered), field_chosen)

    @on(Revealed)
    def _revealed(self, message: Revealed) -> None:
        seconds = READ_S if message.title == FIELDS[SUMMARY][1] else None
        self.app.push_screen(RevealBox(message.title, message.value or "nothing is held", seconds))

    # --- a lead's ----------------------------------------------------------------------------------------------------

    def _beside(self) -> bool:
        """Whether somebody's check waits for a second colleague."""
        return self.view is not None and self.view.key("second").allowed

    def _to_decide(self) -> Waiting | None:
        """The first decision that waits for a second person."""
        view = self.view
        for item in view.items if view else ():
            if view is not None and item.decision is not None and item.decision.waits:
                words, why = proposal_words(item.decision), view.key("decide").reason
                return Waiting(view.id, item.id, item.decision.id, words, view.duty, why)
        return None

    def _in_review(self) -> ItemView | None:
        items = self.view.items if self.view else ()
        return next((item for item in items if item.state is ItemState.REVIEW and item.right is Right.ERASURE), None)

    def action_approve(self) -> None:
        waiting = self._to_decide()
        if waiting is not None:
            self.look_at(waiting)
            return
        item = self._in_review()
        if item is None and self._beside():
            words = "confirmed: two of us have looked at this check"
            self.host.with_pin(lambda: self._act(words, self.desk.check.second, stage="confirming"))
        if item is not None:
            args = (item.id, item.digest)
            words = "approved: the waiting period runs now"
            self.host.with_pin(lambda: self._act(words, self.desk.review.approve, *args, stage="approving"))

    def action_send_back(self) -> None:
        waiting = self._to_decide()
        if waiting is not None:
            self.look_at(waiting)
            return
        item = self._in_review()
        if item is None:
            return

        def chosen(key: str | None) -> None:
            if key is not None:
                self._act("sent back", self.desk.review.send_back, item.id, RETURNS[key][0], stage="sending it back")

        answers = {key: words for key, (_, words) in RETURNS.items()}
        self.app.push_screen(Choice("Send it back, because", [], answers), chosen)

    def action_assign(self) -> None:
        if self.view is not None:
            self.assign((self.case,), self.view.controller)

    @on(Done)
    def _done(self, message: Done) -> None:
        self._acted(Acted(message.words))

    def action_people(self) -> None:
        self.host.show("people", self.case)

    def action_held(self) -> None:
        self.host.show("redactions", self.case)

    def action_holds(self) -> None:
        if self.view is not None:
            self.host.show("holds", self.case, self.view.controller)

    def action_settle(self) -> None:
        self.host.show("settle", self.case)


def kept_words(words: str, view: CaseView, zone: tzinfo | None) -> tuple[str, str]:
    """What to flash of an act that was kept, and how: it was taken, or it is a draft."""
    if view.draft_since is None:
        return words, "good"
    over = clock(view.draft_since, zone)[:5]
    return f"kept as a draft, not taken yet: your hold on this case ended at {over}", "no"


def _acted(words: str, _result: object) -> Message:
    return Acted(words)
