"""What a worker's machine sees of its controllers' systems, without a worker that runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.fulfilment.workroom import Systems

HomeOption = Annotated[Path | None, typer.Option("--home", help="The worker's home.")]


def replay_home(home: Path | None) -> "Systems":
    """What this machine's worker sees, its copy of the replay list brought together with central's."""
    from console.commands.worker import order
    from db.central import open_engine
    from db.central_replay import ReplayStore
    from db.central_store import CentralStore
    from services.fulfilment.replay_list import FILE, ReplayList
    from services.fulfilment.workroom import Systems
    from services.home import CENTRAL_KEY, LOOKUP_KEY, Home, key
    from services.secrets import open_vault

    how = order(home, "")
    place = Home(how.home)
    vault = open_vault(how.home, passphrase=how.passphrase, demo=how.demo)
    engine = open_engine(how.central_url or place.central_url, key(vault, CENTRAL_KEY))
    ReplayList(ReplayStore(engine), place.folder("worker", how.worker) / FILE).merge()
    return Systems(home=place, vault=vault, store=CentralStore(engine), lookup_key=key(vault, LOOKUP_KEY))
