"""Work that somebody stopped: nothing begins, what runs stops between systems, a restart changes nothing of it.

The control of each is the same erasure when it is let go on.
"""

import json

from typer.testing import CliRunner

from console.commands.worker import app as worker_command
from db.central_shapes import ALL
from services.metrics import exposition
from tests.centre import LEAD_PIN
from tests.faults.test_waiting_systems import TODAY, asked, erase_job, lead, mood, states, written
from tests.faults.test_worker_kills import counts, finish, half_erased, others
from tests.worker_centre import CASE, WorkerCentre
from tests.worker_child import MOODY
from tests.worker_fixtures import Make


def told(centre: WorkerCentre, *words: str) -> str:
    """What `rightsdesk worker …` says in this home."""
    run = CliRunner().invoke(worker_command, [*words, "--home", str(centre.home.path)])
    assert run.exit_code in (0, 1), run.output
    return run.output


def test_paused_before_it_began_nothing_begins_and_at_resume_all_is_done_once(make_due: Make) -> None:
    centre = make_due()
    before, rows = counts(centre), others(centre)
    assert "every controller" in told(centre, "pause", "--reason", "the shop moves house")
    centre.start()
    for _ in range(2):
        centre.until(lambda: centre.store.workers()[1][0].alive)
        centre.kill()
        centre.start()
    assert counts(centre) == before
    assert written(centre) == {}
    status = json.loads(told(centre, "status", "--json"))["stopped"][ALL]
    assert (status["reason"], status["by"].partition(":")[0]) == ("the-shop-moves-house", "operator")
    assert "WORK STOPPED for every controller by operator:" in told(centre, "status")
    desk, _ = lead(centre)
    centre.until(lambda: "the-shop-moves-house" in desk.status().halted)
    from datetime import date

    from db.central_counts import counts as numbers

    assert 'rightsdesk_work_halted{controller="*"} 1' in exposition(numbers(centre.engine, date(2026, 1, 1)))
    assert "goes on for every controller" in told(centre, "resume")
    finish(centre, rows)
    assert centre.store.halts() == {}


def test_a_leads_emergency_stop_stops_between_systems_and_a_restart_does_not_end_it(make_due: Make) -> None:
    centre = make_due()
    before, rows = counts(centre), others(centre)
    mood(centre, "shop", TODAY)  # it is asked again and again: a job that runs
    centre.start(MOODY)
    centre.until(lambda: asked(centre).count("shop") > 2, 60)
    desk, session = lead(centre)
    desk.work.halt(session, "wrong-rows")
    centre.until(lambda: erase_job(centre).state == "queued", 30)
    centre.until(lambda: desk.status().halted)
    assert desk.status().halted == "WORK STOPPED for harbour, nordlicht by 0007: wrong-rows"
    assert half_erased(before, counts(centre)) == []
    asked_then = asked(centre).count("shop")
    mood(centre, "shop", "")
    centre.kill()
    centre.start(MOODY)
    centre.until(lambda: centre.store.workers()[1][0].alive)
    assert asked(centre).count("shop") == asked_then
    assert "shop" not in {key for key, state in states(centre).items() if state == "done"}
    acts = [e for e in centre.entries(CASE) if e.act.startswith("work.")]
    assert acts == [], "it is no act of the case"
    desk.sign.step_up(session, LEAD_PIN)
    desk.work.resume(session)
    finish(centre, rows)


def test_words_that_name_somebody_are_refused_as_a_reason() -> None:
    for words in ("ring +49 30 901820", "ada@example.com", "", "[red]x", "x" * 65, "K100012", "a\x1b[31m"):
        run = CliRunner().invoke(worker_command, ["pause", "--reason", words, "--home", "/nowhere"])
        assert run.exit_code == 2, words
        assert "--reason" in run.output, words
