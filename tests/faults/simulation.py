"""A centre of ten terminals on a bad network, played through from one seed; what is wrong at its end is in words."""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa

from db import central
from db.central_port import CentralPort
from db.central_store import CentralStore
from services.action_log.entry import decode
from services.cases.fold import LEASE_US
from services.sync.ingest import Ingest
from services.sync.up import Uplink
from tests.faults.network import HOUR, MINUTE, SECOND, Clock, Network
from tests.faults.seats import Place, Seat

STEPS = 120
DRAIN = 60
AWAY = (10 * MINUTE, HOUR, 8 * HOUR)


@dataclass(frozen=True)
class Mistakes:
    """What a control puts in the place of the real thing."""

    uplink: type[Uplink] = Uplink
    ingest: type[Ingest] = Ingest
    port: type[CentralPort] | None = None


class Site:
    """Where central stands and its terminals live; one for each kind of database."""

    def places(self) -> list[Place]:
        raise NotImplementedError

    def open(self, mistakes: Mistakes) -> None:
        """Connect anew: `store` and `ingest` are then of central as it stands."""
        raise NotImplementedError

    store: CentralStore
    ingest: Ingest

    def port(self, owner: str) -> CentralPort:
        raise NotImplementedError

    def back_up(self) -> None:
        raise NotImplementedError

    def restore(self) -> None:
        """Put the backup in central's place; `open` comes after it."""
        raise NotImplementedError

    def close(self) -> None:
        self.store.engine.dispose()


@dataclass(frozen=True, slots=True)
class Grant:
    """A claim that central gave, with which fence, and until when."""

    case: str
    holder: str
    fence: int
    at: int
    until: int


