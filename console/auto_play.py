"""A training call played by itself: keys pressed on the real screens, each step of the path by the keys a person takes.

The player looks at the screens as a person does, and never calls the desk.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar, cast

from textual import events
from textual.css.query import NoMatches
from textual.widgets import Input

from console.training_app import TrainingApp
from screens.case import CaseScreen
from screens.checklist import ChecklistScreen
from screens.erase import EraseScreen
from screens.export import ExportScreen
from screens.find import FindScreen
from screens.intake import IntakeScreen
from screens.kit.widgets.bars import FlashLine
from screens.kit.widgets.choices import Choices
from screens.kit.widgets.confirm import ARM_S, Choice, PinPrompt, TypedConfirm
from screens.queue import QueueScreen
from screens.reveal import RevealBox
from screens.review import ReviewScreen
from screens.words import GROUNDS, RIGHTS
from screens.wrap import CODES, WrapScreen
from services.demo.agents import AGENTS, DemoAgent
from services.errors import BadInput, Unavailable
from services.training.facts import fact_of
from services.training.moments import Moment
from services.training.scenario import Scenario
from services.types import Factor, Right

S = TypeVar("S")

SIZE: Final = (120, 40)
PAUSE_S: Final = 0.1
"""Between keys that act: faster ones count as a paste and do nothing."""
TYPE_S: Final = 0.03
SLIDE_S: Final = 0.01
PATIENCE_S: Final = 45.0
WORDS: Final = "asks for it by phone"

AGENT: Final = next(one for one in AGENTS if one.roles == ("agent",))
LEAD: Final = next(one for one in AGENTS if one.roles == ("lead",))


async def play(app: TrainingApp, scenario: Scenario, path: Sequence[Moment] = (), size: tuple[int, int] = SIZE) -> None:
    """Play `scenario` along `path` (its expected one when empty) until the scorecard is shown.

    Raises `Unavailable` when a screen does not come to what the path needs, `BadInput` for a step without keys here.
    """
    async with app.run_test(size=size):
        player = Player(app, scenario)
        await player.sign_in(AGENT)
        await player.until(lambda: app.call is not None, "the phone rings")
        for step in path or scenario.path:
            await player.do(step)
        await player.until(lambda: app.card is not None, "the scorecard")


class Player:
    """One agent's hands, and in the end a lead's."""

    def __init__(self, app: TrainingApp, scenario: Scenario) -> None:
        self.app, self.scenario = app, scenario

    async def do(self, step: Moment) -> None:
        """The keys for one step of the path."""
        if step.act.startswith("factor."):
            await self._factor(step)
            return
        keys = {
            "case.opened": self._open,
            "item.added": self._added,
            "check.started": self._verify,
            "find.asked": self._find,
            "export.asked": self._export,
            "erase.asked": self._erase,
            "wrap.coded": self._wrap,
            "erase.approved": self._approve,
        }.get(step.act)
        if keys is None:
            raise BadInput(f"auto-play has no keys for '{step}'", place=self.scenario.id)
        await keys(step)

    # --- fingers and eyes ------------------------------------------------------------------------------------------

    async def press(self, *keys: str) -> None:
        """Keys that act: each with a pause after it."""
        for key in keys:
            self._send(key)
            await asyncio.sleep(PAUSE_S)

    async def slide(self, *keys: str) -> None:
        """Keys that only move, or text: as fast as they come."""
        for key in keys:
            self._send(key)
            await asyncio.sleep(SLIDE_S)
        await asyncio.sleep(PAUSE_S)

    async def write_code(self, text: str) -> None:
        """A PIN or code: such a field takes no storm of keys."""
        for character in text:
            self._send(character)
            await asyncio.sleep(TYPE_S)
        await asyncio.sleep(PAUSE_S)

    def _send(self, key: str) -> None:
        """As the terminal's driver does; a pilot would wait for a quiet processor after each key."""
        character = key if len(key) == 1 else None
        self.app.post_message(events.Key("space" if key == " " else key, character))

    async def until(self, what: Callable[[], Any], words: str) -> None:
        end = time.monotonic() + PATIENCE_S
        said: dict[str, None] = {}  # in order, each once: the line of a refusal is gone before patience is
        while not _holds(what):
            said |= dict.fromkeys(self._flashed())
            if time.monotonic() > end:
                front = f"in front: {type(self.app.screen).__name__}, {' | '.join(said) or 'silent'}"
                raise Unavailable(f"{self.scenario.id}: waited {PATIENCE_S:.0f} s for {words}; {front}")
            await asyncio.sleep(TYPE_S)

    def _flashed(self) -> list[str]:
        """What the flash line in front says."""
        said = (line.render().plain.strip() for line in self.app.screen.query(FlashLine))
        return [words for words in said if words]

    async def on(self, kind: type[S], ready: Callable[[S], Any] = lambda _: True) -> S:
        """The screen in front, once it is of this kind and ready."""
        await self.until(
            lambda: isinstance(self.app.screen, kind) and ready(cast(S, self.app.screen)), f"{kind.__name__}"
        )
        await asyncio.sleep(PAUSE_S)
        return cast(S, self.app.screen)

    async def back_to(self, kind: type[S]) -> S:
        for _ in range(4):
            before = self.app.screen
            if isinstance(before, kind):
                break
            await self.press("escape")
            await self.until(lambda: self.app.screen is not before, "the screen before")  # noqa: B023 - awaited at once
        return await self.on(kind)

    def _in_field(self) -> bool:
        """Whether a text field has the keys: before that they would act."""
        return isinstance(self.app.focused, Input)

    def says(self, fact: str) -> str:
        """What the caller answers, as the panel shows it; empty when they do not know."""
        known = {name: value for name, _, value in self.app.call.answers} if self.app.call else {}
        return known.get(fact, "")

    # --- steps -----------------------------------------------------------------------------------------------------

    async def sign_in(self, agent: DemoAgent) -> None:
        await self.until(lambda: self.app.desk is not None, "the desk")
        await self.slide(*agent.number)
        await self.press("enter")
        await self.slide(*agent.pin)
        await self.press("enter")
        await self.until(lambda: self.app.session and self.app.session.agent == agent.number, "the session")

    async def _open(self, step: Moment) -> None:
        await self.on(QueueScreen)
        await self.press("i")
        screen = await self.on(
            IntakeScreen, lambda one: one.query_one("#controller", Choices).options and self.app.focused
        )
        offered = screen.query_one("#controller", Choices).options
        key = next(option.key for option in offered if option.value == self.scenario.controller)
        await self.slide(*["shift+tab"] * 4, key, *["tab"] * 4)
        rights = [Right(m.code) for m in self.scenario.path if m.act == "item.added"]
        await self.press(*(RIGHTS[right][0] for right in rights), "tab")
        await self.slide(*self.says("email"), "tab", *WORDS)
        await self.press("enter")
        await self.on(CaseScreen, lambda one: one.view)

    async def _added(self, step: Moment) -> None:
        await self.on(CaseScreen, lambda one: one.view)  # picked at intake

    async def _verify(self, step: Moment) -> None:
        await self.on(CaseScreen, lambda one: one.view and one.view.key("verify").allowed)
        await self.press("v")
        await self.on(ChecklistScreen, lambda one: one.view)

    async def _to_line(self, wanted: Callable[[str], bool]) -> ChecklistScreen:
        screen = await self.on(ChecklistScreen, lambda one: one.view and not one.busy)
        steps = screen.view.steps if screen.view else ()
        fits = [n for n, line in enumerate(steps) if wanted(line.id)]
        at = next((n for n in fits if steps[n].state == "open"), next(iter(fits), None))
        if at is None:
            raise Unavailable(f"{self.scenario.id}: the checklist has no such step")
        while screen.cursor != at:
            before = screen.cursor
            await self.slide("j" if before < at else "k")
            await self.until(lambda: screen.cursor != before, "the next line")  # noqa: B023 - awaited at once
        return await self.on(ChecklistScreen, lambda one: not one.busy and one.step and not one.step.blocked)

    async def _factor(self, step: Moment) -> None:
        if step.act == "factor.asked":
            await self._answer(Factor(step.code))
            return
        name = step.code
        screen = await self._to_line(lambda line: line.rpartition(".")[2] == name)
        before = screen.view
        if name == Factor.CBK and step.act == "factor.passed":
            await self._call_back()
        await self.press("y" if step.act == "factor.passed" else "f")
        await self._kept(before)

    async def _call_back(self) -> None:
        """The number on file is looked at, once the caller has hung up."""
        await self.press("s")
        await self.on(Choice)
        await asyncio.sleep(ARM_S)
        await self.press("y")
        await self.on(RevealBox)
        await self.press("escape")
        await self.on(ChecklistScreen, lambda one: not one.busy)

    async def _kept(self, before: object) -> None:
        """Until the checklist has come back with what was done: a key pressed before that would go astray."""
        await self.on(ChecklistScreen, lambda one: one.view is not before and not one.busy and one.asked is None)

    async def _answer(self, factor: Factor) -> None:
        screen = await self._to_line(lambda line: line.rpartition(".")[2] == factor)
        await self.press("s" if factor is Factor.OTP else "enter")
        await self.on(ChecklistScreen, lambda one: one.asked is not None and self._in_field())
        fact = "code" if factor is Factor.OTP else fact_of(screen.asked.key if screen.asked else "")
        if fact == "code":
            await self.until(lambda: self.says("code")[:1].isdigit(), "the code")
        before = screen.view
        await self.slide(*(self.says(fact) or "no idea"))
        await self.press("enter")
        await self._kept(before)

    async def _find(self, step: Moment) -> None:
        await self.back_to(CaseScreen)
        await self.on(CaseScreen, lambda one: one.view and one.view.key("find").allowed)
        await self.press("p")
        await self.on(FindScreen, lambda one: one.preview and not one.why_not("proceed"))

    async def _export(self, step: Moment) -> None:
        await self.press("enter")
        await self.on(ExportScreen, lambda one: one.preview and not one.why_not("proceed"))
        await self.press("enter")
        await self._pin(AGENT)
        await self.on(ExportScreen, lambda one: one.asked)

    async def _erase(self, step: Moment) -> None:
        await self.press("enter")
        screen = await self.on(EraseScreen, lambda one: one.preview and not one.why_not("proceed"))
        await self.press(*(name[-1] for name in GROUNDS if name == step.code), "enter")
        await self.on(TypedConfirm, lambda _: self._in_field())
        await self.write_code(screen.case[-4:])
        await self.press("enter")
        await self._pin(AGENT)
        await self.on(EraseScreen, lambda one: one.asked)

    async def _pin(self, agent: DemoAgent) -> None:
        await self.on(PinPrompt, lambda _: self._in_field())
        await self.write_code(agent.pin)
        await self.press("enter")

    async def _wrap(self, step: Moment) -> None:
        await self.back_to(CaseScreen)
        await self.on(CaseScreen, lambda one: one.view)
        await self.press("w")
        await self.on(WrapScreen, lambda one: one._armed)
        await self.press(next(key for key, (code, _) in CODES.items() if code == step.code))
        await self.until(lambda: not isinstance(self.app.screen, WrapScreen), "the wrap-up")

    async def _approve(self, step: Moment) -> None:
        """Another person, at the same desk, with their own PIN."""
        await self.press("S")
        await self.until(lambda: self.app.locked_at is not None, "the lock")
        await self.sign_in(LEAD)
        await self.on(QueueScreen)
        await self.press("e")
        await self.on(ReviewScreen, lambda one: one.table.current is not None)
        await self.press("y")
        await self._pin(LEAD)
        await self.until(lambda: not isinstance(self.app.screen, PinPrompt), "the approval")


def _holds(what: Callable[[], Any]) -> bool:
    """Whether it is so; a screen that is not composed yet is not."""
    try:
        return bool(what())
    except NoMatches:
        return False
