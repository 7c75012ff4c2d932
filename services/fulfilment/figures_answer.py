"""The figures of their controllers, asked by a lead or an officer: counted by a worker, as a terminal has no cases."""

from datetime import UTC, date, datetime

import orjson
import sqlalchemy as sa

from db.central import AGENT
from db.central_figures import case_bodies
from services.figures import figures_of, named
from services.fulfilment.workroom import Workroom
from services.types import Role

MAY = (Role.LEAD, Role.OFFICER)


def told(room: Workroom, agent: str, since: str) -> list[dict[str, object]]:
    """Those of every controller for which that person is lead or officer, over what was received since an ISO day."""
    found: list[dict[str, object]] = []
    for controller in _granted(room, agent):
        one = room.controller(controller)
        now = datetime.fromtimestamp(room.now() / 1_000_000, UTC)
        (counted,) = figures_of(
            case_bodies(room.store.engine, controller), {controller: one}, now=now, begin=date.fromisoformat(since)
        )
        found.append({"name": one.name, "rows": named(counted)})
    return found


def _granted(room: Workroom, agent: str) -> list[str]:
    with room.store.engine.connect() as conn:
        who = sa.select(AGENT.c.roles).where(AGENT.c.id == agent, sa.not_(AGENT.c.disabled))
        roles = orjson.loads(conn.execute(who).scalar() or "{}")
    return sorted(key for key, held in roles.items() if {*held} & {*MAY} and key in room.store.controllers())
