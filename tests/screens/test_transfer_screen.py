"""Portable data straight to another provider, by keys: who it is is asked, and nothing goes without the PIN."""

from collections.abc import Callable
from dataclasses import replace

from screens.transfer import TransferBox
from services.types import CaseView, ItemState, KeyState, Outcome, Right
from tests.fake_case import CaseDesk, view
from tests.screens.conftest import until
from tests.screens.test_case_screens import Opened, opened, press, shown  # noqa: F401

Open = Callable[..., Opened]
PIN = (*"2468", "enter")


def portable(*, noted: bool = True) -> CaseView:
    """A case that asks for portability; with `noted` it shall go to another provider, and T3 is reached."""
    base = view()
    item = replace(base.items[0], right=Right.PORTABILITY, state=ItemState.IN_PROGRESS, outcome=Outcome.OPEN)
    why = "" if noted else "note first that it goes to another provider (>)"
    return replace(base, items=(item,), keys=(*base.keys, KeyState("transfer", noted, why)))


def desk_with(now: CaseView) -> CaseDesk:
    desk = CaseDesk()
    desk.case.view = now
    return desk


async def test_Art_20_2_a_name_and_an_address_then_the_pin(opened: Open) -> None:  # noqa: F811
    desk = desk_with(portable())
    async with opened("enter", "x", desk=desk) as (app, _, pilot):
        await until(pilot, lambda: "Scope" in shown(app))
        await press(pilot, "enter", "d")
        assert isinstance(app.screen, TransferBox)
        await press(pilot, *"Nord", "enter")
        assert "a name and a whole e-mail address" in shown(app)
        await press(pilot, "tab", *"in@example.net", "enter")
        assert not desk.act.kept, "nothing before the PIN"
        await press(pilot, *PIN)
        await until(pilot, lambda: ("transfer", "Nord", "in@example.net") in desk.act.kept)


async def test_to_the_person_as_ever_and_no_question_where_nothing_was_noted(opened: Open) -> None:  # noqa: F811
    for now, keys in ((portable(), ("enter", "p")), (portable(noted=False), ("enter",))):
        desk = desk_with(now)
        async with opened("enter", "x", desk=desk) as (app, _, pilot):
            await until(pilot, lambda app=app: "Scope" in shown(app))
            await press(pilot, *keys, *PIN)
            await until(pilot, lambda desk=desk: ("export", "1") in desk.act.kept)
