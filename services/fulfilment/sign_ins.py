"""Whether somebody may sign in: the PIN is compared here, with a key that no terminal holds, and tries are counted."""

from collections.abc import Mapping
from typing import Final

import orjson
import sqlalchemy as sa

from db.central_accounts import begin_try, end_tries
from services import pins
from services.errors import BadInput

MAX_TRIES: Final = 5
LOCKED_OUT_US: Final = 5 * 60 * 1_000_000


class SignIns:
    """Answers for agents' PINs; safe from several threads."""

    def __init__(self, central: sa.Engine, pepper: bytes) -> None:
        self._central, self._pepper = central, pepper

    def answer(self, agent: str, pin: str) -> Mapping[str, object]:
        """`ok` with name, roles and the PIN's number; `wrong`, whatever was; `locked` with the seconds to wait.

        `locks` stands beside the wrong answer that shuts somebody out for a while.
        """
        if not pins.could_be(agent, pin):
            raise BadInput("is no agent's number with a PIN", place="sign-in")
        account, wait_us = begin_try(self._central, agent, MAX_TRIES, LOCKED_OUT_US)
        if wait_us:
            return {"answer": "locked", "seconds": -(-wait_us // 1_000_000)}
        kept = account.pin_hash if account else pins.NOBODY
        if not pins.fits(self._pepper, kept, agent, pin) or account is None or account.disabled:
            return {"answer": "wrong", "locks": account is not None and account.locks}
        end_tries(self._central, agent)
        return {"answer": "ok", "name": account.name, "roles": orjson.loads(account.roles), "rev": account.pin_rev}
