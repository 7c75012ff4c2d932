"""Publishing a controller's catalog from an operator's machine: by the operator, or by an officer who sits at it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.catalog.version import Head
from services.catalog_versions import Prepared, Versions
from services.errors import BadInput, NotFound, Refused, Unusable
from services.home import CENTRAL_KEY, PIN_PEPPER, Home, key
from services.operators import owner_here, recording
from services.secrets import Vault
from services.types import Role


@contextmanager
def versions_of(home: Home, vault: Vault) -> Iterator[Versions]:
    """The catalogs of this home's central."""
    from db.central_catalog import CatalogStore
    from db.central_engine import open_engine

    engine = open_engine(home.central_url, vault.get(CENTRAL_KEY))
    try:
        yield Versions(CatalogStore(engine))
    finally:
        engine.dispose()


def prepared(home: Home, vault: Vault, controller: str, note: str = "") -> Prepared:
    """What publishing the folder `controllers/<controller>` of this home would publish.

    Raises `NotFound` for a controller that central does not know or this home does not describe, `BadInput` with file
    and line, `Refused` while fields of a draft wait for review.
    """
    import sqlalchemy as sa

    from db import central
    from services.home import in_central

    with in_central(home, vault) as conn:
        known = sorted(conn.execute(sa.select(central.CONTROLLER.c.key)).scalars())
    if controller not in known:
        raise NotFound(f"there is no controller {controller}; there are {', '.join(known) or 'none'}")
    folder = home.systems(controller).parent
    if not folder.is_dir():
        raise NotFound(f"this home describes no systems of {controller}: there is no {folder / 'systems'}")
    with versions_of(home, vault) as versions:
        one = versions.prepare(controller, folder, note)
    for system, number in one.waiting.items():
        raise Refused(
            f"{number} {'field waits' if number == 1 else 'fields wait'} for review in the draft of '{system}'",
            kept="nothing was published",
            next_key=f"rightsdesk catalog review {home.systems(controller) / system}",
        )
    return one


def publish(home: Home, vault: Vault, one: Prepared, by: str = "") -> Head:
    """Publish it; `by` is an officer as `agent:0003`, else it is this machine's operator. Raises `Conflict`."""
    by = by or f"operator:{owner_here(home, vault)}"
    with recording(home, vault) as record, versions_of(home, vault) as versions:
        if one.number != (versions.store.newest(one.controller) or 0) + 1:
            raise Unusable("another version was published meanwhile: look at what changes now")
        return versions.put(one, by, time.time_ns() // 1000, record)


def officer(home: Home, vault: Vault, number: str, pin: str, controller: str) -> str:
    """`agent:<number>`, when that is the PIN of an officer of the controller; raises `Refused`. Tries are counted."""
    from db.central_engine import open_engine
    from services.fulfilment.sign_ins import SignIns
    from services.pins import could_be

    if not could_be(number, pin):
        raise BadInput("is no agent's number with a PIN", place="--officer")
    engine = open_engine(home.central_url, vault.get(CENTRAL_KEY))
    try:
        answer = SignIns(engine, key(vault, PIN_PEPPER)).answer(number, pin)
    finally:
        engine.dispose()
    roles = answer.get("roles")
    if answer["answer"] == "locked":
        raise Refused(f"too many wrong PINs: try again in {answer['seconds']} s")
    if not isinstance(roles, dict):
        raise Refused("agent number or PIN is wrong")
    if Role.OFFICER.value not in roles.get(controller, ()):
        raise Refused(f"agent {number} is no officer of {controller}")
    return f"agent:{number}"
