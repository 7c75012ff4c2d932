"""What an act would touch, as lines: systems, collections, rows, what happens to them, by which law until when."""

from typing import Final

from textual.content import Content

from screens.kit.text import count, fit, shown
from screens.words import PLANNED
from services.types import FoundCollection, Preview

TABLE: Final = (("System", 7), ("What", 19), ("Rows", 5), ("Will be", 14))
LAW: Final = 4 + sum(width for _, width in TABLE)  # cells before the last column


def summary(preview: Preview) -> str:
    """Rows and systems in one line."""
    rows = sum(one.found for one in preview.systems)
    words = f"{count(rows)} rows in {count(sum(1 for one in preview.systems if one.found))} systems"
    if preview.plan:
        words += f": {count(preview.deletes)} deleted, {count(preview.masks)} masked, {count(preview.keeps)} kept"
    return words


def lines(preview: Preview, room: int, *, wide: bool) -> list[Content]:
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
    out += [shown(f"! {words}", "bold $warning") for words in preview.deleting]
    out += [_system(one.system, one.state, one.reason) for one in preview.systems if one.state != "found"]
    head = " ".join(fit(name, cells) for name, cells in TABLE) + " Until when, by which law"
    out.append(shown(fit(head, room), "bold $quiet"))
    for one in preview.collections:
        out.append(_line(one, room))
        if wide and one.sample:
            sample = " · ".join(f"{field.name} {field.value}" for field in one.sample)
            out.append(shown(fit(" " * 8 + sample, room), "$quiet"))
    if not preview.collections:
        out.append(shown("nothing found in any system", "bold"))
    return out


def _system(name: str, state: str, reason: str) -> Content:
    tone = "bold $error" if state == "failed" else "$quiet"
    return shown(f"{fit(name, 9)} {state}" + (f": {reason}" if reason else ""), tone)


def _line(one: FoundCollection, room: int) -> Content:
    law = law_words(one)
    cells = (one.system, one.label or one.collection, count(one.rows).rjust(5), PLANNED.get(one.action, one.action))
    front = " ".join(fit(text, width) for text, (_, width) in zip(cells, TABLE, strict=True))
    return shown(f"{front} {fit(law, max(10, room - LAW))}".rstrip())


def law_words(one: FoundCollection) -> str:
    """Until when and by which law rows stay; of what goes and was public, that others are told."""
    told = "was public: others are told" if one.public and one.action in ("delete", "mask") else ""
    return ", ".join(part for part in (f"{one.until:%d %b %Y}" if one.until else "", one.law, told) if part)


def kept(preview: Preview) -> str:
    """What stays, how many rows, by which law, until when at the latest."""
    laws: dict[str, list[FoundCollection]] = {}
    for one in preview.collections:
        if one.action in ("keep", "leave"):
            laws.setdefault(one.law or "left as it is", []).append(one)
    return "; ".join(_law(law, ones) for law, ones in laws.items()) or "nothing"


def _law(law: str, ones: list[FoundCollection]) -> str:
    rows: dict[str, int] = {}
    for one in ones:
        rows[one.label or one.collection] = rows.get(one.label or one.collection, 0) + one.rows
    ends = [one.until for one in ones if one.until]
    until = f", until {max(ends):%d %b %Y}" + (" at the latest" if len(set(ends)) > 1 else "") if ends else ""
    return ", ".join(f"{count(n)} {name}" for name, n in rows.items()) + f" ({law}{until})"
