"""The worker goes away: a check waits for it, and who signed in at this desk today gets in without it."""

from pathlib import Path

import pytest

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN, LEAD, LEAD_PIN
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


@pytest.mark.long  # by default test_pins.py says it
async def test_who_signed_in_here_before_gets_in_without_a_worker_and_is_told(centre: WorkerCentre, home: Path) -> None:
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
    centre.kill()
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN, sees="this desk checked the PIN itself, good until")
        await player.sees(" cases ·")
        await player.press("S")
        await player.sees("Another agent may sign in")
        await player.write(LEAD)
        await player.press("enter")
        await player.write(LEAD_PIN)
        await player.press("enter")
        await player.sees("asking central about the PIN")
        await player.sees("this desk knows your PIN")
    assert [e.params["offline"] for e in terminal_log(home) if e.act == "session.started"] == [False, True]
