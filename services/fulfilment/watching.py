"""When a worker holds each system's live schema against the catalog. Every look is an act of its log."""

import time

from services.action_log.acts import SystemChecked
from services.catalog.seen import known_systems
from services.catalog.system import System
from services.connectors.base import Connector
from services.discovery.drift import Drift, drift, nameable
from services.errors import DeskError, Unavailable
from services.fulfilment.workroom import Workroom

NOTHING = "0" * 64
WITH_SCHEMA = ("sqlite", "postgresql", "mariadb")
"""Kinds of systems whose tables and columns can be listed; of others their connector says what differs."""
SEE_CHECK = "what-catalog-check-live-tells"
"""Instead of names, where a connector has only sentences: they are not for entries."""


class Watch:
    """By whoever leads. Central knows when each system was looked at last, whichever worker did."""

    def __init__(self, room: Workroom, first_s: float) -> None:
        self._room = room
        self._begins = time.monotonic() + first_s
        self._last: dict[str, int] = {}

    def look(self) -> int:
        """Look at every system whose time has come; how many."""
        if time.monotonic() < self._begins:
            return 0
        known = {seen.system: seen.at for seen in known_systems(self._room.store.systems())}
        looked = 0
        for controller in sorted(self._room.store.controllers()):
            try:
                catalog = self._room.catalog(controller)
            except DeskError as exc:
                self._room.journal.fault("drift", exc, controller=controller)
                continue
            for key, system in sorted(catalog.systems.items()):
                name, connector = f"{controller}/{key}", catalog.connectors.get(key)
                last = max(known.get(name, 0), self._last.get(name, 0))
                if connector is None or self._room.now() - last < system.check_minutes * 60_000_000:
                    continue
                if self._room.stopped():
                    return looked
                self._last[name] = self._room.now()
                self._one(name, system, connector)
                looked += 1
        return looked

    def _one(self, name: str, system: System, connector: Connector) -> None:
        try:
            found = (
                drift(connector, system.datasets) if system.connector in WITH_SCHEMA else _checked(connector, system)
            )
        except DeskError as exc:
            outcome = "away" if isinstance(exc, Unavailable) else "unusable"
            act = SystemChecked(name, outcome, (), 0, (), 0, NOTHING)
        else:
            outcome = "differs" if found.personal or found.gone else "as-described"
            personal, gone = nameable(found.personal), nameable(found.gone)
            act = SystemChecked(name, outcome, personal, len(found.personal), gone, len(found.gone), found.seen)
        self._room.results.own(act)
        self._room.journal.say("system-checked", system=name, outcome=outcome)


def _checked(connector: Connector, system: System) -> Drift:
    faults = connector.check(system.datasets)
    return Drift((), (SEE_CHECK,) if faults else (), NOTHING)
