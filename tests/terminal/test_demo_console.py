"""`rightsdesk demo` in a pseudo-terminal: the first start shows the PINs, a later one goes straight to sign-in."""

import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.demo.make import make_home
from tests.terminal.pty import Console

pytestmark = pytest.mark.usefixtures("no_keyring")
COMMAND = [sys.executable, "-m", "console", "demo", "--home"]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    make_home(tmp_path / "home", cases=60, people=4)
    return tmp_path / "home"


def workers_of(home: Path) -> list[int]:
    """Processes whose command line names this home's worker."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"worker" in words and str(home).encode() in words:
            found.append(int(entry.parent.name))
    return found


@pytest.fixture
def console(made: Path) -> Iterator[Console]:
    console = Console([*COMMAND, str(made)])
    yield console
    console.close()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_later_start_opens_sign_in_with_a_worker_beside_it(console: Console, made: Path) -> None:
    assert console.wait_for("PIN", 30) is not None
    (pid,) = workers_of(made)
    assert pid != os.getpid()
    console.type("0042\t2580\r")
    assert console.wait_for(r"C-\d\d-\d{6}", 30) is not None
    console.type("\x11")  # Ctrl+Q
    until = time.monotonic() + 30
    while (workers_of(made) or console.alive()) and time.monotonic() < until:
        console.read(0.2)
    assert (workers_of(made), console.alive()) == ([], False)


def test_the_first_start_makes_the_home_and_shows_who_works_there(tmp_path: Path) -> None:
    console = Console([*COMMAND, str(tmp_path / "new"), "--cases", "5"])
    try:
        assert console.wait_for("Enter opens the console", 60) is not None
        assert re.search(r"0042 +2580 +Alex Winter", console.screen())
        console.type("\r")
        assert console.wait_for("--agents", 30) is not None
    finally:
        console.close()
