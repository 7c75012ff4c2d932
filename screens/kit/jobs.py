"""The only way from a screen to the desk: a call runs in a thread, its answer comes back as a message.

    self.run(self.desk.queue.page, view, None, 100, reply=PageRead, serial="page")

`reply` makes the message from the result. With `serial`, only the answer to the latest call of that name arrives: a
cancelled thread still finishes, so older answers are dropped here. Jobs belong to the app: closing a screen drops its
answers, never its writes. Errors come as `JobFailed`. Answers are handled on the event loop; threads touch no widget.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Final, TypeVar, TypeVarTuple
from weakref import WeakKeyDictionary

from textual.app import App
from textual.message import Message
from textual.message_pump import MessagePump

from screens.kit.messages import JobFailed, Stage
from services.errors import DeskError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

STAGE_AFTER_S: Final = 0.3


class Pool:
    """A few daemon threads: unlike an executor's, they never hold up leaving the console."""

    def __init__(self, name: str, threads: int) -> None:
        self._name, self._threads, self._started, self._idle = name, threads, 0, 0
        self._lock = threading.Lock()
        self._work: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._there = threading.Semaphore(0)

    def submit(self, call: Callable[[], T]) -> "Future[T]":
        """Run `call` in a thread of this pool."""
        future: Future[T] = Future()
        self._work.append((future, call))
        self._there.release()
        with self._lock:
            if len(self._work) > self._idle and self._started < self._threads:
                self._started += 1
                threading.Thread(target=self._serve, name=f"{self._name}-{self._started}", daemon=True).start()
        return future

    def _serve(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
            self._there.acquire()
            with self._lock:
                self._idle -= 1
            future, call = self._work.popleft()
            if future.set_running_or_notify_cancel():
                _settle(future, call)
            del future, call  # an idle thread holds on to no one's data


def _settle(future: "Future[T]", call: Callable[[], T]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:  # the thread must live on, and the asker must hear of it
        future.set_exception(error)


class Jobs:
    """Runs desk calls for one app. `fault` keeps an error nobody foresaw and answers with its reference."""

    def __init__(self, app: App[Any], fault: Callable[[BaseException], str]) -> None:
        self._app, self._fault = app, fault
        self._reads, self._writes = Pool("read", 4), Pool("write", 2)
        self._latest: WeakKeyDictionary[MessagePump, dict[str, int]] = WeakKeyDictionary()
        self.writing: list[str] = []  # in words, the writes that have not come back

    def run(
        self,
        owner: MessagePump,
        call: Callable[[*Ts], T],
        *args: *Ts,
        reply: Callable[[T], Message] | None = None,
        serial: str = "",
        write: bool = False,
        stage: str = "",
    ) -> None:
        """Call in a thread; post `reply(result)` or `JobFailed` to `owner`. `stage` says in words what takes long."""
        number = self._next(owner, serial)
        if write:
            self.writing.append(stage or serial)
        asked = (self._writes if write else self._reads).submit(lambda: call(*args))
        # What is handed over is no coroutine yet: a closing app cancels workers that never had a turn.
        job: Any = partial(self._job, owner, asked, reply, serial, number, write, stage)
        self._app.run_worker(job, group="jobs", name=serial or stage or "job", exit_on_error=False)

    def _next(self, owner: MessagePump, serial: str) -> int:
        numbers = self._latest.setdefault(owner, {})
        numbers[serial] = numbers.get(serial, 0) + 1
        return numbers[serial]

    async def _job(
        self,
        owner: MessagePump,
        asked: "Future[T]",
        reply: Callable[[T], Message] | None,
        serial: str,
        number: int,
        write: bool,
        stage: str,
    ) -> None:
        late = asyncio.get_running_loop().call_later(STAGE_AFTER_S, self._say, owner, stage) if stage else None
        message: Message | None
        answer = asyncio.wrap_future(asked)
        try:
            result = await (asyncio.shield(answer) if write else answer)  # a write that waits its turn is done anyway
            message = reply(result) if reply else None
        except DeskError as error:
            message = JobFailed(error, stage or serial)
        except Exception as error:
            message = JobFailed(_unforeseen(self._fault(error)), stage or serial)
        finally:
            if write:
                self.writing.remove(stage or serial)
            if late is not None:
                late.cancel()
                self._say(owner, "")
        if serial and self._latest.get(owner, {}).get(serial) != number:
            return
        self._deliver(owner, message, write)

    def _deliver(self, owner: MessagePump, message: Message | None, write: bool) -> None:
        if message is None:
            return
        if owner.is_attached and owner.is_running:
            owner.post_message(message)
        elif write and isinstance(message, JobFailed):
            self._app.screen.post_message(message)  # the screen is gone; what failed to be kept is still told

    def _say(self, owner: MessagePump, words: str) -> None:
        if owner.is_attached:
            owner.post_message(Stage(words))


def _unforeseen(reference: str) -> DeskError:
    return DeskError(
        f"That did not work, for a reason nobody foresaw (reference {reference}).", kept="Nothing was done by halves."
    )
