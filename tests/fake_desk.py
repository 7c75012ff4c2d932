"""A desk without stores, for the tests of screens alone. Stories and benches run on the real one."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from services.errors import Refused, Unavailable
from services.types import Band, Cursor, QueueCounts, QueuePage, QueueRow, QueueView, Role, Session, Status

TODAY = date(2026, 3, 5)
RIGHTS = ("Access", "Erasure", "Access+Mktg", "Portability", "Consent")
STATES = ("new", "verifying", "review", "in progress", "waiting id")
PEOPLE = ("a•••@ex•••.com", "+49•••••321", "m•••@po•••.de", "j•••@ma•••.fr", "k•••@no•••.org")

PEOPLE_HERE = {"0042": Role.AGENT, "0007": Role.LEAD, "0003": Role.OFFICER}


def row(number: int) -> QueueRow:
    """Row `number` of the synthetic queue, in queue order."""
    days = number // 7 - 1
    band = Band.OVERDUE if days < 0 else Band.TODAY if days == 0 else Band.REST
    due = f"OVERDUE {days}d" if days < 0 else "TODAY" if days == 0 else f"{days}d left"
    return QueueRow(
        case=f"C-26-{number:06d}", controller="nordlicht" if number % 3 else "albion", rights=RIGHTS[number % 5],
        person=PEOPLE[number % 5], state=STATES[number % 5], who="0042" if number % 5 == 1 else "",
        tier="T2" if number % 4 else "", due=due, band=band, due_hard=TODAY + timedelta(days=days),
        reason="the hard date is nearest" if days else "due today",
    )  # fmt: skip


@dataclass
class FakeSign:
    """Agents 0042 (agent), 0007 (lead) and 0003 (officer), all with PIN 2468."""

    calls: list[str] = field(default_factory=list)
    away: bool = False
    until: datetime | None = None

    def sign_in(
        self, agent: str, pin: str, role: Role | None = None, stop: Callable[[], bool] = lambda: False
    ) -> Session:
        self.calls.append(f"sign_in {agent}")
        while self.away and not stop():
            time.sleep(0.01)
        if stop():
            raise Unavailable("the sign-in was taken back")
        if pin != "2468" or agent not in PEOPLE_HERE:
            raise Refused("agent number or PIN is wrong", next_key="type both again")
        role = PEOPLE_HERE[agent]
        return Session(
            "s1",
            agent,
            "Ada",
            role,
            (role,),
            ("nordlicht", "albion"),
            datetime.now(UTC),
            False,
            b"secret-token",
            self.until,
        )

    def lock(self, session: Session, reason: str) -> None:
        self.calls.append(f"lock {session.agent} {reason}")

    def unlock(self, session: Session, pin: str) -> Session:
        self.calls.append(f"unlock {session.agent}")
        if pin != "2468":
            raise Refused("that is not the PIN")
        return session

    def step_up(self, session: Session, pin: str) -> None:
        self.unlock(session, pin)

    def sign_out(self, session: Session, reason: str) -> None:
        self.calls.append(f"sign_out {session.agent} {reason}")


@dataclass
class FakeQueue:
    """`size` rows, read by number; text filters on the case number."""

    size: int = 1_204
    removed: set[int] = field(default_factory=set)
    reads: int = 0
    slow_s: float = 0
    taken: list[str] = field(default_factory=list)
    assigned: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    conflicts: tuple[int, ...] = ()
    not_taken: tuple[int, int, int] = (0, 0, 0)  # conflicts, drafts, entries of closed logs

    def _numbers(self, view: QueueView) -> list[int] | range:
        if not view.text and view.kind == "all" and not self.removed:
            return range(self.size)
        wanted = [n for n in range(self.size) if n not in self.removed]
        if view.kind == "mine":
            wanted = [n for n in wanted if row(n).who == "0042"]
        if view.kind == "approval":
            wanted = []
        return [n for n in wanted if view.text.lower() in row(n).case.lower()]

    def page(
        self, session: Session, view: QueueView, after: Cursor | None, limit: int, reverse: bool = False
    ) -> QueuePage:
        self.reads += 1
        time.sleep(self.slow_s)
        numbers = self._numbers(view)
        if view.text or self.removed or view.kind != "all":
            at = len(numbers) if reverse else 0
            if after is not None:
                here = int(after.case.rsplit("-", 1)[1])
                at = sum(n < here for n in numbers) if reverse else sum(n <= here for n in numbers)
        else:
            at = self.size if reverse else 0
            if after is not None:
                at = int(after.case.rsplit("-", 1)[1]) + (0 if reverse else 1)
        part = numbers[max(0, at - limit) : at] if reverse else numbers[at : at + limit]
        rows = tuple(replace(row(n), conflicts=int(n in self.conflicts)) for n in part)
        return QueuePage(rows, rows[0].cursor if rows else None, rows[-1].cursor if rows else None)

    def counts(self, session: Session, view: QueueView) -> QueueCounts:
        return QueueCounts(len(self._numbers(view)), 3, 211, 0, row(7), "due today", *self.not_taken)

    def next(self, session: Session) -> QueueRow | None:
        return row(7)

    def take(self, session: Session, case: str) -> int:
        if case.endswith("3"):
            raise Refused(f"{case} is held by agent 0017", next_key="n takes the next one")
        self.taken.append(case)
        return 1

    def agents(self, session: Session, controller: str) -> tuple[tuple[str, str], ...]:
        return (("0042", "Ada"), ("0017", "Ben"))

    def assign(self, session: Session, cases: tuple[str, ...], agent: str) -> int:
        self.assigned.append((cases, agent))
        return len(cases)


STATUS = Status("synced 4 s ago", 0, None, True, 18_204, "keyring", "ok", True, False)


class FakeDraft:
    """`desk.draft`, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, str]] = {}

    def keep(self, session: Session, name: str, fields: dict[str, str]) -> None:
        self.kept[name] = fields

    def take(self, session: Session, name: str) -> dict[str, str]:
        return self.kept.get(name, {})

    def forget(self, session: Session, name: str) -> None:
        self.kept.pop(name, None)


class FakeDesk:
    """The door, with what the screens of the kit use."""

    def __init__(self, size: int = 1_204, *, training: bool = False) -> None:
        self.sign, self.queue = FakeSign(), FakeQueue(size)
        self.state = replace(STATUS, training=training)

    def connect(self) -> None:
        """Nothing to reach for."""

    def status(self) -> Status:
        return self.state
