"""Power goes at any moment: no entry that was acknowledged is lost, and the log verifies."""

import os
import shutil
from pathlib import Path
from random import Random

import pytest

from db.log import LogReader, LogWriter
from db.log_check import check_file
from services.action_log.checkpoint import Signer
from services.action_log.known import Known
from services.errors import DeskError
from tests.faults.power import Call, after_a_cut, record
from tests.log_samples import LOG, ORIGIN, SEED, draft

KNOWN = Known(public_key=Signer(ORIGIN, SEED).public_key, origin=ORIGIN)
ENTRIES = 300
CONTROLS = 60


@pytest.fixture(scope="module", params=["real", "normal"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[Call]]:
    """What a writer did: ours, and one that does not wait for the disk (the control)."""
    if shutil.which("strace") is None:
        assert not os.environ.get("CI"), "CI must cut the power: install strace"
        pytest.skip("strace is not installed: apt-get install strace")
    folder = tmp_path_factory.mktemp("power") / "log"
    folder.mkdir()
    return request.param, record(folder, request.param, ENTRIES)


def cut(calls: list[Call], seed: int, folder: Path) -> str:
    """What is wrong after a power cut at a random moment; empty when nothing is."""
    random = Random(seed)
    opened = next(n for n, call in enumerate(calls) if call.kind == "said")
    said = after_a_cut(calls, random.randrange(opened, len(calls)), random, folder)
    path = folder / "log-1.db"
    try:
        with LogWriter(path, log=LOG, origin=ORIGIN, seed=SEED) as writer:  # the start-up check, and it goes on
            writer.append([draft()])
    except DeskError as exc:
        return f"does not open: {exc}"
    report = check_file(path, KNOWN)
    if report.state != "whole":
        return f"is {report.state}: {report.kind}"
    with LogReader(path) as reader:
        held = {entry.seq: entry.params.get("seconds") for entry in reader.entries()}
    lost = [seq for seq, seconds in said if held.get(seq) != seconds]
    return f"lost {lost}" if lost else ""


@pytest.mark.parametrize("cuts", [60, pytest.param(500, marks=[pytest.mark.long, pytest.mark.timeout(1200)])])
def test_no_acknowledged_entry_is_lost_when_power_goes(
    recorded: tuple[str, list[Call]], cuts: int, tmp_path: Path
) -> None:
    kind, calls = recorded
    if kind == "real":
        assert [wrong for seed in range(cuts) if (wrong := cut(calls, seed, tmp_path / "cut"))] == []
    else:  # control: the same cuts find a writer that says "done" before the disk has it
        found = [wrong for seed in range(CONTROLS) if (wrong := cut(calls, seed, tmp_path / "cut"))]
        assert len(found) > CONTROLS // 4, found
