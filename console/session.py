"""Who is at the desk: signed in, locked, switched, asked for the PIN again, gone."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import on
from textual.message import Message

from console import memory, routes
from console.guard import GuardedApp
from console.idle import Idle
from screens.kit.deskside import Deskside
from screens.kit.jobs import Jobs

if TYPE_CHECKING:
    from console.settings import Lock
    from services.types import Session


@dataclass
class RoleTaken(Message):
    session: "Session"


GIVE_BACK_S = 10.0
"""How often memory that was used and freed goes back to the system."""


@dataclass
class SignedOut(Message):
    result: object


class SessionApp(GuardedApp):
    """A guarded app with at most one open session, which locks by itself."""

    def __init__(self, logs: Path, lock: "Lock | None" = None) -> None:
        super().__init__(logs)
        self.jobs = Jobs(self, self.faults.keep)
        self.desk: Any = None
        self.session: Session | None = None
        self.locked_at: float | None = None
        self._prepared = False
        self.idle_s = lock.idle_seconds if lock else 180
        self.idle = Idle(lock.warning_seconds, lock.locked_end_seconds, lock.session_seconds) if lock else Idle()

    def show(self, name: str, *args: object) -> None:
        self.push_screen(routes.screen(name)(*args))

    def prepare(self) -> None:
        """The queue while the PIN is checked, in place; every other screen once the queue has its rows, in a job."""
        if self.session is None:
            routes.screen("queue")
            gc.collect()  # off since console.__main__: it costs a twentieth of the way to the first frame
            gc.freeze()  # what a start has loaded stays: the collector need not look at it again
            gc.enable()
        elif not self._prepared:
            self._prepared = True
            self.desk.connect()
            self.jobs.run(self, routes.import_all, serial="screens")
            self.set_interval(GIVE_BACK_S, self._give_back)

    def _give_back(self) -> None:
        self.jobs.run(self, memory.give_back, serial="screens")

    def flash(self, words: str, kind: str = "info") -> None:
        """On whatever screen is in front."""
        if isinstance(self.screen, Deskside):
            self.screen.flash(words, kind)

    def signed_in(self, session: "Session") -> None:
        self._to_base()
        self.session, self.locked_at = session, None
        if len(session.roles) > 1:
            self.call_later(self._ask_role, session)  # not from the lock, which is gone when the answer comes
        else:
            self._begin()

    def _begin(self) -> None:
        """To the queue; where nobody but this desk looked at the PIN, it says so there."""
        self.show("queue")
        until = self.session.until if self.session else None
        if until is not None:
            when = f"{until.astimezone():%H:%M}"
            self.call_later(self.flash, f"no answer from central: this desk checked the PIN itself, good until {when}")

    def _ask_role(self, session: "Session") -> None:
        from screens.kit.widgets.confirm import Choice

        answers = {str(n): role.value for n, role in enumerate(session.roles, 1)}
        self.push_screen(Choice("Work in which role?", [], answers), partial(self._role_chosen, session))

    def _role_chosen(self, session: "Session", key: str | None) -> None:
        role = session.roles[int(key) - 1] if key else None
        if role is None:
            self.sign_out("left")
        elif role is session.role:
            self._begin()
        else:
            self.jobs.run(self, self.desk.sign.work_as, session, role, reply=RoleTaken, serial="role", write=True)

    @on(RoleTaken)
    def _role_taken(self, message: RoleTaken) -> None:
        self.session = message.session
        self._begin()

    def unlocked(self, session: "Session") -> None:
        self.session, self.locked_at = session, None
        self.pop_screen()
        self._each(lambda screen: screen.recall())

    def lock(self, reason: str) -> None:
        if self.session is None or self.locked_at is not None:
            return
        from screens.lock import LockScreen

        self.locked_at = time.time()
        self._each(lambda screen: screen.forget())
        self.push_screen(LockScreen(switch=reason == "switch"))
        self.jobs.run(self, self.desk.sign.lock, self.session, reason, serial="lock", write=True)

    def sign_out(self, reason: str) -> None:
        """End the session and go back to sign-in."""
        session, self.session, self.locked_at = self.session, None, None
        self._each(lambda screen: screen.forget())
        self._to_base()
        if session is not None:
            self.jobs.run(self, self.desk.sign.sign_out, session, reason, serial="sign-out", write=True)

    def _each(self, do: Callable[[Deskside], None]) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, Deskside):
                do(screen)

    def _to_base(self) -> None:
        while len(self.screen_stack) > 1:
            self.pop_screen()

    def _look_at_clock(self) -> None:
        if self.session is None:
            return
        if self.locked_at is not None:
            if self.idle.judge_locked(time.time(), self.locked_at, self.session.started_at.timestamp()) == "end":
                self.sign_out("timeout")
            return
        limit = max(self.idle_s, *(s.IDLE_S for s in self.screen_stack if isinstance(s, Deskside)))
        verdict = self.idle.judge(time.monotonic(), time.time(), self.last_seen, limit)
        if verdict == "lock":
            self.lock("idle")
        elif verdict == "warn":
            self.flash(f"the desk locks in {self.idle.left} s: press any key to stay")

    def with_pin(self, then: Callable[[], None]) -> None:
        from screens.kit.widgets.confirm import PinPrompt

        def checked(result: object) -> None:
            if result is not None:
                then()

        def check(pin: str) -> object:
            return self.desk.sign.step_up(self.session, pin)

        self.push_screen(PinPrompt("Your PIN again, please: this act needs it.", check), checked)

    def action_lock(self) -> None:
        self.lock("key")

    def action_lock_anywhere(self) -> None:
        self.lock("key")

    def action_switch(self) -> None:
        self.lock("switch")

    def action_leave(self) -> None:
        at_work = [f"still at work: {words}" for words in self.jobs.writing]
        unsaved = any(isinstance(s, Deskside) and s.unsaved() for s in self.screen_stack)
        typed = ["something typed is not kept yet"] if unsaved else []
        if not at_work and not typed:
            self._leave()
            return
        from screens.kit.widgets.confirm import Choice

        question = Choice("Leave Rightsdesk?", at_work + typed, {"y": "leave"})
        self.push_screen(question, lambda answer: self._leave() if answer == "y" else None)

    def _leave(self) -> None:
        if self.session is None or self.desk is None:
            self.exit()
            return
        self._each(lambda screen: screen.forget())
        self.jobs.run(
            self, self.desk.sign.sign_out, self.session, "left", reply=SignedOut, serial="leaving", write=True
        )
        self.set_timer(3, self.exit)

    @on(SignedOut)
    def _signed_out(self) -> None:
        self.exit()
