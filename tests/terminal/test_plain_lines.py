"""Plain lines on a real terminal: no PIN is echoed, nothing is drawn, a lock wipes, the end of input leaves."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.line_terminal import LONGEST
from tests.centre import AGENT, AGENT_PIN
from tests.conftest import CHECKOUT
from tests.player import acts, terminal_log
from tests.terminal.pty import Console
from tests.worker_centre import WorkerCentre

pytestmark = pytest.mark.usefixtures("no_keyring")
COMMAND = [sys.executable, "-m", "console", "--plain", "--home"]


@pytest.fixture
def centre(centre_template: Path, tmp_path: Path, no_keyring: None) -> Iterator[WorkerCentre]:
    shutil.copytree(centre_template, tmp_path / "home")
    made = WorkerCentre(tmp_path / "home")
    made.start()
    yield made
    made.close()


@pytest.fixture
def console(centre: WorkerCentre) -> Iterator[Console]:
    made = Console([*COMMAND, str(centre.home.path)], env={"RIGHTSDESK_DEMO": "true"})
    yield made
    made.close()


def test_a_pin_is_not_echoed_and_a_lock_wipes_what_stood_there(console: Console, centre: WorkerCentre) -> None:
    assert console.wait_for("Agent number")
    console.type(f"{AGENT}\r")
    assert console.wait_for("PIN: ")
    console.type(f"{AGENT_PIN}\r")
    assert console.wait_for("Queue. What next?", 40)
    assert AGENT_PIN not in console.text()
    assert b"\x1b" not in bytes(console.log), "no escape before the lock"
    console.type("\x03\x03")  # maybe before the prompt: the desk goes on all the same
    assert console.wait_for("Ctrl-C does nothing here")
    console.type("\x1a")  # Ctrl-Z: no shell beside an open session
    console.type("L\r")
    assert console.wait_for("The desk is locked")
    assert "Queue" not in console.screen()
    console.type(f"{AGENT_PIN}\r")
    assert console.wait_for("unlocked")
    console.type("0\r")
    assert console.wait_for("Goodbye.")
    assert AGENT_PIN not in console.text()
    assert {"session.locked", "session.unlocked", "session.ended"} <= set(acts(terminal_log(centre.home.path)))


def test_over_a_pipe_the_end_of_input_leaves_and_a_long_line_is_cut(centre: WorkerCentre) -> None:
    typed = "x" * (3 * LONGEST) + "\nno such pin\n\x00\x1b[31m\xff\nyes\n"
    done = subprocess.run(
        [*COMMAND, str(centre.home.path)], input=typed.encode("latin-1"), capture_output=True, cwd=CHECKOUT,
        env={**os.environ, "RIGHTSDESK_DEMO": "true"}, timeout=90,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"Goodbye." in done.stdout
    assert b"\x1b" not in done.stdout
    assert b"Traceback" not in done.stdout + done.stderr


def test_a_terminal_that_is_open_already_is_said_in_a_line(centre: WorkerCentre) -> None:
    centre.desk()
    done = subprocess.run(
        [*COMMAND, str(centre.home.path)], capture_output=True, cwd=CHECKOUT, text=True, stdin=subprocess.DEVNULL,
        env={**os.environ, "RIGHTSDESK_DEMO": "true"}, timeout=60,
    )  # fmt: skip
    assert done.returncode == 3
    assert "Another Rightsdesk is writing this log" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_home_that_is_none_is_said_in_a_line(tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, str(tmp_path / "none")], capture_output=True, cwd=CHECKOUT, timeout=60, text=True)
    assert done.returncode == 2
    assert "there is no desk at" in done.stderr
