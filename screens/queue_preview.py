"""The pane beside the queue on wide terminals: what the row under the cursor says, in full."""

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from screens.kit.text import shown

if TYPE_CHECKING:
    from services.types import QueueRow


class Preview(Widget, can_focus=False):
    """Facts of one row; masked as the row is."""

    row: reactive["QueueRow | None"] = reactive(None)

    def render(self) -> Content:
        row = self.row
        if row is None:
            return Content("")
        hard = row.without_pause or row.due_hard
        facts = (
            ("Controller", row.controller),
            ("Person", row.person),
            ("Right", row.rights),
            ("State", row.state),
            ("Who", row.who or "nobody yet"),
            ("Verified", row.tier or "not yet"),
            ("Due", row.due),
            ("Hard date", f"{hard:%d %b %Y}" if hard else ""),
        )
        lines = [shown(row.case, "bold"), shown(row.reason), Content("")]
        lines += [shown(f"{name:<11}", "$quiet") + shown(value) for name, value in facts if value]
        return Content("\n").join(lines)
