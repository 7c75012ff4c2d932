"""The people who may sign in: added, shut out and given a new PIN by an operator, in central's table.

A terminal learns of it at its next contact: it copies names and roles every few seconds while it is online. What a PIN
fits stays with central and is keyed with the pepper.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from services import pins
from services.action_log import acts
from services.action_log.act import Act
from services.errors import BadInput, Conflict, NotFound
from services.home import PIN_PEPPER, Home, in_central, key
from services.operators import recording
from services.secrets import Vault
from services.types import Role

PIN_DIGITS: Final = 6
SHORTEST, LONGEST = 4, pins.LONGEST
_NUMBER_DIGITS = 8
_RUNS = "01234567890123456789", "98765432109876543210"


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who may sign in; roles by controller."""

    number: str
    name: str
    roles: Mapping[str, tuple[str, ...]]
    disabled: bool


def people(home: Home, vault: Vault) -> tuple[Agent, ...]:
    """Everyone, by number."""
    import sqlalchemy as sa

    from db import central

    with in_central(home, vault) as conn:
        rows = conn.execute(sa.select(central.AGENT).order_by(central.AGENT.c.id)).mappings().all()
    return tuple(
        Agent(r["id"], r["name"], {k: tuple(v) for k, v in orjson.loads(r["roles"]).items()}, bool(r["disabled"]))
        for r in rows
    )


def add(home: Home, vault: Vault, number: str, name: str, roles: Mapping[str, Sequence[Role]], pin: str = "") -> str:
    """A new agent; the PIN, made here when none is given. Raises `Conflict` for a number that is taken, `BadInput`."""
    import sqlalchemy as sa

    from db import central

    if not (number.isascii() and number.isdigit() and len(number) <= _NUMBER_DIGITS):
        raise BadInput(f"is not up to {_NUMBER_DIGITS} digits", place="number")
    if not name.strip() or len(name) > 80 or not name.isprintable():
        raise BadInput("is no name of up to 80 letters", place="--name")
    if not roles:
        raise BadInput("give at least one role", place="--role")
    pin = checked_pin(pin) if pin else new_pin()
    granted = {at: sorted({role.value for role in found}) for at, found in roles.items()}
    kept = pins.keep(key(vault, PIN_PEPPER), number, pin)
    row = {
        "id": number,
        "name": name.strip(),
        "pin_hash": kept,
        "roles": orjson.dumps(granted).decode(),
        "disabled": False,
    }
    with recording(home, vault) as record, in_central(home, vault) as conn:
        known = set(conn.execute(sa.select(central.CONTROLLER.c.key)).scalars())
        if unknown := sorted(set(roles) - known):
            raise BadInput(f"there is no controller {unknown[0]}; there are {', '.join(sorted(known))}", place="--role")
        if conn.execute(sa.select(central.AGENT.c.id).where(central.AGENT.c.id == number)).first() is not None:
            raise Conflict(f"there is an agent {number} already", next_key="rightsdesk agent list")
        record(acts.AgentAdded(number, tuple(f"{at}/{role}" for at, found in granted.items() for role in found)))
        conn.execute(sa.insert(central.AGENT), [row])
    return pin


def reset_pin(home: Home, vault: Vault, number: str, pin: str = "") -> str:
    """A new PIN for an agent; the one before opens nothing from a terminal's next contact on. Raises `NotFound`."""
    from db import central

    pin = checked_pin(pin) if pin else new_pin()
    kept = pins.keep(key(vault, PIN_PEPPER), number, pin)
    values = {"pin_hash": kept, "pin_rev": central.AGENT.c.pin_rev + 1, "tries": 0, "locked_until": 0}
    _set(home, vault, number, acts.AgentPinReset(number), values)
    return pin


def set_disabled(home: Home, vault: Vault, number: str, disabled: bool) -> None:
    """Shut an agent out, or let them in again; sessions that are open end at the terminal's next contact."""
    act = acts.AgentDisabled if disabled else acts.AgentEnabled
    _set(home, vault, number, act(number), {"disabled": disabled})


def new_pin() -> str:
    """A random PIN that is not one of the first that anyone would try."""
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))
        if not guessable(pin):
            return pin


def checked_pin(pin: str) -> str:
    """`pin`, if it may be one; raises `BadInput`."""
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
        raise BadInput(f"a PIN has {SHORTEST} to {LONGEST} digits", place="PIN")
    if guessable(pin):
        raise BadInput("this PIN is one of the first that anyone would try", place="PIN")
    return pin


def guessable(pin: str) -> bool:
    """One digit again and again, digits in a row, or two that take turns."""
    return len(set(pin)) == 1 or any(pin in run for run in _RUNS) or (len(pin) > 3 and pin == pin[:2] * (len(pin) // 2))


def _set(home: Home, vault: Vault, number: str, act: Act, values: Mapping[str, object]) -> None:
    import sqlalchemy as sa

    from db import central

    mine = central.AGENT.c.id == number
    with recording(home, vault) as record, in_central(home, vault) as conn:
        if conn.execute(sa.select(central.AGENT.c.id).where(mine)).first() is None:
            raise NotFound(f"there is no agent {number}", next_key="rightsdesk agent list")
        record(act)
        conn.execute(sa.update(central.AGENT).where(mine).values(**values))
