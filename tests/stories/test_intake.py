"""Logging a request while talking: what is missing is said beside its field, what was typed is never lost."""

from pathlib import Path

import pytest

from services.demo.people import Person
from tests.centre import AGENT, AGENT_PIN
from tests.player import acts, console, of_case, only, terminal_log

CARD = "4111 1111 1111 1111"


@pytest.mark.rule("INT-1", "INT-5")
async def test_missing_parked_masked_logged(home: Path, person: Person) -> None:
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        await player.press("i")
        await player.sees("Legal end")
        await player.press("enter")
        await player.sees("say what the person asks for")
        await player.press("a", "enter")
        await player.sees("customer number is needed to find")
        assert "case.opened" not in acts(terminal_log(home)), "nothing was logged by halves"
        await player.write(person.email)
        await player.press("tab")
        await player.write(f"pays with {CARD}")
        await player.sees("looks like a card number")
        await player.sees("Not read back to them yet")
        await player.press("f2")
        await player.sees("Read back to them: yes")
        await player.rest()
        await player.press("escape")
        await player.sees(" cases ·")
    async with console(home) as player:  # the console was left: the draft is there all the same
        await player.sign_in(AGENT, AGENT_PIN)
        await player.press("i")
        await player.sees("stands here again")
        assert "[x] a access" in player.screen()
        assert CARD in player.screen()
        assert "Read back to them: yes" in player.screen()
        await player.press("enter")
        await player.sees("m mask it")
        await player.rest()
        await player.press("m")
        await player.sees("Newest action")
        await player.press("escape")
        await player.sees(" cases ·")
        await player.press("i")
        await player.sees("Legal end")
        assert "[x]" not in player.screen(), "a logged request leaves no draft"
    entries = terminal_log(home)
    opened = only(entries, "case.opened")
    assert (opened.params["line"], opened.params["read_back"]) == ("service", True)
    assert [e.params["right"] for e in of_case(entries, opened.case or "") if e.act == "item.added"] == ["access"]
    flagged = only(entries, "risk.flagged")
    assert (flagged.params["kind"], flagged.params["choice"]) == ("card", "masked")
    kept = b"".join(path.read_bytes() for path in home.glob("terminals/*/log-1.db*"))
    assert CARD.encode() not in kept
    assert person.email.encode() not in kept


@pytest.mark.long  # by default the queue screen's tests do it
async def test_a_whole_identifier_finds_the_case_and_is_not_shown_back(home: Path, person: Person) -> None:
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        case = await player.log_request(person, "a")
        await player.sees("synced")
        await player.press("escape", "slash")
        await player.write("nobody@example.org")
        await player.press("enter")
        await player.sees("no case of that person here")
        await player.press("slash")
        await player.write(person.email.upper())
        await player.press("enter")
        await player.sees("Newest action")
        assert case in player.screen()
        assert person.email.lower() not in player.screen().lower()
    looked = [e for e in terminal_log(home) if e.act == "data.viewed"]
    assert {e.params["what"] for e in looked} == {"search"}, "looking is in the log"
    assert [e.params["count"] for e in looked].count(1) == 1
