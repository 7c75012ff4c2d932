"""A complaint by keys: heard without a check, decided by two people who read what was said, and told."""

from pathlib import Path

import pytest

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN, LEAD, LEAD_PIN
from tests.plain_lines import plain_lines
from tests.player import acts, console, in_order, of_case, only, terminal_log, worker_log

SAID, FOUND = "Nobody answered my letter of May.", "It was filed in the wrong place. The answer leaves today."


@pytest.mark.long
async def test_a_complaint_from_the_call_to_its_outcome(home: Path, person: Person) -> None:
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        case = await player.log_request(person, "c")
        await player.press("R")
        await player.sees("note first what the person says")
        await player.press("W")
        await player.sees("What do they complain about?")
        await player.write(SAID)
        await player.press("enter")
        await player.sees("R  propose: they are right")
        await player.press("R")
        await player.sees("they are right")
        await player.press("tab")
        await player.write(FOUND)
        await player.press("enter")
        await player.sees("Nobody answered my letter of May.")
        await player.press("y")
        await player.type_pin(AGENT_PIN)
        await player.sees("a second person decides, and then the letter leaves")
    async with console(home, "desk-2") as player:
        await player.sign_in(LEAD, LEAD_PIN)
        await player.press("e")
        await player.sees(case)
        await player.press("y")
        await player.sees("y decide so")
        await player.press("y")
        await player.type_pin(LEAD_PIN)
        await player.until(lambda: "decision.told" in acts(worker_log(home)), "the outcome")
    mine, done = of_case(terminal_log(home), case), of_case(worker_log(home), case)
    assert in_order(mine, "item.added", "view.noted", "decision.proposed")
    assert only(mine, "decision.proposed").params["outcome"] == "upheld"
    assert "check.started" not in acts(mine), "a complaint takes no proof"
    assert in_order(done, "letter.sent", "case.acknowledged", "letter.made", "letter.sent", "decision.told")
    mails = [mail.read_bytes().replace(b"=\n", b"").replace(b"\n", b" ") for mail in (home / "outbox").glob("*.eml")]
    assert sum(b"answered my letter of May" in mail for mail in mails) == 1, "their words stand in their letter"


def test_a_complaint_is_heard_and_proposed_about_on_plain_lines(home: Path, person: Person) -> None:
    with plain_lines(home) as typist:
        typist.signs_in(AGENT, AGENT_PIN)
        case = typist.logs(person, "c")
        typist.types("W", "")
        assert "view.noted" not in acts(terminal_log(home)), "empty: back"
        typist.types("W", SAID)
        typist.sees("what they say is noted: to be weighed (R)")
        typist.types("R", "u", FOUND)
        typist.sees(SAID)
        typist.types("y", AGENT_PIN)
        typist.sees("proposed: a second person decides")
    made = only(of_case(terminal_log(home), case), "decision.proposed")
    assert (made.params["outcome"], made.params["grounds"]) == ("upheld", [])
