"""The terminals of a simulated centre: the real desk on real files, its link taken step by step, not by a thread."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import orjson

from db.log import Detail
from db.terminal import TerminalStore
from services.action_log import acts
from services.action_log.entry import Draft, Entry, encode
from services.cases.fold import LEASE_US
from services.desk.context import Context, Live
from services.desk.desk import Desk
from services.errors import DeskError
from services.home import Home, key
from services.secrets import Vault
from services.sync.down import Downlink
from services.sync.link import Link
from services.sync.logbook import Logbook
from services.sync.up import Uplink
from services.types import Right, Role, Session
from tests.centre import request
from tests.faults.network import Clock, Line, Network

LOST = "central lost entries"
BATCH = 5


@dataclass
class Said:
    """What a terminal was told is done: by the bytes of an entry its place, (log, seq)."""

    entries: dict[bytes, tuple[str, int]] = field(default_factory=dict)

    def add(self, told: Sequence[Entry]) -> None:
        self.entries.update({encode(e): (e.log, e.seq) for e in told})


@dataclass(frozen=True)
class Place:
    """Where a terminal lives: its home, id and keys, and central's facts."""

    home: Home
    owner: str
    vault: Vault
    facts: dict[str, str]

    @property
    def folder(self) -> Path:
        return self.home.folder("terminal", self.owner)


class Recording(Logbook):
    """The real logbook; what it acknowledged is remembered outside of it."""

    said: Said

    def append(self, drafts: Sequence[Draft], details: Sequence[Detail] = ()) -> tuple[Entry, ...]:
        told = super().append(drafts, details)
        self.said.add(told)
        return told


