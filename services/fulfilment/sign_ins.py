"""Whether somebody may sign in: the PIN is compared here, with a key that no terminal holds, and tries are counted."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

import orjson
import sqlalchemy as sa

from db.central_accounts import begin_try, end_tries
from services import pins
from services.errors import BadInput

MAX_TRIES: Final = 5
LOCKED_OUT_US: Final = 5 * 60 * 1_000_000
REMEMBERED: Final = 4096
"""Numbers that nobody has."""


class SignIns:
    """Answers for agents' PINs; safe from several threads."""

    def __init__(self, central: sa.Engine, pepper: bytes) -> None:
        self._central, self._pepper = central, pepper
        self._strangers = Strangers()

    def answer(self, agent: str, pin: str) -> Mapping[str, object]:
        """`ok` with name, roles and the PIN's number; `wrong`, whatever was; `locked` with the seconds to wait.

        `locks` stands beside the wrong answer that shuts somebody out for a while.
        """
        if not pins.could_be(agent, pin):
            raise BadInput("is no agent's number with a PIN", place="sign-in")
        account, wait_us = begin_try(self._central, agent, MAX_TRIES, LOCKED_OUT_US)
        if account is None and not wait_us:
            wait_us = self._strangers.begin_try(agent)
        if wait_us:
            return {"answer": "locked", "seconds": -(-wait_us // 1_000_000)}
        kept = account.pin_hash if account else pins.NOBODY
        if not pins.fits(self._pepper, kept, agent, pin) or account is None or account.disabled:
            return {"answer": "wrong", "locks": account is not None and account.locks}
        end_tries(self._central, agent)
        return {"answer": "ok", "name": account.name, "roles": orjson.loads(account.roles), "rev": account.pin_rev}


class Strangers:
    """Tries with numbers that nobody has, counted here as anybody's are in central: a lock-out tells no one apart."""

    def __init__(self, clock_us: Callable[[], int] = lambda: time.monotonic_ns() // 1000) -> None:
        self._clock_us, self._lock = clock_us, threading.Lock()
        self._tries: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def begin_try(self, number: str) -> int:
        """For how many µs none is taken; 0: this one is, and is counted."""
        now = self._clock_us()
        with self._lock:
            tries, until = self._tries.pop(number, (0, 0))
            wait = max(0, until - now)
            if not wait:
                tries, until = (0, now + LOCKED_OUT_US) if tries + 1 >= MAX_TRIES else (tries + 1, 0)
            self._tries[number] = tries, until
            if len(self._tries) > REMEMBERED:
                self._tries.popitem(last=False)
        return wait
