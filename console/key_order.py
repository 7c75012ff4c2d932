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
from textual.widget import Widget

STUCK_S = 2.0  # a marker that is lost although its widget is there: nothing of ours does that
LOOK_S = 0.05  # how soon keys go on when a widget went away and took its marker along


class KeyHandled(Message):
    """Comes back to the app behind the key that it was sent after."""

    def __init__(self, number: int, last: bool) -> None:
        super().__init__()
        self.number, self.last = number, last


class OrderedKeyApp(App[None], inherit_bindings=False):
    """An app whose keys are handled strictly in order; while `holding`, they only gather."""

    def __init__(self) -> None:
        super().__init__()
        self.holding = False
        self._waiting: deque[events.Key] = deque()
        self._number = 0  # of the key being handled
        self._target: Widget | None = None  # where it, or its marker, went
        self._since = 0.0

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        self._waiting.append(event)
        if not self.holding and not self._busy():
            await self._next()
        elif len(self._waiting) == 1:
            self.set_timer(LOOK_S, self._look)

    async def key_pressed(self, event: events.Key) -> None:
        """One key, in its turn."""
        await super().on_event(event)

    def release_keys(self) -> None:
        """What has focus takes keys now, first those that gathered."""
        self.holding = False
        self.call_later(self._next)

    def _busy(self) -> bool:
        target = self._target
        return target is not None and target.is_attached and time.monotonic() - self._since < STUCK_S

    async def _next(self) -> None:
        self._target = None
        if not self._waiting or self.holding:
            return
        event = self._waiting.popleft()
        self._number += 1
        self._target, self._since = self.focused or self.screen, time.monotonic()
        target = self._target
        await self.key_pressed(event)
        if event.is_forwarded:
            self._mark(target, last=False)
        else:
            await self._next()

    def _mark(self, target: Widget, *, last: bool) -> None:
        self._target = target
        target.post_message(KeyHandled(self._number, last).set_sender(target))

    @on(KeyHandled)
    async def _handled(self, message: KeyHandled) -> None:
        if message.number != self._number or self._target is None:
            return
        if self._waiting and not message.last:
            self._mark(self.focused or self.screen, last=True)
        else:
            await self._next()

    async def _look(self) -> None:
        if not self._waiting:
            return
        if not self.holding and not self._busy():
            await self._next()
        self.set_timer(LOOK_S, self._look)
