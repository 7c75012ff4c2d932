"""The queue: what was logged stands in it, is found, taken and counted, and shows when its clock stands still."""

from pathlib import Path

import pytest

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN
from tests.player import console, of_case, only, terminal_log


@pytest.mark.long  # by default the queue screen's tests do it
async def test_a_logged_request_stands_in_the_queue_and_is_found(home: Path, person: Person) -> None:
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        case = await player.log_request(person, "a")
        await player.press("escape")
        await player.sees("1 cases ·")
        assert case in player.screen()
        assert person.email not in player.screen(), "masked"
        await player.press("slash")
        await player.write("no such case")
        await player.sees("0 of 1")
        await player.press("escape")
        await player.sees(case)
        await player.press("2")
        await player.sees("[2 Mine]")
        await player.press("enter")
        await player.sees("Newest action")
        for key, seen in (("d", "ask them for something"), ("k", "who asks: there is a doubt"),
                          ("1", "by mouth or otherwise"), ("o", "no more than is needed"),
                          ("y", "PAUSED 0d (hard ")):  # fmt: skip
            await player.rest()
            await player.press(key)
            await player.sees(seen)
        await player.press("escape")
        await player.sees(" cases ·")
        await player.sees("PAUSED 0d")
    entries = of_case(terminal_log(home), case)
    assert only(entries, "case.opened").actor == f"agent:{AGENT}"
    asked = only(entries, "clock.asked")
    assert (asked.params["what"], asked.params["ground"], asked.params["fair"]) == ("identity", "identity-doubt", True)
