"""`rightsdesk figures`: how requests were answered and what that took, for the management; of nobody who works here."""

import json
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import HomeOption, JsonOption
from console.plain import plain

if TYPE_CHECKING:
    from services.controllers import Controller
    from services.figures import Figures


def figures(
    begin: Annotated[str, typer.Option("--from", help="First day of receipt, as 2026-01-01.")] = "",
    end: Annotated[str, typer.Option("--to", help="Last day of receipt.")] = "",
    controller: Annotated[str, typer.Option(help="One controller only.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Figures over the requests received in a period: time, extension, refusal, pauses, checks, effort and cost.

    Training and what had ended elsewhere before it was imported are left out. Costs need `cost` in controller.yml.
    """
    from console.commands.operator_home import operator_home
    from db.central import open_engine
    from db.central_figures import case_bodies
    from db.central_store import CentralStore
    from services.figures import figures_of
    from services.home import CENTRAL_KEY

    first, last = _day(begin, "--from"), _day(end, "--to")
    place, vault = operator_home(home)
    engine = open_engine(place.central_url, vault.get(CENTRAL_KEY))
    try:
        known = _wanted(CentralStore(engine).controllers(), controller)
        found = figures_of(case_bodies(engine, controller), known, begin=first, end=last)
    finally:
        engine.dispose()
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    for line in (line for one in found for line in lines(one, known[one.controller].name)):
        typer.echo(plain(line))


def lines(one: "Figures", name: str) -> list[str]:
    """The figures of one controller, a line each."""
    from services.figures import named

    return [f"{name} ({one.controller})", *(f"  {what:<34} {said}" for what, said in named(one))]


def _day(text: str, option: str) -> date | None:
    from services.errors import BadInput

    try:
        return date.fromisoformat(text) if text else None
    except ValueError as exc:
        raise BadInput("is not a date like 2026-12-31", place=option) from exc


def _wanted(bodies: dict[str, bytes], controller: str) -> "dict[str, Controller]":
    from services.controllers import Controller
    from services.errors import BadInput

    if controller and controller not in bodies:
        raise BadInput(f"there is no controller '{controller}'", place="--controller")
    return {key: Controller.from_json(body) for key, body in bodies.items() if not controller or key == controller}
