"""The figures for the management: leads and the officer open them from the palette, an agent cannot."""

from collections.abc import Callable

from screens.figures import FiguresBox
from screens.queue import QueueScreen
from tests.fake_case import CaseDesk
from tests.fake_figures import FakeFigures
from tests.screens.conftest import until
from tests.screens.test_case_screens import HOSTILE, Opened, opened, press, shown  # noqa: F401

Open = Callable[..., Opened]
WORDS = ("colon", *"figures", "enter")


async def test_the_officer_reads_them_a_name_is_shown_as_text_and_escape_leads_back(opened: Open) -> None:  # noqa: F811
    """A lead's are in the pictures."""
    desk = CaseDesk()
    desk.figures = FakeFigures(HOSTILE)
    async with opened(*WORDS, agent="0003", desk=desk, size=(80, 60)) as (app, _, pilot):
        await until(pilot, lambda: isinstance(app.screen, FiguresBox))
        text = shown(app)
        assert "97.4 % (11,604 of 11,912)" in text
        assert "EUR 9.52 (program 7.57, hand 35.36)" in text
        assert "of nobody who works here" in text
        assert "[@click=app.leave]x[/][/" in text
        assert "\x1b" not in text
        await press(pilot, "escape")
        assert isinstance(app.screen, QueueScreen)


async def test_an_agent_finds_no_such_line_in_the_palette(opened: Open) -> None:  # noqa: F811
    async with opened(*WORDS) as (app, _, pilot):
        await pilot.pause(0.3)
        assert not isinstance(app.screen, FiguresBox)
