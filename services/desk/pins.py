"""Whose PIN it is. Central's worker says so; while none answers, what this desk kept of a PIN that one said yes to.

Only this terminal's own key can test a guess against what is kept, for twelve hours, and only for who signed in here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from db.terminal import OFFLINE_S
from services import pins
from services.action_log import acts
from services.action_log.entry import Draft
from services.desk.asks import Asks
from services.desk.context import Context
from services.errors import NotFound, Refused, Unavailable
from services.home import key

MAX_TRIES: Final = 5
LOCKED_OUT_S: Final = 5 * 60
ANSWER_S: Final = 5.0
"""How long a worker that lives is waited for, before what is kept here counts."""
AWAY_S: Final = 1.0
"""The same for one that was not seen lately."""
FIRST_S: Final = 10.0
"""The same where nothing is kept here."""
CLOCK_S: Final = 60
"""A clock that was put back by more ends what is kept."""

Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Checked:
    """Somebody whose PIN it was; `until` (seconds since 1970) where nobody but this desk looked, else 0."""

    name: str
    roles: Mapping[str, Sequence[str]]
    until: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """What this desk keeps of a PIN."""

    agent: str
    name: str
    roles: str
    kept: str = field(repr=False)
    until: int
    tries: int
    locked_until: int


class Pins:
    """Checks PINs. Every one that is refused is an action."""

    def __init__(self, ctx: Context, asks: Asks) -> None:
        self._ctx, self._asks = ctx, asks
        self._secret = key(ctx.vault, f"pin-key:{ctx.terminal}")

    def check(self, agent: str, pin: str, not_fitting: str, stop: Stop = lambda: False) -> Checked:
        """Central's answer, else this desk's own; raises `Refused` with `not_fitting`, `Unavailable` without either."""
        self._ctx.let_in()
        if not pins.could_be(agent, pin):
            raise self._refuse("", "wrong", not_fitting)
        kept = self._kept(agent)
        try:
            return self._asked(agent, pin, not_fitting, self._patience(kept), stop)
        except (Unavailable, NotFound) as away:  # the question is gone: nobody took it for ten minutes
            if stop():
                raise
            if kept is None:
                raise Unavailable(
                    f"{str(away).rstrip('.')}, and this desk knows your PIN only for {OFFLINE_S // 3600} hours after "
                    "central checked it here",
                    kept="your log keeps every action",
                    next_key="try again when central answers",
                ) from away
            return self._by_itself(kept, pin, not_fitting)

    def check_again(self, agent: str, pin: str, not_fitting: str) -> None:
        """Somebody who is signed in already: this desk's own answer, quickly; central's where nothing is kept."""
        if not self._ctx.store.rows("SELECT 1 FROM agent WHERE id=? AND disabled=0", (agent,)):
            raise Refused("you may not sign in any more")
        self._ctx.let_in()
        kept = self._kept(agent)
        if kept is None:
            self.check(agent, pin, not_fitting)
        else:
            self._by_itself(kept, pin, not_fitting)

    def _patience(self, kept: Kept | None) -> float:
        if kept is None:
            return FIRST_S
        return ANSWER_S if self._ctx.link.state.worker_alive else AWAY_S

    def _asked(self, agent: str, pin: str, not_fitting: str, seconds: float, stop: Stop) -> Checked:
        answer = self._asks.ask_soon("sign-in", {"agent": agent, "pin": pin}, seconds, stop)
        if answer["answer"] == "locked":
            raise self._refuse(agent, "locked-out", f"too many wrong PINs: wait {_minutes(int(answer['seconds']))}")
        if answer["answer"] != "ok":
            raise self._refuse(agent, "wrong", not_fitting)
        checked = Checked(str(answer["name"]), answer["roles"])
        row = (agent, checked.name, orjson.dumps(checked.roles).decode(), 0, int(answer["rev"]))
        quick = self._ctx.vault.kind == "demo-file"
        self._ctx.store.keep_pin(row, pins.keep(self._secret, agent, pin, quick=quick), self._now())
        return checked

    def _kept(self, agent: str) -> Kept | None:
        """What is kept of the agent's PIN; what does not count any more goes, of everybody."""
        now = self._now()
        self._ctx.store.drop_pins(now - OFFLINE_S + 1, now + CLOCK_S)
        rows = self._ctx.store.rows(
            "SELECT a.id, a.name, a.roles, p.kept, p.checked_at, p.tries, p.locked_until FROM pin p "
            "JOIN agent a ON a.id=p.agent WHERE a.id=? AND a.disabled=0 AND a.pin_rev<=p.rev",
            (agent,),
        )
        if not rows:
            return None
        id_, name, roles, kept, checked_at, tries, locked_until = rows[0]
        return Kept(id_, name, roles, kept, checked_at + OFFLINE_S, tries, locked_until)

    def _by_itself(self, kept: Kept, pin: str, not_fitting: str) -> Checked:
        agent, now = kept.agent, self._now()
        if kept.locked_until > now:
            raise self._refuse(agent, "locked-out", f"too many wrong PINs: wait {_minutes(kept.locked_until - now)}")
        if not pins.fits(self._secret, kept.kept, agent, pin):
            locks = kept.tries + 1 >= MAX_TRIES
            self._ctx.store.set_tries(agent, 0 if locks else kept.tries + 1, now + LOCKED_OUT_S if locks else 0)
            raise self._refuse(agent, "wrong", not_fitting)
        self._ctx.store.set_tries(agent, 0, 0)
        return Checked(kept.name, orjson.loads(kept.roles), kept.until)

    def _refuse(self, agent: str, reason: str, words: str) -> Refused:
        """`agent` is written only when it is one of ours: what was typed can be anything."""
        known = f"agent:{agent}" if agent and self._ctx.store.rows("SELECT 1 FROM agent WHERE id=?", (agent,)) else None
        act = acts.SessionRefused(agent_ref=known, reason=reason)
        self._ctx.write([Draft(act=act, actor=f"log:{self._ctx.book.log}", as_="log")])
        return Refused(words, next_key="" if reason == "locked-out" else "try again")

    def _now(self) -> int:
        return self._ctx.now() // 1_000_000


def _minutes(seconds: int) -> str:
    return f"{max(1, round(seconds / 60))} min"
