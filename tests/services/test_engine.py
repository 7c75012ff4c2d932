"""The durable engine: resumes what was killed, repeats no recorded step, keeps ids and counts only, stays silent."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.errors import Unusable
from services.fulfilment.engine import Engine, JobFailed, _open, make_tables

KEY = bytes(range(32))
CHILD = """
import os, signal, sys, time
from services.fulfilment.engine import Engine, JobFailed
folder, die, key = sys.argv[1], sys.argv[2], bytes(range(32))
def note(text):
    with open(folder + "/done", "a") as file: file.write(text + "\\n")
def five(engine, job):
    for n in range(5):
        def work(n=n):
            note(f"{job} {n}")
            if die == str(n): os.kill(os.getpid(), signal.SIGKILL)
            return n
        assert engine.step(f"s{n}", work) == n
    engine.pause(0.01)
    note(f"{job} end")
def bad(engine, job):
    def work(): raise JobFailed("code-7")
    try: engine.step("x", work)
    except JobFailed as exc: note(f"{job} {exc}")
    engine.step("y", lambda: note("y") or 1)
    raise ValueError("anna@example.com")
url = os.environ.get("URL") or f"sqlite:///{folder}/engine.db"
engine = Engine(url, key, os.environ.get("WORKER", "abcd1234"), {"five": five, "bad": bad})
if die == "resume":
    for job in sys.argv[3:]: engine.resume(job, job.split("-")[0])
    sys.argv[3:] = []
for job in sys.argv[3:]:
    engine.start(job, job.split("-")[0])
    engine.start(job, job.split("-")[0])
wanted = int(os.environ["LINES"])
until = time.monotonic() + float(os.environ.get("SECONDS", "20"))
while time.monotonic() < until and len(open(folder + "/done").readlines()) < wanted: time.sleep(0.02)
time.sleep(0.2)
os._exit(0)
"""


def child(
    folder: Path, lines: int, *jobs: str, die: str = "-", url: str = "", worker: str = "abcd1234", seconds: float = 20
) -> subprocess.CompletedProcess[str]:
    (folder / "done").touch()
    return subprocess.run(
        [sys.executable, "-c", CHILD, str(folder), die, *jobs],
        env={**os.environ, "LINES": str(lines), "PYTHONPATH": str(Path.cwd()), "URL": url, "WORKER": worker,
             "SECONDS": str(seconds)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_another_worker_goes_on_with_what_a_dead_one_left_from_its_recorded_steps(
    postgres: str, tmp_path: Path
) -> None:
    """On PostgreSQL, where each has a machine of its own; the tables were made for a role before."""
    with sa.create_engine(postgres).connect() as conn:
        conn.exec_driver_sql("CREATE ROLE engine_user LOGIN PASSWORD 'abc'")
        conn.commit()
    url = sa.make_url(postgres).set(username="engine_user", password="abc").render_as_string(hide_password=False)
    assert "central has no tables of the engine" in child(tmp_path, 0, url=url).stderr, "the control"
    make_tables(postgres, "engine_user")
    killed = child(tmp_path, 99, "five-1", die="3", url=url)
    assert killed.returncode == -signal.SIGKILL
    idle = child(tmp_path, 5, "five-2", url=url, worker="abcd0002", seconds=2)
    assert (idle.returncode, "five-1 end" in lines(tmp_path)) == (0, False), "the control: nobody was told to"
    again = child(tmp_path, 13, "five-1", die="resume", url=url, worker="abcd0003")
    assert again.returncode == 0
    assert [x for x in lines(tmp_path) if x.startswith("five-1")] == [f"five-1 {n}" for n in (0, 1, 2, 3, 3, 4, "end")]


def lines(folder: Path) -> list[str]:
    return (folder / "done").read_text().splitlines()


def test_a_killed_job_goes_on_where_it_was_with_the_step_in_flight_alone_repeated(tmp_path: Path) -> None:
    killed = child(tmp_path, 99, "five-1", die="3")
    assert killed.returncode == -signal.SIGKILL
    assert lines(tmp_path) == ["five-1 0", "five-1 1", "five-1 2", "five-1 3"]
    again = child(tmp_path, 7, "five-1", die="resume")
    assert again.returncode == 0
    assert lines(tmp_path) == ["five-1 0", "five-1 1", "five-1 2", "five-1 3", "five-1 3", "five-1 4", "five-1 end"]


def test_starting_a_job_again_starts_nothing_and_the_engine_says_nothing(tmp_path: Path) -> None:
    first = child(tmp_path, 6, "five-1")
    second = child(tmp_path, 6, "five-1")
    assert lines(tmp_path) == [f"five-1 {n}" for n in (0, 1, 2, 3, 4, "end")]
    for done in (first, second):
        assert done.stdout == ""
        assert done.stderr == ""


def test_the_file_is_encrypted_and_holds_no_text_of_an_error(tmp_path: Path) -> None:
    child(tmp_path, 2, "bad-1")
    assert lines(tmp_path) == ["bad-1 code-7", "y"]
    file = tmp_path / "engine.db"
    assert not file.read_bytes().startswith(b"SQLite format 3")
    assert file.stat().st_mode & 0o077 == 0
    database = _open(f"sqlite:///{file}", KEY)
    with database.connect() as conn:
        tables = conn.execute(sa.text("SELECT name FROM sqlite_master WHERE type='table'")).scalars().all()
        rows = [str(row) for table in tables for row in conn.execute(sa.text(f'SELECT * FROM "{table}"'))]
    assert any("ValueError" in row for row in rows), "the control: what an error leaves is found"
    assert any("code-7" in row for row in rows)
    assert not any("anna" in row for row in rows)


FULL = """
import logging, sys, time
import sqlalchemy as sa
from services.fulfilment.engine import Engine, _open
folder, safe, full, done = sys.argv[1], sys.argv[2], [], []
def job(engine, job):
    engine.step("s0", lambda: done.append(0) or 0)
    engine.step("s1", lambda: done.append(1) or (len(done) == 2 and full.append(1)) or "x" * 100_000)
    engine.step("s2", lambda: done.append(2) or 2)
