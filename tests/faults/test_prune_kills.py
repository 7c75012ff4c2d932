"""Killing the pruner at each of its steps: the log is the old one or the new one, whole, and the next run finishes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from db.log import LogReader
from db.log_check import check_file
from db.log_prune import prune
from services.action_log import acts, checkpoint
from services.action_log.entry import Draft
from services.action_log.known import Known
from tests.conftest import CHECKOUT
from tests.log_samples import CENTRAL, CENTRAL_SEED, LOG, numbered, open_log

CUT = 512
POINTS = {"prune.copied": 0, "prune.cut": 0, "prune.before-swap": 0, "prune.after-swap": CUT}
"""Where it is killed, and up to where bodies are gone then."""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of 800 entries, the last of which names the cut."""
    with open_log(tmp_path) as writer:
        writer.append_many(numbered(798))
        with writer.reader() as reader:
            act = acts.LogPruned(cut=CUT, root=reader.root(CUT).hex())
        writer.append([Draft(act=act, actor=f"log:{LOG}", as_="log")])
        writer.store_receipt(800, checkpoint.cosign(writer.checkpoint, CENTRAL, CENTRAL_SEED, 1_764_000_000))
    return tmp_path / "log-1.db"


def killed(log: Path, at: str, kind: str = "real") -> None:
    command = [sys.executable, "-m", "tests.faults.prune_child", str(log), str(CUT), kind]
    environment = {**os.environ, "RIGHTSDESK_KILL_AT": at}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode in (-9, 137), done.stderr


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_each_step_the_log_is_whole_and_the_next_run_finishes(log: Path, point: str) -> None:
    killed(log, point)
    report = check_file(log)
    assert (report.state, report.size, report.cut) == ("whole", 800, POINTS[point])
    assert prune(log, CUT, Known()) == (0 if POINTS[point] else CUT - 1)
    report = check_file(log)
    assert (report.state, report.size, report.cut) == ("whole", 800, CUT)
    assert not list(log.parent.glob("*pruning*"))
    with open_log(log.parent) as writer:
        writer.append_many(numbered(3))
    assert check_file(log).size == 803


@pytest.mark.parametrize("point", ["prune.copied", "prune.cut", "prune.before-swap"])
def test_control_a_pruner_that_takes_the_old_file_first_loses_the_log(log: Path, point: str) -> None:
    killed(log, point, "apart")
    assert not log.exists()


def test_a_half_made_copy_is_no_log_and_hinders_nobody(log: Path) -> None:
    killed(log, "prune.cut")
    assert [path.name for path in log.parent.glob("*.pruning")] == ["log-1.pruning"]
    assert [path.name for path in log.parent.glob("log-*.db")] == ["log-1.db"]
    with open_log(log.parent) as writer:
        writer.append_many(numbered(600))
    with LogReader(log) as reader:
        assert len(list(reader.bodies())) == 1400
    assert prune(log, CUT, Known()) == CUT - 1
