"""The status line: leads and the officer are told that data systems are not as the catalog says, agents are not."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from screens.kit.widgets.bars import StatusBar
from tests.screens.conftest import Opened, until

WORDS = "2 ALARMS of data systems: `rightsdesk catalog status`"


@pytest.mark.parametrize(("agent", "told"), [("0007", True), ("0042", False)])
async def test_alarms_of_data_systems_stand_in_the_line_of_who_can_act(
    opened: Callable[..., Opened], agent: str, told: bool
) -> None:
    async with opened(agent=agent, size=(140, 30)) as (app, desk, pilot):
        desk.state = replace(desk.state, system_alarms=2)
        await until(pilot, lambda: app.status is not None and app.status.system_alarms == 2)
        line = str(app.screen.query_one(StatusBar).render())
        assert (WORDS in line) is told
        assert "log ok" in line


async def test_without_an_alarm_the_line_is_as_it_was(opened: Callable[..., Opened]) -> None:
    async with opened(agent="0007", size=(140, 30)) as (app, _, _pilot):
        assert "ALARM" not in str(app.screen.query_one(StatusBar).render())
