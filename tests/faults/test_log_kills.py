"""Killing the writer: no acknowledged entry is lost and the log verifies; writers with a mistake fail every time."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from db.log import LogReader, LogWriter
from db.log_check import check_file
from services.action_log.checkpoint import Signer
from services.action_log.known import Known
from tests.conftest import CHECKOUT
from tests.log_samples import LOG, ORIGIN, SEED, draft

POINTS = ("log.before-commit", "log.after-commit", "log.before-ack")
KNOWN = Known(public_key=Signer(ORIGIN, SEED).public_key, origin=ORIGIN)


def start(folder: Path, kind: str = "real", at: str = "") -> "subprocess.Popen[str]":
    environment = {**os.environ, "RIGHTSDESK_KILL_AT": at}
    command = [sys.executable, "-m", "tests.faults.log_child", str(folder), kind]
    return subprocess.Popen(
        command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def acknowledged(child: "subprocess.Popen[str]") -> dict[int, int]:
    """What the killed child said was done: seq → seconds. A last line cut in half was not yet said."""
    out, err = child.communicate(timeout=60)
    assert child.returncode in (-9, 137), err
    lines = [line.split() for line in out.split("\n")[:-1]]
    return {int(seq): int(seconds) for seq, seconds in lines}


def lost_or_broken(folder: Path, said: dict[int, int]) -> str:
    """Why the log does not hold what was said; empty when it does."""
    report = check_file(folder / "log-1.db", KNOWN)
    if report.state != "whole":
        return str(report.kind)
    with LogReader(folder / "log-1.db") as reader:
        held = {entry.seq: entry.params.get("seconds") for entry in reader.entries(1)}
    return "" if said.items() <= held.items() else "lost"


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("time_reached", [2, 40])
def test_killed_at_a_named_point_nothing_said_is_lost(tmp_path: Path, point: str, time_reached: int) -> None:
    child = start(tmp_path, at=f"{point}:{time_reached}")
    said = acknowledged(child)
    assert lost_or_broken(tmp_path, said) == ""
    with LogWriter(tmp_path / "log-1.db", log=LOG, origin=ORIGIN, seed=SEED) as writer:
        size = writer.size
        assert size >= len(said)
        assert writer.append([draft()])[0].seq == size


ATTEMPTS = [*range(5), *(pytest.param(n, marks=pytest.mark.long) for n in range(5, 50))]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_control_that_says_done_before_the_commit_fails_every_time(tmp_path: Path, attempt: int) -> None:
    said = acknowledged(start(tmp_path, "early", f"log.before-commit:{attempt + 3}"))
    assert lost_or_broken(tmp_path, said) == "lost"


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_control_with_entry_and_head_in_two_transactions_fails_every_time(tmp_path: Path, attempt: int) -> None:
    said = acknowledged(start(tmp_path, "split", f"log.between-commits:{attempt + 2}"))
    assert lost_or_broken(tmp_path, said) == "surplus-entry"


def random_kills(folder: Path, count: int, seed: int) -> dict[int, int]:
    """Kills the same log's writer at random moments; what was said to be done in all."""
    chance, said = random.Random(seed), {}
    for _ in range(count):
        child = start(folder)
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.12))
        child.kill()
        said.update(acknowledged(child))
        said.update([tuple(map(int, first.split()))])
        assert lost_or_broken(folder, said) == ""
    return said


def named_kills(folder: Path, each: int, seed: int, said: dict[int, int]) -> None:
    """Goes on with that log and kills its writer so many times at each named point, sooner or later."""
    chance = random.Random(seed)
    for _ in range(each):
        for point in POINTS:
            said.update(acknowledged(start(folder, at=f"{point}:{chance.randrange(1, 40)}")))
            assert lost_or_broken(folder, said) == ""


def test_killed_at_random_nothing_said_is_lost(tmp_path: Path) -> None:
    assert len(random_kills(tmp_path, 8, seed=7)) > 24


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_killed_five_hundred_times_nothing_said_is_lost(tmp_path: Path) -> None:
    """350 times at random, 150 times at a named point, all of one log."""
    said = random_kills(tmp_path, 350, seed=11)
    assert len(said) > 1050
    named_kills(tmp_path, 50, 12, said)


def test_kill_points_do_nothing_unless_asked_in_a_checkout(tmp_path: Path) -> None:
    """A copy of the module without a `tests` folder beside it ignores the environment."""
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "kill_points.py").write_text((CHECKOUT / "db" / "kill_points.py").read_text())
    code = "import sys; sys.path.insert(0, 'db'); import kill_points; kill_points.reach('here'); print('alive')"
    for tests, environment, alive in (
        (False, "here", True),
        (True, "here", False),
        (True, "there", True),
        (True, "", True),
    ):
        if tests:
            (tmp_path / "tests").mkdir(exist_ok=True)
        run = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "RIGHTSDESK_KILL_AT": environment},
            capture_output=True,
            text=True,
        )
        assert (run.stdout == "alive\n") is alive
