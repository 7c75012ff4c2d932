"""One entry of the log: as it was written, its leaf, the proof up to the signed head, central's receipt."""

import json

from textual.content import Content

from screens.kit.text import shown
from screens.kit.widgets.scroll_box import ScrollBox
from services.types import LogDetail


class EntryBox(ScrollBox):
    """The entry of that detail."""

    CSS_PATH = "log.tcss"

    def __init__(self, detail: LogDetail) -> None:
        super().__init__(f"Entry {detail.seq}", "as it was written, and what proves it", content_of(detail))


def content_of(detail: LogDetail) -> Content:
    """The entry's fields, then what proves it."""
    lines: list[Content] = []
    for name, value in json.loads(detail.body).items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines.append(shown(f"{name:<11}", "$quiet") + shown(text))
    lines += [Content(""), shown("leaf       ", "$quiet") + shown(detail.leaf)]
    for number, node in enumerate(detail.proof):
        lines.append(shown(f"{'proof' if number == 0 else '':<11}", "$quiet") + shown(node))
    lines += [Content(""), shown("checkpoint", "bold"), shown(detail.checkpoint, lines=True)]
    lines += [shown("receipt", "bold"), shown(detail.receipt or "not yet: central has not cosigned it", lines=True)]
    return Content("\n").join(lines)
