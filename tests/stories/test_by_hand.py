"""A search that meets the paper archive: it waits, somebody looks and says so by keys, and the package can be made."""

from pathlib import Path

import pytest

from services.demo.people import Person
from tests.by_hand import with_archive
from tests.centre import AGENT, AGENT_PIN
from tests.player import console, in_order, knows, of_case, only, terminal_log, worker_log
from tests.worker_centre import WorkerCentre


@pytest.mark.long  # by default it is told on plain lines (test_plain_duties.py)
async def test_what_was_looked_up_by_hand_is_answered_by_keys(centre: WorkerCentre, home: Path, person: Person) -> None:
    with_archive(centre)
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        case = await player.log_request(person, "a")
        await player.press("H")
        await player.sees("no: nothing is to be done by hand")
        await player.open_check()
        await player.lead_check(knows(person))
        await player.press("escape")
        await player.sees("x  make the package")
        await player.press("p")
        await player.sees("waiting")
        await player.press("escape")
        await player.sees("by hand: find it in archive")
        await player.press("H")
        await player.sees("Ordner in Raum 12")
        assert person.email in player.screen()
        await player.write("many")
        await player.press("enter")
        await player.sees("no: a whole number")
        await player.press("backspace", "backspace", "backspace", "backspace")
        await player.write("0")
        await player.press("tab")
        await player.write("=1 [red] contract")
        await player.press("enter")
        await player.sees("no: words only when something was found")
        await player.press("shift+tab", "backspace")
        await player.write("3")
        await player.press("enter")
        await player.sees("archive by hand: completed")
        await player.sees("0042 says on")
        await player.press("H")
        await player.sees("no: nothing is to be done by hand")
    mine, theirs = of_case(terminal_log(home), case), of_case(worker_log(home), case)
    assert only(theirs, "task.asked").params["system"] == "archive"
    assert in_order(mine, "find.asked", "data.viewed", "task.answered")
    answer = only(mine, "task.answered")
    assert (answer.params["outcome"], answer.params["count"], answer.actor) == ("completed", 3, f"agent:{AGENT}")
    assert len(answer.details) == 1, "what was found is sealed, and named"
    assert "contract" not in repr(mine)
