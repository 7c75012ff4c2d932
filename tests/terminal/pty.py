"""The console on a real pseudo-terminal, with an emulated screen to look at. For tests of any folder.

console = Console.of_app(SOURCE)               # SOURCE: Python that builds and runs an app
console = Console([python, "-m", "console", "--home", home], cols=80, rows=24)
console.wait_for("Agent number"); console.type("0042\r"); assert "TODAY" in console.screen()
"""

import sys
from collections.abc import Mapping, Sequence

import pyte

from scripts.bench.terminal import Terminal, plain
from tests.conftest import CHECKOUT


class Console(Terminal):
    """A terminal whose picture can be read line by line."""

    def __init__(
        self, command: Sequence[str], *, env: Mapping[str, str] | None = None, cols: int = 80, rows: int = 24
    ) -> None:
        path = {"PYTHONPATH": str(CHECKOUT)}
        super().__init__(command, env=path | dict(env or {}), cols=cols, rows=rows)
        self.size = (cols, rows)

    @classmethod
    def of_app(cls, source: str, *, env: Mapping[str, str] | None = None, cols: int = 80, rows: int = 24) -> "Console":
        """Run Python source, which should end in `.run()`."""
        return cls([sys.executable, "-c", source], env=env, cols=cols, rows=rows)

    def screen(self) -> str:
        """What stands on the screen now, as an emulator draws it."""
        picture = pyte.Screen(*self.size)
        pyte.ByteStream(picture).feed(bytes(self.log))
        return "\n".join(picture.display)

    def text(self) -> str:
        """Everything that was ever written, without escapes and with line breaks as blanks."""
        return " ".join(plain(bytes(self.log)).split())

    def wait_on_screen(self, text: str, timeout: float = 10) -> bool:
        """Whether `text` comes to stand on the screen in time."""
        waited = 0.0
        while text not in self.screen():
            if waited > timeout or self.read(0.1) is None:
                return text in self.screen()
            waited += 0.05
        return True
