"""A system fails while an erasure runs: a lead has it tried again, stops all work, skips it, lets work go on."""

import pytest

from tests.centre import LEAD, LEAD_PIN
from tests.faults.test_waiting_systems import mood, states, written
from tests.player import console, terminal_log
from tests.worker_centre import CASE
from tests.worker_child import MOODY
from tests.worker_fixtures import Make

pytestmark = pytest.mark.usefixtures("no_keyring")
WHY = "done by hand at the vendor"


async def test_a_lead_has_it_tried_again_stops_all_work_and_skips_it(make_due: Make) -> None:
    centre = make_due()
    mood(centre, "news", "unusable")
    centre.start(MOODY)
    async with console(centre.home.path, "desk-2", (120, 40)) as player:
        await player.sign_in(LEAD, LEAD_PIN)
        await player.sees(CASE)
        await player.press("enter")
        await player.sees("shop  done")
        await player.sees("b  try the system again that failed, K  skip it")
        await player.press("b")
        await player.sees("news is tried again")
        await player.until(lambda: "system.retry_asked" in centre.acts(CASE), "the order in central")
        await player.until(lambda: states(centre)["news"] == "failed", "the second failure")
        await player.press("X")
        await player.sees("EMERGENCY STOP of all work, because")
        await player.rest()
        await player.press("1")
        await player.sees(f"WORK STOPPED for harbour, nordlicht by {LEAD}: wrong-rows")
        await player.sees("b  try the system again that failed, K  skip it")
        await player.press("K")
        await player.sees("Leave news as it is, because")
        await player.rest()
        await player.press("2")
        await player.sees("Say why in a few words")
        await player.write(WHY)
        await player.press("enter")
        await player.type_pin(LEAD_PIN)
        await player.until(lambda: states(centre)["news"] == "skip asked", "the order in central")
        await player.press("X")
        await player.sees("Let all work go on?")
        assert states(centre)["news"] == "skip asked", "nothing goes on while it is stopped"
        await player.rest()
        await player.press("y")
        await player.type_pin(LEAD_PIN)
        await player.until(lambda: centre.case(CASE).shredded, "the end of the erasure")
        await player.sees("every item has ended")
        await player.sees("news  skipped (by hand)")
        assert "WORK STOPPED" not in player.screen()
        assert written(centre)["erase.system_done"] == 3
    mine = [e for e in terminal_log(centre.home.path, "desk-2") if e.act.startswith(("system.", "work."))]
    assert [e.act for e in mine] == [
        "system.retry_asked", "work.halted", "work.halted", "system.skip_asked", "work.resumed", "work.resumed",
    ]  # fmt: skip
    assert {e.actor for e in mine} == {f"agent:{LEAD}"}
    assert [e.params["reason"] for e in mine if "reason" in e.params] == ["wrong-rows", "wrong-rows", "by-hand"]
    assert WHY not in str(mine), "the words are sealed, not in the log"
