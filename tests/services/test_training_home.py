"""The training home stands apart: its own deployment, `training` in every entry, nothing of it in real work."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring

from db.central import open_engine
from db.log_reader import LogReader
from services.desk.desk import Desk
from services.desk.open import open_desk
from services.errors import NotFound, Refused, Unusable
from services.home import CENTRAL_KEY, TRAINING_MARK, Home, key, owner_of
from services.secrets import open_vault
from services.sync.logbook import Logbook
from services.training.call import Training
from services.training.home import (
    DEPLOYMENT,
    TERMINAL,
    WORKER,
    make_training_home,
    newest_code,
    people,
    terminal_log,
)
from tests.answering import answering
from tests.centre import AGENT, AGENT_PIN, Centre, sign_in
from tests.training_calls import shipped


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        return make_training_home(tmp_path_factory.mktemp("training") / "home")
    finally:
        keyring.set_keyring(before)


@pytest.fixture
def desk(home: Home) -> Iterator[Desk]:
    vault = open_vault(home.path, demo=True)
    engine = open_engine(home.central_url, key(vault, CENTRAL_KEY))
    with answering(engine, vault, DEPLOYMENT):
        desk = open_desk(home.path, TERMINAL, demo=True)
        yield desk
        desk.close()
    engine.dispose()


def test_it_is_a_deployment_of_its_own_and_says_training_everywhere(home: Home, desk: Desk) -> None:
    assert home.training
    assert desk.training
    assert desk.status().training
    session = desk.sign.sign_in(AGENT, AGENT_PIN)
    training = Training(desk, home, {"ex-partner": shipped("ex-partner")})
    training.begin(session, "ex-partner")
    training.look(session)
    training.end(session)
    with LogReader(terminal_log(home)) as reader:
        entries = list(reader.entries())
    assert all(entry.training for entry in entries)
    names = [entry.act for entry in entries if entry.act.startswith(("scenario.", "caller."))]
    assert names == ["scenario.started", "caller.said", "scenario.ended"]
    with LogReader(terminal_log(home)) as reader:
        assert reader.head().checkpoint.startswith(f"{DEPLOYMENT}/")


def test_its_worker_s_log_says_training_too(home: Home, tmp_path: Path) -> None:
    vault = open_vault(home.path, demo=True)
    book = Logbook(home, "worker", owner_of(home, "worker", WORKER), vault, DEPLOYMENT)
    with book.reader() as reader:
        assert [entry.training for entry in reader.entries()] == [True]
    book.close()


def test_a_real_desk_plays_no_calls(centre: Centre) -> None:
    with centre.desk() as desk:
        centre.settle(desk)
        session = sign_in(desk)
        for call in (
            lambda: desk.practice.started(session, "ex-partner", "1"),
            lambda: desk.practice.said(session, "opening"),
            lambda: desk.practice.ended(session, "ex-partner"),
        ):
            with pytest.raises(Refused, match="no training desk"):
                call()
        assert not desk.training
        assert not any(e.training or e.act.startswith("scenario.") for e in desk.practice.since(0))


def test_the_list_shows_the_best_score_from_the_log(home: Home, desk: Desk) -> None:
    session = desk.sign.sign_in(AGENT, AGENT_PIN)
    training = Training(desk, home, {"plain-access": shipped("plain-access")})
    assert [row.best for row in training.rows(session)] == [-1]
    training.begin(session, "plain-access")
    card = training.end(session)
    assert [(row.best, row.passed) for row in training.rows(session)] == [(card.total, False)]
    with pytest.raises(NotFound):
        training.end(session)
    with pytest.raises(NotFound, match="there are plain-access"):
        training.begin(session, "plain-acces")
    assert training.look(session) is None


def test_a_second_making_changes_nothing_and_another_folder_is_left_alone(home: Home, tmp_path: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in home.path.rglob("*.yml")}
    assert make_training_home(home.path) == home
    assert {p: p.stat().st_mtime_ns for p in home.path.rglob("*.yml")} == before
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(Unusable, match="nothing was changed"):
        make_training_home(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_a_real_home_is_never_taken_for_training(centre: Centre) -> None:
    with pytest.raises(Unusable, match="no training home"):
        make_training_home(centre.home.path)
    assert not (centre.home.path / TRAINING_MARK).exists()


def test_each_call_finds_everybody_on_file_again(home: Home, desk: Desk) -> None:
    file = home.path / "data" / "nordlicht" / "crm.db"

    def customers() -> int:
        with contextlib.closing(sqlite3.connect(file)) as db:
            return int(db.execute("SELECT count(*) FROM customer").fetchone()[0])

    with contextlib.closing(sqlite3.connect(file)) as db, db:
        db.execute("DELETE FROM customer WHERE id > 3")
    assert customers() == 3
    training = Training(desk, home, {"plain-access": shipped("plain-access")})
    training.begin(desk.sign.sign_in(AGENT, AGENT_PIN), "plain-access")
    assert customers() == len(people())


def test_a_code_is_read_from_the_mailbox_on_file_only(home: Home, tmp_path: Path) -> None:
    box = Home(tmp_path)
    box.outbox.mkdir()
    owner, other = people()[1], people()[2]
    (box.outbox / "a.eml").write_bytes(f"To: {other.email}\r\nSubject: x\r\n\r\nYour code: 111111\r\n".encode())
    (box.outbox / "c.eml").write_bytes(f"To: {owner.email}\r\nSubject: x\r\n\r\nYour case C-26-000007\r\n".encode())
    assert newest_code(box, owner, 0) == ""
    (box.outbox / "b.eml").write_bytes(f"To: {owner.email}\r\nSubject: x\r\n\r\nYour code: 482913.\r\n".encode())
    assert newest_code(box, owner, 0) == "482913"
    assert newest_code(box, owner, (box.outbox / "b.eml").stat().st_mtime + 1) == ""


def test_files_are_for_their_owner_alone(home: Home) -> None:
    loose = [p for p in home.path.rglob("*") if p.stat().st_mode & 0o077 and p.suffix in (".db", ".toml", ".json")]
    assert loose == []
