"""`rightsdesk hold`: the legal holds of a deployment, on a worker's machine. What they are about is not shown."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import JsonOption
from console.commands.replay_home import HomeOption, replay_home

if TYPE_CHECKING:
    from services.hold_types import HoldView

app = typer.Typer(no_args_is_help=True, help="Legal holds: what must not be erased while a claim is open.")


@app.callback()
def _group() -> None:
    """Legal holds."""


@app.command(name="list")
def list_holds(
    every: Annotated[bool, typer.Option("--all", help="Those that were lifted as well.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List legal holds with the day of their next review. On a worker's machine.

    Exit 0: none is overdue. 1: a review is.
    """
    from services.fulfilment.hold_answers import every_hold

    room = replay_home(home)
    shown = [one for one in every_hold(room) if every or not one.lifted_by]
    late = {one.id for one in shown if one.overdue(room.today(room.controller(one.controller)))}
    if as_json:
        typer.echo(json.dumps([_facts(one, late) for one in shown], indent=2))
    else:
        for one in shown or ():
            words = one.state(room.today(room.controller(one.controller)))
            typer.echo(f"{one.id[:8]}  {one.controller}  {one.scope}  {one.issuer}, review {one.review_on}  {words}")
        if not shown:
            typer.echo("no legal hold")
    raise typer.Exit(1 if late else 0)


def _facts(one: "HoldView", late: set[str]) -> dict[str, object]:
    from dataclasses import asdict

    days = {name: getattr(one, name).isoformat() for name in ("since", "review_on")}
    return {**asdict(one), **days, "overdue": one.id in late}
