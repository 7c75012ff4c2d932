"""Bad stores: desk.db and central with a wrong key, damaged, newer, read-only, full, missing, or with hostile text.

Each says so in a sentence that holds no data, loses nothing, and works again once the cause is gone.
"""

import os
import resource
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlcipher3 import dbapi2

from db import central, queue_pages
from db.central_port import CentralPort
from db.terminal import TerminalStore
from services.errors import DeskError, Unavailable, Unusable
from services.types import QueueView
from tests.conftest import CHECKOUT

KEY, OTHER = b"k" * 32, b"x" * 32
PLANTED = "Erika Mustermann"
ROWS = 600
PAGE = 4096
NOBODY = 65534


def execute(file: Path, sql: str) -> None:
    """One statement past our own code."""
    db = dbapi2.connect(str(file), isolation_level=None)
    db.execute(f"PRAGMA key=\"x'{KEY.hex()}'\"")
    db.execute(sql)
    db.close()


class DeskDoor:
    """desk.db with agents, one of them planted."""

    name = "desk.db"

    def make(self, folder: Path) -> None:
        store = TerminalStore(folder / self.name, KEY)
        people = [(f"{n:04}", PLANTED, '{"controller": []}' * 3, 0, 1) for n in range(ROWS)]
        store.replace_people(people, [])
        store.close()

    def read(self, folder: Path, key: bytes = KEY) -> list[str]:
        store = TerminalStore(folder / self.name, key)
        try:
            return [str(r[0]) for r in store.rows("SELECT name FROM agent")]
        finally:
            store.close()

    def grow(self, folder: Path, say: Callable[[int], None]) -> None:
        store = TerminalStore(folder / self.name, KEY)
        try:
            for n in range(10_000):
                store.set_meta({f"fact-{n}": PLANTED * 60})
                say(n)
        finally:
            store.close()

    def grown(self, folder: Path) -> set[int]:
        store = TerminalStore(folder / self.name, KEY)
        try:
            return {int(r[0][5:]) for r in store.rows("SELECT key FROM meta WHERE key LIKE 'fact-%'")}
        finally:
            store.close()

    def make_newer(self, folder: Path, newer: bool) -> None:
        execute(folder / self.name, f"PRAGMA user_version={99 if newer else 1}")


class CentralDoor:
    """central.db with agents, one of them planted."""

    name = "central.db"

    def url(self, folder: Path) -> str:
        return f"sqlite:///{folder / self.name}"

    def make(self, folder: Path) -> None:
        engine = central.create(self.url(folder), KEY)
        row = {"name": PLANTED, "pin_hash": "hash " * 10, "roles": "{}", "disabled": False}
        with central.writing(engine).begin() as conn:
            conn.execute(sa.insert(central.AGENT), [{**row, "id": f"{n:04}"} for n in range(ROWS)])
        engine.dispose()

    def read(self, folder: Path, key: bytes = KEY) -> list[str]:
        engine = central.open_engine(self.url(folder), key)
        try:
            return [agent[1] for agent in CentralPort(engine, "").agents()]
        finally:
            engine.dispose()

    def grow(self, folder: Path, say: Callable[[int], None]) -> None:
        engine = central.open_engine(self.url(folder), KEY)
        try:
            for n in range(10_000):
                CentralPort(engine, "t").ask(f"ask-{n}", "find", PLANTED.encode() * 60)
                say(n)
        finally:
            engine.dispose()

    def grown(self, folder: Path) -> set[int]:
        engine = central.open_engine(self.url(folder), KEY)
        with engine.connect() as conn:
            found = {int(i[4:]) for i in conn.execute(sa.select(central.ASK.c.id)).scalars()}
        engine.dispose()
        return found

    def make_newer(self, folder: Path, newer: bool) -> None:
        execute(folder / self.name, f"UPDATE alembic_version SET version_num = '{'9999' if newer else '0002'}'")


Door = DeskDoor | CentralDoor


@pytest.fixture(params=[DeskDoor(), CentralDoor()], ids=["desk", "central"])
def door(request: pytest.FixtureRequest, tmp_path: Path) -> Door:
    """A store at `tmp_path` with planted rows."""
    found: Door = request.param
    found.make(tmp_path)
    return found


