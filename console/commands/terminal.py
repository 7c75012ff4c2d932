"""`rightsdesk terminal`: which terminals belong to the centre; and `rightsdesk join`, run on the new machine."""

import json
from pathlib import Path
from typing import Annotated

import typer

from console.commands.options import HomeOption, JsonOption
from console.plain import plain

app = typer.Typer(no_args_is_help=True, help="Terminals: enrol, revoke, list.")

Name = Annotated[str, typer.Argument(help="What people call it, as desk-4.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Where to write the invitation (central on a server).")]


@app.command()
def enrol(name: Name, out: Out = None, home: HomeOption = None) -> None:
    """Let a terminal take part. With central on a server: an invitation, which the new machine joins with once."""
    from console.commands.enrolling import enrolled

    typer.echo(plain(enrolled("terminal", name, out, home)))


@app.command()
def revoke(name: Name, home: HomeOption = None) -> None:
    """Shut a terminal out, now. What it logged stays; what it had not sent yet is on its disk."""
    from console.commands.operator_home import operator_home
    from services.invitation import revoke as revoked

    revoked(*operator_home(home), "terminal", name)
    typer.echo(plain(f"terminal {name} is shut out"))


@app.command(name="list")
def list_(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Every terminal, worker and machine of operators, revoked ones too."""
    from console.commands.operator_home import operator_home
    from services.invitation import machines

    found = machines(*operator_home(home))
    if as_json:
        typer.echo(json.dumps([{"id": m.owner, "kind": m.kind, "name": m.name, "state": m.state} for m in found]))
        return
    for one in found:
        typer.echo(plain(f"{one.owner}  {one.kind:<9} {one.name:<16} {one.state}"))


def rotate_password(home: HomeOption = None) -> None:
    """Give this machine's login in central another password, made and kept here. Close the console or worker first."""
    from console.commands.operator_home import operator_home
    from services.password import rotate_password as rotated

    rotated(*operator_home(home))
    typer.echo("this machine's login has another password")


def join(
    invitation: Annotated[Path, typer.Argument(help="The file that an operator made with `enrol`.")],
    home: HomeOption = None,
) -> None:
    """Make this machine the terminal or worker that was invited. Its keys are made here and stay here."""
    from console.commands.enrolling import joined

    typer.echo(plain(joined(invitation, home)))
