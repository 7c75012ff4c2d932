"""Signing in and out, locking, stepping up: who is at the desk (TRM-1 … TRM-6)."""

import secrets
import time
from datetime import UTC, datetime

import orjson

from services.action_log import acts
from services.action_log.entry import Draft, new_id
from services.desk.context import Context, Live
from services.errors import Refused, Unavailable
from services.types import Role, Session

MAX_TRIES = 5
LOCKED_OUT_S = 5 * 60
FIRST_SYNC_S = 10.0
OFFLINE_S = 12 * 3600
"""How long what central last said of people counts here: somebody shut out must not get in at a desk kept offline."""
_NOT_OPENED = "agent number and PIN do not fit"


class Sign:
    """Opens sessions with a PIN only. Every try that fails is an action."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def sign_in(self, agent: str, pin: str, role: Role | None = None) -> Session:
        """A new session; raises `Refused` without saying whether number or PIN was wrong, and when locked out."""
        self._people_known()
        self._people_fresh()
        rows = self._ctx.store.rows(
            "SELECT name, pin_hash, roles, disabled, tries, locked_until FROM agent WHERE id=?", (agent,)
        )
        name, pin_hash, roles, disabled, _, locked_until = rows[0] if rows else ("", _DUMMY_HASH, "{}", 1, 0, 0)
        now_s = self._ctx.now() // 1_000_000
        if locked_until > now_s:
            self._refused(agent, "locked-out")
            raise Refused(f"too many wrong PINs: wait {_minutes(locked_until - now_s)}")
        if not _same(pin_hash, pin) or disabled:
            self._wrong(agent if rows else "")
            raise Refused(_NOT_OPENED, next_key="try again")
        self._ctx.store.set_tries(agent, 0, 0)
        return self._open(agent, name, orjson.loads(roles), role)

    def _people_known(self) -> None:
        """A terminal's very first start: wait until central has told it who works here."""
        until = time.monotonic() + FIRST_SYNC_S
        while not self._ctx.store.rows("SELECT 1 FROM agent LIMIT 1"):
            if time.monotonic() > until:
                raise Unavailable("central has not told this terminal yet who works here", next_key="try again")
            time.sleep(0.05)

    def _people_fresh(self) -> None:
        """What was copied of people long ago is asked for anew; raises `Unavailable` when central does not answer."""
        if self._people_age_s() <= OFFLINE_S:
            return
        until = time.monotonic() + FIRST_SYNC_S
        self._ctx.link.wait_ready(FIRST_SYNC_S)
        while self._people_age_s() > OFFLINE_S:
            if not self._ctx.online or time.monotonic() > until:
                raise Unavailable(
                    f"this desk has not heard from central for {self._people_age_s() // 3600} hours: "
                    "nobody can sign in until it does",
                    kept="your log keeps every action",
                    next_key="rightsdesk doctor",
                )
            self._ctx.link.wake()
            time.sleep(0.05)

    def _people_age_s(self) -> int:
        return self._ctx.now() // 1_000_000 - int(self._ctx.store.meta("people-at", "0"))

    def _open(self, agent: str, name: str, roles: dict[str, list[str]], role: Role | None) -> Session:
        granted = tuple(r for r in Role if any(r.value in found for found in roles.values()))
        wanted = role or (granted[0] if granted else None)
        if wanted is None or wanted not in granted:
            raise Refused("you are not granted that role" if granted else "no role is granted to you")
        session = Session(
            id=new_id(),
            agent=agent,
            name=name,
            role=wanted,
            roles=granted,
            controllers=tuple(k for k, found in sorted(roles.items()) if wanted.value in found),
            started_at=datetime.fromtimestamp(self._ctx.now() / 1_000_000, UTC),
            offline=not self._ctx.online,
            token=secrets.token_bytes(16),
        )
        started = acts.SessionStarted(terminal=self._ctx.terminal, offline=session.offline)
        self._ctx.write([self._ctx.draft(session, started)])
        with self._ctx.lock:
            self._ctx.live[session.id] = Live(session, time.monotonic())
        return session

    def work_as(self, session: Session, role: Role) -> Session:
        """The same person in another role of theirs, as a session of its own; the one before ends. Raises `Refused`."""
        self._ctx.require(session)
        rows = self._ctx.store.rows("SELECT roles FROM agent WHERE id=? AND disabled=0", (session.agent,))
        if not rows:
            raise Refused("you may not sign in any more")
        fresh = self._open(session.agent, session.name, orjson.loads(rows[0][0]), role)
        self.sign_out(session, "role")
        return fresh

    def lock(self, session: Session, reason: str) -> None:
        """Nothing more is done under this session until the PIN is typed."""
        with self._ctx.lock:
            live = self._ctx.live.get(session.id)
            if live is None or live.locked_at is not None:
                return
            live.locked_at = time.monotonic()
        self._ctx.record(session, acts.SessionLocked(reason=reason))

    def unlock(self, session: Session, pin: str) -> Session:
        """The same person again; raises `Refused`."""
        self._check_pin(session, pin)
        with self._ctx.lock:
            live = self._ctx.live[session.id]
            live.locked_at, live.pin_at = None, time.monotonic()
        self._ctx.record(session, acts.SessionUnlocked())
        return session

    def step_up(self, session: Session, pin: str) -> Session:
        """The PIN again before a grave act (TRM-6); raises `Refused`."""
        self._ctx.require(session)
        self._check_pin(session, pin)
        with self._ctx.lock:
            self._ctx.live[session.id].pin_at = time.monotonic()
        self._ctx.record(session, acts.SessionSteppedUp())
        return session

    def sign_out(self, session: Session, reason: str) -> None:
        """End the session; the anchor is kept."""
        with self._ctx.lock:
            if self._ctx.live.pop(session.id, None) is None:
                return
        self._ctx.record(session, acts.SessionEnded(reason=reason))
        self._ctx.book.anchor(now=True)

    def _check_pin(self, session: Session, pin: str) -> None:
        with self._ctx.lock:
            if session.id not in self._ctx.live:
                raise Refused("that session is over", next_key="sign in")
        rows = self._ctx.store.rows("SELECT pin_hash, disabled, locked_until FROM agent WHERE id=?", (session.agent,))
        if not rows or rows[0][1]:
            raise Refused("you may not sign in any more")
        if rows[0][2] > self._ctx.now() // 1_000_000:
            raise Refused("too many wrong PINs: wait five minutes")
        if not _same(rows[0][0], pin):
            self._wrong(session.agent)
            raise Refused("that is not your PIN", next_key="try again")
        self._ctx.store.set_tries(session.agent, 0, 0)

    def _wrong(self, agent: str) -> None:
        self._refused(agent, "wrong")
        if not agent:
            return
        tries = self._ctx.store.rows("SELECT tries FROM agent WHERE id=?", (agent,))[0][0] + 1
        locked = self._ctx.now() // 1_000_000 + LOCKED_OUT_S if tries >= MAX_TRIES else 0
        self._ctx.store.set_tries(agent, 0 if locked else tries, locked)

    def _refused(self, agent: str, reason: str) -> None:
        """`agent` is written only when it is one of ours: what was typed can be anything."""
        known = f"agent:{agent}" if agent and self._ctx.store.rows("SELECT 1 FROM agent WHERE id=?", (agent,)) else None
        act = acts.SessionRefused(agent_ref=known, reason=reason)
        self._ctx.write([Draft(act=act, actor=f"log:{self._ctx.book.log}", as_="log")])


def hash_pin(pin: str) -> str:
    """argon2id hash of a PIN (RFC 9106, second recommendation with one lane: 64 MiB, 3 passes)."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=3, memory_cost=65536, parallelism=1).hash(pin)


def _same(pin_hash: str, pin: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False


def _minutes(seconds: int) -> str:
    return f"{max(1, round(seconds / 60))} min"


# An unknown number takes as long as a wrong PIN: the hash of nobody's PIN.
_DUMMY_HASH = "$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$2BmwJYw1pTNkvbTcnvDyHX1VW6TzrD8UPm1uV9XYZJM"
