"""A caller whose address a second person uses too: the desk asks which of them it is, and begins the check anew."""

from pathlib import Path

import pytest

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN
from tests.player import console, in_order, knows, of_case, only, terminal_log, worker_log
from tests.worker_centre import PEOPLE, one_address


@pytest.mark.long  # by default it is told on plain lines (test_plain.py)
async def test_the_data_are_found_once_it_is_said_who_calls(home: Path, person: Person) -> None:
    one_address(home, person, PEOPLE[4])
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        case = await player.log_request(person, "a")
        await player.open_check()
        await player.lead_check(knows(person))
        await player.press("escape")
        await player.sees("x  make the package")
        await player.press("p")
        await player.sees("say which of them it is (P)")
        await player.press("P")
        await player.sees("2 people are known by this")
        assert person.customer_number not in player.screen()
        assert person.family_name not in player.screen()
        mine = person.customer_number[-2:]
        while f"{mine} " not in next(line for line in player.screen().splitlines() if line.startswith("▶")):
            await player.press("j")
        await player.press("y")
        await player.sees("and none of the others?")
        await player.rest()
        await player.press("y")
        await player.sees("it is said who it is")
        await player.press("x")
        await player.sees("what the person you chose knows")
        await player.open_check()
        await player.lead_check(knows(person))
        await player.press("escape")
        await player.press("p")
        await player.sees("Enter goes on to the package")
        await player.sees("rows in")
    mine_, theirs = of_case(terminal_log(home), case), of_case(worker_log(home), case)
    assert in_order(mine_, "check.started", "find.asked", "people.chosen", "check.started", "find.asked")
    assert in_order(theirs, "find.done", "people.listed", "find.done")
    chosen = only(mine_, "people.chosen")
    assert (len(chosen.params["chosen"]) > 0, len(chosen.params["left"]) > 0) == (True, True)
