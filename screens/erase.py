"""Erase: the plan as it was found, a typed confirmation, the PIN, a second person, a waiting period, then proof."""

from textual import on
from textual.app import ComposeResult

from screens import preview_table
from screens.act_screen import ActScreen, Asked
from screens.case_acts import Acted
from screens.kit import keys
from screens.kit.widgets.choices import Choices, Option
from screens.kit.widgets.confirm import Choice, TypedConfirm
from screens.words import GROUNDS
from services.types import Preview, Right


class EraseScreen(ActScreen):
    """← → choose the ground of Art 17(1); Enter goes on to the typed confirmation. `u` takes back what is held."""

    BINDINGS = keys.bindings("erase")
    AUTO_FOCUS = "Choices"
    TITLE_WORDS = "Erase the data"
    SINCE = ("erase.asked",)
    RIGHTS = (Right.ERASURE,)

    def body(self) -> ComposeResult:
        yield from super().body()
        yield Choices("Ground", [Option(key[-1], words[3:], key) for key, words in GROUNDS.items()], id="ground")

    def facts(self, preview: Preview) -> list[tuple[str, str]]:
        return facts_of(preview)

    def why_not(self, action: str) -> str:
        if action == "withdraw":
            return self.view.key("withdraw").reason if self.view else "the case is being read"
        if action != "proceed":
            return ""
        if self.asked:
            return "it was asked for; Esc leaves it, u takes it back"
        if self.preview is None or self.view is None:
            return "the systems have not answered yet"
        return self.preview.blocked or self.view.key("erase").reason

    @on(Choices.Submitted)
    def _handed_in(self, message: Choices.Submitted) -> None:
        self.host.perform("proceed")

    def action_proceed(self) -> None:
        preview = self.preview
        if preview is None:
            return
        lines = [
            f"{self.case}: {preview_table.summary(preview)}.",
            f"Kept: {preview_table.kept(preview)}.",
            "A second person decides next; nothing is touched before that and the waiting period.",
        ]
        code = self.case[-4:]
        self.app.push_screen(TypedConfirm("Erase this person's data?", lines, code), lambda yes: self._pin(code, yes))

    def _pin(self, code: str, confirmed: bool | None) -> None:
        if confirmed:
            self.host.with_pin(lambda: self._order(code))

    def _order(self, code: str) -> None:
        desk, session, preview = self.desk, self.host.session, self.preview
        ground = next(iter(self.query_one(Choices).values), "17-1-a")
        digest = preview.digest if preview else ""

        def erase() -> None:
            desk.act.erase(session, self.case, code, ground=ground, digest=digest)

        self.run(erase, reply=lambda _: Asked(), serial="erase", write=True, stage="asking for the erasure")

    @on(Asked)
    def _fold_ground(self) -> None:
        """The ground is chosen: its line goes."""
        self.query_one(Choices).display = False
        self.set_focus(None)

    def action_withdraw(self) -> None:
        def decided(key: str | None) -> None:
            if key == "y":
                self.run(
                    self.desk.act.withdraw, self.host.session, self.case,
                    reply=lambda _: Acted("taken back: nothing will be erased"), serial="withdraw", write=True,
                    stage="taking it back",
                )  # fmt: skip

        lines = ["Nothing has been touched yet, and nothing will be."]
        self.app.push_screen(Choice("Take the erasure back?", lines, {"y": "take it back"}), decided)

    @on(Acted)
    def _taken_back(self, message: Acted) -> None:
        self.flash(message.words, "good")
        self.recall()


def facts_of(preview: Preview) -> list[tuple[str, str]]:
    """What is erased, where, what is kept by which law, who approves, when it runs."""
    return [
        ("What", f"{preview_table.summary(preview)}. It cannot be undone."),
        ("Where", ", ".join(one.system for one in preview.systems if one.found) or "nowhere"),
        ("Kept", preview_table.kept(preview)),
        ("Approval", "a second person, a lead, with their PIN"),
        ("When", "after approval and the waiting period; until then u takes it back"),
    ]