@dataclass
class Simulation:
    """One run. `wrong` are the promises that did not hold; `story` is all that happened, the same for the same seed."""

    site: Site
    seed: int
    scratch: Path
    clock: Clock
    mistakes: Mistakes = field(default_factory=Mistakes)
    steps: int = STEPS
    restored: bool = False
    wrong: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    gone: set[bytes] = field(default_factory=set)  # entries taken away when a terminal's folder was put back
    saved: set[bytes] = field(default_factory=set)  # those of them that central has all the same
    lost_by: set[int] = field(default_factory=set)  # seats that hold receipts for more than the restored central has

    def play(self) -> "Simulation":
        """The whole of it, to the point where the network is well again and everything has come to rest."""
        self.random = Random(self.seed)
        self.site.open(self.mistakes)
        self.network = Network(self.random, self.clock, self._perform)
        weather, self.network.weather = self.network.weather, type(self.network.weather)()
        self.seats = [
            Seat(place, number, self.network, self.clock, Random(self.random.randrange(2**32)), self.mistakes.uplink)
            for number, place in enumerate(self.site.places())
        ]
        for seat in self.seats:
            self._exchange(seat)
        self.network.weather = weather
        self._live()
        self._heal()
        return self

    # ── the story ─────────────────────────────────────────────────────────────────────────────────────────────

    def _live(self) -> None:
        marks = sorted(self.random.sample(range(self.steps // 8, self.steps), 4))
        events: dict[int, Callable[[], None]] = dict(zip(marks, self.random.choice(self._orders()), strict=True))
        for step in range(self.steps):
            self.clock.us += self.random.choice((SECOND, 10 * SECOND, MINUTE, 5 * MINUTE, 20 * MINUTE))
            self.network.deliver()
            if step in events:
                events[step]()
            self._something()

    def _orders(self) -> list[tuple[Callable[[], None], ...]]:
        """Central's backup before its restore, the terminal's snapshot before it is put back; each in any order."""
        up, down, keep, back = self._back_up, self._restore, self._snapshot, self._put_back
        return [
            (up, down, keep, back), (keep, back, up, down), (up, keep, down, back), (keep, up, back, down),
            (up, keep, back, down), (keep, up, down, back),
        ]  # fmt: skip

    def _something(self) -> None:
        for seat in self.random.choices(self.seats, k=2):
            self._say(seat, "acts")
            seat.act()
        for seat in self.random.choices(self.seats, k=2):
            self._exchange(seat)
        for _ in range(self.random.randrange(3)):
            self.site.ingest.run_once()
        happens = self.random.randrange(100)
        if happens < 5:
            seat = self.random.choice(self.seats)
            self.network.cut(seat.place.owner, self.random.choice(AWAY))
            self._say(seat, "is cut off")
        elif happens < 9:
            self._restart(self.random.choice(self.seats))

    def _restart(self, seat: Seat) -> None:
        seat.close(killed=self.random.random() < 0.5)
        seat.open()
        self._say(seat, "starts again")

    def _exchange(self, seat: Seat) -> None:
        log, has = seat.book.log, self.site.store.size_of(seat.book.log)
        owed = seat.newest_receipt() > has
        if owed:
            self.lost_by.add(seat.number)
        answered = seat.exchange()
        self._say(seat, f"exchanges: {answered} {seat.link.state.waiting} {seat.link.state.alarm}")
        if not answered:
            return
        if owed and seat.book.log == log and not seat.losses_shown:
            self.wrong.append(f"seat {seat.number} was not told that central lost entries")
        left = seat.book.writer.size - self.site.store.size_of(seat.book.log)
        if seat.link.state.waiting != left:
            self.wrong.append(f"seat {seat.number} shows {seat.link.state.waiting} waiting, and it is {left}")

    def _back_up(self) -> None:
        self.story.append("central is backed up")
        self.site.back_up()

    def _restore(self) -> None:
        self.story.append("central is restored")
        self.restored = True
        self.site.close()
        self.site.restore()
        self.site.open(self.mistakes)
        self.grants.clear()  # the restored central knows of none that came after its backup
        self.saved &= set(self.held().values())
        for seat in self.random.sample(self.seats, len(self.seats) // 2):
            self._restart(seat)

    def _snapshot(self) -> None:
        self.chosen = self.random.choice(self.seats)
        self._say(self.chosen, "is copied")
        self.chosen.snapshot(self.scratch / "snapshot")

    def _put_back(self) -> None:
        seat, killed, with_vault = self.chosen, self.random.random() < 0.5, self.random.random() < 0.5
        before = set(local(seat).values())
        at_once = seat.put_back(killed=killed, with_vault=with_vault)
        self._say(seat, f"is put back: killed {killed}, with the vault {with_vault}, must show {at_once}")
        if at_once and not seat.alarms:
            self.wrong.append(f"seat {seat.number} was put back, its anchor was not, and it did not say so")
        self.gone = before - set(local(seat).values())
        self.saved = self.gone & set(self.held().values())

    def _heal(self) -> None:
        self.network.heal()
        self.story.append("the network heals")
        for _ in range(DRAIN):
            for seat in self.seats:
                self._exchange(seat)
            while self.site.ingest.run_once():
                pass
            if self.quiet():
                break
        else:
            self.wrong.append("it never came to rest")

    def quiet(self) -> bool:
        port = self.site.port(self.seats[0].place.owner)
        newest = port.latest_rev()
        return all(
            s.link.state.online and not s.link.state.waiting and s.link.state.synced_size == s.book.writer.size
            and int(s.store.meta("rev", "0")) == newest for s in self.seats
        )  # fmt: skip

    # ── where calls arrive ────────────────────────────────────────────────────────────────────────────────────

    def _perform(self, owner: str, name: str, values: tuple[Any, ...]) -> Any:
        answer = getattr(self.site.port(owner), name)(*values)
        if name == "claim" and answer is not None:
            self._granted(values[0], values[1], answer)
        if name == "renew" and answer:
            self._granted(values[0], values[1], values[2])
        if name in ("claim", "submit", "report_loss", "enrol_successor"):
            self.story.append(f"central: {name} {answer if name == 'claim' else ''}")
        return answer

    def _granted(self, case: str, holder: str, fence: int) -> None:
        now = self.clock.us
        for old in self.grants:
            over = old.until <= now or self._given_back(old) or self._overtaken(old)
            if old.case == case and old.holder != holder and not over:
                self.wrong.append(f"{case} was given to {holder} while {old.holder} holds it")
        self.grants.append(Grant(case, holder, fence, now, now + LEASE_US))

    def _overtaken(self, grant: Grant) -> bool:
        """Whether a restored central has learnt since of a claim that it gave later and had forgotten: that one holds.

        Two hold the case until then, and of what they do the fold takes the newer one's (docs/stores.md).
        """
        claims = (decode(body) for body in self.held().values() if b'"case.claimed"' in body)
        return self.restored and any(e.case == grant.case and (e.fence or 0) > grant.fence for e in claims)

    def _given_back(self, grant: Grant) -> bool:
        """Whether its holder handed the case over, which frees the claim as soon as central has it."""
        return any(
            b'"case.released"' in body and grant.case.encode() in body and grant.holder.encode() in body
            for body in self.held().values()
        )

    def held(self) -> dict[tuple[str, int], bytes]:
        """Everything that central holds, by (log, seq)."""
        query = sa.select(central.ENTRY.c.log, central.ENTRY.c.seq, central.ENTRY.c.body)
        with self.site.store.engine.connect() as conn:
            return {(log, seq): bytes(body) for log, seq, body in conn.execute(query)}

    def _say(self, seat: Seat, what: str) -> None:
        self.story.append(f"{(self.clock.us // SECOND):d} seat {seat.number} {what}")

    def happened(self) -> Counter[str]:
        """How often what a run is made for came to pass."""
        more = {
            "losses": len(self.lost_by),
            "put back": sum(bool(seat.alarms) for seat in self.seats),
            "acts": sum(seat.done for seat in self.seats),
        }
        return Counter(self.network.happened) + Counter(more)

    def close(self) -> None:
        for seat in self.seats:
            seat.close(killed=False)
        self.site.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


def local(seat: Seat) -> dict[tuple[str, int], bytes]:
    """Everything that stands in this terminal's logs, by (log, seq)."""
    from db.log_reader import LogReader

    found: dict[tuple[str, int], bytes] = {}
    for file in sorted(seat.place.folder.glob("log-*.db")):
        with LogReader(file) as reader:
            log = f"{seat.place.owner}/{file.stem.removeprefix('log-')}"
            found.update({(log, seq): body for seq, body in reader.bodies()})
    return found
