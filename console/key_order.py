"""Keys one at a time: a key typed ahead goes where the keys before it led, never to the widget they just left.

The library hands every key to what has focus when it arrives. Enter and a digit in one go would put the PIN into the
agent number, and `/erase` would press e, r, a, s, e on the list. So a key waits until the one before it is handled:
a marker follows it through the same queues and, when others wait, once more through what has focus by then.
"""

import time
from collections import deque

from textual import events, on
from textual.app import App
from textual.message import Message

STUCK_S = 0.3  # a widget that went away took its marker along


class KeyHandled(Message):
    """Comes back to the app behind the key it was sent after."""

    def __init__(self, last: bool) -> None:
        super().__init__()
        self.last = last


class OrderedKeyApp(App[None], inherit_bindings=False):
    """An app whose keys are handled strictly in order; while `holding`, they only gather."""

    def __init__(self) -> None:
        super().__init__()
        self.holding = False
        self._waiting: deque[events.Key] = deque()
        self._busy_since: float | None = None

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif self.holding or self._busy():
            if not self._waiting:
                self.set_timer(STUCK_S, self._unstick)
            self._waiting.append(event)
        else:
            await self._handle(event)

    async def key_pressed(self, event: events.Key) -> None:
        """One key, in its turn."""
        await super().on_event(event)

    def release_keys(self) -> None:
        """What has focus takes keys now, first those that gathered."""
        self.holding = False
        self.call_later(self._next)

    def _busy(self) -> bool:
        return self._busy_since is not None and time.monotonic() - self._busy_since < STUCK_S

    async def _handle(self, event: events.Key) -> None:
        self._busy_since = time.monotonic()
        target = self.focused or self.screen
        await self.key_pressed(event)
        if event.is_forwarded:
            target.post_message(KeyHandled(last=False).set_sender(target))
        else:
            await self._next()

    async def _next(self) -> None:
        self._busy_since = None
        if self._waiting and not self.holding:
            await self._handle(self._waiting.popleft())

    @on(KeyHandled)
    async def _handled(self, message: KeyHandled) -> None:
        if self._waiting and not message.last:
            target = self.focused or self.screen
            target.post_message(KeyHandled(last=True).set_sender(target))
        else:
            await self._next()

    async def _unstick(self) -> None:
        if not self._busy():
            await self._next()
        elif self._waiting:
            self.set_timer(STUCK_S, self._unstick)
