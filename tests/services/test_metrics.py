"""What a watcher reads of central: numbers that are true, in a form that Prometheus reads, with nobody in it."""

import re
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import date

import pytest
import sqlalchemy as sa

from db import central
from db.central_counts import counts
from services.fulfilment.tally import Tally
from services.metrics import HELP, exposition, metrics
from services.types import Right
from tests.centre import Centre, request, sign_in
from tests.conftest import CHECKOUT

LINE = re.compile(r'rightsdesk_[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+')


def numbers(centre: Centre, today: date = date(2026, 11, 26)) -> dict[str, float]:
    return {f"{c.name}{dict(c.labels) or ''}": c.value for c in counts(centre.engine, today)}


@pytest.mark.rule("CLK-3")
def test_numbers_follow_what_is_done(centre: Centre) -> None:
    before = numbers(centre)
    with centre.desk() as desk:
        session = sign_in(desk)
        case = desk.intake.open(session, request(Right.ACCESS)).case
        desk.act.note(session, case, "said in passing")
        desk.clock.ask(session, case, "identity", "identity-doubt")
        centre.settle(desk)
    after = numbers(centre)
    assert after["entries"] > before["entries"]
    assert after["cases_open{'controller': 'nordlicht'}"] == 1
    assert after["cases_overdue{'controller': 'nordlicht'}"] == 0
    assert numbers(centre, date(2030, 1, 1))["cases_overdue{'controller': 'nordlicht'}"] == 1
    assert after["claims_held"] == 1
    told = [f"cases_{name}{{'controller': 'nordlicht'}}" for name in ("paused", "extended")]
    assert [after[name] for name in told] == [1, 0]
    with central.writing(centre.engine).begin() as conn:
        conn.execute(sa.update(central.CASE).values(extended=True))
    assert numbers(centre)[told[1]] == 1, "what the fold says of an extension is counted (CLK-3)"
    assert (after["inbox_entries"], after["inbox_oldest_seconds"]) == (0, 0)


def test_what_waits_is_counted_with_its_age(centre: Centre) -> None:
    with central.writing(centre.engine).begin() as conn:
        log = conn.execute(sa.select(central.LOG.c.id).limit(1)).scalar_one()
        row = {"log": log, "start": 0, "count": 7, "entries": b"", "details": b"", "checkpoint": "", "received_at": 1}
        conn.execute(sa.insert(central.INBOX), [row])
    found = numbers(centre)
    assert (found["inbox_batches"], found["inbox_entries"]) == (1, 7)
    assert found["inbox_oldest_seconds"] > 1_000_000


def test_every_line_is_one_that_prometheus_reads_and_names_nobody(centre: Centre) -> None:
    with centre.desk() as desk:
        case = desk.intake.open(sign_in(desk), request(identifier="ada@example.com")).case
        centre.settle(desk)
    text = metrics(centre.home, centre.vault)
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) > 15
    assert all(LINE.fullmatch(line) for line in lines), lines
    assert case not in text
    assert "ada" not in text
    assert exposition([]) == "\n"


def test_it_is_served_until_it_is_stopped(centre: Centre) -> None:
    command = [sys.executable, "-m", "console", "central", "metrics", "--listen", "127.0.0.1:0", "--home"]
    running = subprocess.Popen(
        [*command, str(centre.home.path)], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert running.stdout is not None
        url = running.stdout.readline().split()[-1]
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert b"rightsdesk_entries" in answer.read()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(url.replace("metrics", "secrets"), timeout=10)
    finally:
        running.kill()
        running.communicate()


def test_a_tally_grows_and_keeps_its_labels_apart() -> None:
    tally = Tally()
    tally.add("worker_entries_total", 3)
    tally.add("worker_entries_total", 4)
    tally.add("worker_asks_total", kind="find")
    tally.add("worker_asks_total", kind="look")
    text = exposition(tally.counts())
    assert "# TYPE rightsdesk_worker_entries_total counter\nrightsdesk_worker_entries_total 7\n" in text
    assert 'rightsdesk_worker_asks_total{kind="find"} 1\n' in text
    assert "# TYPE rightsdesk_worker_running_seconds gauge\n" in text


def test_every_number_that_a_worker_counts_is_explained() -> None:
    source = "".join((CHECKOUT / "services/fulfilment" / name).read_text() for name in ("worker.py", "journal.py"))
    counted = set(re.findall(r'"(worker_[a-z_]+_total)"', source))
    assert len(counted) > 4
    assert counted <= HELP.keys()
