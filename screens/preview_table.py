"""What an act would touch, as lines: systems, collections, rows, what happens to them, by which law until when."""

from typing import Final

from textual.content import Content

from screens.kit.text import count, fit, shown
from screens.words import PLANNED
from services.types import FoundCollection, Preview

TABLE: Final = (("System", 9), ("What", 22), ("Rows", 5), ("Will be", 13), ("By which law, until when", 24))


def summary(preview: Preview) -> str:
    """Rows and systems in one line."""
    rows = sum(one.found for one in preview.systems)
    words = f"{count(rows)} rows in {count(sum(1 for one in preview.systems if one.found))} systems"
    if preview.plan:
        words += f": {count(preview.deletes)} deleted, {count(preview.masks)} masked, {count(preview.keeps)} kept"
    return words


def lines(preview: Preview, wide: bool) -> list[Content]:
    """The table with what stands in its way; `wide` adds a masked sample of each collection."""
    out: list[Content] = []
    if preview.blocked:
        out.append(shown(f"! stopped: {preview.blocked}", "bold $error"))
    if preview.others:
        out.append(
            shown(f"! {count(preview.others)} other people are named in rows met: those stay untouched", "$warning")
        )
    if preview.unreachable:
        names = ", ".join(preview.unreachable)
        out.append(shown(f"! nothing leads to: {names}", "$warning"))
    out += [_system(one.system, one.state, one.reason) for one in preview.systems if one.state != "found"]
    out.append(shown(" ".join(fit(name, cells) for name, cells in TABLE), "bold $quiet"))
    for one in preview.collections:
        out.append(_line(one))
        if wide and one.sample:
            sample = " · ".join(f"{field.name} {field.value}" for field in one.sample)
            out.append(shown(" " * 10 + sample, "$quiet"))
    if not preview.collections:
        out.append(shown("nothing found in any system", "bold"))
    return out


def _system(name: str, state: str, reason: str) -> Content:
    tone = "bold $error" if state == "failed" else "$quiet"
    return shown(f"{fit(name, 9)} {state}" + (f": {reason}" if reason else ""), tone)


def _line(one: FoundCollection) -> Content:
    law = " until ".join(part for part in (one.law, f"{one.until:%d %b %Y}" if one.until else "") if part)
    cells = (
        one.system,
        one.label or one.collection,
        count(one.rows).rjust(5),
        PLANNED.get(one.action, one.action),
        law,
    )
    return shown(" ".join(fit(text, width) for text, (_, width) in zip(cells, TABLE, strict=True)))
