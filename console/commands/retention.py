"""`rightsdesk retention`: what of our own data is kept until when, on a worker's machine."""

import json
from collections import Counter
from datetime import date
from typing import Annotated

import typer

from console.commands.options import JsonOption
from console.commands.replay_home import HomeOption, replay_home

app = typer.Typer(no_args_is_help=True, help="How long our own data is kept.")


@app.callback()
def _group() -> None:
    """How long our own data is kept."""


@app.command(name="plan")
def plan(
    by: Annotated[str, typer.Option("--by", help="A date, as 2027-12-31: what goes until then; without, today.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what of closed cases goes until a day and what stays longer, and why. Changes nothing."""
    from services.errors import BadInput
    from services.fulfilment.own_retention import look

    room = replay_home(home)
    try:
        day = date.fromisoformat(by) if by else None
    except ValueError as exc:
        raise BadInput("is not a date like 2027-12-31", place="--by") from exc
    due = [one for one, _ in look(room) if one.on <= (day or room.today(room.controller(one.controller)))]
    if as_json:
        facts = [
            {"case": one.case, "controller": one.controller, "what": one.what, "on": one.on.isoformat(),
             "details": one.details, "stays": one.stays}
            for one in due
        ]  # fmt: skip
        typer.echo(json.dumps(facts, indent=2))
        return
    counts = Counter((one.controller, one.what, one.on.isoformat(), one.stays) for one in due)
    for (controller, what, on, stays), cases in sorted(counts.items()):
        until = f"stays: {stays}" if stays else "goes"
        typer.echo(f"{controller}  {on}  {what} of {cases} cases  {until}")
    if not due:
        typer.echo("nothing goes")
