"""`rightsdesk agent`: who may sign in. For operators; a terminal learns of it at its next contact."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from console.commands.options import HomeOption, JsonOption
from console.plain import plain
from services.types import Role

app = typer.Typer(no_args_is_help=True, help="Agents: add, shut out, give a new PIN.")

Number = Annotated[str, typer.Argument(help="The agent number, as 0042.")]
OwnPin = Annotated[bool, typer.Option("--pin-stdin", help="Take the PIN from standard input instead of making one.")]


@app.command()
def add(
    number: Number,
    name: Annotated[str, typer.Option(help="Their name, as colleagues see it.")],
    role: Annotated[list[str], typer.Option(help="controller:role, as nordlicht:agent; several times for several.")],
    pin_stdin: OwnPin = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let somebody sign in. Prints their PIN, once, unless it was given."""
    from console.commands.operator_home import operator_home
    from services.agents import add as added

    place, vault = operator_home(home)
    _tell(number, added(place, vault, number, name, _roles(role), _own(pin_stdin)), pin_stdin, as_json)


@app.command(name="reset-pin")
def reset_pin(number: Number, pin_stdin: OwnPin = False, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Give somebody a new PIN; the one before opens nothing any more."""
    from console.commands.operator_home import operator_home
    from services.agents import reset_pin as reset

    place, vault = operator_home(home)
    _tell(number, reset(place, vault, number, _own(pin_stdin)), pin_stdin, as_json)


@app.command()
def disable(number: Number, home: HomeOption = None) -> None:
    """Shut somebody out: they cannot sign in, and what they have open ends at the terminal's next contact."""
    _switch(number, home, disabled=True)


@app.command()
def enable(number: Number, home: HomeOption = None) -> None:
    """Let somebody in again."""
    _switch(number, home, disabled=False)


@app.command(name="list")
def list_(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Everybody who may sign in, or might."""
    from console.commands.operator_home import operator_home
    from services.agents import people

    found = people(*operator_home(home))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    for one in found:
        roles = ", ".join(f"{key}:{role}" for key, granted in one.roles.items() for role in granted)
        typer.echo(plain(f"{one.number:<9} {one.name:<24} {'shut out' if one.disabled else roles}"))


def _switch(number: str, home: Path | None, *, disabled: bool) -> None:
    from console.commands.operator_home import operator_home
    from services.agents import set_disabled

    set_disabled(*operator_home(home), number, disabled)
    typer.echo(
        plain(f"agent {number} {'is shut out' if disabled else 'may sign in'}, as soon as a terminal hears of it")
    )


def _tell(number: str, pin: str, given: bool, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"agent": number} | ({} if given else {"pin": pin})))
    else:
        typer.echo(plain(f"agent {number} may sign in" + ("" if given else f"; PIN {pin}, shown this once")))


def _own(pin_stdin: bool) -> str:
    from console.shell_session import ask_pin

    return ask_pin(stdin=True) if pin_stdin else ""


def _roles(given: list[str]) -> dict[str, list[Role]]:
    from services.errors import BadInput

    found: dict[str, list[Role]] = {}
    for one in given:
        controller, colon, name = one.partition(":")
        if not colon or name not in {role.value for role in Role}:
            raise BadInput(f"is not controller:role with a role of {', '.join(Role)}", place="--role")
        found.setdefault(controller, []).append(Role(name))
    return found
