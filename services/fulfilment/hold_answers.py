"""What leads and officers ask of a worker about legal holds. Central knows who they are; the terminal only says so."""

import orjson
import sqlalchemy as sa

from db import central_holds
from db.central import AGENT
from services.cases.hold import MAY, Hold
from services.errors import NotFound
from services.fulfilment.workroom import Systems, Workroom
from services.hold_types import HoldView, in_order, view_of

Json = dict[str, object]
SHOWN = ("id", "controller", "case", "collections", "categories", "issuer", "since", "review_on")


def listed(room: Workroom, agent: str) -> list[Json]:
    """Every hold of the controllers for which that person is lead or officer, without its matter."""
    return [shown(hold) for hold in _of(room, agent).values()]


def every_hold(room: Systems) -> list[HoldView]:
    """All holds, those that stand first, earliest review first."""
    with room.store.engine.connect() as conn:
        found = [view_of(shown(Hold.from_json(body))) for body in central_holds.holds(conn).values()]
    return sorted(found, key=in_order)


def shown(hold: Hold) -> Json:
    """What may be shown of a hold."""
    people = {name: getattr(hold, name).removeprefix("agent:") for name in ("set_by", "asked_by", "lifted_by")}
    return {**{name: getattr(hold, name) for name in SHOWN}, "people": hold.number, **people}


def matter(room: Workroom, agent: str, hold: str) -> str:
    """What a hold is about. Raises `NotFound` for whom it is not."""
    if hold not in _of(room, agent):
        raise NotFound("there is no such hold for you")
    texts = room.details.of_hold(hold, "matter")
    if not texts:
        raise NotFound("its time is over: what it was about is gone")
    return texts[0].decode()


def _of(room: Workroom, agent: str) -> dict[str, Hold]:
    with room.store.engine.connect() as conn:
        who = sa.select(AGENT.c.roles).where(AGENT.c.id == agent, sa.not_(AGENT.c.disabled))
        roles = orjson.loads(conn.execute(who).scalar() or "{}")
        mine = {controller for controller, held in roles.items() if set(held) & set(MAY)}
        found = {key: Hold.from_json(body) for key, body in central_holds.holds(conn).items()}
    return {key: hold for key, hold in found.items() if hold.controller in mine}