class Seat:
    """One terminal with an agent at it. Alarms that were ever shown are kept over restarts."""

    def __init__(
        self, place: Place, number: int, network: Network, clock: Clock, random: Random, uplink: type[Uplink] = Uplink
    ) -> None:
        self.place, self.network, self.clock, self.random = place, network, clock, random
        self.uplink, self.number = uplink, number
        self.said = Said()
        self.alarms: list[str] = []  # logs that were closed, in order
        self.losses_shown = 0
        self.cases: dict[str, int] = {}  # which this agent opened or took, with the fence as they know it
        self.set_back = False
        self.refused = self.done = 0
        agent = f"{1001 + number}"
        self.session = Session(
            id=f"{number:032x}", agent=agent, name=agent, role=Role.AGENT, roles=(Role.AGENT,),
            controllers=("nordlicht",), started_at=datetime.fromtimestamp(clock.us / 1e6, UTC), offline=False,
            token=b"t" * 16,
        )  # fmt: skip
        self.open()

    # ── the program: started, ended, one exchange ─────────────────────────────────────────────────────────────

    def open(self) -> None:
        place = self.place
        self.book = Recording(
            place.home, "terminal", place.owner, place.vault, place.facts["deployment"],
            clock=self.clock.moment, receipt_s=0 if self.number % 2 else 1e9,
        )  # fmt: skip
        self.book.said = self.said
        self.store = TerminalStore(place.home.desk(place.owner), key(place.vault, f"desk-key:{place.owner}"))
        self.store.set_meta({name: place.facts[name] for name in ("deployment", "deployment-key", "cosigner-key")})
        self.link = Link(self._never, self.book, self.store)
        self.link._ready.set()
        self.up: Uplink | None = None
        self.down: Downlink | None = None
        context = Context(
            home=place.home, terminal=place.owner, vault=place.vault, book=self.book, store=self.store,
            link=self.link, now=lambda: self.clock.us,
        )  # fmt: skip
        self.desk = Desk(context)
        context.live[self.session.id] = Live(self.session, time.monotonic())
        self._note_alarms()

    @staticmethod
    def _never() -> Any:
        raise AssertionError("the link's thread is not started here")

    def close(self, *, killed: bool) -> None:
        """End the program; killed, it does not keep its anchor."""
        if killed:
            self.book.writer.close()
        else:
            self.book.close()
        self.store.close()

    def exchange(self) -> bool:
        """What the link does in one round, with what it does when central does not answer; whether it did."""
        try:
            if self.up is None or self.down is None:
                line: Any = Line(self.network, self.place.owner)
                cosigner = bytes.fromhex(self.place.facts["cosigner-key"])
                self.up = self.uplink(line, self.book, f"{self.place.facts['deployment']}/central", cosigner, BATCH)
                self.down = Downlink(line, self.store)
                self.link.port = line
            self.link._exchange(self.up, self.down)
        except DeskError as exc:
            self.link.state = self.link._failed(exc)
            return False
        finally:
            self._note_alarms()
        self.losses_shown += LOST in self.link.state.alarm
        return True

    def _note_alarms(self) -> None:
        self.alarms += [a.log for a in self.book.alarms if a.log not in self.alarms]

    def newest_receipt(self) -> int:
        with self.book.reader() as reader:
            return max((size for size, _ in reader.receipts()), default=0)

    def replica(self) -> list[tuple[Any, ...]]:
        return self.store.rows("SELECT * FROM queue ORDER BY rev")

    # ── the agent ─────────────────────────────────────────────────────────────────────────────────────────────

    def act(self) -> None:
        """One thing that an agent may want to do; what the desk refuses is not done."""
        wishes: list[Callable[[], None]] = [
            self._open, self._note, self._add, self._take, self._grab, self._insist, self._renew, self._give,
        ]  # fmt: skip
        (wish,) = self.random.choices(wishes, (4, 3, 3, 4, 2, 3, 1, 1))
        try:
            wish()
            self.done += 1
        except DeskError:
            self.refused += 1

    def _open(self) -> None:
        self.cases[self.desk.intake.open(self.session, request(Right.ACCESS)).case] = 1

    def _one(self) -> str:
        """A case of this agent's own."""
        return self.random.choice(sorted(self.cases)) if self.cases else "C-25-999999"

    def _any(self) -> str:
        """A case that the queue shows."""
        there = sorted(row[0] for row in self.store.rows("SELECT case_id FROM queue"))
        return self.random.choice(there) if there else "C-25-999999"

    def _note(self) -> None:
        self.desk.act.note(self.session, self._one(), "said in passing")

    def _add(self) -> None:
        self.desk.intake.add_item(self.session, self._one(), Right.ERASURE)

    def _take(self) -> None:
        case = self._any()
        self.cases[case] = self.desk.queue.take(self.session, case)

    def _grab(self) -> None:
        """Claim what was free a moment ago, as of two who press the key at once the second does."""
        case, ctx = self._any(), self.desk._ctx
        state = self.desk.case.state(case)
        fence = ctx.port().claim(case, self.session.actor, LEASE_US)
        if fence is not None:
            claimed = acts.CaseClaimed(until=ctx.now() + LEASE_US)
            ctx.write([replace(ctx.draft(self.session, claimed, state), fence=fence)])
            self.cases[case] = fence

    def _insist(self) -> None:
        """Write with the fence that was given once, whatever became of the lease."""
        case, ctx = self._one(), self.desk._ctx
        state = self.desk.case.state(case)
        draft = ctx.draft(self.session, acts.ItemAdded(right=Right.ERASURE), state, str(len(state.items) + 1))
        ctx.write([replace(draft, fence=self.cases[case])])

    def _renew(self) -> None:
        case = self._one()
        self.desk._ctx.port().renew(case, self.session.actor, self.cases.get(case, 0), LEASE_US)

    def _give(self) -> None:
        self.desk.act.hand_over(self.session, self._one())

    # ── its folder, put back ──────────────────────────────────────────────────────────────────────────────────

    def snapshot(self, to: Path) -> None:
        """A copy of the folder as a backup takes it, while the program runs."""
        shutil.copytree(self.place.folder, to, ignore=shutil.ignore_patterns("*-shm", "*.lock"))
        name = f"anchor:{self.book.log}"
        self._kept = to, name, self.place.vault.get(name), self.book.writer.size

    def put_back(self, *, killed: bool, with_vault: bool) -> bool:
        """The snapshot in place of the folder, `with_vault` the anchor too; whether this must show at once."""
        copy, name, anchor, size = self._kept
        self.close(killed=killed)
        shutil.rmtree(self.place.folder)
        shutil.copytree(copy, self.place.folder)
        if with_vault and anchor is None:
            self.place.vault.delete(name)
        elif with_vault and anchor is not None:
            self.place.vault.put(name, anchor)
        self.set_back = True
        newest = self.place.vault.get(name)
        self.open()
        return newest is not None and orjson.loads(newest)[0] > size
