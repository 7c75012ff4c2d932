"""The export package: whole, encrypted, readable, with nothing of anybody else in it."""

import csv
import hashlib
import io
import json
import stat
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import pyzipper
from hypothesis import given, strategies as st

from services.controllers import Controller, load_controllers
from services.demo.people import make_people
from services.demo.systems import make_systems
from services.errors import BadInput, Refused, Unavailable
from services.fulfilment.package import Built, Heading, Redaction, build, destroy
from services.fulfilment.package_archive import SealedSpool, new_key
from services.fulfilment.package_tables import BLACK, Part, csv_line, part_of
from services.letters.compose import Letter

PACKAGE = "0123456789abcdef0123456789abcdef"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Controller:
    home = tmp_path_factory.mktemp("home")
    make_systems(home, "harbour", make_people(1, 3), 1)
    return load_controllers(home)["harbour"]


def heading(controller: Controller, language: str = "en") -> Heading:
    made = datetime(2026, 11, 24, 9, tzinfo=UTC)
    return Heading("C-26-000001", controller, language, made, date(2026, 12, 8), catalog="c" * 64)


def letter(redacted: int) -> Letter:
    return Letter("1" * 32, "access-answer", "1", "en", "subject", f"{redacted} left out\n")


def part(rows: Iterator[dict[str, object]] | list[dict[str, object]], **hidden: str) -> Part:
    return Part("desk", "message", "Message", ("id", "body", "agent"), hidden, rows)  # type: ignore[arg-type]


ROWS: list[dict[str, object]] = [
    {"id": 1, "body": HOSTILE, "agent": "Mara K."},
    {"id": 2, "body": '=HYPERLINK("http://x")', "agent": None},
    {"id": 3, "body": "Zoë Müller, ok", "agent": "Mara K."},
]


def opened(built: Built) -> pyzipper.AESZipFile:
    archive = pyzipper.AESZipFile(built.archive)
    archive.setpassword(built.key.encode())
    return archive


def made(tmp_path: Path, controller: Controller) -> Built:
    return build(tmp_path, PACKAGE, heading(controller), [part(ROWS, agent="third-party")], letter)


@pytest.mark.rule("ACC-1", "ACC-3")
def test_a_package_holds_answer_data_page_redactions_and_manifest(tmp_path: Path, controller: Controller) -> None:
    built = made(tmp_path, controller)
    archive = opened(built)
    assert set(archive.namelist()) == {
        "README.txt", "data/desk/message.json", "data/desk/message.csv", "answer_letter.txt", "redactions.csv",
        "index.html", "your-data.pdf", "manifest.json",
    }  # fmt: skip
    assert [row["id"] for row in json.loads(archive.read("data/desk/message.json"))] == [1, 2, 3]
    assert built.counts == {"desk": 3}
    assert stat.S_IMODE(built.archive.stat().st_mode) == 0o600
    assert built.sha256 == hashlib.sha256(built.archive.read_bytes()).hexdigest()


def test_the_manifest_names_every_file_with_its_digest(tmp_path: Path, controller: Controller) -> None:
    built = made(tmp_path, controller)
    archive = opened(built)
    raw = archive.read("manifest.json")
    assert built.manifest == hashlib.sha256(raw).hexdigest()
    assert json.loads(raw)["catalog"] == "c" * 64  # the version of the catalog that the data was found with
    listed = {f["path"]: f["sha256"] for f in json.loads(raw)["files"]}
    real = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    del real["manifest.json"]
    assert listed == real


@pytest.mark.rule("ACC-5")
def test_ACC_5_what_speaks_of_others_is_blacked_out_and_listed(tmp_path: Path, controller: Controller) -> None:
    built = made(tmp_path, controller)
    archive = opened(built)
    whole = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Mara" not in whole
    assert "Müller".encode() in whole, "the search itself finds what is there"
    assert [row["agent"] for row in json.loads(archive.read("data/desk/message.json"))] == [BLACK, None, BLACK]
    lines = list(csv.DictReader(io.StringIO(archive.read("redactions.csv").decode())))
    assert [(line["field"], line["count"]) for line in lines] == [("agent", "2")]
    assert built.redacted == 2
    assert archive.read("answer_letter.txt") == b"2 left out\n"


def test_rows_withheld_before_are_listed_too(tmp_path: Path, controller: Controller) -> None:
    withheld = Redaction("crm", "household", "*", 1, "withheld-rows")
    built = build(tmp_path, PACKAGE, heading(controller, "de"), [], letter, [withheld])
    text = opened(built).read("redactions.csv").decode()
    assert "crm,household,*,1,Zeilen von jemand anderem" in text


def test_the_page_escapes_runs_no_script_and_fetches_nothing(tmp_path: Path, controller: Controller) -> None:
    page = opened(made(tmp_path, controller)).read("index.html").decode()
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "src=" not in page.replace("default-src", "").replace("style-src", "")


def test_formulas_are_neutralised_in_the_csv_and_whole_in_the_json(tmp_path: Path, controller: Controller) -> None:
    archive = opened(made(tmp_path, controller))
    body = [row["body"] for row in csv.DictReader(io.StringIO(archive.read("data/desk/message.csv").decode()))]
    assert body[1] == '\'=HYPERLINK("http://x")'
    assert json.loads(archive.read("data/desk/message.json"))[1]["body"] == ROWS[1]["body"]


@given(st.lists(st.one_of(st.none(), st.integers(), st.text(st.characters(codec="utf-8"))), min_size=2, max_size=8))
def test_no_cell_of_a_csv_begins_a_formula_and_nothing_is_lost(values: list[int | str | None]) -> None:
    (cells,) = csv.reader(io.StringIO(csv_line(values).decode(), newline=""))
    assert len(cells) == len(values)
    for value, cell in zip(values, cells, strict=True):
        if isinstance(value, str):
            assert cell.lstrip(" ")[:1] not in ("=", "+", "-", "@", "\t", "\r")
            assert cell in (value, f"'{value}")


