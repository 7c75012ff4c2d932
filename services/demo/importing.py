"""The backlog's way into a demo home: the import's own log, central's inbox, the real ingest."""

import gc
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from db import central
from db.central_port import CentralPort
from db.central_store import CentralStore
from services.demo.backlog import BATCH, Backlog, Batch
from services.demo.side_work import SideWork
from services.deployment_keys import DeploymentKeys
from services.home import CENTRAL_KEY, INGEST_SEED, LOOKUP_KEY, Home, key
from services.secrets import Vault, open_vault
from services.sync.ingest import Ingest, IngestKeys
from services.sync.logbook import Logbook
from services.sync.up import Uplink

FAR_AHEAD = 100_000
"""Entries written and not handed in yet at which writing waits."""
_AT_ONCE, _CACHE_KB = 32_768, 256_000
"""Entries in one transaction of the ingest, and its page cache: a page that many cases touch is written once."""
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

    Where `side` works apart, the ingest is another process, and what is written is handed in by a thread meanwhile.
    """
    engine = central.open_engine(home.central_url, key(vault, CENTRAL_KEY))
    port = CentralPort(engine, owner)
    facts = port.facts()
    book = Logbook(home, "import", owner, vault, facts["deployment"])
    uplink = Uplink(port, book, f"{facts['deployment']}/central", bytes.fromhex(facts["cosigner-key"]), _AT_ONCE)
    batches = backlog.batches(cases, port.reserve_numbers(cases))
    try:
        if side.apart:
            with central.indexes_last(engine):
                side.start(drain, home.path, book.log, cases + book.writer.size)
                _beside(book, uplink, batches, side.check, progress)
        else:
            _in_turn(book, uplink, batches, _ingest(home, vault)[0])
    finally:
        book.close()


def _in_turn(book: Logbook, uplink: Uplink, batches: Iterable[Batch], ingest: Ingest) -> None:
    for drafts, details in batches:
        book.append(drafts, details)
        uplink.run_once()
        ingest.run_once()
    while uplink.run_once() or uplink.state.waiting:
        ingest.run_once()


def _beside(
    book: Logbook,
    uplink: Uplink,
    batches: Iterable[Batch],
    check: Callable[[], None],
    progress: Callable[[str], None],
) -> None:
    written = threading.Event()
    said = time.monotonic()
    with ThreadPoolExecutor(1, thread_name_prefix="hand-in") as pool:
        handing = pool.submit(_hand_in, uplink, book, written, check)
        try:
            for drafts, details in batches:
                book.append(drafts, details)
                while book.writer.size - uplink.handed_in > FAR_AHEAD and not handing.done():
                    time.sleep(_POLL_S)
                if handing.done():
                    break  # only an error ends it before everything is written
                if time.monotonic() - said > _SAID_S:
                    progress(f"{book.writer.size:,} written, {uplink.state.waiting:,} of them not folded yet")
                    said = time.monotonic()
        finally:
            written.set()
        handing.result()


def _hand_in(uplink: Uplink, book: Logbook, written: threading.Event, check: Callable[[], None]) -> None:
    """Hand in, in full batches, until all is written and folded; raises what `check` raises."""
    while True:
        check()
        everything = written.is_set()
        wanted = min(_AT_ONCE, max(BATCH, uplink.handed_in))  # small ones first, so that folding begins at once
        full = everything or book.writer.size - uplink.handed_in >= wanted
        if not (full and uplink.run_once()):
            if everything and not uplink.state.waiting:
                return
            time.sleep(_POLL_S)


def ingest_keys(vault: Vault, deployment: str) -> IngestKeys:
    """The keys of a home's ingest, from its vault."""
    return IngestKeys(
        deployment=deployment,
        opens=DeploymentKeys(vault),
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
    ingest, store = _ingest(Home(home), open_vault(home, demo=True), _CACHE_KB)
    gc.disable()  # nothing that stays is cyclic, and looking for it costs a sixteenth
    while store.size_of(log) < size:
        while ingest.run_once():
            pass
        time.sleep(_POLL_S)


def _ingest(home: Home, vault: Vault, cache_kb: int = central.CACHE_KB) -> tuple[Ingest, CentralStore]:
    store = CentralStore(central.open_engine(home.central_url, key(vault, CENTRAL_KEY), cache_kb=cache_kb))
    deployment = CentralPort(store.engine, "").facts()["deployment"]
    return Ingest(store, ingest_keys(vault, deployment)), store
