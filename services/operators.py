"""What operators do, as entries of the log of their machine: durable before central is changed.

A break between the two leaves an entry for what was not done, never a change without an entry. The log is handed into
central's inbox like any other, and checked, shown and witnessed as one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from services.action_log.act import Act
from services.action_log.entry import Draft
from services.errors import Refused, Unavailable
from services.home import CENTRAL_KEY, Home, enrol
from services.secrets import Vault
from services.sync.logbook import Logbook
from services.sync.up import Uplink

NAME: Final = "operator"
"""What the log's owner is called in the list of machines."""
Record = Callable[[Act], None]


@contextmanager
def recording(home: Home, vault: Vault) -> Iterator[Record]:
    """What writes an act into this machine's log of operators; at the end it is handed in, now or the next time.

    Raises `Refused` in a home that joined as a terminal or worker, `Unavailable` while another command is at it.
    """
    from db.central_engine import deployment_at

    owner = owner_here(home, vault)
    book = Logbook(home, "operator", owner, vault, deployment_at(home.central_url, vault.get(CENTRAL_KEY)))
    try:
        yield lambda act: _write(book, act)
        book.tend()
        with suppress(Unavailable):  # it is done, and stands in the log: the next command hands it in
            _hand_in(home, vault, book)
    finally:
        book.close()


def has_log(home: Home) -> bool:
    """Whether this machine has a log of operators."""
    return bool(_owners(home))


def owner_here(home: Home, vault: Vault) -> str:
    """The owner of this machine's log of operators, enrolled when there is none yet."""
    from db.central_engine import LOGIN

    if there := _owners(home):
        return there[0]
    if f"//{LOGIN}" in home.server:
        raise Refused("this home belongs to a terminal or a worker: operators work in their own")
    return enrol(home, vault, "operator", f"{NAME}-{_number(home, vault)}")


def _owners(home: Home) -> list[str]:
    return sorted(folder.name for folder in (home.path / "operators").glob("*") if folder.is_dir())


def _number(home: Home, vault: Vault) -> int:
    """Which machine of operators this is, counted from 1."""
    import sqlalchemy as sa

    from db import central
    from services.home import in_central

    with in_central(home, vault) as conn:
        query = sa.select(sa.func.count()).select_from(central.TERMINAL).where(central.TERMINAL.c.kind == "operator")
        return int(conn.execute(query).scalar_one()) + 1


def _hand_in(home: Home, vault: Vault, book: Logbook) -> None:
    from db.central_engine import open_engine
    from db.central_port import CentralPort

    port = CentralPort(open_engine(home.central_url, vault.get(CENTRAL_KEY)), book.owner)
    try:
        facts = port.facts()
        Uplink(port, book, f"{facts['deployment']}/central", bytes.fromhex(facts["cosigner-key"])).run_once()
    finally:
        port.close()


def _write(book: Logbook, act: Act) -> None:
    book.append([Draft(act=act, actor=f"operator:{book.owner}", as_="operator")])
