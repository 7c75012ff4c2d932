"""A caller wants their data: logged before any check, checked, searched, packed and sent."""

from pathlib import Path

import pytest

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN
from tests.player import Player, acts, console, in_order, knows, of_case, only, terminal_log, worker_log


async def test_a_whole_access_by_keys(home: Path, person: Person) -> None:
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        case = await player.log_request(person, "a", "wants a copy of everything")
        assert of_case(terminal_log(home), case), "it is in the log before any check"
        await player.press("x")
        await player.sees("no: needs T2")
        await player.open_check()
        await player.lead_check(knows(person))
        assert "T2" in player.screen().splitlines()[2]
        await player.press("escape")
        await player.sees("x  make the package")
        await player.press("x")
        await player.sees("in the package")
        await player.press("enter")
        await player.type_pin("0000")
        await player.sees("no: that is not your PIN")
        await player.write(AGENT_PIN)
        await player.press("enter")
        await player.sees("may be about others")
        await player.press("escape")
        await player.sees("e  decide")
        await player.press("e")
        await player.sees("stays out until then")
        await keep_all_in(player)
        await player.sees("every item has ended")
    mine, theirs = of_case(terminal_log(home), case), of_case(worker_log(home), case)
    assert in_order(mine, "case.opened", "contact.started", "item.added", "check.started", "find.asked", "export.asked")
    assert in_order(theirs, "factor.passed", "find.done", "export.held", "export.built", "export.delivered")
    assert {e.params["decision"] for e in mine if e.act == "redaction.decided"} == {"redact"}
    assert only(mine, "check.ended").params["tier"] == "T2"
    compared = {e.params["factor"] for e in theirs if e.act == "factor.passed"}
    assert compared == {"KBS", "PIN"}, "knowledge and PIN pass by the worker's comparison only"
    assert not [e for e in mine if e.act == "factor.passed" and e.params["factor"] in compared]
    whole = acts(terminal_log(home))
    assert whole.index("session.stepped_up") < whole.index("export.asked"), "the PIN stands before the order"
    assert "session.refused" in whole, "the wrong PIN is in the log too"
    built = only(theirs, "export.built")
    assert sum(built.params["counts"]) > 0
    assert (home / "packages").iterdir()


async def keep_all_in(player: Player) -> None:
    """F and a reason for each group, until the list closes by itself."""
    while "Held back" in player.screen():
        await player.press("F")
        await player.sees("Keep all")
        await player.rest()
        await player.press("1")
        await player.until(
            lambda: "stays out:" in player.screen() or "Held back" not in player.screen(), "the decision kept"
        )
        await player.press("j")


@pytest.mark.long  # the attacks and plain lines tell it by default
async def test_the_dead_check_opens_nothing(home: Path, person: Person) -> None:
    """Control: a check that ended with its contact leaves the key dimmed and the log without an order."""
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        case = await player.log_request(person, "a")
        await player.open_check()
        await player.lead_check(knows(person))
        await player.press("escape")
        await player.sees("x  make the package")
        await player.wrap_up("f")
        await player.press("enter")
        await player.sees("Newest action")
        await player.press("x")
        await player.sees("no: needs T2")
    mine = of_case(terminal_log(home), case)
    assert only(mine, "wrap.coded").params["code"] == "VERIFY-FAIL"
    assert mine[-1].act == "check.ended"
    assert mine[-1].params["reason"] == "contact-ended"
    assert "export.asked" not in acts(mine)
