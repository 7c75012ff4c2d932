"""Which screen a name opens: imported when first shown, or ahead of that in a job, once the queue has its rows."""

import importlib
from collections.abc import Callable
from typing import Final, cast

from textual.screen import Screen

ROUTES: Final = {
    "queue": "screens.queue:QueueScreen",
    "intake": "screens.intake:IntakeScreen",
    "case": "screens.case:CaseScreen",
    "checklist": "screens.checklist:ChecklistScreen",
    "find": "screens.find:FindScreen",
    "export": "screens.export:ExportScreen",
    "erase": "screens.erase:EraseScreen",
    "consent": "screens.consent:ConsentScreen",
    "rectify": "screens.rectify:RectifyScreen",
    "people": "screens.people:PeopleScreen",
    "review": "screens.review:ReviewScreen",
    "refuse": "screens.refuse:RefuseScreen",
    "redactions": "screens.redactions:RedactionsScreen",
    "settle": "screens.settle:SettleScreen",
    "letters": "screens.letters:LettersScreen",
    "breach": "screens.breach:BreachScreen",
    "breaches": "screens.breaches:BreachesScreen",
    "notice": "screens.notice:NoticeScreen",
    "log": "screens.log:LogScreen",
    "holds": "screens.holds:HoldsScreen",
    "catalog": "screens.catalog:CatalogScreen",
    "draft": "screens.draft:DraftScreen",
    "training": "screens.training:TrainingScreen",
    "scorecard": "screens.scorecard:ScorecardScreen",
}


def screen(name: str) -> Callable[..., Screen[object]]:
    """The class of a screen."""
    module, _, made = ROUTES[name].partition(":")
    return cast(Callable[..., Screen[object]], getattr(importlib.import_module(module), made))


def import_all() -> None:
    """Import every screen, so that opening one later costs no import."""
    for name in (
        *ROUTES.values(),
        "screens.help",
        "screens.palette",
        "screens.note",
        "screens.wrap",
        "screens.kit.widgets.confirm",
    ):
        importlib.import_module(name.partition(":")[0])
