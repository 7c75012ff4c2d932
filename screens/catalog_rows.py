"""The lines of the catalog's four lists: what each shows, what it is found by, and the facts below the list."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from textual.content import Content

from screens.kit.text import count, shown
from screens.kit.widgets.table import Column
from screens.lines import pair
from screens.words import stamp
from services.types import CatalogChange, CatalogCollection, CatalogField, CatalogSystem, CatalogVersion, CatalogView

ROWS: Final = {"delete": "deleted", "mask": "masked", "keep": "kept", "": "left as it is"}
"""What an erasure does with rows, by the catalog's word."""
KINDS: Final = {
    "sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB", "s3": "S3", "mailbox": "mailbox",
    "redis": "Redis", "http": "HTTP API", "files": "files", "manual": "by hand",
}  # fmt: skip
FEW: Final = 8
"""Changes that the facts of a version name; Enter shows all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its place (controller, system, collection, field), its cells, and what it is found by."""

    place: tuple[str, ...]
    cells: tuple[str, ...]
    text: str
    system: CatalogSystem | None = None
    collection: CatalogCollection | None = None
    field: CatalogField | None = None
    version: CatalogVersion | None = None


def _columns(*heads: tuple[str, int, int]) -> tuple[Column[Row], ...]:
    def cell(at: int) -> "Column[Row]":
        head, width, grow = heads[at]
        return Column(head, width, lambda row: row.cells[at], grow)

    return tuple(cell(at) for at in range(len(heads)))


COLUMNS: Final = (
    _columns(("System", 12, 2), ("Kind", 10, 0), ("Owner", 10, 1), ("Personal", 8, 0), ("Last check", 12, 0),
             ("Result", 12, 2)),
    _columns(("Collection", 22, 2), ("System", 10, 1), ("Erased", 8, 0), ("Kept", 24, 3)),
    _columns(("Field", 24, 2), ("Category", 24, 2), ("Erased", 9, 1), ("Notes", 11, 3)),
    _columns(("No.", 4, 0), ("Controller", 10, 1), ("When", 12, 0), ("Who", 12, 1), ("What", 28, 3)),
)  # fmt: skip
EMPTY: Final = (
    "No catalog is published yet.",
    "No collection here.",
    "No field here.",
    "No catalog is published yet.",
)


def key_of(row: Row) -> str:
    """What a line is known by while lists change."""
    return "\n".join(row.place)


def tone_of(row: Row) -> str:
    """Versions that do not check stand out; what is excluded or nobody's data is calm."""
    if row.version is not None:
        return "late" if row.version.fault else "row"
    if row.field is not None:
        return "row" if row.field.personal else "calm"
    return "calm" if row.system is not None and row.system.excluded else "row"


def rows_of(view: CatalogView, tab: int, zone: tzinfo | None) -> Iterator[Row]:
    """The lines of a list, times in `zone`."""
    return (_systems, _collections, _fields, _versions)[tab](view, zone)


def _systems(view: CatalogView, zone: tzinfo | None) -> Iterator[Row]:
    for one in view.systems:
        fields = [field for part in one.collections for field in part.fields]
        personal = f"{count(sum(f.personal for f in fields))} of {count(len(fields))}"
        checked = stamp(one.checked, zone) if one.checked else "-"
        cells = (one.label or one.key, kind(one), one.controller, personal, checked, one.result or "-")
        yield Row((one.controller, one.key), cells, _found_by(one.key, *cells, one.excluded, *one.recipients), one)


def _collections(view: CatalogView, _zone: tzinfo | None) -> Iterator[Row]:
    for system in view.systems:
        for one in system.collections:
            cells = (one.name, system.label or system.key, rows_are(one), one.retention or one.hold or "-")
            text = _found_by(*cells, one.label, one.hold, one.purpose, *one.recipients, *one.consent)
            yield Row((system.controller, system.key, one.name), cells, text, system, one)


def _fields(view: CatalogView, _zone: tzinfo | None) -> Iterator[Row]:
    for system in view.systems:
        for part in system.collections:
            for one in part.fields:
                cells = (f"{part.name}.{one.name}", ", ".join(one.categories) or "-", one.erase, "; ".join(one.notes))
                text = _found_by(*cells, one.label, part.retention, part.hold, *part.recipients, *one.recipients)
                yield Row((system.controller, system.key, part.name, one.name), cells, text, system, part, one)


def _versions(view: CatalogView, zone: tzinfo | None) -> Iterator[Row]:
    for one in view.versions:
        changed = f"{count(len(one.changes))} change{'s' * (len(one.changes) > 1)}"
        what = one.note or (changed if one.changes else "first version")
        cells = (
            str(one.number),
            one.controller,
            stamp(one.at, zone),
            who(one.by),
            f"! {one.fault}" if one.fault else what,
        )
        text = _found_by(*cells, one.note, *(change.place for change in one.changes))
        yield Row((one.controller, str(one.number)), cells, text, version=one)


