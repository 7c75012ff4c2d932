"""Opening the desk of a terminal: vault, log, desk store, and the link to central in the background."""

from pathlib import Path
from typing import TYPE_CHECKING

from db.terminal import TerminalStore
from services.desk.context import Context
from services.desk.desk import Desk
from services.errors import DeskError
from services.home import CENTRAL_KEY, Home, key, owner_of
from services.secrets import Vault, open_vault
from services.sync.link import Link
from services.sync.logbook import Logbook

if TYPE_CHECKING:
    from db.central_port import CentralPort

TERMINAL_CACHE_KB = 1_000


def open_desk(
    home: Path,
    terminal: str,
    *,
    passphrase: str | None = None,
    demo: bool = False,
    link_after_s: float = 0.0,
    central_url: str = "",
) -> Desk:
    """The desk of the terminal called `terminal` under `home`; `central_url` is the home's own file when empty.

    `link_after_s` puts off reaching for central (and its imports) until `Desk.connect`, or so many seconds at most;
    a terminal that was never synced does not wait.

    Raises `NotFound` when it was never enrolled, `Unusable` for keys and files, `Unavailable` when another console
    has it.
    """
    place = Home(home, central_url)
    vault = open_vault(home, passphrase=passphrase, demo=demo)
    owner = owner_of(place, "terminal", terminal)
    store = TerminalStore(place.desk(owner), key(vault, f"desk-key:{owner}"))
    deployment = _fact(place, vault, store, "deployment")
    try:
        book = Logbook(place, "terminal", owner, vault, deployment)
    except DeskError:
        store.close()
        raise

    def connect() -> "tuple[CentralPort, str, bytes]":
        # SQLAlchemy: imported in the link's thread, after the first rows
        from db.central_engine import open_for_upload
        from db.central_server import port_of

        engine, misfit = open_for_upload(place.central_url, key(vault, CENTRAL_KEY), cache_kb=TERMINAL_CACHE_KB)
        port = port_of(engine, owner)
        port.misfit = misfit
        return (
            port,
            f"{deployment}/central",
            bytes.fromhex(_fact(place, vault, store, "cosigner-key")),
        )

    link = Link(connect, book, store)
    ctx = Context(
        home=place,
        terminal=owner,
        vault=vault,
        book=book,
        store=store,
        link=link,
        training=place.training,
    )
    link.beside = ctx.claims.renew
    link.start(link_after_s if store.rows("SELECT 1 FROM agent LIMIT 1") else 0.0)
    return Desk(ctx)


def _fact(home: Home, vault: Vault, store: TerminalStore, name: str) -> str:
    """A fact of the deployment, asked of central once and kept: offline starts need it too."""
    kept = store.meta(name)
    if kept:
        return kept
    from db.central_engine import open_engine
    from db.central_port import CentralPort

    engine = open_engine(home.central_url, key(vault, CENTRAL_KEY))
    facts = CentralPort(engine, "").facts()
    store.set_meta({fact: facts[fact] for fact in ("deployment", "deployment-key", "cosigner-key")})
    engine.dispose()
    return facts[name]
