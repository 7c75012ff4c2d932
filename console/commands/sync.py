"""`rightsdesk sync`: bring a terminal's log to central and the queue to the terminal, without a console."""

import json
import time
from typing import Annotated

import typer

from console.commands.options import HomeOption, JsonOption
from console.plain import EXIT_UNAVAILABLE, plain


def sync(
    terminal: Annotated[str, typer.Option(help="Which of this home's terminals; that of its settings otherwise.")] = "",
    wait: Annotated[float, typer.Option(help="Seconds to wait until central has everything.")] = 30.0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send what waits and fetch what is new. Exit 0: central has everything; 3: it has not, yet.

    Nothing is lost when it ends before: what waits stays in the log, and the next start goes on.
    """
    from console.desk_opener import open_desk
    from console.settings import load_standing

    desk = open_desk(load_standing(home), terminal)
    try:
        desk.connect()
        until = time.monotonic() + wait
        fetched = desk.caught_up(wait)
        sent = desk.synced(max(0.1, until - time.monotonic()))
        status = desk.status()
    finally:
        desk.close()
    if as_json:
        typer.echo(json.dumps({"sent": sent, "fetched": fetched, "state": status.sync_text}))
    else:
        typer.echo(plain(status.sync_text))
    raise typer.Exit(0 if sent and fetched else EXIT_UNAVAILABLE)
