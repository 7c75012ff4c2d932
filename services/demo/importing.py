"""The backlog's way into a demo home: the import's own log, central's inbox, the real ingest."""

import gc
import time
from collections.abc import Callable
from pathlib import Path

from db import central
from db.central_port import CentralPort
from db.central_store import CentralStore
from services.demo.backlog import Backlog
from services.demo.side_work import SideWork
from services.home import CENTRAL_KEY, DEPLOYMENT_KEY, INGEST_SEED, LOOKUP_KEY, Home, key
from services.secrets import Vault, open_vault
from services.sync.ingest import Ingest, IngestKeys
from services.sync.logbook import Logbook
from services.sync.up import Uplink

BURST = 8
"""Batches written before they are handed in: two processes that write to one SQLite file wait for each other."""
_SAID_S = 2.0
_POLL_S = 0.01


def import_backlog(
    home: Home,
    vault: Vault,
    owner: str,
    backlog: Backlog,
    cases: int,
    side: SideWork,
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Write the backlog into the import's log and hand it in; it is folded when this returns.

    The ingest runs beside this process when `side` does, else in turn.
    """
    port = CentralPort(central.open_engine(home.central_url, key(vault, CENTRAL_KEY)), owner)
    facts = port.facts()
    book = Logbook(home, "import", owner, vault, facts["deployment"])
    uplink = Uplink(port, book, f"{facts['deployment']}/central", bytes.fromhex(facts["cosigner-key"]))
    size = cases + book.writer.size
    ingest = _in_turn(home, vault, side, book.log, size)
    said = time.monotonic()
    for number, (drafts, details) in enumerate(backlog.batches(cases, port.reserve_numbers(cases)), 1):
        book.append(drafts, details)
        if number % BURST:
            continue
        _hand_in(uplink)
        ingest()
        if time.monotonic() - said > _SAID_S:
            progress(f"{book.writer.size:,} of {cases:,} cases written, {uplink.state.waiting:,} not folded yet")
            said = time.monotonic()
    while _hand_in(uplink) or uplink.state.waiting:
        ingest()
        time.sleep(_POLL_S if side.apart else 0)
    book.close()


def _hand_in(uplink: Uplink) -> bool:
    """Hand in until the inbox is full or everything is there; whether there was something to do."""
    done = False
    while uplink.run_once():
        done = True
    return done


def ingest_keys(vault: Vault, deployment: str) -> IngestKeys:
    """The keys of a home's ingest, from its vault."""
    return IngestKeys(
        deployment=deployment,
        private=key(vault, DEPLOYMENT_KEY),
        cosign_seed=key(vault, INGEST_SEED),
        lookup=key(vault, LOOKUP_KEY),
    )


def deployment_key(home: Home, vault: Vault) -> bytes:
    """The public key that details are sealed to when their case has none of its own."""
    engine = central.open_engine(home.central_url, key(vault, CENTRAL_KEY))
    public = bytes.fromhex(CentralPort(engine, "").facts()["deployment-key"])
    engine.dispose()
    return public


def drain(home: Path, log: str, size: int) -> None:
    """Ingest what comes into the inbox until central holds `size` entries of `log`."""
    ingest, store = _ingest(Home(home), open_vault(home, demo=True))
    gc.disable()  # nothing that stays is cyclic, and looking for it costs a sixteenth
    while store.size_of(log) < size:
        while ingest.run_once():
            pass
        time.sleep(_POLL_S)


def _in_turn(home: Home, vault: Vault, side: SideWork, log: str, size: int) -> Callable[[], None]:
    """What to call after each batch so that it is ingested."""
    if not side.apart:
        ingest, _ = _ingest(home, vault)

        def ingest_all() -> None:
            while ingest.run_once():
                pass

        return ingest_all
    side.start(drain, home.path, log, size)
    return side.check


def _ingest(home: Home, vault: Vault) -> tuple[Ingest, CentralStore]:
    store = CentralStore(central.open_engine(home.central_url, key(vault, CENTRAL_KEY)))
    deployment = CentralPort(store.engine, "").facts()["deployment"]
    return Ingest(store, ingest_keys(vault, deployment)), store