def _found_by(*parts: str) -> str:
    return "\n".join(parts).lower()


def kind(one: CatalogSystem) -> str:
    """What kind of system it is, in words."""
    return KINDS.get(one.kind, one.kind)


def rows_are(one: CatalogCollection) -> str:
    """What an erasure does with rows of a collection."""
    return "left out" if one.skipped else ROWS.get(one.erase, one.erase)


def who(by: str) -> str:
    """`0003`, `operator 3b0bef4c`, `worker 3b0bef4c`."""
    kind_of, _, name = by.partition(":")
    return name if kind_of == "agent" else f"{kind_of} {name}".strip()


def facts_of(row: Row, zone: tzinfo | None, room: int) -> list[Content]:
    """What stands below the list, in lines of at most `room` cells."""
    if row.version is not None:
        return _of_version(row.version, zone, room)
    if row.system is None:
        return []
    if row.collection is None:
        return _told(
            _of_system(row.system, zone), f"{row.system.label or row.system.key} · {row.system.controller}", room
        )
    if row.field is None:
        return _told(_of_collection(row.collection), f"{row.collection.name} · {row.collection.label}", room)
    title = f"{row.collection.name}.{row.field.name} · {row.field.label or row.collection.label}"
    return _told(_of_field(row.collection, row.field), title, room)


def _told(facts: list[tuple[str, str]], title: str, room: int) -> list[Content]:
    return [shown(title.rstrip(" ·"), "bold"), *(pair(name, value, room) for name, value in facts if value)]


def _of_system(one: CatalogSystem, zone: tzinfo | None) -> list[tuple[str, str]]:
    checked = f"{stamp(one.checked, zone)}: {one.result}" if one.checked else "never held against the real one"
    return [
        ("Kind", kind(one) + (", read only" if one.read_only else "")),
        ("Left out", one.excluded),
        ("Holds", f"{count(len(one.collections))} collections; version {one.version} of the catalog"),
        ("Given to", ", ".join(_all_recipients(one)) or "none named"),
        ("Purposes", ", ".join(one.purposes)),
        ("Checked", checked),
    ]


def _all_recipients(one: CatalogSystem) -> list[str]:
    inside = (name for part in one.collections for name in part.recipients)
    return list(dict.fromkeys([*one.recipients, *inside]))


def _of_collection(one: CatalogCollection) -> list[tuple[str, str]]:
    personal = sum(field.personal for field in one.fields)
    return [
        ("Erased", f"rows are {rows_are(one)}" + ("; shared by several persons" if one.shared else "")),
        ("Kept", one.retention),
        ("Hold", one.hold),
        ("Given to", ", ".join(one.recipients) or "none named"),
        ("Purpose", one.purpose),
        ("Consent", ", ".join(one.consent)),
        ("Holds", f"{count(personal)} of {count(len(one.fields))} fields are personal"),
    ]


def _of_field(part: CatalogCollection, one: CatalogField) -> list[tuple[str, str]]:
    return [
        ("Category", ", ".join(one.categories) or "none"),
        ("Erased", one.erase),
        ("Kept", part.retention),
        ("Hold", part.hold),
        ("Given to", ", ".join(one.recipients or part.recipients) or "none named"),
        ("Notes", "; ".join(one.notes)),
    ]


def _of_version(one: CatalogVersion, zone: tzinfo | None, room: int) -> list[Content]:
    head = [
        ("By", f"{who(one.by)}, {stamp(one.at, zone)}"),
        ("Note", one.note),
        ("Not whole", one.fault and f"{one.fault}: tell an operator (central check)"),
    ]
    lines = _told(head, f"{one.controller} · version {one.number}", room)
    lines += [change_line(change) for change in one.changes[:FEW]]
    if len(one.changes) > FEW:
        lines.append(shown(f"and {count(len(one.changes) - FEW)} more: Enter", "$quiet"))
    return lines


def change_line(one: CatalogChange) -> Content:
    """`+ place: new`, `- place: gone`, `~ place: before → after`."""
    if one.before is None:
        return shown("+ ", "bold") + shown(f"{one.place}: ", "$quiet") + shown(one.after)
    if one.after is None:
        return shown("- ", "bold") + shown(f"{one.place}: ", "$quiet") + shown(one.before)
    words = one.before if one.before == one.after else f"{one.before} → {one.after}"
    return shown("~ ", "bold") + shown(f"{one.place}: ", "$quiet") + shown(words)
