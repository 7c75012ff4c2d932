"""Which catalog a worker works by: the newest published one that checks, or the home's own folder where it is alone.

On a server every machine fetches what was published and keeps a copy; changes in its own folder count only once they
are published. Where central is a file of the home, the folder is read as it stands, and its worker publishes it.
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from db.central_catalog import CatalogStore
from services.action_log.act import Act
from services.catalog.graph import Graph, build
from services.catalog.system import System, load_controller_systems
from services.catalog.version import digest_of, files_in, make_private
from services.catalog_versions import Versions, on_disk, put_on_disk
from services.connectors.base import Connector
from services.connectors.registry import open_connector
from services.errors import BadInput, Conflict, Unavailable
from services.home import Home
from services.secrets import Vault

LOOK_S: Final = 2.0
"""How often central is asked for a newer version."""
Say = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Catalog:
    """A controller's systems, the graph over them, a connector to each, and SHA-256 of the files they stand in."""

    systems: Mapping[str, System]
    graph: Graph
    connectors: Mapping[str, Connector]
    digest: str


class Catalogs:
    """Safe from any thread. `say` is told what is unusual, as an event and codes."""

    def __init__(self, home: Home, vault: Vault, store: CatalogStore, say: Say) -> None:
        self._home, self._vault, self._say = home, vault, say
        self._versions = Versions(store)
        self._embedded = store.embedded
        self._known: dict[str, tuple[object, Catalog]] = {}
        self._looked: dict[str, float] = {}
        self._told: dict[str, object] = {}
        self._lock = threading.Lock()

    def catalog(self, controller: str) -> Catalog:
        """The catalog to work by now. Raises `BadInput` with file and line, `Unavailable` where none was published."""
        with self._lock:
            return self._of_folder(controller) if self._embedded else self._of_central(controller)

    def _of_folder(self, controller: str) -> Catalog:
        """Read again when a file of it changed."""
        folder = self._home.systems(controller).parent
        mark = _mark(folder)
        known = self._known.get(controller)
        if known is None or known[0] != mark:
            found = self._read(folder, folder, digest_of(files_in(folder / "systems")))
            known = self._known[controller] = (mark, found)
        return known[1]

    def _of_central(self, controller: str) -> Catalog:
        known = self._known.get(controller)
        if known is not None and time.monotonic() - self._looked[controller] < LOOK_S:
            return known[1]
        listed = self._versions.store.listed(controller)[:1]
        if known is None or not listed or known[0] != listed[0][2]:
            known = self._known[controller] = self._newest(controller, known, listed[0][1] if listed else 0)
        self._looked[controller] = time.monotonic()
        self._look_at_disk(controller, known[1].digest)
        return known[1]

    def _newest(self, controller: str, known: tuple[object, Catalog] | None, number: int) -> tuple[object, Catalog]:
        """Digest and catalog of the newest version that checks; `number` is that of the newest there is."""
        found = self._versions.newest_that_checks(controller, self._versions.published())
        if found is None:
            words = f"no catalog of {controller} is published that checks"
            raise Unavailable(words, next_key=f"rightsdesk catalog publish {controller}")
        head, files = found
        if number != head.number:  # its act is not accepted yet, or somebody changed it
            self._once(f"odd {controller}", number, "catalog-odd", controller=controller, version=number)
        if known is not None and known[0] == head.digest:
            return known
        place = self._home.path / "catalog" / controller / f"{head.number}-{head.files[:16]}"
        make_private(place.parent)
        folder = put_on_disk(files, controller, place)
        made = self._read(folder, self._home.systems(controller).parent, head.files)
        self._say("catalog", controller=controller, version=head.number, digest=head.files)
        return head.digest, made

    def _look_at_disk(self, controller: str, digest: str) -> None:
        """Say when this machine's own folder is otherwise than what was published: it does not count."""
        folder = self._home.systems(controller).parent
        mark = _mark(folder)
        if mark and self._told.get(f"seen {controller}") != (mark, digest):
            self._told[f"seen {controller}"] = (mark, digest)
            files = on_disk(folder)
            if files is None or digest_of(files) != digest:
                self._say("catalog-unpublished", controller=controller)

    def _read(self, folder: Path, home: Path, digest: str) -> Catalog:
        systems = load_controller_systems(folder, home)
        graph = build({key: system.datasets for key, system in systems.items()})
        connectors = {
            key: open_connector(system, self._vault.get(system.secret) if system.secret else None)
            for key, system in systems.items()
            if not system.excluded
        }
        return Catalog(systems, graph, connectors, digest)

    def _once(self, what: str, state: object, event: str, **facts: str | int) -> None:
        if self._told.get(what) != state:
            self._told[what] = state
            self._say(event, **facts)

    # ── an embedded home publishes by itself ──────────────────────────────────────────────────────────────────

    def publish_folders(self, by: str, now: Callable[[], int], record: Callable[[Act], None]) -> None:
        """Publish what changed in the folders of an embedded home; `record` has the act in central when it returns."""
        for folder in sorted((self._home.path / "controllers").glob("*/systems")) if self._embedded else ():
            controller, mark = folder.parent.name, _mark(folder.parent)
            if not mark or self._told.get(f"published {controller}") == mark:
                continue
            try:
                prepared = self._versions.prepare(controller, folder.parent)
            except BadInput:  # whoever asks for the catalog is told where
                self._once(f"invalid {controller}", mark, "catalog-invalid", controller=controller)
                continue
            if prepared.new:
                with suppress(Conflict):  # another worker of this home did
                    self._versions.put(prepared, by, now(), record)
                    self._say("catalog", controller=controller, version=prepared.number)
            self._told[f"published {controller}"] = mark


def _mark(folder: Path) -> tuple[object, ...]:
    """What changes when a file of a catalog does."""
    files = sorted(folder.glob("systems/*/*.yml"))
    return tuple((str(f), s.st_mtime_ns, s.st_size) for f in files for s in (f.stat(),))
