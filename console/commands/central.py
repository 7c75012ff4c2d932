"""`rightsdesk central`: make a central on PostgreSQL, bring it to this program's version, check it. For operators."""

import json
from typing import Annotated

import typer

from console.commands.options import HomeOption, JsonOption
from console.plain import plain

app = typer.Typer(no_args_is_help=True, help="Central: make it on PostgreSQL, upgrade it, check it.")

PASSWORD_FILE = "RIGHTSDESK_CENTRAL_PASSWORD_FILE"  # noqa: S105 - the name of a variable
Url = Annotated[str, typer.Argument(help="postgresql://ADMIN@HOST/DATABASE, without the password.")]


@app.command()
def init(
    url: Url,
    deployment: Annotated[str, typer.Option(help="The deployment's name; it stands in every checkpoint for ever.")],
    controllers: Annotated[
        str, typer.Option(help="A folder whose `controllers/` describes whose customers call; copied into the home.")
    ] = "",
    home: HomeOption = None,
) -> None:
    """Make schema, roles and grants in an empty database, and the deployment's keys in this home's vault.

    The administrator's password is asked for, or read from the file in RIGHTSDESK_CENTRAL_PASSWORD_FILE.
    """
    from pathlib import Path

    from console.commands.making import checked_url, make_central
    from console.settings import resolve_home
    from console.shell_session import secret

    url = checked_url(url)
    password = secret("Administrator's password: ", PASSWORD_FILE, "password")
    for line in make_central(resolve_home(home), url, deployment, password, Path(controllers) if controllers else None):
        typer.echo(plain(line))


@app.command()
def upgrade(home: HomeOption = None) -> None:
    """Bring central to the schema of this program. Machines of another version say so and write on."""
    from console.commands.making import upgraded
    from console.commands.operator_home import operator_home
    from db.central_engine import SCHEMA
    from services.action_log.acts import CentralUpgraded
    from services.operators import has_log, recording

    place, vault = operator_home(home)
    if not has_log(place):
        upgraded(place, vault)  # only a central of this schema can enrol one
    with recording(place, vault) as record:
        record(CentralUpgraded(SCHEMA))
        upgraded(place, vault)
    typer.echo(f"central has schema {SCHEMA}")


@app.command()
def check(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Find every row, trigger, grant, view and function that was changed. Exit 0: none was; 1: some were.

    That central as a whole was put back to an older state shows at the terminals, or at a witness.
    """
    from console.commands.operator_home import operator_home
    from services.central_check import central_check

    found = central_check(*operator_home(home))
    if as_json:
        typer.echo(json.dumps({"whole": not found, "found": found}, indent=2))
    else:
        for sentence in found:
            typer.echo(plain(sentence))
        typer.echo("central is not what was signed and made" if found else "central is what was signed and made")
    raise typer.Exit(1 if found else 0)


@app.command("rotate-key")
def rotate_key(
    days: Annotated[
        float,
        typer.Option(help="How long what was sealed to the old key is still taken, from terminals that were away."),
    ] = 14.0,
    end: Annotated[bool, typer.Option("--end", help="Take the old key no longer than sealing anew needs.")] = False,
    home: HomeOption = None,
) -> None:
    """Begin to rotate the deployment's key, or say how far it is. Running workers do it. Exit 0: nothing is rotating.

    Back this home up again when it is done: older backups of central do not open with the new key.
    """
    from console.commands.operator_home import operator_home
    from console.commands.rotating import rotate

    done, words = rotate(*operator_home(home), days=days, end=end)
    typer.echo(plain(words))
    raise typer.Exit(0 if done else 1)


@app.command()
def vacuum(home: HomeOption = None) -> None:
    """Write anew the tables that shredded details were deleted from, so that the server's files hold them no more.

    Each table is locked for the moment that takes: give it a quiet hour.
    """
    from console.commands.operator_home import operator_home
    from db.central_engine import open_engine
    from db.central_vacuum import vacuum as written_anew
    from services.home import CENTRAL_KEY

    place, vault = operator_home(home)
    engine = open_engine(place.central_url, vault.get(CENTRAL_KEY))
    try:
        freed = written_anew(engine)
    finally:
        engine.dispose()
    typer.echo(f"central's files hold nothing that was deleted; {freed:,} bytes were freed")


@app.command()
def metrics(
    listen: Annotated[
        str, typer.Option(help="HOST:PORT to serve /metrics on, until Ctrl-C; printed once without.")
    ] = "",
    home: HomeOption = None,
) -> None:
    """Central's numbers in Prometheus' format: what waits, what is overdue, which workers live. No personal data."""
    from console.commands.operator_home import operator_home
    from services.metrics import metrics as numbers

    place = operator_home(home)
    if not listen:
        typer.echo(numbers(*place), nl=False)
        return
    from console.commands.metrics_server import serve

    serve(listen, lambda: numbers(*place), lambda line: typer.echo(plain(line)))
