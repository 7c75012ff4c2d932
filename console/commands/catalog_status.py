"""`rightsdesk catalog status`: when each data system was last held against the catalog, and what is wrong there."""

import json
from typing import TYPE_CHECKING

import typer

from console.commands.options import HomeOption, JsonOption
from console.plain import plain

if TYPE_CHECKING:
    from services.catalog.seen import Seen


def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Say what workers saw of each data system last. Exit 0: no alarm; 1: some."""
    import time

    from console.commands.operator_home import operator_home
    from db.central_engine import open_engine
    from db.central_store import CentralStore
    from services.catalog.seen import alarms, known_systems
    from services.home import CENTRAL_KEY

    place, vault = operator_home(home)
    engine = open_engine(place.central_url, vault.get(CENTRAL_KEY))
    try:
        systems = known_systems(CentralStore(engine).systems())
    finally:
        engine.dispose()
    found = alarms(systems, time.time_ns() // 1000)
    if as_json:
        whole = {"well": not found, "alarms": found, "systems": [_shown(one) for one in systems]}
        typer.echo(json.dumps(whole, indent=2))
    else:
        for one in systems:
            typer.echo(plain(f"{one.system:<30} {one.outcome:<13} looked at {_time(one.at)}"))
        typer.echo("" if systems else "no system was looked at yet: a worker does so every hour", nl=not systems)
        for sentence in found:
            typer.echo(plain(f"ALARM  {sentence}"))
    raise typer.Exit(1 if found else 0)


def _shown(seen: "Seen") -> dict[str, object]:
    return {
        "system": seen.system,
        "outcome": seen.outcome,
        "at": _time(seen.at),
        "since": _time(seen.since),
        "answered": _time(seen.answered) if seen.answered else None,
        "personal": list(seen.personal),
        "personal_count": seen.personal_count,
        "gone": list(seen.gone),
        "gone_count": seen.gone_count,
    }


def _time(micros: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(micros // 1_000_000, UTC).isoformat()
