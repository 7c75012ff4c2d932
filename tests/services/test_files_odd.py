"""Files that are broken, of another encoding or written to harm; and files.yml, read strictly."""

import os
from pathlib import Path
from typing import Literal

import pytest

from services.connectors.base import Lookup, Rewrite
from services.connectors.files_place import pattern
from services.errors import BadInput, Unavailable, Unusable
from tests.datasystems.beside import Beside
from tests.datasystems.files_box import CSV, FILES, beside, box, people, read


@pytest.fixture
def both(tmp_path: Path) -> Beside:
    """The files, with a SQLite customer table beside them."""
    return beside(tmp_path)


@pytest.mark.parametrize(
    ("lines", "kind", "words"),
    [
        (b'{"a": 1}\nnot\n{"a": 2}\n', Unusable, "events.jsonl:2: the line is no JSON"),
        (b"[1]\n", Unusable, "events.jsonl:1: the line is no JSON object"),
        (b'{"id": 1, "id": 2}\n', Unusable, "names a key twice"),
        (b'{"id": 1}\n{"id": 2, "who', Unavailable, "its last line is half written"),
        (b'{"id": ' + b"[" * 100_000 + b"\n", Unusable, "no JSON"),
    ],
)  # fmt: skip
def test_lines_that_are_no_objects_are_never_skipped(
    both: Beside, lines: bytes, kind: type[Exception], words: str
) -> None:
    (box(both) / "events.jsonl").write_bytes(lines)
    with pytest.raises(kind, match=words):
        read(both, "events", ("id",))
    assert not both.find().complete


@pytest.mark.parametrize(
    ("csv", "words"),
    [
        (b'nr;mail\n1;"open\n2;x\n3;y\n', r"people\.csv:2: a quote is opened there and never closed"),
        (b"nr;nr;mail;name;note\n", "a header names each column once"),
        (b"", "is empty: it has no header"),
        (b"nr,mail\n1,2\n", "has no column 'people.nr'"),
    ],
)
def test_a_file_that_cannot_be_taken_apart_says_where(both: Beside, csv: bytes, words: str) -> None:
    (box(both) / "people.csv").write_bytes(csv)
    with pytest.raises(Unusable, match=words):
        read(both, "people", ("nr", "mail"))


def test_a_half_written_last_line_is_read_as_far_as_it_goes(both: Beside) -> None:
    (box(both) / "people.csv").write_bytes(b'nr;mail;name;note\n1;ada@x.org;"half')
    assert read(both, "people", ("nr", "name")) == [("1", "half")]
    faults = both.connector("drop").check(both.systems["drop"].datasets)
    assert faults == ["people.csv:2: its last line is half written"]


ENCODED = ("utf-8", "iso-8859-15", "cp1252", "utf-16-le", "utf-16-be", "ascii")


@pytest.mark.parametrize("encoding", ENCODED)
def test_every_declared_encoding_comes_back_byte_for_byte(tmp_path: Path, encoding: str) -> None:
    umlaut = "Bub" if encoding == "ascii" else "Büb"
    text = f"nr;mail;name;note\n1;ada@x.org;A;\n2;bob@x.org;{umlaut};\n"
    files = FILES.replace('delimiter: ";"', f'delimiter: ";", encoding: {encoding}')
    both = beside(tmp_path, csv=text.encode(encoding), files=files)
    assert read(both, "people", ("name",))[1] == (umlaut,)
    both.erase(both.plan())
    assert people(both) == text.replace("1;ada@x.org;A;\n", "").encode(encoding)


def test_text_of_another_encoding_is_refused_where_it_cannot_be_kept(tmp_path: Path) -> None:
    files = FILES.replace('delimiter: ";"', 'delimiter: ";", encoding: utf-16-le')
    both = beside(tmp_path, csv=CSV[:-1] if len(CSV) % 2 == 0 else CSV, files=files)
    with pytest.raises(Unusable, match="is not utf-16-le: correct 'encoding'"):
        read(both, "people", ("nr",))


@pytest.mark.parametrize(("value", "written"), [("a;b", b'"a;b"'), ('"', b'""""'), ("", b'""'), ("\n", b'"\n"'),
                                                (None, b""), (" x", b'" x"'), ("=cmd()", b"=cmd()")])  # fmt: skip
def test_a_new_value_is_read_back_as_it_was_given(both: Beside, value: str | None, written: bytes) -> None:
    with both.connector("drop").change() as change:
        assert change.rewrite(Rewrite("people", ("nr",), ("name",), (("3",),), ((value,),))) == 1
    assert people(both) == CSV.replace(b'"two\r\nlines"', written)
    assert read(both, "people", ("nr", "name"))[2] == ("3", value)


