"""The worker goes away in the middle of a check: the check waits for it, and opens by itself when it is back."""

from pathlib import Path

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN
from tests.player import console, knows, of_case, only, terminal_log
from tests.worker_centre import WorkerCentre

SILENT_S = 30.0
"""A worker counts as away after five seconds without a sign; a slow machine needs some more to show it."""


async def test_a_check_waits_for_a_worker_that_went_away(centre: WorkerCentre, home: Path, person: Person) -> None:
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        case = await player.log_request(person, "a")
        centre.kill()
        await player.until(
            lambda: "no worker" in player.screen(), "the status line says that no worker answers", SILENT_S
        )
        await player.open_check()
        await player.press("y")  # a guard is marked without a worker
        await player.rest()
        assert "offline: no factor passes" in player.screen()
        assert not [e for e in of_case(terminal_log(home), case) if e.act == "check.ended"], "that alone ends no check"
        centre.start()
        await player.until(lambda: "offline: no factor" not in player.screen(), "the ways are open again", SILENT_S)
        await player.lead_check(knows(person))
    assert only(of_case(terminal_log(home), case), "check.ended").params["reason"] == "done"
