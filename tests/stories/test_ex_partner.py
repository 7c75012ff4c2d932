"""An ex-partner with all static facts: two wrong answers end the check, without a hint, and nothing opens after it."""

from pathlib import Path

import pytest

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN
from tests.player import acts, console, knows, of_case, only, terminal_log, worker_log

DISCLOSING = {"find.asked", "find.done", "export.asked", "export.built", "erase.asked", "plan.made"}


@pytest.mark.rule("THIRD-SPOUSE")
async def test_all_static_facts_disclose_nothing(home: Path, person: Person) -> None:
    true = knows(person)

    def says(question: str) -> str:
        return "1234" if "pin" in question.lower() else true(question)

    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        case = await player.log_request(person, "ae")
        await player.open_check()
        await player.lead_check(says)
        ending = player.said()
        assert "PIN" not in ending, "the sentence does not say which answer was wrong"
        assert case in ending, "and tells that the request stays logged"
        assert person.pin not in player.screen()
        assert person.date_of_birth.isoformat() not in player.screen()
        await player.press("y")
        await player.sees("no: the check is over")
        await player.press("escape")
        await player.sees("Newest action")
        for key in ("p", "x", "E"):
            await player.press(key)
            await player.sees("no: the check ended without result")
        await player.press("v")
        await player.sees("cannot be verified any more")
    mine, theirs = of_case(terminal_log(home), case), of_case(worker_log(home), case)
    assert only(mine + theirs, "check.started")
    failed = [e for e in theirs if e.act == "factor.failed"]
    assert [(e.params["factor"], e.params["reason"]) for e in failed] == [("PIN", "wrong")] * 2
    assert {e.params["factor"] for e in theirs if e.act == "factor.passed"} == {"KBS"}
    assert not DISCLOSING & set(acts(mine + theirs))
    assert "data.viewed" not in acts(mine)
