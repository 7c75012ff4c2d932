"""Asking a worker: sealed to the workers' key, answered sealed to this terminal's, never in the log (design.md 2)."""

import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from services.action_log.entry import new_id
from services.action_log.sealing import open_sealed, seal
from services.desk.context import Context
from services.errors import Refused, Unavailable, Unusable
from services.home import key

if TYPE_CHECKING:
    from db.central_port import CentralPort

POLL_S = 0.04
TIMEOUT_S = 40.0
"""Longer than a data system may take for one statement; it begins anew with each stage that the worker reports."""
SIZE = 256
"""Bytes of a question whose length would tell something: of a PIN, how many digits it has."""

Stage = Callable[[str], None]
Payload = Mapping[str, object]


class Asks:
    """Asks and waits. A worker that is away is said so at once; an answer that does not come ends after `TIMEOUT_S`."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._private = key(ctx.vault, f"ask-key:{ctx.terminal}")

    def new(self) -> str:
        """An id for an ask, so that an entry can name it first."""
        return new_id()

    def ask(self, kind: str, payload: Payload, *, ask: str | None = None, stage: Stage | None = None) -> dict[str, Any]:
        """The worker's answer. Raises `Unavailable` without one in time, `Refused` with the worker's sentence."""
        port = self._ctx.port()
        if not self._ctx.link.state.worker_alive:
            raise Unavailable("no worker answers", kept="the case and what you did", next_key="try again in a moment")
        ask = ask or self.new()
        self._put(port, ask, kind, orjson.dumps(payload))
        until = time.monotonic() + TIMEOUT_S
        said = ""
        while time.monotonic() < until:
            now, reply = port.take_reply(ask)
            if reply is not None:
                return self._read(ask, reply)
            if now != said:
                said, until = now, time.monotonic() + TIMEOUT_S
                if stage is not None and now:
                    stage(now)
            time.sleep(POLL_S)
        raise Unavailable("the worker did not answer in time", kept="the case and what you did", next_key="try again")

    def ask_soon(self, kind: str, payload: Payload, seconds: float, stop: Callable[[], bool]) -> dict[str, Any]:
        """The answer of a worker, seen to live or not, by somebody who opened the question; asked in one size.

        Raises `Unavailable` after `seconds`, or once `stop` says so; `Refused` with the worker's sentence.
        """
        port, ask, word = self._ctx.port(), self.new(), secrets.token_hex(16)
        self._put(port, ask, kind, orjson.dumps({**payload, "word": word}).ljust(SIZE))
        until = time.monotonic() + seconds
        while time.monotonic() < until and not stop():
            _, reply = port.take_reply(ask)
            if reply is not None:
                answer = self._read(ask, reply)
                if not hmac.compare_digest(str(answer.get("word")), word):
                    raise Unusable("an answer came that no worker gave", next_key="tell an operator")
                return answer
            time.sleep(POLL_S)
        port.forget_ask(ask)  # a worker that comes back must not count it as a try
        raise Unavailable("the sign-in was taken back" if stop() else "no worker answers", next_key="try again")

    def _put(self, port: "CentralPort", ask: str, kind: str, text: bytes) -> None:
        key, deployment = self._ctx.deployment_key, self._ctx.deployment
        port.ask(ask, kind, seal(key, text, deployment=deployment, owner=ask, kind="ask"))

    def _read(self, ask: str, reply: bytes) -> dict[str, Any]:
        plain = open_sealed(self._private, reply, deployment=self._ctx.deployment, owner=ask, kind="reply")
        answer: dict[str, Any] = orjson.loads(plain)
        if "error" in answer:
            raise Refused(str(answer.get("sentence") or answer["error"]))
        return answer
