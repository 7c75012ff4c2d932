"""A caller wants to be erased: a plan, a typed confirmation, a second person, a waiting period, then proof."""

from pathlib import Path

import pytest

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN, LEAD, LEAD_PIN, WAIT_S
from tests.player import Player, acts, console, in_order, knows, of_case, only, terminal_log, worker_log


async def test_a_whole_erasure_by_two_people(home: Path, person: Person) -> None:
    async with console(home) as player:
        case = await _ask_for_erasure(player, person)
        await player.sees("waits for a second person")
    assert "erase.started" not in acts(worker_log(home)), "nothing begins before a second person has approved"
    async with console(home, "desk-2") as player:
        await player.sign_in(LEAD, LEAD_PIN)
        await player.press("e")
        await player.sees(case)
        await player.sees("y approves")
        await player.press("enter")
        await player.sees("y approve")
        await player.press("y")
        await player.type_pin(LEAD_PIN)
        await player.sees("done in part")
    asked, approved = terminal_log(home), terminal_log(home, "desk-2")
    done = of_case(worker_log(home), case)
    assert in_order(asked, "find.asked", "session.stepped_up", "erase.asked")
    assert in_order(approved, "session.stepped_up", "erase.approved")
    yes, order, made = only(approved, "erase.approved"), only(asked, "erase.asked"), only(done, "plan.made")
    assert yes.actor == f"agent:{LEAD}"
    assert order.actor == f"agent:{AGENT}"
    assert yes.session != order.session
    assert made.params["digest"] == order.params["digest"] == yes.params["digest"], (
        "what was shown is what was approved"
    )
    assert in_order(done, "erase.started", "erase.system_done", "erase.verified", "letter.sent")
    assert only(done, "erase.started").ts - yes.ts >= WAIT_S * 1_000_000
    assert only(done, "erase.verified").params["left"] == 0
    systems = {e.params["system"] for e in done if e.act == "erase.system_done"}
    assert systems == set(made.params["systems"])


@pytest.mark.long  # by default it is told on plain lines (test_plain.py)
async def test_taken_back_while_it_is_held(home: Path, person: Person) -> None:
    async with console(home) as player:
        case = await _ask_for_erasure(player, person)
        await player.sees("waits for a second person")
        await player.press("u")
        await player.sees("Take the erasure back?")
        await player.rest()
        await player.press("y")
        await player.sees("nothing will be erased")
    mine = of_case(terminal_log(home), case)
    assert in_order(mine, "erase.asked", "erase.withdrawn")
    assert "erase.started" not in acts(worker_log(home))


async def _ask_for_erasure(player: Player, person: Person) -> str:
    """From the call to the order, with what must not work on the way tried first."""
    await player.sign_in(AGENT, AGENT_PIN)
    case = await player.log_request(person, "e")
    await player.open_check()
    await player.lead_check(knows(person))
    await player.press("escape")
    await player.sees("p  find the data")
    await player.press("E")
    await player.sees("find the data first")
    await player.press("p")
    await player.sees("deleted")
    await player.press("enter")
    await player.sees("Ground")
    await player.sees("u takes it back")
    await player.press("enter")
    await player.sees("Type ")
    await player.rest()
    await player.write("9999")
    await player.press("enter")
    await player.sees("that is not the code")
    await player.write(case[-4:])
    await player.press("enter")
    await player.type_pin(AGENT_PIN)
    return case
