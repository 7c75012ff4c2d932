"""Saying no by keys: an agent proposes with the letter before them, a lead reads the same letter and decides."""

from pathlib import Path

import pytest

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN, LEAD, LEAD_PIN
from tests.player import acts, console, in_order, of_case, only, terminal_log, worker_log

WHY = "We need the invoices for the dispute before the court."


@pytest.mark.long  # by default it is told on plain lines (test_plain.py)
async def test_REF_8_a_whole_refusal_by_two_people(home: Path, person: Person) -> None:
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        case = await player.log_request(person, "e")
        await player.press("R")
        await player.sees("no ground of Art 17(1) is given")
        await player.press("tab", "f", "tab")
        await player.write(WHY)
        await player.press("enter")
        await player.sees("As it would leave once a second person decided it")
        await player.sees("y put it to a second person")
        await player.press("y")
        await player.type_pin(AGENT_PIN)
        await player.sees("waits for a second person")
        await player.press("E")
        await player.sees("it waits for a second person")
    assert "decision.told" not in acts(worker_log(home)), "nobody is told before a second person decided"
    async with console(home, "desk-2") as player:
        await player.sign_in(LEAD, LEAD_PIN)
        await player.press("e")
        await player.sees(case)
        await player.sees("y shows the letter")
        await player.press("y")
        await player.sees("y decide so")
        await player.press("y")
        await player.type_pin(LEAD_PIN)
        await player.sees("Nothing waits for a second person")
        await player.until(lambda: "decision.told" in acts(worker_log(home)), "the letter")
    mine, leads = of_case(terminal_log(home), case), of_case(terminal_log(home, "desk-2"), case)
    done = of_case(worker_log(home), case)
    made, yes = only(mine, "decision.proposed"), only(leads, "decision.approved")
    assert (made.actor, yes.actor) == (f"agent:{AGENT}", f"agent:{LEAD}")
    assert made.params["grounds"] == ["17-3-e"]
    assert made.params["decision"] == yes.params["decision"], "what was shown is what was decided"
    assert in_order(terminal_log(home), "session.stepped_up", "decision.proposed")
    assert in_order(done, "letter.made", "letter.sent", "decision.told")
    (mail,) = [text for text in (home / "outbox").glob("*.eml") if b"Unsere Entscheidung" in text.read_bytes()]
    assert b"dispute before the court" in mail.read_bytes().replace(b"=\n", b"").replace(b"\n", b" ")
