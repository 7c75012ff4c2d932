"""What an attacker meets: a terminal with entries that central has and some that it has not, and everyone who looks."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

from db.central_witness import CentralView
from services import witnessing
from services.action_log.entry import encode
from services.central_check import guards, rows
from services.errors import DeskError
from services.evidence import evidence_of
from services.home import key
from services.log_seeds import read_seeds
from tests.centre import Centre, back_up, restored
from tests.faults.network import CALM, MINUTE, Clock, Line, Network, Weather
from tests.lone_terminal import Terminal
from tests.witnessed_central import NOW

EARLY, SYNCED, ALL = 5, 9, 11
"""Entries in the log: when the copies were made, when the witness looked, and now, the last of them not synced."""


class Scene:
    """The centre, its terminal (closed), its witness; and copies of terminal, keys and central from earlier."""

    def __init__(self, centre: Centre, folder: Path) -> None:
        self.centre, self.folder, self.clock = centre, folder, NOW
        self.terminal = Terminal(centre)
        self.owner, self.log, self.file = self.terminal.owner, self.terminal.book.log, self.terminal.file
        self.terminal.append(EARLY - 1)
        self.terminal.push()
        with self.closed():
            shutil.copytree(self.file.parent, folder / "early")
            self.early_anchor = key(centre.vault, f"anchor:{self.log}")
            back_up(centre, folder / "early.db")
        self.terminal.append(SYNCED - EARLY)
        self.terminal.push()
        witnessing.create(folder / "witness", "witness.example")
        assert self._witness() == []
        self.terminal.append(ALL - SYNCED)
        self.terminal.book.close()

    @property
    def seed(self) -> bytes:
        """The log's key: whoever has the same account can read it."""
        return read_seeds(key(self.centre.vault, f"log-seed:{self.owner}")).in_force

    @contextmanager
    def closed(self) -> Iterator[None]:
        """The program ended, and started again."""
        self.terminal.book.close()
        yield
        self.terminal.open()

    def put_back_folder(self) -> None:
        shutil.rmtree(self.file.parent)
        shutil.copytree(self.folder / "early", self.file.parent)

    def put_back_vault(self) -> None:
        self.centre.vault.put(f"anchor:{self.log}", self.early_anchor)

    def restore_central(self) -> None:
        self.centre = self.terminal.centre = restored(self.centre, self.folder / "early.db")
        self.terminal.port = self.centre.port(self.owner)

    # ── who looks ─────────────────────────────────────────────────────────────────────────────────────────────

    def findings(self) -> list[str]:
        """What each of them says, in the order in which they come to see it: `<who>: <what>`."""
        beside = [*self.verify(), *self.check(), *self._witness()]
        return [*beside, *self.start(), *self.contact()]

    def verify(self) -> list[str]:
        """`log verify` over every log of the home."""
        evidence = evidence_of(self.centre.home, self.centre.vault)
        reports = [evidence.check(file.path) for file in evidence.files]
        return [f"verify: {r.kind} {r.place}".rstrip() for r in reports if r.state != "whole"]

    def check(self) -> list[str]:
        """`central check`."""
        return [f"central check: {words}" for words in [*guards(self.centre.engine), *rows(self.centre.engine)]]

    def _witness(self) -> list[str]:
        self.clock += 3600
        with witnessing.opened(self.folder / "witness") as witness, CentralView.of(self.centre.engine) as view:
            return [f"witness: {a.kind}" for a in witness.round(view, self.clock).alarms]

    def start(self) -> list[str]:
        """The terminal's program starts."""
        self.terminal.open()
        return [f"start: {alarm.kind}" for alarm in self.terminal.book.alarms]

    def contact(self) -> list[str]:
        """It reaches central, until there is nothing more to say."""
        before, said = len(self.terminal.book.alarms), []
        for _ in range(20):
            try:
                self.terminal.uplink.run_once()
                said.append(self.terminal.uplink.state.alarm)
            except DeskError as exc:
                said.append(str(exc))
            self.centre.ingest.run_once()
        kinds = [alarm.kind for alarm in self.terminal.book.alarms[before:]]
        return [f"contact: {words}" for words in (*kinds, *dict.fromkeys(said)) if words]

    @contextmanager
    def bad_line(self, weather: Weather) -> Iterator[Network]:
        """A network of that weather between terminal and central; at the end what was underway arrives."""
        clock = Clock()

        def perform(owner: str, name: str, values: tuple[object, ...]) -> object:
            clock.us += MINUTE
            return getattr(self.centre.port(owner), name)(*values)

        network = Network(Random(7), clock, perform)
        line: Any = Line(network, self.owner)
        network.weather = CALM
        self.terminal.uplink = self.terminal.connect(line)
        network.weather = weather
        yield network
        network.heal()

    def goes_on(self) -> bool:
        """Whether the agent can work on: what is written now reaches central."""
        (entry,) = self.terminal.append(1)
        with suppress(DeskError):
            self.terminal.push()
        return encode(entry) in self.terminal.held(entry.log)
