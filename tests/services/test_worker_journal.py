"""The worker's journal on standard output: the same JSON lines as in its file, and nobody in them."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from services.errors import DeskError, Unavailable
from services.fulfilment.journal import Journal
from services.types import Right
from tests.faults.search import in_bytes
from tests.worker_centre import CHECKOUT, ME, Call, WorkerCentre
from tests.worker_fixtures import Make

if os.name != "nt":
    import resource


def test_each_line_is_json_with_event_and_time_the_same_as_in_the_file_and_without_a_person(make_centre: Make) -> None:
    centre: WorkerCentre = make_centre()
    environment = {**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    words = [sys.executable, "-m", "console", "worker", "run", "--log-json", "--home", str(centre.home.path)]
    child = subprocess.Popen(words, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE)
    try:
        call = Call(centre, centre.desk(), ME, Right.ACCESS)
        call.verify()
        systems = centre.home.path / "controllers" / "nordlicht" / "systems" / "shop" / "system.yml"
        systems.write_text(systems.read_text() + "\nnonsense: true\n")
        call.step_up()
        call.desk.act.export(call.session, call.case)
        centre.until(lambda: centre.journal("fault"))  # the control: something went wrong while the person was at hand
    finally:
        child.send_signal(signal.SIGTERM)
        said, _ = child.communicate(timeout=30)
    lines = [orjson.loads(line) for line in said.splitlines()]
    assert {"started", "leads", "fault", "stopped"} <= {line["event"] for line in lines}
    assert all(type(line["at"]) is int and line["pid"] == child.pid for line in lines)
    assert said == (centre.home.logs / "worker.log").read_bytes()
    planted = {"email": ME.email, "name": ME.name, "phone": ME.phone, "number": ME.customer_number}
    assert in_bytes(said, planted) == set()
    assert in_bytes(said + ME.email.encode(), planted) == {"email"}, "the control"


def test_the_journal_goes_on_when_nobody_reads_its_output_any_more(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    journal = Journal(tmp_path / "worker.log", echo=writes)
    journal.say("started", worker="x")
    journal.say("stopped", worker="x")
    assert (tmp_path / "worker.log").read_bytes().count(b"\n") == 2
    os.close(writes)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_what_a_full_disk_does_not_take_stands_on_standard_error_and_stops_nobody(
    capfd: pytest.CaptureFixture[str],
) -> None:
    journal = Journal(Path("/dev/full"))
    try:
        Path("/dev/full").write_text("x")
    except OSError as exc:
        journal.fault("jobs", exc)
    (line,) = capfd.readouterr().err.splitlines()
    assert (orjson.loads(line)["event"], orjson.loads(line)["code"]) == ("fault", "ENOSPC")


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on file size")
def test_the_line_after_one_that_was_torn_stands_apart(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    journal = Journal(tmp_path / "worker.log")
    journal.say("started", worker="x" * 4000)  # standard error is a file here, under the same limit
    room = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "worker.log").stat().st_size + 10, room[1]))
    try:
        journal.say("torn", worker="x")
        journal.say("lost", worker="x")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, room)
    journal.say("stopped", worker="x")
    first, torn, last = (tmp_path / "worker.log").read_bytes().splitlines()
    assert (orjson.loads(first)["event"], len(torn), orjson.loads(last)["event"]) == ("started", 10, "stopped")
    assert [orjson.loads(line)["event"] for line in capfd.readouterr().err.splitlines()] == ["torn", "lost"]


def test_a_fault_names_the_code_that_stands_at_its_beginning_and_no_text_of_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "worker.log")

    def raised() -> DeskError:
        try:
            try:
                raise OSError(errno.ENOSPC, "anna@example.com")
            except OSError as exc:
                raise Unavailable("no room") from exc
        except Unavailable as exc:
            return exc

    journal.fault("jobs", raised())
    journal.fault("jobs", ValueError("anna@example.com"))
    first, second = map(orjson.loads, (tmp_path / "worker.log").read_bytes().splitlines())
    assert (first["code"], "code" in second) == ("ENOSPC", False)
    assert b"anna" not in (tmp_path / "worker.log").read_bytes()
