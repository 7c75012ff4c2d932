"""Several workers as processes of their own: one frozen or killed, the others go on, and nothing is done twice."""

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from console.commands.log import check_logs
from db.central import INBOX, JOB, STALE
from db.central_jobs import BEGUN
from services.demo.people import Person
from services.desk.open import open_desk
from services.home import enrol
from services.sync.rebuild import differences
from services.types import Right
from tests.centre import AGENT, AGENT_PIN, cases_in, request
from tests.faults.test_worker_kills import DONE, GONE, counts, finish, others
from tests.servers import Smtp
from tests.worker_centre import CASE, PEOPLE, WorkerCentre
from tests.worker_child import UNFENCED
from tests.worker_fixtures import Make

KILLS, MANY = 5, 50
FREEZES = 12
"""Tries to freeze it where none of its threads holds a lock on central: about one in five holds one."""
CALLERS = PEOPLE[2:8]
"""Who objects to marketing; the erasure of somebody else waits already."""


def first_of(centre: WorkerCentre) -> str:
    """The worker that the home was made with."""
    (folder,) = (centre.home.path / "workers").iterdir()
    return folder.name


def mailing(centre: WorkerCentre, smtp: Smtp) -> None:
    with (centre.home.path / "rightsdesk.toml").open("a") as file:
        file.write(f'[mail]\nhost = "{smtp.host}"\nport = {smtp.port}\ntls = "none"\nsender = "desk@example.org"\n')


def lets_go(centre: WorkerCentre) -> bool:
    """Whether what is frozen holds no lock on a file that others write: on one machine they would wait for it."""
    try:
        with centre.engine.connect() as conn:
            conn.exec_driver_sql("PRAGMA busy_timeout=1000")
            conn.execute(sa.text("UPDATE meta SET value = value WHERE key = 'rev'"))
    except sa.exc.OperationalError:
        return False
    return True


def frozen_about_to_send(make_due: Make, smtp: Smtp, *modes: str) -> tuple[WorkerCentre, int]:
    """A centre whose first worker has erased everything and is frozen before the letter leaves; the worker's pid."""
    for _ in range(FREEZES):
        centre = make_due()
        mailing(centre, smtp)
        first = first_of(centre)
        pid = centre.start(first, *modes, kill_at="freeze@post.erasure-outcome")
        wait_stopped(centre, pid)
        if lets_go(centre):
            return centre, pid
        centre.kill()
    raise AssertionError("it froze with a lock each time")


def wait_stopped(centre: WorkerCentre, pid: int) -> None:
    centre.until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")


pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="whether it is frozen stands in /proc")


def woken_after_another_finished(make_due: Make, smtp: Smtp, *modes: str) -> WorkerCentre:
    """The first worker froze as it was about to send, a second one came to the end, then the first woke."""
    centre, pid = frozen_about_to_send(make_due, smtp, *modes)
    assert not centre.case(CASE).shredded
    centre.start(enrol(centre.home, centre.vault, "worker", "worker-2"))
    centre.until(lambda: centre.case(CASE).shredded, 60)
    os.kill(pid, signal.SIGCONT)
    return centre


def sent(centre: WorkerCentre, smtp: Smtp) -> int:
    """How often the letter about the erasure left."""
    (letter,) = [x.id for x in centre.case(CASE).letters if x.template == "erasure-outcome"]
    return sum(letter in str(mail["Message-ID"]) for mail in smtp.messages)


def test_a_frozen_workers_erasure_is_finished_by_another_and_what_wakes_does_nothing_twice(
    make_due: Make, smtp: Smtp
) -> None:
    centre = woken_after_another_finished(make_due, smtp)
    centre.until(lambda: centre.journal("fenced"))
    time.sleep(0.5)
    assert sent(centre, smtp) == 1
    done = Counter(e.act for e in centre.entries(CASE) if e.act.startswith(("erase.s", "erase.v", "item.r", "subject")))
    assert done == {"erase.started": 1, "erase.system_done": 4, "erase.verified": 1, "item.resolved": 1,
                    "subject.shredded": 1}  # fmt: skip
    assert not any(any(rows) for rows in counts(centre).values())
    assert centre.case(CASE).conflicts == ()
    assert differences(centre.store) == []
    centre.until(lambda: [w.alive for w in centre.store.workers()[1]] == [True, True])  # it goes on, with other work
    centre.kill()


