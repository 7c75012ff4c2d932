"""Export: the package that answers access or portability. What, where, how many rows, then the PIN, then proof."""

from functools import partial
from typing import Final

from screens import preview_table
from screens.act_screen import ActScreen, Asked
from screens.kit import keys
from screens.kit.widgets.confirm import Choice
from screens.transfer import Target, TransferBox
from services.types import Preview, Right

WAYS: Final = {"p": "to the person", "d": "straight to another provider, as they wish (Art 20(2))"}


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
        portable = self.item is not None and self.item.right is Right.PORTABILITY
        if portable and self.view is not None and self.view.key("transfer").allowed:
            self.app.push_screen(Choice("Where shall it go?", [], WAYS), self._way_chosen)
        else:
            self.host.with_pin(self._order)

    def _way_chosen(self, key: str | None) -> None:
        def named(target: Target | None) -> None:
            if target is not None:
                self.host.with_pin(partial(self._order, target))

        if key == "p":
            self.host.with_pin(self._order)
        elif key == "d":
            self.app.push_screen(TransferBox(), named)

    def _order(self, target: Target | None = None) -> None:
        desk, session, item = self.desk, self.host.session, self.item.id if self.item else ""

        def order() -> None:
            if target is not None:
                desk.act.transfer(session, self.case, target.name, target.mail)
            else:
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
