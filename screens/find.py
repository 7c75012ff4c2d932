"""Find: where the person's data is, how many rows, what would happen to them. Counts and masked samples only."""

from screens import preview_table
from screens.act_screen import ActScreen
from screens.kit import keys
from services.types import Preview, Right


class FindScreen(ActScreen):
    """Enter goes on to the act that answers the item."""

    BINDINGS = keys.bindings("find")
    TITLE_WORDS = "Find the data"
    RIGHTS = (Right.ACCESS, Right.PORTABILITY, Right.ERASURE)

    def facts(self, preview: Preview) -> list[tuple[str, str]]:
        erasure = self.item is not None and self.item.right is Right.ERASURE
        follows = "Enter goes on to the erasure" if erasure else "Enter goes on to the package"
        people = "P shows who else may be meant, and records that are only like the person's"
        return [
            ("Found", preview_table.summary(preview)),
            ("Person", people),
            ("Then", follows + "; nothing is changed by looking"),
        ]

    def why_not(self, action: str) -> str:
        if action == "people":
            return self.view.key("people").reason if self.view else "the case is being read"
        if action != "proceed":
            return ""
        if self.preview is None or self.view is None:
            return "the systems have not answered yet"
        if self.preview.blocked:
            return self.preview.blocked
        erasure = self.item is not None and self.item.right is Right.ERASURE
        return "" if erasure else self.view.key("export").reason

    def action_people(self) -> None:
        self.dismiss(None)
        self.host.show("people", self.case)

    def action_proceed(self) -> None:
        item = self.item
        if item is not None and self.preview is not None:
            name = "erase" if item.right is Right.ERASURE else "export"
            self.dismiss(None)
            self.host.show(name, self.case, item.id, self.preview)
