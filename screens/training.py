"""Training: the scripted calls with level and best score; Enter lets the phone ring."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from textual import on
from textual.app import ComposeResult
from textual.message import Message

from screens.kit import keys
from screens.kit.pages import Answer
from screens.kit.screen import KitScreen
from screens.kit.text import say
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.heads import Crumbs
from screens.kit.widgets.table import Column, VirtualTable

RINGS: Final = "Enter: the phone rings. Work as always; the caller speaks beside the screen."


class Row(Protocol):
    """A scenario of the list; `best` is -1 when it was never played to the end."""

    id: str
    title: str
    level: int
    right: str
    best: int
    passed: bool


class Trainer(Protocol):
    """What the training app lets its screens do."""

    training: Any

    def begin(self, name: str) -> None:
        """Let the phone ring."""


@dataclass
class RowsRead(Message):
    rows: tuple[Row, ...]


class TrainingScreen(KitScreen):
    """Everything stands in the training log and nowhere else."""

    BINDINGS = keys.bindings("training")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[Row] = ()

    def body(self) -> ComposeResult:
        yield Crumbs()
        columns: tuple[Column[Row], ...] = (
            Column("Level", 5, lambda row: str(row.level)),
            Column("Call", 26, lambda row: row.title, 2),
            Column("Right", 8, lambda row: row.right, 1),
            Column("Best", 10, best),
            Column("Name", 17, lambda row: row.id),
        )
        yield VirtualTable(columns, lambda row: row.id, empty="No scenario here.")

    @property
    def trainer(self) -> Trainer:
        return cast(Trainer, self.app)

    @property
    def table(self) -> VirtualTable[Row]:
        return self.query_one(VirtualTable)

    def on_mount(self) -> None:
        self.query_one(Crumbs).path = ("Queue", "Training")
        self.recall()

    def on_screen_resume(self) -> None:
        self.recall()

    def recall(self) -> None:
        if self.host.session is not None:
            self.run(
                self.trainer.training.rows, self.host.session, reply=RowsRead, serial="rows", stage="reading the scores"
            )

    @on(RowsRead)
    def _rows_read(self, message: RowsRead) -> None:
        self.rows = message.rows
        self.table.show(self._page, len(self.rows))
        self.query_one(FlashLine).base = say("$words", words=RINGS)

    def _page(self, after: Any, limit: int, reverse: bool) -> Answer[Row, Any]:
        rows = tuple(self.rows)
        return Answer(rows, "0", str(len(rows)))

    def why_not(self, action: str) -> str:
        return "no scenario under the cursor" if action == "run" and self.table.current is None else ""

    @on(VirtualTable.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    def action_run(self) -> None:
        row = self.table.current
        if row is not None:
            self.dismiss(None)
            self.trainer.begin(row.id)

    def forget(self) -> None:
        self.rows = ()
        self.table.forget()


def best(row: Row) -> str:
    """The best score in words."""
    if row.best < 0:
        return "not played"
    return f"{row.best} {'passed' if row.passed else 'failed'}"
