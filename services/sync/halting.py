"""Execution halted and let go on: by leads, whose acts the ingest obeys, and by operators, at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import orjson
import sqlalchemy as sa

from db.central import AGENT
from db.central_shapes import Halt
from db.central_work import set_halt
from services.action_log.entry import Entry

if TYPE_CHECKING:
    from db.central_store import IngestTx


def obey_halts(tx: "IngestTx", entries: Sequence[Entry]) -> None:
    """Carry out what leads of a controller said about its execution; what others say of it stands in their logs."""
    for entry in entries:
        if entry.act not in ("work.halted", "work.resumed") or entry.as_ != "lead":
            continue
        controller = entry.params["controller"]
        if not isinstance(controller, str) or not _leads(tx.conn, entry.actor, controller):
            continue
        halt = Halt(entry.actor, str(entry.params["reason"]), tx.now()) if entry.act == "work.halted" else None
        set_halt(tx.conn, controller, halt)


def _leads(conn: sa.Connection, actor: str, controller: str) -> bool:
    """Whether central knows the actor as a lead of the controller who may work here."""
    who = sa.select(AGENT.c.roles).where(AGENT.c.id == actor.partition(":")[2], sa.not_(AGENT.c.disabled))
    roles = conn.execute(who).scalar()
    return roles is not None and "lead" in orjson.loads(roles).get(controller, ())
