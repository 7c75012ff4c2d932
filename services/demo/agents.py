"""The people who work in the demo centre, with PINs that are shown once."""

from dataclasses import dataclass, field

import orjson
import sqlalchemy as sa

from db import central
from services.desk.sign import hash_pin

CONTROLLERS = ("nordlicht", "harbour")


@dataclass(frozen=True, slots=True)
class DemoAgent:
    """One person of the centre; the same roles at both controllers."""

    number: str
    name: str
    pin: str = field(repr=False)
    roles: tuple[str, ...]


AGENTS = (
    DemoAgent("0042", "Alex Winter", "2580", ("agent",)),
    DemoAgent("0017", "Noor Haddad", "1397", ("agent",)),
    DemoAgent("0007", "Sam Okafor", "4711", ("lead",)),
    DemoAgent("0003", "Mina Petrov", "8642", ("officer",)),
    DemoAgent("0009", "Jo Lindqvist", "9753", ("trainer",)),
    DemoAgent("0001", "Chris Doyle", "1590", ("operator",)),
)


def put_agents(engine: sa.Engine, agents: tuple[DemoAgent, ...] = AGENTS) -> None:
    """Tell central who works here."""
    rows = [
        {
            "id": a.number,
            "name": a.name,
            "pin_hash": hash_pin(a.pin),
            "roles": orjson.dumps({key: list(a.roles) for key in CONTROLLERS}).decode(),
            "disabled": False,
        }
        for a in agents
    ]
    with central.writing(engine).begin() as conn:
        conn.execute(sa.insert(central.AGENT), rows)
