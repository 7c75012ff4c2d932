"""Fields and dialogs: nothing but text comes in, a code is typed, what cannot be undone opens disarmed."""

import asyncio
from collections.abc import Callable
from typing import Any

from textual import events

from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.confirm import ARM_S, Choice, TypedConfirm
from screens.kit.widgets.filter_bar import FilterBar
from screens.kit.widgets.inputs import CleanInput, CodeInput
from tests.screens.conftest import until

HOSTILE = "a\x1b]52;c;x\x07b\u202ec\u200bd\x00e\r\nf[@click=app.quit]g[/"


async def test_a_paste_is_cleaned_and_cut(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        await pilot.press("slash")
        field = app.screen.query_one(FilterBar).query_one(CleanInput)
        await until(pilot, lambda: field.has_focus)
        app.post_message(events.Paste(HOSTILE))
        await until(pilot, lambda: field.value)
        assert field.value == "a]52;c;xbcde f[@click=app.quit]g[/"
        field.value = ""
        app.post_message(events.Paste("x" * 10_000_000))
        await until(pilot, lambda: field.value)
        assert len(field.value) == 200


async def test_a_pin_is_typed_and_never_pasted(opened: Callable[..., Any]) -> None:
    async with opened(agent="") as (app, _desk, pilot):
        field = app.screen.query_one("#pin", CodeInput)
        field.focus()
        await until(pilot, lambda: field.has_focus)
        app.post_message(events.Paste("2468"))
        await until(pilot, lambda: "paste does not count" in str(app.screen.query_one(FlashLine).render()))
        assert field.value == ""


async def asked(app: Any, pilot: Any) -> list[Any]:
    answers: list[Any] = []
    app.push_screen(TypedConfirm("Erase everything", ["3 rows in CRM"], "4107"), answers.append)
    await until(pilot, lambda: isinstance(app.screen, TypedConfirm))
    return answers


async def test_typed_confirm_opens_disarmed(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        answers = await asked(app, pilot)
        await pilot.press(*"4107", "enter")
        assert answers == []
        await asyncio.sleep(ARM_S + 0.1)
        assert app.screen.query_one(CodeInput).value == ""
        await pilot.press(*"4107", "enter")
        await until(pilot, lambda: answers == [True])


async def test_typed_confirm_does_nothing_on_enter_a_wrong_code_or_a_paste(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        answers = await asked(app, pilot)
        await asyncio.sleep(ARM_S + 0.1)
        await pilot.press("enter", *"4108", "enter")
        app.post_message(events.Paste("4107"))
        await pilot.press("enter")
        assert answers == []
        await pilot.press("escape")
        await until(pilot, lambda: answers == [None])


async def test_a_choice_is_no_second_press_of_the_same_key(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        answers: list[Any] = []
        app.push_screen(Choice("Leave?", ["a draft"], {"y": "leave"}), answers.append)
        await until(pilot, lambda: isinstance(app.screen, Choice))
        await pilot.press("y", "enter")
        assert answers == []
        await asyncio.sleep(ARM_S + 0.1)
        await pilot.press("y")
        await until(pilot, lambda: answers == ["y"])
