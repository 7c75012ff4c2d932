"""A terminal's hand in central on a server: it reads the views of its login and writes through functions alone."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from db.central_engine import LOGIN
from db.central_names import ACCEPTED
from db.central_port import NUMBERS_SKIPPED, OTHER_KEY, CentralPort, answering
from services.errors import Conflict, NotFound


class ServerPort(CentralPort):
    """`CentralPort` with the calls that write made by function (db/central_sql/guards.sql)."""

    IDLE_S = 1.0  # hundreds of desks ask one server
    _marked = ACCEPTED

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        """Each call is one statement: a transaction around it would be two journeys more."""
        with answering(), self._engine.connect() as conn:
            yield conn.execution_options(isolation_level="AUTOCOMMIT")

    def _call(self, function: str, **values: object) -> tuple[Any, ...]:
        """One function of the login's schema; its row."""
        named = ", ".join(f"_{name} => :{name}" for name in values)
        with self._reading() as conn:
            return tuple(conn.execute(sa.text(f"SELECT * FROM desk.{function}({named})"), values).one())  # noqa: S608

    def submit(self, log: str, start: int, bodies: Sequence[bytes], details: bytes, checkpoint: str) -> None:
        entries = b"\n".join(bodies)
        taken, holds, problem = self._call(
            "submit", log=log, start=start, count=len(bodies), entries=entries, details=details, checkpoint=checkpoint
        )
        if problem:
            raise Conflict(f"central takes nothing more of the log {log}")
        if not taken:
            raise Conflict(f"central holds {holds} entries, not {start}")

    def reserve_numbers(self, count: int) -> int:
        return int(self._call("reserve_numbers", count=count)[0])

    def claim(self, case: str, holder: str, lease_us: int) -> int | None:
        fence = self._call("claim", case=case, holder=holder, lease_us=lease_us)[0]
        if fence is None:
            raise NotFound(f"central has no case {case} yet")
        return fence or None

    def renew(self, case: str, holder: str, fence: int, lease_us: int) -> bool:
        return bool(self._call("renew", case=case, holder=holder, fence=fence, lease_us=lease_us)[0])

    def report_loss(self, log: str, size: int) -> None:
        self._call("report_loss", log=log, size=size, word=secrets.token_hex(8), skipped=NUMBERS_SKIPPED)

    def ask(self, ask: str, kind: str, sealed: bytes) -> None:
        self._call("ask", id=ask, kind=kind, sealed=sealed)

    def forget_ask(self, ask: str) -> None:
        self._call("forget_ask", id=ask)

    def enrol_successor(self, log: str, origin: str, public_key: bytes, next_key: bytes) -> None:
        with self._reading() as conn:
            if conn.execute(sa.text("SELECT 1 FROM log LIMIT 1")).first() is None:
                raise NotFound("central does not know this terminal")
        self.enrol_log(log, origin, public_key, next_key)

    def enrol_log(self, log: str, origin: str, public_key: bytes, next_key: bytes) -> None:
        """Enrol a log of this terminal's; raises `Conflict` under another key than the log before it named."""
        values = {"log": log, "origin": origin, "public_key": public_key, "next_key": next_key}
        if not self._call("enrol_log", **values)[0]:
            raise Conflict(OTHER_KEY)

    def knows_ask_key(self, key: bytes) -> bool:
        """Whether replies to this terminal are sealed to `key`."""
        return bool(self._call("knows_ask_key", key=key)[0])

    def bring_ask_key(self, key: bytes) -> None:
        """Say, once, what replies are sealed to; raises `Conflict` when it was said before."""
        if not self._call("bring_ask_key", key=key)[0]:
            raise Conflict("this terminal has joined already")


def port_of(engine: sa.Engine, owner: str) -> CentralPort:
    """The hand that fits: by functions for a terminal's login on a server, by tables where central is embedded."""
    if engine.dialect.name == "postgresql" and engine.url.username == f"{LOGIN}{owner}":
        return ServerPort(engine, owner)
    return CentralPort(engine, owner)