@pytest.fixture(autouse=True)
def silent(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nothing reaches the terminal under the screen: SQLCipher's own lines would tear it."""
    yield
    assert capfd.readouterr().err == ""


@contextmanager
def said(kind: type[DeskError], words: str) -> Iterator[None]:
    """What is raised is ours, says what was kept, and neither it nor its traceback holds data or keys."""
    with pytest.raises(kind, match=words) as caught:
        yield
    exc = caught.value
    assert "your log keeps every action" in exc.kept
    whole = "".join(traceback.format_exception(exc)) + exc.kept + exc.next_key
    assert PLANTED not in whole
    assert KEY.hex() not in whole


def test_the_wrong_key_says_so_and_changes_nothing(door: Door, tmp_path: Path) -> None:
    before = (tmp_path / door.name).read_bytes()
    with said(Unusable, "wrong key or damaged file"):
        door.read(tmp_path, OTHER)
    assert (tmp_path / door.name).read_bytes() == before
    assert door.read(tmp_path) == [PLANTED] * ROWS


@pytest.mark.parametrize("harm", ["truncated", "cut in a page", "random", "text", "plain database"])
def test_a_damaged_file_says_so_is_kept_and_a_copy_put_back_works(door: Door, tmp_path: Path, harm: str) -> None:
    file = tmp_path / door.name
    good = file.read_bytes()
    bad = {
        "truncated": good[: 3 * PAGE],
        "cut in a page": good[: 2 * PAGE + 17],
        "random": os.urandom(len(good)),
        "text": b"to whom it may concern " * 500,
        "plain database": plain_database(tmp_path / "plain.db"),
    }[harm]
    file.write_bytes(bad)
    with said(Unusable, "wrong key or damaged file|damaged"):
        door.read(tmp_path)
    assert file.read_bytes() == bad
    file.write_bytes(good)
    assert door.read(tmp_path) == [PLANTED] * ROWS


def plain_database(file: Path) -> bytes:
    """A SQLite file without encryption, as somebody might put in place."""
    db = dbapi2.connect(str(file))
    db.execute("CREATE TABLE agent (id, name)")
    db.commit()
    db.close()
    return file.read_bytes()


def test_a_flipped_byte_anywhere_is_told_or_does_not_matter_and_never_lies(door: Door, tmp_path: Path) -> None:
    file = tmp_path / door.name
    good = file.read_bytes()
    told: list[str] = []
    for page in range(len(good) // PAGE):
        bad = bytearray(good)
        bad[page * PAGE + 1234] ^= 1
        file.write_bytes(bad)
        try:
            assert door.read(tmp_path) == [PLANTED] * ROWS
        except Unusable as exc:
            told.append(f"{exc}{exc.kept}")
    assert len(told) > 5  # at least the pages that hold the agents
    assert PLANTED not in "".join(told)
    file.write_bytes(good)
    assert door.read(tmp_path) == [PLANTED] * ROWS


def test_a_newer_schema_asks_for_an_update_and_is_left_alone(door: Door, tmp_path: Path) -> None:
    door.make_newer(tmp_path, True)
    before = (tmp_path / door.name).read_bytes()
    with said(Unusable, "schema 99.*update|9999.*update"):
        door.read(tmp_path)
    assert (tmp_path / door.name).read_bytes() == before
    door.make_newer(tmp_path, False)
    assert door.read(tmp_path) == [PLANTED] * ROWS


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Root may write anywhere: the check is made as somebody who may not."""
    if os.geteuid() != 0:
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.name == "nt", reason="folders are guarded another way there")
@pytest.mark.parametrize("kind", [DeskDoor(), CentralDoor()], ids=["desk", "central"])
def test_a_read_only_folder_says_so_and_works_again(kind: Door) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "store"
        folder.mkdir()
        Path(name).chmod(0o755)
        kind.make(folder)
        with as_nobody(folder):
            (folder / kind.name).chmod(0o400)
            folder.chmod(0o500)
            with said(Unavailable, "read-only|permissions"):
                kind.grow(folder, lambda _: None)
            folder.chmod(0o700)
            (folder / kind.name).chmod(0o600)
            assert kind.read(folder) == [PLANTED] * ROWS


def fill_up(door: Door, folder: Path) -> set[int]:
    """Write until the disk says no; what was said to be written."""
    written: set[int] = set()
    with said(Unavailable, "full"):
        door.grow(folder, written.add)
    return written


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on file size")
def test_a_full_disk_is_said_nothing_is_lost_and_it_works_again(door: Door, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: anyone may set it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / door.name).stat().st_size + 60_000, hard))
    try:
        written = fill_up(door, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert written
    assert door.grown(tmp_path) >= written
    assert door.read(tmp_path) == [PLANTED] * ROWS


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 800 kB, where this may be had."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=800k", "tmpfs", str(folder)], capture_output=True)
    if made.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(os.name == "nt", reason="mounts are another thing there")
@pytest.mark.parametrize("kind", [DeskDoor(), CentralDoor()], ids=["desk", "central"])
def test_a_disk_that_is_really_full_is_said_and_works_again_with_room(kind: Door, small_disk: Path) -> None:
    kind.make(small_disk)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 100_000)
    written = fill_up(kind, small_disk)
    ballast.unlink()
    assert kind.grown(small_disk) >= written
    assert kind.read(small_disk) == [PLANTED] * ROWS


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on file size")
def test_a_central_that_cannot_be_made_whole_is_not_left_half_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'central.db'}"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))
    try:
        with said(Unavailable, "full"):
            central.create(url, KEY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []
    central.create(url, KEY).dispose()
    with pytest.raises(Unusable, match="there already"):
        central.create(url, KEY)


def test_a_missing_central_is_said_and_not_made_anew(tmp_path: Path) -> None:
    with said(Unusable, "central.db is not there"):
        CentralDoor().read(tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "central.db").touch()
    with said(Unusable, "holds no central"):
        CentralDoor().read(tmp_path)


def test_a_missing_desk_store_is_made_anew(tmp_path: Path) -> None:
    """All but drafts can be fetched again (design.md 5)."""
    assert DeskDoor().read(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="modes are another thing there")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("kind", [DeskDoor(), CentralDoor()], ids=["desk", "central"])
def test_files_are_their_owners_alone_from_the_first_moment(tmp_path: Path, kind: Door, umask: int) -> None:
    seen: dict[str, int] = {}

    def look(_: int) -> None:
        seen.update({f.name: f.stat().st_mode & 0o777 for f in tmp_path.iterdir()})
        if len(seen) > 2:
            raise KeyboardInterrupt

    before = os.umask(umask)
    try:
        kind.make(tmp_path)
        with pytest.raises(KeyboardInterrupt):
            kind.grow(tmp_path, look)
    finally:
        os.umask(before)
    assert {name.removeprefix(kind.name) for name in seen} == {"", "-wal", "-shm"}
    assert set(seen.values()) == {0o600}


HOSTILE = {
    "markup": "[bold red]x[/]</b><script>",
    "escapes": "\x1b[2J\x1b]0;pwned\x07",
    "right to left": "\u202egnp.exe\u2066",
    "nul": "a\x00b",
    "sql": "'); DROP TABLE queue; --",
    "wild": "100%_\\",
    "joined emoji": "👩‍👩‍👧" * 50,
    "ten megabytes": "ä" * 5_000_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_comes_back_as_it_was_and_is_found_by_itself(tmp_path: Path, text: str) -> None:
    store = TerminalStore(tmp_path / "desk.db", KEY)
    rest = ("new", "", "T0", "2026-04-07", 1, 0, 0, 0, 0, "", "", "", 1)
    shown = [(f"C-26-00000{n}", "nordlicht", "Access", person, *rest) for n, person in enumerate((text, "-"), 1)]
    store.apply_changes(shown, 1)
    store.replace_people([("0042", text, text, 0, 1)], [(text[:1000], text.encode())])
    view = QueueView(text=text[:200].replace("\x00", ""))
    today = {"nordlicht": "2026-03-05"}
    rows = queue_pages.page(store, QueueView(), today, None, 10, reverse=False)
    assert [r[3] for r in rows] == [text, "-"]
    if "\x00" not in text:
        assert [r[3] for r in queue_pages.page(store, view, today, None, 10, reverse=False)] == [text]
    assert store.rows("SELECT name, roles FROM agent") == [(text, text)]
    store.close()


def test_control_sqlcipher_speaks_on_stderr_when_it_is_not_told_to_be_silent(tmp_path: Path) -> None:
    DeskDoor().make(tmp_path)
    code = (
        "import sys; from sqlcipher3 import dbapi2\n"
        "db = dbapi2.connect(sys.argv[1]); db.execute(\"PRAGMA key='wrong'\")\n"
        "try: db.execute('SELECT * FROM sqlite_master')\nexcept dbapi2.DatabaseError: pass"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "desk.db")], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert run.stderr
