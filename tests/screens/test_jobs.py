"""Jobs: answers in order, writes that outlive their screen, faults without values."""

import gc
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.message import Message

from screens.kit.deskside import Deskside
from screens.kit.widgets.bars import FlashLine
from services.errors import Unavailable
from tests.screens.conftest import until


@dataclass
class Answered(Message):
    value: object


class Asking(Deskside):
    """A screen that keeps what comes."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[object] = []

    def compose(self) -> Any:
        yield FlashLine()

    @on(Answered)
    def _answered(self, message: Answered) -> None:
        self.got.append(message.value)


async def asking(app: Any, pilot: Any) -> Asking:
    screen = Asking()
    app.push_screen(screen)
    await until(pilot, lambda: app.screen is screen and screen.is_mounted)
    return screen


async def test_a_stale_answer_is_dropped(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        screen, gate = await asking(app, pilot), threading.Event()
        screen.run(lambda: gate.wait(5) and "old", reply=Answered, serial="it")
        screen.run(lambda: "new", reply=Answered, serial="it")
        await until(pilot, lambda: screen.got == ["new"])
        gate.set()
        screen.run(lambda: "other", reply=Answered, serial="another")
        await until(pilot, lambda: len(screen.got) == 2)
        await pilot.pause(0.1)
        assert screen.got == ["new", "other"]


async def test_what_is_asked_for_as_the_console_closes_is_still_done(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        screen, kept = await asking(app, pilot), threading.Event()
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            screen.run(kept.set, serial="it", write=True)
            app.workers.cancel_all()  # as the library does when it closes, before the job had its first turn
            await until(pilot, kept.is_set)
            gc.collect()
        assert [str(one.message) for one in said if "awaited" in str(one.message)] == []


async def test_without_a_serial_every_answer_comes(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        screen = await asking(app, pilot)
        for number in range(5):
            screen.run(lambda n=number: n, reply=Answered)
        await until(pilot, lambda: sorted(screen.got) == [0, 1, 2, 3, 4])


async def test_a_write_outlives_its_screen_and_its_failure_is_told(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        screen, gate, done = await asking(app, pilot), threading.Event(), threading.Event()

        def write() -> None:
            gate.wait(5)
            done.set()
            raise Unavailable("the disk is full", kept="the request was not logged")

        screen.run(write, write=True, serial="w", stage="logging the request")
        await until(pilot, lambda: app.jobs.writing == ["logging the request"])
        app.pop_screen()
        await pilot.pause(0.05)
        gate.set()
        await until(pilot, lambda: "the disk is full" in str(app.screen.query_one(FlashLine).render()))
        assert done.is_set()
        assert app.jobs.writing == []


async def test_an_unforeseen_error_shows_a_reference_and_no_value(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        screen = await asking(app, pilot)

        def boom() -> None:
            raise KeyError("SECRET-123")

        screen.run(boom)
        await until(pilot, lambda: "reference" in str(screen.query_one(FlashLine).render()))
        assert "SECRET" not in str(screen.query_one(FlashLine).render())
        kept = app.faults.path.read_text("utf-8")
        assert "KeyError" in kept
        assert "SECRET" not in kept


async def test_what_takes_long_says_its_stage(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        screen, gate = await asking(app, pilot), threading.Event()
        screen.run(lambda: gate.wait(5), stage="collecting 3 of 5 systems")
        await until(pilot, lambda: "collecting 3 of 5" in str(screen.query_one(FlashLine).render()))
        gate.set()
        await until(pilot, lambda: "collecting" not in str(screen.query_one(FlashLine).render()))


async def test_leaving_asks_while_a_write_is_under_way(opened: Callable[..., Any]) -> None:
    async with opened() as (app, _desk, pilot):
        screen, gate = await asking(app, pilot), threading.Event()
        screen.run(lambda: gate.wait(5), write=True, stage="logging the request")
        await until(pilot, lambda: app.jobs.writing)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: type(app.screen).__name__ == "Choice")
        gate.set()
        assert not app._exit
