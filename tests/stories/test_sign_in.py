"""Who is at the desk: what keys do and what the log says of it."""

from pathlib import Path

import pytest

from tests.centre import AGENT, AGENT_PIN, COLLEAGUE, COLLEAGUE_PIN
from tests.player import acts, console, in_order, only, terminal_log


@pytest.mark.rule("TRM-4")
async def test_TRM_4_lock_and_unlock_by_the_same_agent(home: Path) -> None:
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        await player.press("L")
        await player.sees("The desk is locked")
        assert " cases ·" not in player.screen()
        await player.write("0000")
        await player.press("enter")
        await player.sees("no: that is not your PIN")
        await player.write(AGENT_PIN)
        await player.press("enter")
        await player.sees(" cases ·")
    log = terminal_log(home)
    assert in_order(log, "session.started", "session.locked", "session.refused", "session.unlocked")
    assert only(log, "session.locked").params["reason"] == "key"
    assert only(log, "session.unlocked").actor == f"agent:{AGENT}"


@pytest.mark.rule("TRM-5")
async def test_TRM_5_another_agent_signs_in_over_a_lock(home: Path) -> None:
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        await player.press("S")
        await player.sees("Another agent may sign in")
        await player.write(COLLEAGUE)
        await player.press("enter")
        await player.write(COLLEAGUE_PIN)
        await player.press("enter")
        await player.sees("Work in which role?")
        await player.rest()
        await player.press("1")
        await player.sees(f"agent {COLLEAGUE}")
    started = [e.actor for e in terminal_log(home) if e.act == "session.started"]
    assert started == [f"agent:{AGENT}", f"agent:{COLLEAGUE}"]
    assert only(terminal_log(home), "session.locked").params["reason"] == "switch"


async def test_what_is_typed_as_a_number_is_not_in_the_log(home: Path) -> None:
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        await player.press("S")
        await player.sees("Another agent may sign in")
        await player.write("555123987")
        await player.press("enter")
        await player.write("1111")
        await player.press("enter")
        await player.sees("do not fit")
    assert "session.refused" in acts(terminal_log(home))
    assert not [e for e in terminal_log(home) if "555123987" in str(e)]


async def test_who_has_two_roles_chooses_one_and_acts_in_it(home: Path) -> None:
    async with console(home) as player:
        await player.sign_in(COLLEAGUE, COLLEAGUE_PIN, sees="Work in which role?")
        assert " cases ·" not in player.screen()
        await player.rest()
        await player.press("2")
        await player.sees(f"agent {COLLEAGUE} (lead)")
        await player.sees(" cases ·")
    log = terminal_log(home)
    assert [e.as_ for e in log if e.act == "session.started"] == ["agent", "lead"]
    assert next(e.params["reason"] for e in log if e.act == "session.ended") == "role"


async def test_who_chooses_no_role_is_signed_out(home: Path) -> None:
    async with console(home) as player:
        await player.sign_in(COLLEAGUE, COLLEAGUE_PIN, sees="Work in which role?")
        await player.press("escape")
        await player.sees("Agent number")
    assert only(terminal_log(home), "session.ended").params["reason"] == "left"
