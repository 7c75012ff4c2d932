"""Another password for a machine's login in central, made and kept on that machine alone."""

import secrets
from contextlib import ExitStack

from db.central_engine import LOGIN
from services.errors import Refused, Unusable
from services.home import CENTRAL_KEY, Home, key
from services.secrets import Vault

NEXT = f"{CENTRAL_KEY}-next"


def rotate_password(home: Home, vault: Vault) -> None:
    """Change it; may be run again after it broke off. Nothing of this home may be running.

    Raises `Unavailable` while a console or worker runs here, `Unusable` for a home without a login of its own.
    """
    import sqlalchemy as sa

    from db import central_roles
    from db.central_engine import open_engine
    from db.file_lock import FileLock

    if not (home.server and (sa.make_url(home.server).username or "").startswith(LOGIN)):
        raise Unusable("this home has no login of its own in a central on a server")
    with ExitStack() as held:
        for log in sorted(home.path.glob("*s/*/log-*.db")):
            held.callback(FileLock(log.with_name(log.name + ".lock"), what="log").release)
        coming = vault.get(NEXT) or secrets.token_hex(32).encode()
        vault.put(NEXT, coming)  # before central knows it: whichever it has after a break is here
        try:
            engine = open_engine(home.central_url, key(vault, CENTRAL_KEY))
        except Refused:
            engine = open_engine(home.central_url, coming)
        with engine.begin() as conn:
            central_roles.change_password(conn, coming.decode())
        engine.dispose()
        vault.put(CENTRAL_KEY, coming)
        vault.delete(NEXT)
