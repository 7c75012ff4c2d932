"""What a home needs around it: a worker that lives, a way for letters and text messages."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

from services.doctor.finding import Finding
from services.home import CENTRAL_KEY, Home, key
from services.secret_names import MAIL_PASSWORD, TEXTS_SECRET
from services.secrets import Vault

ALIVE_S = 5.0
_CONNECT_S = 5.0


def worker(home: Home, vault: Vault, url: str) -> Iterator[Finding]:
    """The worker seen last."""
    from db.central import open_engine
    from db.central_port import CentralPort

    engine = open_engine(url or home.central_url, key(vault, CENTRAL_KEY))
    seen_at, pid = CentralPort(engine, "").worker_seen()
    engine.dispose()
    ago = time.time() - seen_at / 1_000_000
    if not seen_at:
        yield Finding("worker", "warn", "none ever ran: nothing is sent or done", "rightsdesk worker run")
    elif ago > ALIVE_S:
        yield Finding(
            "worker", "warn", f"away for {ago:.0f} s (pid {pid}): nothing is sent or done", "rightsdesk worker run"
        )
    else:
        yield Finding("worker", "ok", f"pid {pid}, seen {max(0.0, ago):.0f} s ago")


def mail(vault: Vault, host: str, port: int, user: str, outbox: Path) -> Iterator[Finding]:
    """Whether letters and codes can leave: the server answers, its password is there; or the outbox that stands in."""
    if not host:
        count = sum(1 for _ in outbox.glob("*.eml"))
        yield Finding("mail", "ok", f"no server is set: letters become files in {outbox} ({count} there)")
        return
    if user and vault.get(MAIL_PASSWORD) is None:
        seen = f"the server knows {user} by a password and none is kept"
        yield Finding("mail", "bad", seen, f"rightsdesk worker secret {MAIL_PASSWORD}, on each worker")
    try:
        socket.create_connection((host, port), _CONNECT_S).close()
    except OSError as error:
        seen = f"{host}:{port} does not answer ({error.strerror or type(error).__name__})"
        yield Finding("mail", "bad", seen, "look at host and port under [mail], and at the network")
    else:
        yield Finding("mail", "ok", f"{host}:{port} answers")


def texts(vault: Vault, url: str) -> Iterator[Finding]:
    """Whether the text gateway's secret is there; nothing where codes go by mail alone."""
    if url and vault.get(TEXTS_SECRET) is None:
        yield Finding(
            "texts", "warn", "no secret is kept: the gateway is asked without one",
            f"rightsdesk worker secret {TEXTS_SECRET}, on each worker",
        )  # fmt: skip
    elif url:
        yield Finding("texts", "ok", "a gateway is set, and its secret is kept")