if safe == "no":
    from services.fulfilment import engine
    engine._left = lambda error: error
engine = Engine(f"sqlite:///{folder}/engine.db", bytes(range(32)), "abcd1234", {"job": job})
logging.getLogger("rightsdesk").addHandler(logging.StreamHandler(sys.stdout))
@sa.event.listens_for(engine._database, "checkout")
def room(conn, record, proxy): conn.execute(f"PRAGMA max_page_count = {1 if full else 10**6}")
@sa.event.listens_for(engine._database, "handle_error")
def free(context): full.clear()
engine.start("one", "job")
for wanted in ([0, 1], [0, 1, 1, 2]):
    until = time.monotonic() + (5 if wanted == [0, 1] or safe == "yes" else 1)
    while time.monotonic() < until and (done != wanted or engine.runs("one")): time.sleep(0.01)
    print(done, flush=True)
    engine.resume("one", "job")
import os
os._exit(0)
"""


def test_a_step_that_a_full_disk_does_not_record_is_done_again_and_the_job_is_not_lost(tmp_path: Path) -> None:
    """The control records what went wrong as the end of the job: nobody can go on with it when there is room again."""
    said = {}
    for safe in ("yes", "no"):
        (tmp_path / safe).mkdir()
        words = [sys.executable, "-c", FULL, str(tmp_path / safe), safe]
        run = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
        said[safe] = run.stdout.splitlines()
    assert said["yes"] == ["left OperationalError", "[0, 1]", "[0, 1, 1, 2]"]
    assert [line for line in said["no"] if "engine" not in line] == ["[0, 1]", "[0, 1]"], "the control"


def test_a_wrong_key_says_so(tmp_path: Path) -> None:
    child(tmp_path, 6, "five-1")
    with pytest.raises(Unusable, match="wrong key or damaged"):
        Engine(f"sqlite:///{tmp_path / 'engine.db'}", bytes(32), "abcd1234", {})


def test_no_port_listens(tmp_path: Path) -> None:
    probe = CHILD.replace(
        "os._exit(0)",
        "note('sockets ' + str(sum(os.readlink(f'/proc/self/fd/{fd}').startswith('socket') "
        "for fd in os.listdir('/proc/self/fd') if os.path.islink(f'/proc/self/fd/{fd}'))))\nos._exit(0)",
    )
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("open files are counted in /proc")
    (tmp_path / "done").touch()
    subprocess.run(
        [sys.executable, "-c", probe, str(tmp_path), "-", "five-1"],
        env={**os.environ, "LINES": "6", "PYTHONPATH": str(Path.cwd())}, check=True, timeout=60,
    )  # fmt: skip
    # An event loop wakes itself through a pair of connected sockets; nothing else may be one.
    assert lines(tmp_path)[-1] in ("sockets 0", "sockets 2")


def test_an_error_keeps_its_code_alone() -> None:
    from services.fulfilment.engine import _Json

    kept = _Json().serialize(ValueError("anna@example.com"))
    assert "anna" not in kept
    back = _Json().deserialize(_Json().serialize(JobFailed("away")))
    assert isinstance(back, JobFailed)
    assert str(back) == "away"
