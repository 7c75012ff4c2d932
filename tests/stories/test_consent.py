"""No check is needed to say no: consent withdrawn and marketing stopped, and nothing of the person's is shown."""

from pathlib import Path

import pytest

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN
from tests.player import acts, console, in_order, of_case, only, terminal_log, worker_log


@pytest.mark.rule("ART-7-3")
@pytest.mark.long  # by default it is told on plain lines (test_plain.py)
async def test_withdrawn_and_stopped_without_a_check(home: Path, person: Person) -> None:
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        case = await player.log_request(person, "w")
        await player.press("c")
        await player.sees("Read out")
        assert "on file" not in player.screen(), "below T1 the list is the controller's, never the person's"
        await player.press("y")
        await player.sees("no: needs T1")
        await player.press("f")
        await player.sees("written in 1 rows")
        await player.press("escape")
        await player.sees("Newest action")
        await player.press("m")
        await player.sees("marketing is stopped")
        await player.sees("Das ist erledigt")
        await player.press("o")
        await player.sees("Note on")
        await player.write("call back monday a.b@example.com")
        await player.sees("is an e-mail address")
        await player.press("enter")
        await player.sees("m mask it")
        await player.rest()
        await player.press("m")
        await player.sees("note kept")
        await player.wrap_up("c")
    mine, theirs = of_case(terminal_log(home), case), of_case(worker_log(home), case)
    assert in_order(mine, "consent.withdrawn", "item.added", "marketing.stopped", "note.kept", "wrap.coded")
    assert not {"check.started", "factor.passed", "data.viewed"} & set(acts(mine))
    purpose = only(mine, "consent.withdrawn").params["purpose"]
    written = [e for e in theirs if e.act == "consent.written" and e.params["purpose"] == purpose]
    assert written
    assert written[0].params["read_back"] is True
    assert only(mine, "note.kept").params["flags"] == []
    assert [(e.params["kind"], e.params["choice"]) for e in mine if e.act == "risk.flagged"] == []
    flagged = [e for e in terminal_log(home) if e.act == "risk.flagged"]
    assert [(e.params["kind"], e.params["choice"]) for e in flagged] == [("email", "masked")]
