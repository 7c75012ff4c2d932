"""The hardened App under the console: defaults of the library that leak data or let text act are shut here.

Each override stands on something reproduced; tests/terminal holds one pseudo-terminal test for each, so that an upgrade
of the library cannot undo it unseen.
"""

import asyncio
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from rich.segment import Segment
from textual import events
from textual.app import SystemCommand
from textual.color import Color
from textual.filter import LineFilter, Monochrome, NoColor
from textual.screen import Screen

from console.faults import FaultLog, sentence
from console.key_order import OrderedKeyApp
from screens.kit.keys import ACTIONS
from screens.kit.text import BAD


class VisibleOnly(LineFilter):
    """Nothing a terminal could obey, and nothing that hides, reaches it as text."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            s if s.control or (s.text.isascii() and s.text.isprintable()) or not BAD.search(s.text)
            else Segment(BAD.sub("\ufffd", s.text), s.style)
            for s in segments
        ]  # fmt: skip


class GuardedApp(OrderedKeyApp, inherit_bindings=False):
    """App without screenshots, clipboard, mouse selection, tracebacks and one-key accidents."""

    ALLOW_SELECT = False
    ENABLE_COMMAND_PALETTE = False
    NOTIFICATION_TIMEOUT = 4
    QUIET_S = 0.08  # an acting key counts only after this much silence: a raw paste is a storm of keys

    def __init__(self, logs: Path) -> None:
        super().__init__()
        self.faults = FaultLog(logs)
        self.animation_level = "none"
        self.last_key = 0.0  # when the last key came, by the library's event clock
        self.last_seen = time.monotonic()  # and by ours
        self.key_gap = 1e9  # seconds between the last two keys
        self._shown_only = VisibleOnly()

    # --- what reaches the terminal ---------------------------------------------------------------------------------

    def get_line_filters(self) -> Sequence[LineFilter]:
        own = [NoColor() if isinstance(f, Monochrome) else f for f in super().get_line_filters()]
        return [*own, self._shown_only]  # NoColor: the library's monochrome still sends 24-bit greys

    def copy_to_clipboard(self, text: str) -> None:
        """Off (TRM-8): OSC 52 also lands in tmux buffers and on other machines."""

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        """Off: the terminal is no place to open what a text names."""

    # --- what leaves by file ---------------------------------------------------------------------------------------

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        return ()  # no Screenshot, no Keys panel; the palette is made from the registry

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Off: a picture of the screen is a file with personal data."""

    def save_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str:
        return ""

    def deliver_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str | None:
        return None

    def deliver_text(self, path_or_file: str | Path | Any, **_: Any) -> str | None:
        return None

    def deliver_binary(self, path_or_file: str | Path | IO[bytes], **_: Any) -> str | None:
        return None

    # --- what keys may do ------------------------------------------------------------------------------------------

    async def key_pressed(self, event: events.Key) -> None:
        self.key_gap, self.last_key = event.time - self.last_key, event.time
        self.last_seen = time.monotonic()
        if self.key_gap < self.QUIET_S and self._acts(event.key):
            self.too_fast()
        else:
            await super().key_pressed(event)

    def _acts(self, key: str) -> bool:
        active = self.screen.active_bindings.get(key)
        action = ACTIONS.get(active.binding.id or "") if active else None
        return action is not None and action.acts

    def too_fast(self) -> None:
        """Called when an acting key was dropped because keys came in a storm."""

    # --- how it ends -----------------------------------------------------------------------------------------------

    def on_load(self) -> None:
        if self.is_headless:  # a test: hooks and signals belong to its runner
            return
        self.faults.forget()
        self.faults.catch_strays(lambda line: print(line, file=sys.__stderr__))
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._stray)
        for name in ("SIGHUP", "SIGTERM"):
            if hasattr(signal, name):
                try:
                    loop.add_signal_handler(getattr(signal, name), self.hang_up)
                except (NotImplementedError, RuntimeError, ValueError):  # Windows; a loop outside the main thread
                    continue

    def _stray(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.faults.keep(error)

    def hang_up(self) -> None:
        """The line is gone or the machine goes down: leave in order, so that the terminal is restored."""
        self.exit()

    def panic(self, *renderables: Any) -> None:
        self._fatal_error()  # what is handed in may hold source, markup or values

    def _fatal_error(self) -> None:
        error = self._exception or sys.exc_info()[1] or RuntimeError()
        self.bell()
        self._exit_renderables[:] = [sentence(self.faults.keep(error))]
        self._close_messages_no_wait()
