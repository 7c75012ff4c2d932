"""The people who work in the demo centre, with PINs that are shown once."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.home import Home
    from services.secrets import Vault

CONTROLLERS = ("nordlicht", "harbour")


@dataclass(frozen=True, slots=True)
class DemoAgent:
    """One person of the centre; the same roles at both controllers."""

    number: str
    name: str
    pin: str = field(repr=False)
    roles: tuple[str, ...]


# Noor stands in for the lead: roles can be changed, but nobody approves what they asked for themselves.
AGENTS = (
    DemoAgent("0042", "Alex Winter", "2580", ("agent",)),
    DemoAgent("0017", "Noor Haddad", "1397", ("agent", "lead")),
    DemoAgent("0007", "Sam Okafor", "4711", ("lead",)),
    DemoAgent("0003", "Mina Petrov", "8642", ("officer",)),
    DemoAgent("0009", "Jo Lindqvist", "9753", ("trainer",)),
    DemoAgent("0001", "Chris Doyle", "1590", ("operator",)),
)


def put_agents(home: "Home", vault: "Vault", agents: tuple[DemoAgent, ...] = AGENTS) -> None:
    """Tell central who works here."""
    import orjson
    import sqlalchemy as sa

    from db import central
    from services import pins
    from services.home import CENTRAL_KEY, PIN_PEPPER, key

    pepper = key(vault, PIN_PEPPER)
    rows = [
        {
            "id": a.number,
            "name": a.name,
            "pin_hash": pins.keep(pepper, a.number, a.pin, quick=True),
            "roles": orjson.dumps({name: list(a.roles) for name in CONTROLLERS}).decode(),
            "disabled": False,
        }
        for a in agents
    ]
    engine = central.open_engine(home.central_url, key(vault, CENTRAL_KEY))
    with central.writing(engine).begin() as conn:
        conn.execute(sa.insert(central.AGENT), rows)
    engine.dispose()
