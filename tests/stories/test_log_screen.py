"""The action log on screen is the log file: lines, filter, one entry with its leaf."""

from pathlib import Path

from services.action_log.entry import encode
from services.action_log.merkle import leaf_hash
from tests.centre import AGENT, AGENT_PIN
from tests.player import console, terminal_log


async def test_lines_filter_and_one_entry(home: Path) -> None:
    async with console(home) as player:
        await player.sign_in(AGENT, AGENT_PIN)
        await player.press("colon")
        await player.write("action log")
        await player.sees("terminal's action log")
        await player.press("down", "enter")
        await player.sees("Entry")
        await player.sees("session.started")
        await player.press("slash")
        await player.write("log.opened")
        await player.sees("1 of ")
        assert "session.started" not in player.screen()
        await player.press("enter", "enter")
        await player.sees("Entry 0")
        await player.press(*["j"] * 12)
        first = terminal_log(home)[0]
        assert first.act == "log.opened"
        await player.sees(leaf_hash(encode(first)).hex()[:32])
        await player.press("escape")
        await player.sees("1 of ")
        await player.press("V")
        await player.sees("signed by the enrolled key")