@pytest.mark.parametrize(
    ("options", "value", "words"),
    [
        ('delimiter: ";", encoding: ascii', "ü", "is ascii, which cannot hold a new value"),
        ("delimiter: \";\", quote: ''", "a;b", "without quotes and cannot hold"),
        ('delimiter: ";"', "x", "no field 'note' to change"),
    ],
)
def test_what_cannot_be_written_is_known_before_the_first_write(
    tmp_path: Path, options: str, value: str, words: str
) -> None:
    both = beside(tmp_path, csv=CSV[3:], files=FILES.replace('delimiter: ";"', options))
    rewrite = Rewrite("people", ("nr",), ("note",), (("5" if "field" in words else "2",),), ((value,),))
    with both.connector("drop").change() as change:
        assert words in " ".join(change.faults([], [rewrite]))
    assert people(both) == CSV[3:]


def test_a_file_without_a_header_has_its_columns_declared(tmp_path: Path) -> None:
    files = FILES.replace('delimiter: ";"', 'delimiter: "\\t", header: false, columns: [nr, mail, name, note]')
    both = beside(tmp_path, csv=b"1\tada@x.org\t\t\n2\tbob@x.org\t\t\n", files=files)
    both.erase(both.plan())
    assert people(both) == b"2\tbob@x.org\t\t\n"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (FILES.replace("people.csv", "../people.csv"), "files.yml:2: .*leads out"),
        (FILES.replace("people.csv", "/etc/passwd"), "leads out"),
        (FILES.replace("csv: people.csv, ", ""), "one of 'csv', 'lines' and 'folder'"),
        (FILES.replace("{identifier}-*.pdf", "*.pdf"), "holds {identifier} once"),
        (FILES.replace('";"', '";;"'), "one character"),
        (FILES.replace("csv: people.csv", "csv: people.csv, encoding: utf-9"), r"did you mean 'utf-8'"),
        (FILES.replace("collection: people", "collection: peeple"), r"did you mean 'people'"),
        (FILES.replace("csv: people.csv", "csv: people.csv, header: false"), "needs 'columns'"),
        (FILES.replace("events.jsonl", "people.csv"), "stands twice"),
    ],
)
def test_a_wrong_files_file_is_refused_with_its_line(tmp_path: Path, files: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        beside(tmp_path, files=files).connector("drop")


HOSTILE = ("[red]", "=cmd()", 'a"b', "a\0b", "\x1b[31m", "x" * 20_000, "' OR 1=1", "..", "\u202egnp", "")


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("how", ["exact", "email", "phone"])
def test_hostile_values_are_looked_for_and_read_as_text(
    both: Beside, value: str, how: Literal["exact", "email", "phone"]
) -> None:
    quoted = '"' + value.replace('"', '""') + '"'
    (box(both) / "people.csv").write_text(f"nr;mail;name;note\n1;{quoted};;\n2;other;;\n", "utf-8", newline="")
    key = value if how == "exact" else value.strip().lower()
    with both.connector("drop").read() as reader:
        found = list(reader.rows(Lookup("people", ("nr", "mail"), ("mail",), ((key,),), how)))
    assert [row["nr"] for row in found] in (["1"], []) if how == "phone" or not value else ["1"]
    assert all(row["mail"] == value for row in found)


def test_names_of_files_beyond_utf8_are_found_and_deleted(both: Beside) -> None:
    odd = os.fsencode(box(both) / "scans") + b"/K-1-\xff.pdf"
    try:
        os.close(os.open(odd, os.O_CREAT | os.O_WRONLY))
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    assert ("K-1-\\xff.pdf",) in read(both, "scans", ("name",))
    both.erase(both.plan())
    assert not os.path.exists(odd)  # noqa: PTH110 - a name in bytes


def test_an_identifier_is_never_a_part_of_a_longer_one() -> None:
    fits = pattern("{identifier}/*.pdf").fullmatch("K-1/a.pdf")
    assert fits is not None
    assert fits["identifier"] == "K-1"
    assert pattern("{identifier}.pdf").fullmatch("a/b.pdf") is None
    longest = pattern("{identifier}-*.pdf").fullmatch("K-1-a.pdf")
    assert longest is not None
    assert longest["identifier"] == "K-1"


def test_a_large_file_is_read_in_little_memory(both: Beside) -> None:
    import tracemalloc

    with (box(both) / "people.csv").open("wb") as file:
        file.write(b"nr;mail;name;note\n")
        for number in range(60_000):
            file.write(b"%d;p%d@x.org;name;%s\n" % (number, number, b"x" * 60))
    size = (box(both) / "people.csv").stat().st_size
    with both.connector("drop").read() as reader:
        tracemalloc.start()
        assert sum(1 for _ in reader.every("people", ("nr",))) == 60_000
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert size > 4_000_000
    assert peak < size / 4
