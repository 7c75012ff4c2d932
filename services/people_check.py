"""Whether the people of central's table are those that operators let in: the table against the operators' own logs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import orjson

from services.action_log import acts
from services.action_log.act import from_params
from services.action_log.entry import Entry

PersonRow = tuple[str, str, bool, int]
"""An agent's number, roles by controller as JSON, whether shut out, which PIN of theirs it is."""


@dataclass(frozen=True, slots=True)
class Account:
    """What operators made of somebody; `roles` are `controller/role`."""

    roles: frozenset[str]
    disabled: bool = False
    pin: int = 1


def accounts(entries: Iterable[Entry]) -> dict[str, Account]:
    """Everybody whom operators added, by number, after their acts in accept order."""
    found: dict[str, Account] = {}
    for entry in entries:
        done = from_params(entry.act, entry.params)
        if isinstance(done, acts.AgentAdded):
            found[done.agent] = Account(frozenset(done.roles))
        elif isinstance(done, acts.AgentDisabled | acts.AgentEnabled) and done.agent in found:
            shut_out = isinstance(done, acts.AgentDisabled)
            found[done.agent] = replace(found[done.agent], disabled=shut_out)
        elif isinstance(done, acts.AgentPinReset) and done.agent in found:
            found[done.agent] = replace(found[done.agent], pin=found[done.agent].pin + 1)
    return found


def changed(made: dict[str, Account], rows: Iterable[PersonRow]) -> Iterator[str]:
    """Who is in the table otherwise than operators made them, or not at all.

    A row that no operator's act made is not named: without the pepper nobody can give it a PIN, and a demo's people
    are put there when it is made.
    """
    there = {number: _account(roles, disabled, pin) for number, roles, disabled, pin in rows}
    for number, account in sorted(made.items()):
        now = there.get(number)
        if now is None:
            yield f"agent {number} is gone from the table, and an operator added them"
        elif now.roles != account.roles:
            yield f"agent {number} has other roles than an operator gave them"
        elif now.disabled != account.disabled:
            yield f"agent {number} was shut out or let in by no operator"
        elif now.pin != account.pin:
            yield f"agent {number} signs in with something else than an operator gave them"


def _account(roles: str, disabled: bool, pin: int) -> Account:
    try:
        by_controller = orjson.loads(roles)
        given = frozenset(f"{at}/{role}" for at, found in by_controller.items() for role in found)
    except (ValueError, AttributeError, TypeError):
        given = frozenset({roles})
    return Account(given, bool(disabled), pin)
