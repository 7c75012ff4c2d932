"""The scorecard of a training call: each item with the action it stands on, what fails it, and the debrief."""

from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.kit import keys
from screens.kit.screen import KitScreen
from screens.kit.text import shown
from screens.kit.widgets.heads import Crumbs
from services.types import Scorecard, ScorePoint

NAMES: Final = {
    "recognised": "right recognised",
    "read-back": "read back",
    "tier": "tier",
    "guards": "guards",
    "factors": "factors",
    "dates": "dates told",
    "outcome": "outcome",
    "wrap-up": "wrap-up, notes",
    "tone": "plain language",
}


class ScorecardScreen(KitScreen):
    """Esc leads back; the list (`:` training) shows the best one."""

    CSS_PATH = "training.tcss"
    BINDINGS = keys.bindings("scorecard", "list")
    AUTO_FOCUS = ""

    def __init__(self, card: Scorecard) -> None:
        super().__init__()
        self.card = card

    def body(self) -> ComposeResult:
        yield Crumbs()
        card = self.card
        with VerticalScroll(id="card", can_focus=False):
            yield Static(verdict(card))
            for point in card.points:
                with Horizontal(classes="item"):
                    yield Static(points_of(point), classes="name")
                    yield Static(why(point), classes="why")
            yield Static(shown("\nDebrief", "bold", lines=True))
            yield Static(shown(card.debrief, lines=True))

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Training", self.card.scenario, "Scorecard")

    def action_move_down(self) -> None:
        self.query_one("#card").scroll_down(animate=False)

    def action_move_up(self) -> None:
        self.query_one("#card").scroll_up(animate=False)

    def action_page_down(self) -> None:
        self.query_one("#card").scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        self.query_one("#card").scroll_page_up(animate=False)

    def action_to_first(self) -> None:
        self.query_one("#card").scroll_home(animate=False)

    def action_to_last(self) -> None:
        self.query_one("#card").scroll_end(animate=False)


def verdict(card: Scorecard) -> Content:
    """Points, passed or not, and what fails the whole call."""
    tone = "bold $success" if card.passed else "bold $error"
    lines = [shown(f"{card.total} of 100  {'PASSED' if card.passed else 'NOT PASSED'}", tone)]
    lines += [shown(f"✗ fails the call: {one}", "bold $error") for one in card.auto_fails]
    return Content("\n").join([*lines, Content("")])


def points_of(point: ScorePoint) -> Content:
    """Points of an item and what it is called."""
    mark = "✓" if point.got == point.of else "·" if point.got else "✗"
    return shown(f"{mark} {point.got:>2}/{point.of:<2} {NAMES.get(point.name, point.name)}")


def why(point: ScorePoint) -> Content:
    """Why, and the action of the log it stands on."""
    return shown(point.why) + shown(f" (action {point.seq})" if point.seq is not None else "", "$quiet")
