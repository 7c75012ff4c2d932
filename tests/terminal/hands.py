"""The player of the stories on a real pseudo-terminal: keys as bytes, the screen as an emulator draws it."""

import pyte

from tests.player import SIGNS, Player
from tests.terminal.pty import Console

KEYS = {
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "escape": "\x1b",
    "backspace": "\x7f",
    **{name: sign for sign, name in SIGNS.items()},
}


class _Keyboard:
    """What a player presses and waits with, over a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._picture = pyte.Screen(*console.size)
        self._stream = pyte.ByteStream(self._picture)
        self._drawn = 0

    async def press(self, *keys: str) -> None:
        for key in keys:
            self._console.send(KEYS.get(key, key))
            self._console.read_for(0.02)

    async def pause(self, seconds: float) -> None:
        self._console.read_for(seconds)

    def screen(self) -> str:
        self._stream.feed(bytes(self._console.log[self._drawn :]))
        self._drawn = len(self._console.log)
        return "\n".join(self._picture.display)


class Hands(Player):
    """Somebody at a terminal."""

    def __init__(self, console: Console) -> None:
        self._pilot = _Keyboard(console)  # type: ignore[assignment]

    def screen(self) -> str:
        return self._pilot.screen()  # type: ignore[attr-defined, no-any-return]

    async def sign_in(self, agent: str, pin: str) -> None:
        await self.sees("Agent number")
        await self.write(agent)
        await self.press("enter")
        await self.write(pin)
        await self.press("enter")
        await self.sees(" cases ·")