def test_control_a_woken_worker_that_asks_nobody_sends_a_letter_twice(make_due: Make, smtp: Smtp) -> None:
    centre = woken_after_another_finished(make_due, smtp, UNFENCED)
    centre.until(lambda: sent(centre, smtp) == 2)
    centre.kill()


def test_a_result_written_with_a_stale_fence_counts_for_nothing(make_due: Make) -> None:
    """Frozen between asking and writing: only central can tell, and does."""
    for _ in range(FREEZES):
        centre = make_due()
        pid = centre.start(first_of(centre), kill_at="freeze@job.held:1")
        wait_stopped(centre, pid)
        if lets_go(centre):
            break
        centre.kill()
    rows = others(centre)
    centre.start(enrol(centre.home, centre.vault, "worker", "worker-2"))
    centre.until(lambda: centre.case(CASE).shredded, 60)
    before = centre.case(CASE)
    os.kill(pid, signal.SIGCONT)
    centre.until(lambda: stale(centre))
    assert centre.case(CASE) == before
    assert differences(centre.store) == []
    assert rows != others(centre), "the control: it was erased"


def adopted_and_frozen(make_due: Make) -> tuple[WorkerCentre, int]:
    """The first worker died with its job begun; a second one took it over and froze before it went on with it."""
    for _ in range(FREEZES):
        centre = make_due()
        centre.start(first_of(centre), kill_at="erase.after-started", wait=False)
        centre.wait_dead()
        second = enrol(centre.home, centre.vault, "worker", "worker-2")
        pid = centre.start(second, kill_at="freeze@job.adopted", wait=False)  # it may freeze before it says a word
        wait_stopped(centre, pid)
        if lets_go(centre):
            return centre, pid
        centre.kill()
    raise AssertionError("it froze with a lock each time")


def test_a_worker_that_froze_before_it_went_on_with_a_job_takes_it_from_nobody(make_due: Make) -> None:
    """It wakes while a third one has the job and is in the middle of it: the third comes to the end."""
    centre, pid = adopted_and_frozen(make_due)
    rows = others(centre)
    with sqlite3.connect(centre.home.path / "data" / "nordlicht" / "crm.db", isolation_level=None) as held:
        held.execute("BEGIN IMMEDIATE")  # what the third one waits for, in the middle of its work
        centre.start(enrol(centre.home, centre.vault, "worker", "worker-3"))
        centre.until(lambda: centre.journal("adopted") == 2)
        time.sleep(1)
        os.kill(pid, signal.SIGCONT)
        centre.until(lambda: centre.journal("fenced"))
        held.execute("ROLLBACK")
    finish(centre, rows)


def test_killed_as_it_was_about_to_end_the_item_of_a_choice_the_item_ends_all_the_same(make_centre: Make) -> None:
    centre = make_centre()
    first = first_of(centre)
    centre.start(first, kill_at="consent.closing")
    (case,) = object_to_marketing(centre, CALLERS[:1])
    centre.wait_dead()
    assert not centre.case(case).closed, "the control: it was not said yet"
    centre.start(first)
    centre.until(lambda: centre.case(case).closed)
    assert [act for act in centre.acts(case) if act == "item.resolved"] == ["item.resolved"]


def stale(centre: WorkerCentre) -> int:
    with centre.engine.connect() as conn:
        return conn.execute(sa.select(sa.func.count()).select_from(STALE)).scalar_one()


# ── three, and kills ──────────────────────────────────────────────────────────────────────────────────────────


