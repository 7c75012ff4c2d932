"""The worker killed at every place of an erasure, and at random: it goes on, nothing is done twice or half.

The control is a worker that commits row by row: killed at its point, it is caught every time.
"""

import random
import shutil
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest

from console.commands.log import check_logs
from tests.worker_centre import CASE, ME, WorkerCentre
from tests.worker_child import ROW_BY_ROW
from tests.worker_fixtures import Make

# What the plan says of each system, by the statement that counts it: all of it is there, or none.
PLANNED = {
    "crm": (
        f"SELECT count(*) FROM contact_email WHERE email='{ME.email}'",
        f"SELECT count(*) FROM contact_phone WHERE phone='{ME.phone}'",
        f"SELECT count(*) FROM customer WHERE customer_number='{ME.customer_number}'",
    ),
    "desk": (
        f"SELECT count(*) FROM requester WHERE email='{ME.email}'",
        f"SELECT count(*) FROM message WHERE ticket_id={ME.number + 1}",
        f"SELECT count(*) FROM ticket WHERE id={ME.number + 1} AND subject<>'erased'",
    ),
    "news": (
        f"SELECT count(*) FROM subscriber WHERE email='{ME.email}'",
        f"SELECT count(*) FROM mailing WHERE subscriber_id={ME.number + 1}",
    ),
    "shop": (
        f"SELECT count(*) FROM account WHERE customer_number='{ME.customer_number}'",
        f"SELECT count(*) FROM orders WHERE account_id={ME.number + 1}",
        "SELECT count(*) FROM order_item WHERE order_id IN (2,3,4)",
    ),
}
WORST = (
    *(pytest.param(f"erase.{place}:2", marks=pytest.mark.long) for place in ("between-statements", "after-commit")),
    "ingest.before-commit:3",
)
"""By default the one that the erasure of all places below does not pass: those kill within an erasure as well."""
EVERY = (
    "log.after-commit:1", "erase.after-started", "erase.between-statements:1", "erase.before-commit:1",
    "erase.after-apply:1", "erase.after-system-done:1", "erase.before-verify", "post.before-send", "post.after-send",
    "erase.before-shred",
)  # fmt: skip
"""Places in the order in which an erasure passes them."""
DONE = {"crm": (3, 0, 1), "desk": (3, 2, 0), "news": (3, 0, 0), "shop": (11, 0, 6)}
"""Deleted, masked, kept: what the acts of a whole erasure say."""


def counts(centre: WorkerCentre) -> dict[str, list[int]]:
    return {system: [int(str(centre.rows(system, sql)[0][0])) for sql in sqls] for system, sqls in PLANNED.items()}


def half_erased(before: dict[str, list[int]], now: dict[str, list[int]]) -> list[str]:
    """Systems in which a part of the plan is done and a part not."""
    return [name for name in PLANNED if now[name] != before[name] and any(now[name])]


def others(centre: WorkerCentre) -> dict[str, int]:
    """A digest of every row that is not the person's: nothing of it may change."""
    kept: dict[str, int] = {}
    for file in sorted((centre.home.path / "data" / "nordlicht").glob("*.db")):
        with sqlite3.connect(file) as db:
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
            for table in tables:
                kept[f"{file.stem}.{table}"] = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return kept


GONE = {"crm.contact_email": 1, "crm.contact_phone": 1, "crm.customer": 1, "desk.message": 3, "news.subscriber": 1,
        "news.mailing": 2, "shop.account": 1, "shop.orders": 3, "shop.order_item": 7}  # fmt: skip


def finish(centre: WorkerCentre, before: dict[str, int]) -> None:
    """Wait for the end; then everything was done exactly once, and every log is whole."""
    centre.until(lambda: centre.case(CASE).shredded, 60)
    entries = [e for e in centre.entries(CASE) if e.actor.startswith("worker:")]
    assert not [op for op, n in Counter(e.op for e in entries).items() if n > 1], "a step was written twice"
    once = Counter(e.act for e in entries if e.act.startswith(("erase.", "item.", "subject.")))
    assert once == {"erase.started": 1, "erase.system_done": 4, "erase.verified": 1, "item.resolved": 1,
                    "subject.shredded": 1}  # fmt: skip
    done = {e.params["system"]: e.params for e in entries if e.act == "erase.system_done"}
    assert {s: (p["deleted"], p["masked"], p["kept"]) for s, p in done.items()} == DONE
    assert next(e for e in entries if e.act == "erase.verified").params["left"] == 0
    case = centre.case(CASE)
    assert case.conflicts == ()
    assert [(x.template, x.state) for x in case.letters if x.template == "erasure-outcome"] == [
        ("erasure-outcome", "sent")
    ]
    assert sum("Was wir gelöscht haben" in text for text in centre.letters()) == 1
    assert not any(any(rows) for rows in counts(centre).values())
    assert {table: n - before[table] for table, n in others(centre).items() if n != before[table]} == {
        table: -n for table, n in GONE.items()
    }
    centre.stop()
    assert {report.state for _, report in check_logs([], centre.home.path)} == {"whole"}


@pytest.mark.parametrize("point", WORST)
def test_killed_there_it_goes_on_and_nothing_is_done_twice_or_half(make_due: Make, point: str) -> None:
    centre = make_due()
    before, rows = counts(centre), others(centre)
    assert all(any(system) for system in before.values()), "the control: there is something to erase"
    pid = centre.start(kill_at=point, wait=False)
    assert centre.wait_dead(60) == -signal.SIGKILL
    assert half_erased(before, counts(centre)) == []
    assert centre.start() != pid
    finish(centre, rows)


def test_killed_at_every_place_of_one_erasure_it_still_comes_to_its_end(make_due: Make) -> None:
    centre = make_due()
    before, rows = counts(centre), others(centre)
    for point in EVERY:
        centre.start(kill_at=point, wait=False)
        assert centre.wait_dead(60) == -signal.SIGKILL, point
        assert half_erased(before, counts(centre)) == [], point
    centre.start()
    finish(centre, rows)


@pytest.mark.parametrize("statement", [pytest.param(1, marks=pytest.mark.long), 4])
def test_control_a_worker_that_commits_row_by_row_is_caught(make_due: Make, statement: int) -> None:
    centre = make_due()
    before = counts(centre)
    centre.start(ROW_BY_ROW, kill_at=f"erase.between-statements:{statement}", wait=False)
    assert centre.wait_dead(60) == -signal.SIGKILL
    assert half_erased(before, counts(centre)) != []


def kill_at_random(approved: Path, folder: Path, kills: int, chance: random.Random) -> None:
    """Homes one after the other until `kills` workers were killed; each home is brought to its end and judged."""
    done = 0
    while done < kills:
        home = folder / f"home{done}"
        shutil.copytree(approved, home)
        centre = WorkerCentre(home)
        try:
            before, rows = counts(centre), others(centre)
            while done < kills and not centre.case(CASE).shredded:
                centre.start()
                time.sleep(chance.uniform(0.0, 0.5))
                centre.kill()
                done += 1
                assert half_erased(before, counts(centre)) == []
            centre.start()
            finish(centre, rows)
        finally:
            centre.close()
            shutil.rmtree(home)


@pytest.mark.long
def test_killed_at_random_it_goes_on(approved_template: Path, tmp_path: Path) -> None:
    kill_at_random(approved_template, tmp_path, 6, random.Random(6))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_killed_at_random_a_hundred_times_it_goes_on(approved_template: Path, tmp_path: Path) -> None:
    kill_at_random(approved_template, tmp_path, 100, random.Random(100))
