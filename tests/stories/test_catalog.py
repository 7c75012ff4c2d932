"""The officer reads the catalog on a real console: what the worker published is there, and what somebody changed."""

import pytest

from tests.player import console
from tests.worker_centre import WorkerCentre

OFFICER, OFFICER_PIN = "0003", "8642"


@pytest.mark.long  # by default the catalog screen's tests do it
async def test_the_officer_sees_systems_law_and_who_changed_what(centre: WorkerCentre) -> None:
    async with console(centre.home.path, size=(100, 30)) as player:
        await player.sign_in(OFFICER, OFFICER_PIN)
        await player.press("l")
        await player.sees("Customer records")
        await player.sees("never held against the real one")
        await player.press("3", "slash")
        await player.write("tax office")
        await player.sees("fields")
        await player.sees("shop.invoice.")
        assert "crm.customer" not in player.screen()
        await player.press("enter", "escape", "4")
        await player.sees("first version")
        file = centre.home.systems("nordlicht") / "shop" / "shop.yml"
        file.write_text(file.read_text().replace("erase: delete", "erase: mask", 1))
        await player.sees("1 change")
        await player.press("slash")
        await player.write("nordlicht shop.account")
        await player.sees("delete → mask")
        await player.press("enter", "enter")
        await player.sees("by worker ")
        await player.press("escape", "escape", "escape")
        await player.sees("cases ·")
