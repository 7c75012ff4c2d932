"""Sync down: the queue's change feed, people and controllers into desk.db. A cursor error means a clean refetch."""

import time
from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING

from db.terminal import TerminalStore
from services.catalog.seen import Seen, known_systems
from services.deployment_proof import check_proof
from services.errors import Unusable

if TYPE_CHECKING:
    from db.central_port import CentralPort

PAGE = 5000
NUMBER = "deployment-key-number"
PEOPLE_S = 10.0


class Downlink:
    """Copies what changed in central into a terminal's store. One thread calls it."""

    def __init__(self, port: "CentralPort", store: TerminalStore) -> None:
        self._port, self._store = port, store
        self._people_at = 0.0
        self.alarm = ""
        """What is wrong with what central says, in a sentence; the rest goes on."""
        self.systems: tuple[Seen, ...] = ()
        """What workers saw of data systems, as central had it last."""
        self.halts = ""
        """What is halted, as central said last (db/central_shapes.py)."""
        self.worker_ago = inf
        """How long ago a worker gave a sign of life, in seconds, as seen last."""

    def run_once(self) -> int:
        """Apply one page of changes; how many rows. Raises `Unavailable` when central does not answer."""
        self._people()
        feed = self._port.feed(self._store.meta("mark"))
        self.worker_ago, self.halts = feed.worker_ago, feed.halts
        cursor = self._cursor()
        same = feed.known and feed.word == self._store.meta("feed")
        if not same or not 0 <= cursor <= feed.latest:  # central was restored from a backup
            self._store.forget_queue(feed.word)
            cursor = 0
        if feed.latest == cursor:
            return 0
        rows = [_row(row) for row in self._port.changes(cursor, PAGE)]
        rows = [row for row in rows if int(str(row[-1])) <= feed.latest]  # what is newer is not under this mark
        self._store.apply_changes(rows, int(str(rows[-1][-1])) if rows else feed.latest, feed.mark)
        return len(rows)

    def _cursor(self) -> int:
        """How far this terminal has copied; below 0 when what was kept is no number."""
        try:
            return int(self._store.meta("rev", "0"))
        except ValueError:
            return -1

    def _people(self) -> None:
        if time.monotonic() - self._people_at < PEOPLE_S and self._people_at:
            return
        self._store.replace_people(self._port.agents(), self._port.controllers())
        self._catalogs()
        facts = self._port.facts()
        self._follow_key(facts)
        self.systems = tuple(known_systems(facts))
        self._people_at = time.monotonic()

    def _catalogs(self) -> None:
        """Published catalogs that are new, each once; those that central has no more go."""
        there, here = set(self._port.catalogs()), self._store.catalogs()
        if there == here:
            return
        fetched = [(*one, self._port.catalog(one[0], one[1])) for one in sorted(there - here)]
        new = [(controller, number, digest, *found) for controller, number, digest, found in fetched if found]
        self._store.change_catalogs([(one[0], one[1]) for one in here - there], new)

    def _follow_key(self, facts: Mapping[str, str]) -> None:
        """Seal to the deployment's new key once it was rotated; never to one that was not signed, nor an older one."""
        known = self._store.meta("deployment-key")
        named = facts.get("deployment-key", "")
        self.alarm = ""
        if not known or named == known:
            return
        cosigner, before = bytes.fromhex(self._store.meta("cosigner-key")), int(self._store.meta(NUMBER, "0"))
        told = facts.get("deployment-key-proof", "")
        try:
            number = check_proof(told, cosigner, self._store.meta("deployment"), named, before)
        except Unusable as exc:
            self.alarm = exc.reason
            return
        self._store.set_meta({"deployment-key": named, NUMBER: str(number)})


def _row(row: tuple[object, ...]) -> tuple[object, ...]:
    """A change as a row of `queue`: truth values as 0 and 1."""
    return tuple(int(v) if isinstance(v, bool) else v for v in row)
