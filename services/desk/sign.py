"""Signing in and out, locking, stepping up: who is at the desk (TRM-1 … TRM-6)."""

import secrets
import time
from datetime import UTC, datetime

import orjson

from db.terminal import OFFLINE_S
from services.action_log import acts
from services.action_log.entry import new_id
from services.desk.context import Context, Live
from services.desk.pins import Checked, Pins, Stop
from services.errors import Refused, Unavailable
from services.types import Role, Session

FIRST_SYNC_S = 10.0
_NOT_OPENED = "agent number and PIN do not fit"


class Sign:
    """Opens sessions with a PIN only. Every try that fails is an action."""

    def __init__(self, ctx: Context, pins: Pins) -> None:
        self._ctx, self._pins = ctx, pins

    def sign_in(self, agent: str, pin: str, role: Role | None = None, stop: Stop = lambda: False) -> Session:
        """A new session; raises `Refused` without saying whether number or PIN was wrong, and when locked out.

        Asks central; where no worker answers, this desk decides for who signed in here within the last hours. `stop`
        ends the waiting.
        """
        self._people_known(stop)
        self._people_fresh(stop)
        who = self._pins.check(agent, pin, _NOT_OPENED, stop)
        if stop():
            raise Unavailable("the sign-in was taken back")
        return self._open(agent, who, role)

    def _people_known(self, stop: Stop) -> None:
        """A terminal's very first start: wait until central has told it who works here."""
        until = time.monotonic() + FIRST_SYNC_S
        while not self._ctx.store.rows("SELECT 1 FROM agent LIMIT 1"):
            if stop() or time.monotonic() > until:
                raise Unavailable("central has not told this terminal yet who works here", next_key="try again")
            time.sleep(0.05)

    def _people_fresh(self, stop: Stop) -> None:
        """What was copied of people long ago is asked for anew; raises `Unavailable` when central does not answer."""
        if self._people_age_s() <= OFFLINE_S:
            return
        until = time.monotonic() + FIRST_SYNC_S
        self._ctx.link.wait_ready(FIRST_SYNC_S)
        while self._people_age_s() > OFFLINE_S:
            if stop() or not self._ctx.online or time.monotonic() > until:
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

    def _open(self, agent: str, who: Checked, role: Role | None) -> Session:
        roles = who.roles
        granted = tuple(r for r in Role if any(r.value in found for found in roles.values()))
        wanted = role or (granted[0] if granted else None)
        if wanted is None or wanted not in granted:
            raise Refused("you are not granted that role" if granted else "no role is granted to you")
        session = Session(
            id=new_id(),
            agent=agent,
            name=who.name,
            role=wanted,
            roles=granted,
            controllers=tuple(k for k, found in sorted(roles.items()) if wanted.value in found),
            started_at=datetime.fromtimestamp(self._ctx.now() / 1_000_000, UTC),
            offline=bool(who.until) or not self._ctx.online,
            token=secrets.token_bytes(16),
            until=datetime.fromtimestamp(who.until, UTC) if who.until else None,
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
        until = int(session.until.timestamp()) if session.until else 0
        fresh = self._open(session.agent, Checked(session.name, orjson.loads(rows[0][0]), until), role)
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
        self._pins.check_again(session.agent, pin, "that is not your PIN")
