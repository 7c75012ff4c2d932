"""A disk that is really full under a real worker: it says so, nothing is half done, with room it goes on, once."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.types import Right
from tests.faults.small_disk import PARTS, SmallDisk, small_disk
from tests.faults.test_many_workers import wait_stopped
from tests.faults.test_step_kills import ASKED, decide_what_is_held_back, each_step_once
from tests.faults.test_worker_kills import counts, finish, half_erased, others
from tests.worker_centre import CASE, PEOPLE, Call, WorkerCentre
from tests.worker_child import TURNS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the file system is mounted as Linux does it")

WORDS = ("SQLITE_FULL", "ENOSPC")


@contextmanager
def on_a_small_disk(template: Path, tmp_path: Path, part: str) -> Iterator[tuple[WorkerCentre, SmallDisk]]:
    """A copy of that home, a part of it on a small disk, no worker running."""
    home, said = tmp_path / "home", tmp_path / "complaints"
    with small_disk(tmp_path / "disk") as disk, said.open("w") as complaints:
        shutil.copytree(template, home)
        disk.take(home, part)
        centre = WorkerCentre(home, complaints)
        try:
            yield centre, disk
        finally:
            centre.close()


def complaints(centre: WorkerCentre) -> int:
    """How often the worker said that a disk is full: in its journal, or on standard error where that had no room."""
    said = (centre.home.logs / "worker.log").read_text() + (centre.home.path.parent / "complaints").read_text()
    return sum(said.count(f'"code":"{word}"') for word in WORDS)


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ("home", "erase.after-apply:1"),
        ("stores", "step.erase:2"),
        pytest.param("systems", "erase.between-statements:2", marks=pytest.mark.long),
    ],
)
def test_a_disk_that_is_full_in_the_middle_of_an_erasure_is_said_and_with_room_it_goes_on_once(
    approved_template: Path, tmp_path: Path, part: str, place: str
) -> None:
    with on_a_small_disk(approved_template, tmp_path, part) as (centre, disk):
        before, rows = counts(centre), others(centre)
        pid = centre.start(kill_at=f"freeze@{place}")
        wait_stopped(centre, pid)
        assert complaints(centre) == 0, "the control"
        disk.fill()
        os.kill(pid, signal.SIGCONT)
        centre.until(lambda: complaints(centre))
        assert half_erased(before, counts(centre)) == []
        disk.free()
        finish(centre, rows)


def full_after_each_step(
    centre: WorkerCentre, disk: SmallDisk, over: Callable[[], bool], look: Callable[[], None] = lambda: None
) -> int:
    """One worker, whose disk is full when a step ends for the first time, until it said so; how often it did.

    `look` is called while the job stands still.
    """
    centre.start(TURNS, wait=False)
    turns, said = centre.home.path / TURNS, 0
    seen: set[str] = set()

    def at() -> str:
        return (turns / "at").read_text() if (turns / "at").is_file() else ""

    turn = ""
    while True:
        centre.until(lambda: at() not in ("", turn) or over(), 60)  # noqa: B023 - asked at once
        if at() in ("", turn):
            return said
        turn, before = at(), complaints(centre)
        look()
        step = turn.partition(" ")[2]
        if step not in seen:
            seen.add(step)
            disk.fill()
        (turns / "go").write_text(turn)
        if disk.is_full:  # what needs no room says nothing: then the next step ends, or the job
            centre.until(lambda: complaints(centre) > before or at() != turn or over(), 60)  # noqa: B023
            said += complaints(centre) > before
            disk.free()


@pytest.mark.long
@pytest.mark.parametrize("part", list(PARTS))
def test_a_disk_that_is_full_after_each_step_of_an_erasure(approved_template: Path, tmp_path: Path, part: str) -> None:
    with on_a_small_disk(approved_template, tmp_path, part) as (centre, disk):
        before, rows = counts(centre), others(centre)

        def look() -> None:
            assert half_erased(before, counts(centre)) == []

        assert full_after_each_step(centre, disk, lambda: centre.case(CASE).shredded, look) > 0
        finish(centre, rows)


@pytest.mark.long
@pytest.mark.parametrize("right", list(ASKED))
@pytest.mark.parametrize("part", list(PARTS))
def test_a_disk_that_is_full_after_each_step_of_a_job(
    centre_template: Path, tmp_path: Path, part: str, right: Right
) -> None:
    with on_a_small_disk(centre_template, tmp_path, part) as (centre, disk):
        centre.start()
        call = Call(centre, centre.desk(), PEOPLE[1], right)
        centre.until(lambda: "case.acknowledged" in centre.acts(call.case))
        ask = ASKED[right](call)
        centre.kill()
        ask()
        if right is Right.ACCESS:
            decide_what_is_held_back(centre, call)
        said = full_after_each_step(centre, disk, lambda: centre.case(call.case).closed)
        reads_only = (part, right) == ("systems", Right.ACCESS)
        assert (said == 0) == reads_only
        each_step_once(centre, call)
