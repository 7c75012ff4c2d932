"""The steps of a checklist, one line each: what is done, what comes now, what is blocked and why. It only shows."""

from typing import TYPE_CHECKING, Final

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from screens.kit.text import shown

if TYPE_CHECKING:
    from services.types import Step

WORDS: Final = {
    "passed": "✓ passed    ",
    "failed": "✗ failed    ",
    "not done": "- not done  ",
    "open": "  open      ",
    "blocked": "✗ closed    ",
    "not needed": "  not needed",
}
TONES: Final = {
    "passed": "$success",
    "failed": "bold $error",
    "not done": "$quiet",
    "blocked": "$warning",
    "not needed": "$quiet",
}


class ChecklistSteps(Widget, can_focus=False):
    """Glyph, word and title of every step; the current one is marked and bold, a blocked one says why."""

    DEFAULT_CSS = "ChecklistSteps { height: auto; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }"
    steps: reactive[tuple["Step", ...]] = reactive((), layout=True)
    current = reactive(0)

    def render(self) -> Content:
        return Content("\n").join(self._line(number, step) for number, step in enumerate(self.steps))

    def _line(self, number: int, step: "Step") -> Content:
        here = number == self.current
        state = shown(WORDS.get(step.state, step.state), TONES.get(step.state, ""))
        title = shown(step.title, "bold" if here else "")
        why = shown(f"  ({step.blocked})", "$quiet") if step.blocked else Content("")
        return Content("▶ " if here else "  ") + state + Content(" ") + title + why
