"""From spawn to the queue on a real pseudo-terminal: nothing typed ahead is lost, misplaced or shown."""

import os
import signal
import termios
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.terminal.pty import Console

ON_A_FAKE = f"""
import sys
sys.path.insert(0, {str(CHECKOUT)!r})
from console.__main__ import harden
harden()
from console.tty import silent
with silent():
    from pathlib import Path
    from console.app import DeskApp
    def opener():
        from tests.fake_desk import FakeDesk
        return FakeDesk()
    app = DeskApp(opener, Path("{{logs}}"))
    app.run(mouse=False)
sys.exit(app.return_code)
"""
PIN = "2468"


def console(tmp_path: Path, **env: str) -> Console:
    return Console.of_app(ON_A_FAKE.format(logs=tmp_path), env=env)


def echoes(desk: Console) -> int:
    return termios.tcgetattr(desk.fd)[3] & termios.ECHO


@pytest.mark.parametrize("wait", [0, 0.05, 0.2, 0.5])
def test_number_and_pin_typed_ahead_open_the_queue(tmp_path: Path, wait: float) -> None:
    desk = console(tmp_path)
    while echoes(desk):  # until the program has the terminal, long before it paints
        desk.read_for(0.005)
    desk.read_for(wait)
    desk.send(f"0042\r{PIN}\r")
    assert desk.wait_on_screen("C-26-000000", 20), desk.screen()
    assert "agent 0042" in desk.screen()
    desk.send("\x11")
    assert desk.ended(8) == 0
    assert PIN not in desk.text(), "the PIN was shown, or echoed by the terminal"


def test_the_terminal_is_given_back_as_it_was(tmp_path: Path) -> None:
    desk = console(tmp_path)
    before = termios.tcgetattr(desk.fd)
    desk.wait_for("Agent number")
    assert not echoes(desk)
    desk.send("\x11")
    assert desk.ended(8) == 0
    assert termios.tcgetattr(desk.fd)[3] == before[3]


def test_environment_switches_of_the_library_write_nothing(tmp_path: Path) -> None:
    log = tmp_path / "keys.log"
    desk = console(
        tmp_path, TEXTUAL_LOG=str(log), TEXTUAL="devtools,debug", TEXTUAL_SCREENSHOT="1", TEXTUAL_PRESS="0,0,4,2"
    )
    assert desk.wait_for("Agent number") is not None
    desk.type("0042")
    desk.close()
    assert not log.exists()


def test_no_colour_sends_no_colour(tmp_path: Path) -> None:
    desk = console(tmp_path, NO_COLOR="1")
    desk.wait_for("Agent number")
    desk.send(f"0042\r{PIN}\r")
    assert desk.wait_on_screen("C-26-000000")
    desk.close()
    assert b"38;2;" not in desk.log
    assert b"48;2;" not in desk.log


@pytest.mark.rule("TRM-4")
def test_a_lock_leaves_nothing_of_the_queue_on_the_screen(tmp_path: Path) -> None:
    desk = console(tmp_path)
    desk.wait_for("Agent number")
    desk.send(f"0042\r{PIN}\r")
    assert desk.wait_on_screen("C-26-000000")
    desk.read_for(0.3)
    desk.send("L")
    assert desk.wait_on_screen("The desk is locked")
    desk.settle(0.3, 3)
    assert "C-26" not in desk.screen()
    assert "•••@" not in desk.screen()
    os.kill(desk.pid, signal.SIGTERM)
    assert desk.ended(8) == 0