def object_to_marketing(centre: WorkerCentre, callers: list[Person] = CALLERS) -> list[str]:
    """Cases opened, and marketing stopped in them, all at once."""
    desk = open_desk(centre.home.path, "desk-1", demo=True)
    centre.closes(desk)
    session = desk.sign.sign_in(AGENT, AGENT_PIN)
    cases = []
    for person in callers:
        opened = desk.intake.open(session, request(Right.OBJECTION_MARKETING, identifier=person.email))
        desk.act.stop_marketing(session, opened.case)
        cases.append(opened.case)
    return cases


def kill_one_of_three(centre: WorkerCentre, kills: int, chance: random.Random) -> None:
    """Three workers, a queue of jobs; one of them, whichever, is killed again and again. Then all is judged."""
    before = others(centre)
    names = [first_of(centre), *(enrol(centre.home, centre.vault, "worker", f"worker-{n}") for n in (2, 3))]
    running = {}
    for name in names:
        centre.start(name)
        running[name] = centre.worker
    cases = object_to_marketing(centre)
    for _ in range(kills):
        time.sleep(chance.uniform(0.0, 1.5))
        name = chance.choice(names)
        running[name].kill()  # type: ignore[union-attr]
        running[name].wait(10)  # type: ignore[union-attr]
        centre.start(name, wait=False)
        running[name] = centre.worker
    centre.until(lambda: cases_in(centre.store) >= set(cases), 90)
    centre.until(lambda: centre.case(CASE).shredded and all(centre.case(c).closed for c in cases), 90)
    centre.until(lambda: unfinished(centre) == [] and not waiting(centre), 30)
    judge(centre, cases, before)


def unfinished(centre: WorkerCentre) -> list[str]:
    with centre.engine.connect() as conn:
        return list(conn.execute(sa.select(JOB.c.id).where(JOB.c.state.in_(("queued", *BEGUN)))).scalars())


def waiting(centre: WorkerCentre) -> int:
    """What central has and has not folded: a job is done when its results are handed in."""
    with centre.engine.connect() as conn:
        return conn.execute(sa.select(sa.func.count()).select_from(INBOX)).scalar_one()


def judge(centre: WorkerCentre, cases: list[str], before: dict[str, int]) -> None:
    """Every data system read anew, every case, letter and log: all is done, exactly once."""
    mails = ", ".join(f"'{person.email}'" for person in CALLERS)
    stopped = centre.rows("news", f"SELECT marketing_stopped_at FROM subscriber WHERE email IN ({mails})")
    assert len(stopped) > 2
    assert all(at is not None for (at,) in stopped)
    assert not any(any(rows) for rows in counts(centre).values())
    assert {t: n - before[t] for t, n in others(centre).items() if n != before[t]} == {t: -n for t, n in GONE.items()}
    for case in (CASE, *cases):
        folded = centre.case(case)
        assert folded.conflicts == ()
        assert len(folded.seen) == len(set(folded.seen))
        assert {x.state for x in folded.letters} == {"sent"}
    letters = Counter(x.template for c in cases for x in centre.case(c).letters)
    assert letters == {"acknowledgement": len(cases), "marketing-stop": len(cases)}
    done = {e.op: e for e in centre.entries(CASE) if e.act == "erase.system_done"}.values()
    parts = {e.params["system"]: (e.params["deleted"], e.params["masked"], e.params["kept"]) for e in done}
    assert (len(done), parts) == (4, DONE)
    assert differences(centre.store) == []
    centre.close()
    assert {report.state for _, report in check_logs([], centre.home.path)} == {"whole"}


def test_three_workers_one_killed_at_random_and_again_finish_all_exactly_once(make_due: Make) -> None:
    kill_one_of_three(make_due(), KILLS, random.Random(3))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_three_workers_one_killed_at_random_fifty_times_finish_all_exactly_once(make_due: Make) -> None:
    for seed in range(MANY // KILLS):
        kill_one_of_three(make_due(), KILLS, random.Random(seed))
