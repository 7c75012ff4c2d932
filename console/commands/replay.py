"""`rightsdesk replay`: after a restore, erase again who was erased since the backup was made. On a worker's machine."""

import json
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import JsonOption
from console.commands.replay_home import HomeOption, replay_home

if TYPE_CHECKING:
    from services.fulfilment.replay import Back
    from services.fulfilment.workroom import Systems

_POLL_S = 0.2


def replay(
    since: Annotated[str, typer.Option(help="When the backup was made, with its zone: 2026-03-01T02:00+01:00.")],
    system: Annotated[
        list[str] | None, typer.Option(help="CONTROLLER/SYSTEM that was restored; may be repeated. All without.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it: a worker must be running.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show who is back in restored systems, in numbers; with --yes erase them again and stop marketing again.

    Exit 0: nobody is back (any more). 1: somebody is.
    """
    room = replay_home(home)
    at, wanted = _micros(since), _wanted(room, system or [])
    if yes:
        _do(room, wanted, at)
    found = [one for controller, systems in wanted.items() for one in _look(room, controller, systems, at)]
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2))
    for one in () if as_json else found:
        typer.echo(_line(one))
    if any(one.persons for one in found) and not yes:
        typer.echo("nothing was changed: do it with --yes", err=True)
    raise typer.Exit(1 if any(one.persons for one in found) else 0)


def _look(room: "Systems", controller: str, systems: list[str], since: int) -> "list[Back]":
    from services.fulfilment.replay import look

    return look(room, controller, systems, since)


def _line(one: "Back") -> str:
    """`nordlicht/crm  2 persons back: 8 rows to delete, 1 to mask, 1 marketing stop`."""
    if one.unsearchable:
        return f"{one.controller}/{one.system}  names nobody itself: erase there by hand, from the cases since then"
    refused = f", {one.refused} to be looked at by hand" if one.refused else ""
    stops = f"; {one.stops} marketing stops are held against it" if one.stops else ""
    rows = f"{one.deletes} rows to delete, {one.masks} to mask"
    return f"{one.controller}/{one.system}  {one.persons} persons are back: {rows}{refused}{stops}"


def _micros(text: str) -> int:
    from services.errors import BadInput

    try:
        at = datetime.fromisoformat(text)
    except ValueError as exc:
        raise BadInput("is no time: say it as 2026-03-01T02:00+01:00", place="--since") from exc
    if at.tzinfo is None:
        raise BadInput("has no zone: say it as 2026-03-01T02:00+01:00", place="--since")
    return int(at.astimezone(UTC).timestamp() * 1_000_000)


def _wanted(room: "Systems", named: list[str]) -> dict[str, list[str]]:
    """Systems by controller."""
    from services.errors import BadInput
    from services.fulfilment.replay import systems_of

    if not named:
        return {key: systems_of(room, key) for key in sorted(room.store.controllers())}
    found: dict[str, list[str]] = {}
    for name in named:
        controller, slash, system = name.partition("/")
        if not slash:
            raise BadInput("is CONTROLLER/SYSTEM", place="--system")
        found.setdefault(controller, []).append(system)
    return found


def _do(room: "Systems", wanted: dict[str, list[str]], since: int) -> None:
    """One job a controller; returns when a worker has done them."""
    from services.action_log.entry import new_id
    from services.errors import Unavailable
    from services.fulfilment.replay import KIND

    if not any(worker.alive for worker in room.store.workers()[1]):
        raise Unavailable("no worker runs that could do it", next_key="rightsdesk worker run")
    jobs = []
    for controller, systems in wanted.items():
        jobs.append(new_id())
        params = json.dumps({"systems": systems, "since": since})
        room.store.queue_job(jobs[-1], KIND, controller, params)
    for job in jobs:
        while room.store.job(job).state in ("queued", "running"):
            time.sleep(_POLL_S)
