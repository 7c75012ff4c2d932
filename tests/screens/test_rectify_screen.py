"""Correcting on the screen, on a desk without stores: typed by the agent, masked on file, taken all at once."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from console.app import DeskApp
from screens.case import CaseScreen
from screens.case_acts import LIFTED
from screens.checklist import ChecklistScreen
from screens.kit.text import BAD
from screens.kit.widgets.confirm import PinPrompt
from screens.rectify import RectifyScreen
from services.desk import acting
from services.types import CaseView, ItemState, ItemView, KeyState, Outcome, Right
from tests.fake_case import CaseDesk, view
from tests.fake_rectify import LINES, FakeRectify
from tests.screens.conftest import until
from tests.screens.test_case_screens import HOSTILE, Opened, flash, opened, press, shown  # noqa: F401

Open = Callable[..., Opened]


def asking(*allowed: str) -> CaseView:
    """A case in which somebody asks for a correction; these keys are open as well."""
    item = ItemView("1", Right.RECTIFICATION, ItemState.IN_PROGRESS, Outcome.OPEN, "ready to be answered")
    keys = tuple(KeyState(k.act, True) if k.act in allowed else k for k in view().keys)
    return view(items=(item,), keys=keys)


def typed(app: DeskApp) -> int:
    """How many values were taken."""
    return len(app.screen.wanted) if isinstance(app.screen, RectifyScreen) else -1


@pytest.fixture
def desk() -> CaseDesk:
    made = CaseDesk()
    made.case.view = asking("rectify")
    return made


async def test_what_is_typed_is_corrected_all_at_once_after_a_yes(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", "r", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "family name" in shown(app))
        await press(pilot, "y")
        assert flash(app) == "no: type first what is right (Enter)"
        await press(pilot, "enter", *"Noe", "enter")
        await until(pilot, lambda: typed(app) == 1)
        await press(pilot, "down", "down", "enter", *"2001", "enter")
        await until(pilot, lambda: typed(app) == 2)
        await press(pilot, "y")
        assert "Correct 2 in 2 rows?" in shown(app)
        assert desk.rectify.asked == [], "the control: nothing before the yes"
        await press(pilot, "y")
        await until(pilot, lambda: desk.rectify.asked == [{"family name": "Noe", "date of birth": "2001"}])
        await until(pilot, lambda: isinstance(app.screen, CaseScreen))


async def test_f_drops_what_was_typed_and_a_value_that_cannot_stand_there_is_not_taken(
    opened: Open,  # noqa: F811
    desk: CaseDesk,
) -> None:
    async with opened("enter", "r", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "family name" in shown(app))
        await press(pilot, "enter", *"No", "exclamation_mark", "enter")
        await until(pilot, lambda: "no exclamation mark" in flash(app))
        await press(pilot, "enter", *"Noe", "enter")
        await until(pilot, lambda: typed(app) == 1)
        await press(pilot, "f")
        await until(pilot, lambda: typed(app) == 0)
        assert isinstance(app.screen, RectifyScreen)
        assert app.screen.wanted == {}


async def test_contact_data_are_not_typed_below_T3(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    async with opened("enter", "r", "down", "down", "down", "enter", desk=desk) as (app, _, _pilot):
        assert flash(app) == "no: needs T3, reached T2 (v)"
        assert "Old addresses are told before" in shown(app)


async def test_a_sensitive_value_is_typed_masked_and_stays_masked(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    desk.case.view = asking("rectify", "rectify-grave")
    async with opened("enter", "r", "end", "enter", desk=desk) as (app, _, pilot):
        await press(pilot, *"DE0213")
        assert "DE0213" not in shown(app)
        await press(pilot, "enter")
        await until(pilot, lambda: typed(app) == 1)
        assert "DE0213" not in shown(app)
        await press(pilot, "y")
        assert "DE0213" not in shown(app)
        await press(pilot, "y")
        await until(pilot, lambda: desk.rectify.asked == [{"iban": "DE0213"}])


async def test_what_comes_from_a_system_is_inert_and_nothing_is_left_after_a_lock(
    opened: Open,  # noqa: F811
    desk: CaseDesk,
) -> None:
    desk.rectify = FakeRectify((replace(LINES[0], field=HOSTILE, value=HOSTILE, category="[red]name"),))
    async with opened("enter", "r", desk=desk, size=(120, 40)) as (app, _, pilot):
        await until(pilot, lambda: "[red]name" in shown(app))
        assert not BAD.search(shown(app).replace("\n", ""))
        await press(pilot, "enter", *"Noe", "enter")
        screen = app.screen
        assert isinstance(screen, RectifyScreen)
        await until(pilot, lambda: bool(screen.wanted))
        screen.forget()
        assert (screen.wanted, screen.lines, screen.view) == ({}, None, None)


@pytest.mark.parametrize(("key", "grave"), [("1", False), ("2", True)])
async def test_the_check_asks_first_what_is_to_be_corrected(
    opened: Open,  # noqa: F811
    desk: CaseDesk,
    key: str,
    grave: bool,
) -> None:
    async with opened("enter", "v", desk=desk) as (app, _, pilot):
        assert "What is to be corrected?" in shown(app)
        await press(pilot, key)
        await until(pilot, lambda: isinstance(app.screen, ChecklistScreen))
        await until(pilot, lambda: desk.check.grave is grave)


def test_the_screen_and_the_desk_know_the_same_reasons_to_lift() -> None:
    assert tuple(code for code, _ in LIFTED.values()) == acting.LIFTED


def led(**allowed: bool) -> CaseView:
    """What a lead sees of a case: these keys as they are told, nothing waits for approval."""
    keys = tuple(KeyState(k.act, allowed.get(k.act, False), "" if allowed.get(k.act) else "no") for k in view().keys)
    return view(items=view().items[:1], keys=keys)


async def test_a_lead_confirms_a_check_from_their_own_desk_with_the_pin(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    desk.case.view = led(second=True)
    async with opened("enter", "y", desk=desk, agent="0007") as (app, _, pilot):
        assert isinstance(app.screen, PinPrompt)
        assert desk.check.confirmed == [], "the control: not without the PIN"
        await press(pilot, *"2468", "enter")
        await until(pilot, lambda: desk.check.confirmed != [])


async def test_without_such_a_check_y_says_why_it_approves_nothing(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    desk.case.view = led()
    async with opened("enter", "y", desk=desk, agent="0007") as (app, _, _pilot):
        assert flash(app) == "no: no"
        assert desk.check.confirmed == []


async def test_Z_lifts_with_a_reason_and_the_pin_and_only_a_lead(opened: Open, desk: CaseDesk) -> None:  # noqa: F811
    desk.case.view = led(lift=True)
    async with opened("enter", "Z", desk=desk, agent="0007") as (app, _, pilot):
        assert "The person gets a letter" in shown(app)
        await press(pilot, "4", *"2468", "enter")
        await until(pilot, lambda: desk.act.kept == [("lift", "objection-decided")])
    other = CaseDesk()
    other.case.view = led(lift=True)
    async with opened("enter", "Z", desk=other) as (app, _, _pilot):
        assert isinstance(app.screen, CaseScreen)
        assert other.act.kept == []


@pytest.mark.parametrize("returned", ["", "read-only"])
async def test_done_by_hand_is_an_ending_of_what_came_back_alone(
    opened: Open,  # noqa: F811
    desk: CaseDesk,
    returned: str,
) -> None:
    item = replace(asking().items[0], returned=returned)
    desk.case.view = replace(asking("rectify"), items=(item,))
    async with opened("enter", desk=desk) as (app, _, pilot):
        app.perform("resolve")
        await until(pilot, lambda: "End item 1, because" in shown(app))
        assert ("done by hand" in shown(app)) is bool(returned)
