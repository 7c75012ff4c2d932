"""Killed where a log's key changes: the terminal goes on, nothing said is lost, the log verifies, central takes it."""

import os
import subprocess
import sys

import pytest

from db.log import LogReader
from services.action_log.checkpoint import public_key
from services.evidence import evidence_of
from services.log_seeds import LogSeeds
from tests.centre import Centre
from tests.conftest import CHECKOUT
from tests.lone_terminal import Terminal

# Every second commit is a change of keys.
POINTS = ("key.after-next", "log.before-commit:2", "log.after-commit:2", "key.after-rotation", "key.after-erasure")


def killed(terminal: Terminal, at: str, kind: str = "real") -> dict[int, str]:
    """A process that writes this terminal's log until it is killed there; what it said was done: seq → op."""
    terminal.book.close()
    command = [sys.executable, "-m", "tests.faults.key_child", str(terminal.centre.home.path), terminal.owner, kind]
    environment = {**os.environ, "RIGHTSDESK_KILL_AT": at}
    child = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=60)
    assert child.returncode in (-9, 137), child.stderr
    return {int(seq): op for seq, op in (line.split() for line in child.stdout.split("\n")[:-1])}


@pytest.mark.parametrize(
    "points",
    [*((point,) for point in POINTS), pytest.param(POINTS, marks=pytest.mark.long)],
    ids=[*POINTS, "one after the other"],
)
def test_killed_where_the_key_changes_the_terminal_goes_on(
    centre: Centre, no_keyring: None, points: tuple[str, ...]
) -> None:
    terminal, said = Terminal(centre), dict[int, str]()
    for point in points:
        said |= killed(terminal, point)
        terminal.open()
        assert not terminal.book.alarms
    held = LogSeeds(centre.vault, terminal.owner).now
    terminal.append(300)
    terminal.book.tend()
    assert held.in_force not in LogSeeds(centre.vault, terminal.owner).now.all
    assert public_key(LogSeeds(centre.vault, terminal.owner).now.in_force) == terminal.book.writer.public_key
    with LogReader(terminal.file) as reader:
        there = {entry.seq: entry.op for entry in reader.entries()}
    assert said.items() <= there.items()
    terminal.push(20)
    assert terminal.uplink.state.waiting == 0
    evidence = evidence_of(centre.home, centre.vault)
    assert evidence.check(terminal.file).state == "whole"
    terminal.book.close()


@pytest.mark.parametrize("point", ["log.before-commit:2", "log.before-commit:4"])
def test_the_control_that_erases_the_old_key_first_loses_the_log_every_time(
    centre: Centre, no_keyring: None, point: str
) -> None:
    terminal = Terminal(centre)
    killed(terminal, point, "early")
    terminal.open()
    assert [alarm.kind for alarm in terminal.book.alarms] == ["foreign-key"]
    terminal.book.close()
