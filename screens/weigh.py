"""What the person says about what people weigh: short, watched as it is typed, and parked until it is kept."""

from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from screens.kit.text import shown
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.inputs import CleanInput
from screens.note import Kept, NoteScreen
from screens.watched_text import Settled, WatchedText
from services.types import Right

LONGEST: Final = 500
TITLES: Final = {
    Right.OBJECTION_OTHER: "What about their situation speaks against it?",
    Right.ADM_REVIEW: "Which decision of a machine is it, and how do they see it?",
    Right.COMPLAINT: "What do they complain about?",
}
THEN: Final = {
    Right.OBJECTION_OTHER: "From now on these data are only stored, until it is decided (Art 18(1)(d)).",
    Right.ADM_REVIEW: "Two people decide who had no part in it (Art 22(3)); no machine does.",
    Right.COMPLAINT: "Two people decide, and the outcome is told without undue delay.",
}
QUOTED: Final = "A sentence or two: it stands in their letter as you write it."


class WeighScreen(NoteScreen):
    """Enter keeps it; Esc leaves it parked. For an automated decision also who had a part in it, if anybody had."""

    def __init__(self, case: str, controller: str, item: str, right: Right) -> None:
        super().__init__(case, controller)
        self.item, self.right = item, right

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(shown(TITLES[self.right], "bold"), classes="title")
            yield Static(shown(QUOTED, "$quiet"))
            yield WatchedText(longest=LONGEST, placeholder="in their words, no more than is needed")
            if self.right is Right.ADM_REVIEW:
                yield CleanInput(max_length=12, placeholder="agent who had a part in the decision, if any", id="part")
            yield Static(shown(THEN[self.right], "$quiet"))
            yield FlashLine()
            yield Static(shown("Enter keeps it, sealed to the case   Esc back, parked as it is", "$quiet"))

    @property
    def name_of_draft(self) -> str:
        return f"weigh:{self.case}:{self.item}"

    @on(Input.Submitted)
    def _handed_in(self, event: Input.Submitted) -> None:
        event.stop()
        self._submitted()

    def _keep(self, settled: Settled) -> None:
        desk, session, draft = self.desk, self.host.session, self.name_of_draft
        part = "".join(field.value.strip() for field in self.query("#part").results(CleanInput))

        def keep() -> None:
            desk.weigh.note(session, self.case, self.item, settled.text, decided_by=part)
            for kind, times in settled.kinds:
                desk.act.flagged(session, kind, "view", times, settled.choice)
            desk.draft.forget(session, draft)

        self.run(keep, reply=lambda _: Kept(), serial="keep", write=True, stage="keeping it")
