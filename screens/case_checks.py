"""What is decided about an identity check from the case: open it, raise or lower it, hand it over warm (rules.md 7)."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from screens.kit.screen import KitScreen
from screens.kit.widgets.ask import Ask
from screens.kit.widgets.confirm import Choice
from services.types import CaseView, ItemState, ItemView, Right, Tier

CHECKS: Final = {
    "1": "a name, a date or another detail (T1)",
    "2": "e-mail, telephone, address, money or an identity number (T3)",
}
"""What is to be corrected decides which checklist leads (rules.md 7.6)."""
FACTS: Final = {
    "1": ("oral", "the answer shall be told on the phone"),
    "2": ("third-party", "it shall go straight to another provider"),
    "3": ("new-address", "it shall go to an address not on file"),
    "4": ("dispute", "there is a dispute"),
    "5": ("fraud", "something looks like fraud"),
    "6": ("value-loss", "points, credit or vouchers would be lost"),
    "7": ("minor", "it is about a minor"),
    "8": ("special", "health, belief or other special data are in it"),
    "9": ("recording", "calls or images were recorded"),
    "0": ("leaked", "the caller says that data leaked"),
}
"""What makes a request graver, as a person may note it (rules.md 7.4)."""
LOWERED: Final = {
    "1": ("known-otherwise", "the person is known for certain in another way"),
    "2": ("no-value-at-stake", "nothing of value is at stake"),
    "3": ("dispute-over", "the dispute is over"),
    "4": ("minor-of-age", "the person is of age"),
    "5": ("change-confirmed", "the change of the contact point was confirmed"),
}
DOCUMENTS: Final = {
    "1": ("no-other-way", "there is no other way"),
    "2": ("special-data", "special categories are at stake"),
    "3": ("high-risk", "the risk is high"),
}
WARM: Final = ("w", "warm: the colleague is on the line and takes the check along")
HAND_OVERS: Final = {
    "1": ("shift-end", "my shift ends"),
    "2": ("language", "another language is needed"),
    "3": ("expert", "somebody who knows more is needed"),
    "4": ("conflict", "I know the person"),
}


class CaseChecks(KitScreen):
    """Mixed into the case screen."""

    case: str
    view: CaseView | None

    if TYPE_CHECKING:  # the case screen's own

        def _act(self, words: str, call: Callable[..., object], *args: object, stage: str) -> None: ...

    def action_verify(self) -> None:
        """Open the checklist; first what is to be corrected, or whether a colleague's check goes on."""
        if self.view is not None and self.view.key("accept").allowed:
            answers = {"y": "go on with it", "n": "check anew"}
            lines = ["A colleague checked this caller and handed the check to you."]
            self.app.push_screen(Choice("Go on with the check?", lines, answers), self._taken_up)
        else:
            self._open_checklist()

    def _taken_up(self, key: str | None) -> None:
        if key == "y":
            self._act("the check goes on in your name", self.desk.check.accept, stage="taking it up")
        elif key == "n":
            self._open_checklist()

    def _open_checklist(self) -> None:
        name = self.view.controller_name if self.view else ""
        if not self._open_items((Right.RECTIFICATION,)):
            self.host.show("checklist", self.case, name)
            return

        def chosen(key: str | None) -> None:
            if key is not None:
                self.host.show("checklist", self.case, name, key == "2")

        self.app.push_screen(Choice("What is to be corrected?", [], CHECKS), chosen)

    def _open_items(self, rights: tuple[Right, ...]) -> list[ItemView]:
        items = self.view.items if self.view else ()
        return [item for item in items if item.right in rights and item.state is not ItemState.CLOSED]

    def action_graver(self) -> None:
        """Note what asks for more; an open check goes on at the tier that this needs."""

        def chosen(key: str | None) -> None:
            if key is not None:
                fact, words = FACTS[key]
                self._act(f"noted: {words}", self.desk.check.note, fact, stage="noting it")

        answers = {key: words for key, (_, words) in FACTS.items()}
        self.app.push_screen(Choice("What else is so? It is noted and can only raise the tier.", [], answers), chosen)

    def action_lower(self) -> None:
        """A lead's say in a check that somebody else leads; each with a reason that is logged."""
        tiers = {"1": Tier.T1, "2": Tier.T2}

        def chosen(key: str | None) -> None:
            if key == "d":
                self._because("Let a document be looked at, because", DOCUMENTS, self._allow)
            elif key is not None:
                self._because(f"Lower it to {tiers[key]}, because", LOWERED, partial(self._lower, tiers[key]))

        answers = {"2": "lower the tier to T2", "1": "lower the tier to T1", "d": "let a document be looked at once"}
        self.app.push_screen(Choice("Decide about the check of a colleague", [], answers), chosen)

    def _because(self, title: str, reasons: dict[str, tuple[str, str]], then: Callable[[str], None]) -> None:
        answers = {key: words for key, (_, words) in reasons.items()}

        def chosen(key: str | None) -> None:
            if key is not None:
                self.host.with_pin(lambda: then(reasons[key][0]))

        self.app.push_screen(Choice(title, [], answers), chosen)

    def _lower(self, tier: Tier, reason: str) -> None:
        self._act(f"lowered to {tier}", self.desk.check.lower, tier, reason, stage="lowering the tier")

    def _allow(self, reason: str) -> None:
        words = "a document may be looked at; nothing of it is kept"
        self._act(words, self.desk.check.allow_document, reason, stage="allowing it")

    def action_hand_over(self) -> None:
        def chosen(key: str | None) -> None:
            if key == WARM[0]:
                self._offer()
            elif key is not None:
                words = "handed over; an open check ended with it"
                self._act(words, self.desk.act.hand_over, HAND_OVERS[key][0], stage="handing over")

        answers = dict([WARM]) | {key: words for key, (_, words) in HAND_OVERS.items()}
        self.app.push_screen(Choice("Give the case back to the queue, because", [], answers), chosen)

    def _offer(self) -> None:
        def named(agent: str | None) -> None:
            if agent is not None:
                words = f"handed to {agent}: they take the case (a) and go on (v)"
                self._act(words, self.desk.check.offer, agent, stage="handing it over")

        lines = ["Only this colleague can go on with the check, once, and no longer than it holds."]
        self.app.push_screen(Ask("Who is on the line?", lines, placeholder="agent number", max_length=12), named)
