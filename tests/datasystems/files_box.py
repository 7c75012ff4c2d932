"""A folder of files as a system, for tests: a CSV with everything odd in it, JSON lines, and scans by number."""

from collections.abc import Sequence
from pathlib import Path

from tests.datasystems.beside import Beside

CSV = (
    b"\xef\xbb\xbfnr;mail;name;note\r\n"
    b'1;Ada@x.org;"Lo; ""Ada""";=cmd()\r\n'
    b"2;bob@x.org;B\xfcb;+49 30\r\n"
    b'3;eve@x.org;"two\r\nlines";\r\n'
    b"\r\n"
    b"4;ada@x.org;A;x;y;z\r\n"
    b"5;tim@x.org\r\n"
    b"6;zoe@x.org;Z;no end"
)
LINES = (
    b'{"id": 1, "who": {"mail": "ada@x.org"}, "n": 1.50}\n'
    b'{"id":2,  "who":{"mail":"bob@x.org"}}\n\n{"id": 3, "who": {"mail": "ADA@x.org"}, "note": "\xe2\x82\xac"}\n'
)
DATASET = """\
dataset:
  - fides_key: drop
    collections:
      - name: people
        x_console: {erase: ERASE}
        fields:
          - {name: nr, fides_meta: {primary_key: true}}
          - name: mail
            fides_meta: {identity: email}
            x_console: {mask: {strategy: email_rewrite}}
          - {name: name, data_categories: [user.name]}
          - {name: note, data_categories: [user.content]}
          - name: _more
      - name: events
        x_console: {erase: ERASE}
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - name: who
            fields: [{name: mail, fides_meta: {identity: email}}]
          - {name: note, data_categories: [user.content]}
      - name: scans
        x_console: {erase: delete}
        fields:
          - {name: name, fides_meta: {primary_key: true}}
          - name: identifier
            fides_meta: {references: [{dataset: crm, field: customer.number, direction: from}]}
          - {name: content, data_categories: [user.content]}
"""
FILES = """\
collections:
  - {collection: people, csv: people.csv, delimiter: ";"}
  - {collection: events, lines: events.jsonl}
  - {collection: scans, folder: scans, names: "{identifier}-*.pdf"}
"""


def beside(tmp_path: Path, *, erase: str = "delete", csv: bytes = CSV, files: str = FILES) -> Beside:
    made = Beside(tmp_path / "c")
    made.crm()
    made.add("drop", "connector: files\nurl: file://box\n", DATASET.replace("ERASE", erase), files=files)
    box = made.folder / "systems" / "drop" / "box"
    (box / "scans" / "K-1").mkdir(parents=True, exist_ok=True)
    (box / "people.csv").write_bytes(csv)
    (box / "events.jsonl").write_bytes(LINES)
    for name in ("K-1-a.pdf", "K-1-b.pdf", "K-2-a.pdf"):
        (box / "scans" / name).write_bytes(f"%PDF {name}".encode())
    return made.load()


def box(one: Beside) -> Path:
    return one.folder / "systems" / "drop" / "box"


def people(one: Beside) -> bytes:
    return (box(one) / "people.csv").read_bytes()


def read(one: Beside, collection: str, columns: Sequence[str]) -> list[tuple[object, ...]]:
    with one.connector("drop").read() as reader:
        return [tuple(row[name] for name in columns) for row in reader.every(collection, columns)]


def names(one: Beside) -> list[str]:
    return sorted(path.name for path in box(one).rglob("*"))
