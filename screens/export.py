"""Export: the package that answers access or portability. What, where, how many rows, then the PIN, then proof."""

from screens import preview_table
from screens.act_screen import ActScreen, Asked
from screens.kit import keys
from services.types import Preview, Right


class ExportScreen(ActScreen):
    """Enter asks the PIN and orders the package; a worker builds it and sends it to the contact point on file."""

    BINDINGS = keys.bindings("export")
    TITLE_WORDS = "Export"
    SINCE = ("export.asked",)
    RIGHTS = (Right.ACCESS, Right.PORTABILITY)

    def facts(self, preview: Preview) -> list[tuple[str, str]]:
        delivery = self.view.delivery if self.view else ""
        portable = self.item is not None and self.item.right is Right.PORTABILITY
        *facts, (when, words) = facts_of(preview, delivery, portable=portable)
        return [*facts, (when, f"{words}; Enter goes on")]

    def why_not(self, action: str) -> str:
        if action != "proceed":
            return ""
        if self.asked:
            return "it was asked for; Esc leaves it running"
        if self.preview is None or self.view is None:
            return "the systems have not answered yet"
        return self.preview.blocked or self.view.key("export").reason

    def action_proceed(self) -> None:
        self.host.with_pin(self._order)

    def _order(self) -> None:
        desk, session, item = self.desk, self.host.session, self.item.id if self.item else ""

        def order() -> None:
            desk.act.export(session, self.case, item=item)

        self.run(order, reply=lambda _: Asked(), serial="export", write=True, stage="ordering the package")


def facts_of(preview: Preview, delivery: str, *, portable: bool) -> list[tuple[str, str]]:
    """What is made of which rows, where it goes, what stays, who approves, when it runs."""
    rule = "what they gave us or we observed, on consent or contract, as JSON and CSV (Art 20)"
    return [
        *([("Scope", rule)] if portable else []),
        ("What", f"an encrypted package, its key on a separate way: {preview_table.summary(preview)}"),
        ("Where to", f"{delivery}, and to no other"),
        ("Kept", "everything stays as it is; other people's data is held back (Art 15(4))"),
        ("Approval", "yours, with your PIN"),
        ("When", "at once"),
    ]
