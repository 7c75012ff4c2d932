"""What a lead decides about a system that failed: tried again, or left as it is, with a reason and words."""

from typing import Final

from screens.case_acts import ACTS, CaseActs
from screens.kit.widgets.ask import Ask
from screens.kit.widgets.confirm import Choice
from services.types import ItemState, Right

STUCK: Final = ("failed", "exception")
SKIPS: Final = {
    "1": ("no-answer", "the vendor does not answer"),
    "2": ("by-hand", "it is done there by hand"),
    "3": ("no-longer-used", "the system is not used any more"),
    "4": ("not-possible", "it cannot be done there"),
}
WHY: Final = "Say why in a few words. They are sealed into the case."
ACTS.update(retry_system="retry", skip_system="skip")


class CaseSystems(CaseActs):
    """Mixed into the case screen below its other acts."""

    def _stuck(self) -> list[tuple[str, str]]:
        """(item, system) of all that failed in an erasure: nothing else goes on without a system."""
        items = self.view.items if self.view else ()
        running = [item for item in items if item.state is ItemState.RUNNING and item.right is Right.ERASURE]
        return [(item.id, one.system) for item in running for one in item.systems if one.state in STUCK][:9]

    def _which(self, question: str, then: object) -> None:
        """One system that failed: asked only when there are several."""
        stuck = self._stuck()

        def chosen(key: str | None) -> None:
            if key is not None:
                then(*stuck[int(key) - 1])  # type: ignore[operator]

        if len(stuck) == 1:
            chosen("1")
        elif stuck:
            answers = {str(n): f"{item} {system}" for n, (item, system) in enumerate(stuck, 1)}
            self.app.push_screen(Choice(question, [], answers), chosen)
        else:
            self.flash("what failed is being tried right now", "no")

    def action_retry_system(self) -> None:
        def again(item: str, system: str) -> None:
            self._act(f"{system} is tried again", self.desk.work.retry, item, system, stage="asking for another try")

        self._which("Try which system again?", again)

    def action_skip_system(self) -> None:
        def skip(item: str, system: str) -> None:
            def reasoned(key: str | None) -> None:
                if key is not None:
                    self.app.push_screen(Ask(WHY), lambda words: kept(SKIPS[key][0], words))

            def kept(reason: str, words: str | None) -> None:
                if words:
                    args = (item, system, reason, words)
                    done = f"{system} is left as it is: the letter will say so"
                    self.host.with_pin(lambda: self._act(done, self.desk.work.skip, *args, stage="skipping it"))

            lines = ["Nothing will be done there, and the letter to the person says so."]
            answers = {key: words for key, (_, words) in SKIPS.items()}
            self.app.push_screen(Choice(f"Leave {system} as it is, because", lines, answers), reasoned)

        self._which("Skip which system?", skip)
