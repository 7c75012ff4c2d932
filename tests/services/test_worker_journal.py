"""The worker's journal on standard output: the same JSON lines as in its file, and nobody in them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson

from services.types import Right
from tests.faults.search import in_bytes
from tests.worker_centre import CHECKOUT, ME, Call, WorkerCentre
from tests.worker_fixtures import Make


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
    from services.fulfilment.journal import Journal

    reads, writes = os.pipe()
    os.close(reads)
    journal = Journal(tmp_path / "worker.log", echo=writes)
    journal.say("started", worker="x")
    journal.say("stopped", worker="x")
    assert (tmp_path / "worker.log").read_bytes().count(b"\n") == 2
    os.close(writes)
