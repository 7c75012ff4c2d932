"""What every group of acts stands on: the stores, the clock, the live sessions, and writing an action for a session."""

import hmac
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from db.log import Detail
from db.terminal import TerminalStore
from services.action_log.act import Act
from services.action_log.entry import Draft, Entry
from services.cases.case import Case
from services.cases.clock_policy import TIMED, not_today
from services.cases.moment import Moment
from services.cases.policy import Answer, may
from services.cases.queue import dates_of
from services.controllers import Controller
from services.desk.claims import Claims
from services.desk.instructed import Instructed
from services.errors import NotFound, Refused, Unavailable
from services.home import Home
from services.secrets import Vault
from services.sync.link import Link
from services.sync.logbook import Logbook
from services.types import Role, Session

if TYPE_CHECKING:
    from db.central_port import CentralPort

STEP_UP_S = 60.0
GRAVE = frozenset(
    {
        "export",
        "transfer",
        "disclose",
        "erase",
        "approve",
        "refuse",
        "decide",
        "skip",
        "lift",
        "lower",
        "second",
        "unanswered",
        "breach-notice",
        "breach-release",
    }
)
"""Acts that need the PIN again, just before (TRM-6)."""


@dataclass(slots=True)
class Live:
    """A session the desk knows: locked or not, and when its PIN was last typed (monotonic seconds)."""

    session: Session
    pin_at: float
    locked_at: float | None = None


@dataclass
class Context:
    """The desk's parts. Built by `open_desk`; screens never see it."""

    home: Home
    terminal: str
    vault: Vault
    book: Logbook
    store: TerminalStore
    link: Link
    training: bool = False
    now: Callable[[], int] = field(default=lambda: time.time_ns() // 1000)
    live: dict[str, Live] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _controllers: dict[str, Controller] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.claims = Claims(lambda: self.now(), lambda: [live.session.actor for live in list(self.live.values())])
        self._instructed = Instructed(self.controller)

    @property
    def deployment(self) -> str:
        return self.book.deployment

    @property
    def deployment_key(self) -> bytes:
        """What is sealed for workers now, as central last said (the link keeps it)."""
        return bytes.fromhex(self.store.meta("deployment-key"))

    @property
    def online(self) -> bool:
        return self.link.state.online

    def port(self) -> "CentralPort":
        """Central, or `Unavailable` with what was kept."""
        port = self.link.wait_ready(3.0)
        if port is not None and port.misfit:
            raise Unavailable(port.misfit, kept="your log keeps every action")
        if port is None or not self.online:
            raise Unavailable("central does not answer", kept="your log keeps every action", next_key="go on offline")
        return port

    def controller(self, key: str) -> Controller:
        """A controller by key; raises `NotFound`."""
        if key not in self._controllers:
            found = self.store.rows("SELECT body FROM controller WHERE key=?", (key,))
            if not found:
                raise NotFound(f"there is no controller {key}")
            self._controllers[key] = Controller.from_json(found[0][0])
        return self._controllers[key]

    def controller_keys(self) -> tuple[str, ...]:
        """Every controller this terminal knows."""
        return tuple(r[0] for r in self.store.rows("SELECT key FROM controller ORDER BY key"))

    def today(self, controller: str) -> date:
        """The day in the controller's zone (design.md 7.11)."""
        zone = ZoneInfo(self.controller(controller).zone)
        return datetime.fromtimestamp(self.now() / 1_000_000, UTC).astimezone(zone).date()

    @staticmethod
    def as_time(micros: int) -> datetime:
        """µs since 1970 as an aware time."""
        return datetime.fromtimestamp(micros / 1_000_000, UTC)

    def sealing_key(self, case: Case) -> bytes:
        """What details of the case are sealed to: its own key, or the deployment's for cases imported without one."""
        return bytes.fromhex(case.key) if case.key else self.deployment_key

    # ── sessions ──────────────────────────────────────────────────────────────────────────────────────────────

    def require(self, session: Session) -> Live:
        """The live session; raises `Refused` when it was never opened here, is locked or over."""
        with self.lock:
            live = self.live.get(session.id)
            if live is None or not hmac.compare_digest(live.session.token, session.token):
                raise Refused("nobody is signed in", next_key="sign in")
            if live.locked_at is not None:
                raise Refused("the desk is locked", next_key="type your PIN")
        self.let_in()
        if self.store.rows("SELECT 1 FROM agent WHERE id=? AND disabled=1", (session.agent,)):
            raise Refused("you may not work here any more: an operator shut you out")
        return live

    def let_in(self) -> None:
        """Raises `Refused` when central has shut this terminal out."""
        if self.link.state.shut_out:
            raise Refused(
                "central does not let this terminal in any more",
                kept="your log keeps every action",
                next_key="tell an operator",
            )

    def stepped_up(self, session: Session) -> None:
        """Raises `Refused` unless the PIN was typed within the last minute (TRM-6)."""
        if time.monotonic() - self.require(session).pin_at > STEP_UP_S:
            raise Refused("this needs your PIN again", next_key="type your PIN")

    # ── policy and writing ────────────────────────────────────────────────────────────────────────────────────

    def moment(self, session: Session, controller: str) -> Moment:
        """The circumstances that the policy table judges."""
        return Moment(session, self.now(), self.online, self.controller(controller).waiting_period_s * 1_000_000)

    def permit(self, act: str, case: Case, session: Session, item: str | None = None, *, again: bool = False) -> Answer:
        """What the table allows; raises `Refused` with its reason, also for a missing step-up."""
        self.require(session)
        answer = may(act, case, self.moment(session, case.controller), item, again=again)
        if not answer.allowed:
            raise Refused(answer.reason)
        if act in TIMED and (why := self.not_today(act, case)):
            raise Refused(why)
        if act in GRAVE:
            self.stepped_up(session)
        return answer

    def not_today(self, act: str, case: Case) -> str:
        """Why the day forbids `act`; empty when it does not."""
        return not_today(act, case, dates_of(case, self.controller(case.controller)), self.today(case.controller))

    def draft(
        self,
        session: Session,
        act: Act,
        case: Case | None = None,
        item: str | None = None,
        details: tuple[str, ...] = (),
    ) -> Draft:
        """A draft of `session`'s; only the claim holder's acts carry a fence (design.md 7.5)."""
        mine = case is not None and case.holder == session.actor and session.role is Role.AGENT
        if case is not None:
            self._instructed.see(case)
        if case is not None and mine:
            self.claims.keep(case)
        return Draft(
            act=act,
            actor=session.actor,
            as_=session.role.value,
            session=session.id,
            controller=case.controller if case else None,
            case=case.id if case else None,
            item=item or None,
            subject=case.subject if case else None,
            base=case.revision if case else None,
            fence=case.fence if case is not None and mine else None,
            details=details,
        )

    def write(self, drafts: Sequence[Draft], details: Sequence[Detail] = ()) -> tuple[Entry, ...]:
        """Append durably, then wake the link; "done" is said only after this returns. A processor's acts come with the
        instruction that they are done under."""
        entries = self.book.append(self._instructed.with_reference(drafts), details)
        self.link.wake()
        return entries

    def record(self, session: Session, act: Act, case: Case | None = None, item: str | None = None) -> Entry:
        """One action without details."""
        return self.write([self.draft(session, act, case, item)])[-1]
