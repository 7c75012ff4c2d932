"""`rightsdesk retention`: what of our own data is kept until when, and the end of suppression entries."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
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


@app.command(name="marketing-ended")
def marketing_ended(
    controller: Annotated[str, typer.Option(help="Whose marketing is over, as nordlicht.")],
    purpose: Annotated[str, typer.Option(help="For one purpose only, as newsletter.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do it.")] = False,
    home: Annotated[Path | None, typer.Option("--home", help="The home of the central.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say that a controller does no marketing any more: who objected to it needs no suppression entry then.

    The officer decides it. Refused while controller.yml names such a purpose. Without --yes nothing is changed.
    """
    from console.commands.operator_home import operator_home
    from db.central import open_engine
    from db.central_replay import ReplayStore
    from db.central_store import CentralStore
    from services.controllers import Controller
    from services.errors import BadInput
    from services.fulfilment.suppression import end, ending
    from services.home import CENTRAL_KEY
    from services.operators import recording

    place, vault = operator_home(home)
    engine = open_engine(place.central_url, vault.get(CENTRAL_KEY))
    try:
        body = CentralStore(engine).controllers().get(controller)
        if body is None:
            raise BadInput(f"there is no controller '{controller}'", place="--controller")
        store, one = ReplayStore(engine), Controller.from_json(body)
        count = ending(store, one, purpose)
        if yes:
            with recording(place, vault) as record:
                count = end(store, one, purpose, record)
    finally:
        engine.dispose()
    what = f"suppression entries for {purpose}" if purpose else "suppression entries"
    if as_json:
        typer.echo(json.dumps({"controller": controller, "purpose": purpose, "entries": count, "ended": yes}, indent=2))
    elif yes:
        typer.echo(f"{controller}: {count} {what} ended, beside each worker with its next look")
    else:
        typer.echo(f"{controller}: {count} {what} would end; nothing was changed: do it with --yes")
