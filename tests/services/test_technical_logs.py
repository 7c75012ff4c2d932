"""KEEP-LOGS: technical logs go after twelve months, or after as many as the controllers say (rules.md 8.2)."""

import os
import time
from pathlib import Path

import orjson
import pytest

from console.faults import FaultLog
from services.fulfilment import own_retention
from services.fulfilment.journal import Journal
from services.technical_logs import FAULTS, MONTH_S, forget_faults
from tests.centre import Centre
from tests.own_room import room_of


def journal_of(folder: Path, *months_ago: float) -> Path:
    """A worker's journal with a line so many months old each."""
    path = folder / "worker.log"
    ages = (time.time() - ago * MONTH_S for ago in months_ago)
    path.write_bytes(
        b"".join(orjson.dumps({"at": int(at * 1e6), "event": f"n{n}"}) + b"\n" for n, at in enumerate(ages))
    )
    return path


def events(path: Path) -> list[str]:
    return [orjson.loads(line)["event"] for line in path.read_bytes().splitlines()] if path.exists() else []


@pytest.mark.rule("KEEP-LOGS")
def test_KEEP_LOGS_a_journal_is_set_aside_after_half_of_the_months_and_gone_after_all(tmp_path: Path) -> None:
    path, aside = journal_of(tmp_path, 5.9, 1), tmp_path / "worker.log.1"
    journal = Journal(path)
    journal.tidy(12)
    assert (events(path), aside.exists()) == (["n0", "n1"], False), "the control: half of the months are not over"
    journal.tidy(11)
    journal.say("new")
    assert (events(aside), events(path)) == (["n0", "n1"], ["new"])
    old = time.time() - 5.4 * MONTH_S
    os.utime(aside, (old, old))
    journal.tidy(11)
    assert aside.exists()
    os.utime(aside, (old - MONTH_S, old - MONTH_S))
    journal.tidy(11)
    assert (aside.exists(), events(path)) == (False, ["new"])


def fault(ago: float) -> str:
    at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - ago * MONTH_S))
    return f"{at} fault 7F3A21\n  builtins.ValueError\n    a.py:{int(ago)} in f\n"


@pytest.mark.rule("KEEP-LOGS")
def test_KEEP_LOGS_faults_of_a_console_go_one_by_one_and_the_file_with_the_last(tmp_path: Path) -> None:
    file = tmp_path / FAULTS
    file.write_text(fault(30) + fault(13) + fault(11) + fault(1))
    forget_faults(file)
    assert file.read_text() == fault(11) + fault(1)
    assert file.stat().st_mode & 0o077 == 0
    before = file.stat().st_ino
    forget_faults(file)
    assert file.stat().st_ino == before, "and is not written again while the oldest is young"
    forget_faults(file, 1)
    assert not file.exists()
    for text in ("", "no fault of ours\n", fault(1)[:-5]):
        file.write_text(text)
        forget_faults(file)
    assert file.read_text() == fault(1)[:-5], "one that was cut off in the middle is a fault all the same"
    forget_faults(tmp_path / "none.log")


@pytest.mark.rule("KEEP-LOGS")
def test_KEEP_LOGS_a_console_forgets_at_its_start_and_each_worker_day_by_day(centre: Centre, tmp_path: Path) -> None:
    faults = FaultLog(tmp_path)
    faults.path.write_text(fault(13))
    faults.forget()
    assert not faults.path.exists()
    room = room_of(centre)
    (room.home.logs / FAULTS).write_text(fault(13) + fault(2))
    journal_of(room.home.logs, 13)
    room.journal = Journal(room.home.logs / "worker.log")
    own_retention.tidy_logs(room)
    assert (room.home.logs / FAULTS).read_text() == fault(2)
    assert (events(room.home.logs / "worker.log"), events(room.home.logs / "worker.log.1")) == ([], ["n0"])