def test_only_the_readme_can_be_read_without_the_key(tmp_path: Path, controller: Controller) -> None:
    built = made(tmp_path, controller)
    plain = zipfile.ZipFile(built.archive)
    readme = plain.read("README.txt").decode()
    assert "7-Zip" in readme
    assert "Keka" in readme
    assert "C-26-000001" in readme
    closed = pyzipper.AESZipFile(built.archive)
    closed.setpassword(new_key().encode())
    for name in set(closed.namelist()) - {"README.txt"}:
        with pytest.raises(RuntimeError):
            closed.read(name)
    assert HOSTILE.encode() not in built.archive.read_bytes()
    assert all(info.wz_aes_strength == 3 for info in opened(built).infolist() if info.filename != "README.txt")


def test_the_key_leaves_only_in_the_result_and_in_no_repr_or_file(tmp_path: Path, controller: Controller) -> None:
    built = made(tmp_path, controller)
    assert built.key not in repr(built)
    assert [path.name for path in tmp_path.iterdir()] == [f"{PACKAGE}.zip"]
    assert len(built.key.replace("-", "")) == 25
    assert built.key != made(tmp_path, controller).key


def test_building_again_gives_the_same_state(tmp_path: Path, controller: Controller) -> None:
    first, second = made(tmp_path, controller), made(tmp_path, controller)
    assert (first.manifest, first.counts, first.archive) == (second.manifest, second.counts, second.archive)
    assert opened(second).testzip() is None
    with pytest.raises(RuntimeError):
        pyzipper.AESZipFile(second.archive).read("index.html", pwd=first.key.encode())


def test_a_letter_that_is_refused_leaves_nothing_behind(tmp_path: Path, controller: Controller) -> None:
    def refuses(redacted: int) -> Letter:
        raise Refused("shop.orders: purpose is missing")

    with pytest.raises(Refused, match=r"shop\.orders"):
        build(tmp_path, PACKAGE, heading(controller), [part(ROWS)], refuses)
    assert list(tmp_path.iterdir()) == []


def test_rows_that_break_off_leave_the_old_package_as_it_was(tmp_path: Path, controller: Controller) -> None:
    def breaks() -> Iterator[dict[str, object]]:
        yield ROWS[0]
        raise ConnectionError

    before = made(tmp_path, controller)
    with pytest.raises(Unavailable):
        build(tmp_path, PACKAGE, heading(controller), [part(breaks())], letter)
    assert hashlib.sha256(before.archive.read_bytes()).hexdigest() == before.sha256
    assert len(list(tmp_path.iterdir())) == 1


def test_a_package_is_destroyed_once_and_twice_is_once(tmp_path: Path, controller: Controller) -> None:
    built = made(tmp_path, controller)
    (tmp_path / f"{PACKAGE}.half").write_bytes(b"cut off")
    assert destroy(tmp_path, built.package) is True
    assert list(tmp_path.iterdir()) == []
    assert destroy(tmp_path, built.package) is False


@pytest.mark.parametrize("bad", ["../../etc/passwd", "x", "a/b" * 5, ""])
def test_an_id_or_a_name_that_is_a_path_is_refused(tmp_path: Path, controller: Controller, bad: str) -> None:
    with pytest.raises(BadInput):
        build(tmp_path, bad, heading(controller), [], letter)
    with pytest.raises(BadInput):
        destroy(tmp_path, bad)
    if bad != "x":
        with pytest.raises(BadInput):
            build(tmp_path, PACKAGE, heading(controller), [Part("desk", bad, "", (), {}, [])], letter)
    assert list(tmp_path.iterdir()) == []


def test_memory_stays_flat_however_many_rows(tmp_path: Path, controller: Controller) -> None:
    def many(count: int) -> Iterator[dict[str, object]]:
        for n in range(count):
            yield {"id": n, "body": f"message {n} " * 20, "agent": "Mara K."}

    def peak(count: int) -> int:
        tracemalloc.start()
        build(tmp_path, PACKAGE, heading(controller), [part(many(count))], letter)
        _, top = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return top

    peak(100)
    small, large = peak(500), peak(10_000)
    assert large < small + 1_000_000, (small, large)


def test_what_waits_on_disk_is_not_in_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    spool = SealedSpool(tmp_path)
    write = spool._file.write
    monkeypatch.setattr(spool, "_file", _Tap(spool._file, write, seen))
    spool.write(b"Zoe Mueller")
    assert seen
    assert b"Zoe" not in b"".join(seen)
    assert b"".join(spool.drain()) == b"Zoe Mueller"


class _Tap:
    def __init__(self, file, write, seen) -> None:
        self.file, self._write, self._seen = file, write, seen

    def write(self, data: bytes) -> None:
        self._seen.append(data)
        self._write(data)

    def __getattr__(self, name: str):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


def test_the_catalog_says_what_is_hidden(tmp_path: Path) -> None:
    from services.catalog.system import load_controller_systems

    make_systems(tmp_path, "harbour", make_people(1, 3), 1)
    systems = load_controller_systems(tmp_path / "controllers" / "harbour")
    crm, desk = systems["crm"].datasets[0], systems["desk"].datasets[0]
    customer, message = crm.collection("customer"), desk.collection("message")
    assert customer is not None
    assert message is not None
    assert part_of("crm", crm, customer, [], "en").hidden == {"pin_hash": "secret"}
    assert part_of("desk", desk, message, [], "de").hidden == {}, "about others is decided row by row (redactions.py)"
    assert part_of("desk", desk, message, [], "de").label == "Nachricht"
