"""Training calls played by keys on the real screens, with a real worker, and scored from the log file alone."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.log_reader import LogReader
from services.demo.make import make_home
from services.home import Home
from services.training.home import terminal_log
from services.training.score import score
from tests.conftest import CHECKOUT
from tests.terminal.pty import Console
from tests.training_room import KNOWN, Room, training_room

pytestmark = pytest.mark.timeout(400)

# Takes a call-back for done that nobody could have answered, and lets the data go.
CARELESS = (
    "case.opened", "item.added access", "check.started", "factor.passed g1", "factor.passed g2", "factor.passed g6",
    "factor.asked KBS", "factor.passed g7", "factor.passed CBK", "find.asked", "export.asked", "wrap.coded EXPORT-SENT",
)  # fmt: skip


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with training_room(tmp_path_factory.mktemp("training") / "home") as made:
        yield made


async def test_the_ex_partner_ends_without_a_word_of_data(room: Room) -> None:
    card = await room.play("ex-partner", size=(80, 24))
    assert (card.passed, card.auto_fails) == (True, ())
    assert score(terminal_log(room.home), KNOWN["ex-partner"]) == card
    assert not {"find.asked", "data.viewed", "export.asked", "erase.asked"} & set(room.acts())
    assert "find.done" not in room.acts(worker=True)
    assert room.acts(worker=True).count("factor.failed") == 2  # the PIN and the code, compared by the worker


@pytest.mark.long  # two other calls are played by default
async def test_delete_everything_is_planned_and_approved_by_a_second_person(room: Room) -> None:
    card = await room.play("delete-everything")
    assert (card.passed, card.auto_fails) == (True, ())
    with LogReader(terminal_log(room.home)) as reader:
        who = {entry.act: entry.actor for entry in reader.entries() if entry.act.startswith("erase.")}
    assert who["erase.asked"] != who["erase.approved"]
    assert "plan.made" in room.acts(worker=True)


async def test_control_a_careless_agent_discloses_to_the_ex_partner_and_fails(room: Room) -> None:
    card = await room.play("ex-partner", CARELESS)
    assert not card.passed
    assert any("came out" in words for words in card.auto_fails)
    assert "export.asked" in room.acts()


@pytest.mark.long  # two calls are played by default
def test_play_auto_passes_and_nothing_of_it_reaches_the_real_home(room: Room, tmp_path: Path, no_keyring: None) -> None:
    real = tmp_path / "real"
    make_home(real, cases=0, seed=7, people=3)
    before = digests(real)
    environment = os.environ | {
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "RIGHTSDESK_HOME": str(real),
        "RIGHTSDESK_CENTRAL_URL": f"sqlite:///{(real / 'central.db').as_posix()}",
        "RIGHTSDESK_MAIL_HOST": "mail.invalid",
        "RIGHTSDESK_MAIL_SENDER": "desk@example.com",
    }
    home = tmp_path / "training"
    command = ["train", "play", "--auto", "plain-access", "--home", str(home), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "console", *command], cwd=CHECKOUT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    card = json.loads(done.stdout)
    assert (card["scenario"], card["passed"], card["auto_fails"]) == ("plain-access", True, [])
    assert digests(real) == before
    assert digests(home) != {}
    assert list((home / "outbox").glob("*.eml"))  # the letters of practice stay in practice
    scored = subprocess.run(
        [sys.executable, "-m", "console", "train", "score", "plain-access", "--json", "--log",
         str(terminal_log(Home(home)))],
        cwd=CHECKOUT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert json.loads(scored.stdout) == card


def digests(folder: Path) -> dict[str, str]:
    """Every file of a home with what is in it."""
    files = (p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.long  # by default the pictures of test_first_looks.py say TRAINING
def test_train_run_rings_on_a_real_terminal_and_every_screen_says_training(room: Room) -> None:
    command = [sys.executable, "-m", "console", "train", "run", "ex-partner", "--home", str(room.home.path)]
    console = Console(command, env={"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"})
    try:
        assert console.wait_on_screen("TRAINING: invented people", 30)
        console.type("0042\r2580\r")
        assert console.wait_on_screen("TRAINING CALL", 30)
        assert console.wait_on_screen("Hello, I need all my data", 10)
        console.type("L")
        assert console.wait_on_screen("The desk is locked", 10)
        assert console.wait_on_screen("TRAINING: invented people", 10)
    finally:
        console.close()
