"""`rightsdesk worker`: run the process that ingests, answers and does the jobs; see whether one lives."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from console.settings import Settings
    from services.fulfilment.worker import Order
    from services.letters.delivery import MailSettings
    from services.secrets import Vault

app = typer.Typer(no_args_is_help=True, help="The worker: run it, see whether one lives.")

HomeOption = Annotated[Path | None, typer.Option("--home", help="The home folder; RIGHTSDESK_HOME or the usual one.")]
ALIVE_S = 5.0
"""A worker that was not seen for this long is not counted as living."""


@app.command()
def run(
    name: Annotated[str, typer.Option("--worker", help="Its name or id; the only one when not given.")] = "",
    home: HomeOption = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", help="End when standard input ends.")] = False,
) -> None:
    """Run a worker until it is told to stop; begun jobs go on at the next start. Exit 2: it cannot start."""
    from services.errors import DeskError
    from services.fulfilment import worker

    try:
        worker.run(order(home, name), with_parent=with_parent, say=lambda line: print(line, flush=True))
    except DeskError as exc:
        _refuse("run", exc)
    # Jobs in flight hold threads that nobody waits for; what they had done is recorded, the rest goes on next time.
    sys.stdout.flush()
    os._exit(0)


@app.command()
def status(
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Say whether a worker lives: exit 0 yes, 1 no, 2 not to be found out."""
    import json
    import time

    from services.errors import DeskError

    try:
        seen_at, pid = _seen(home)
    except DeskError as exc:
        _refuse("status", exc)
    ago = time.time() - seen_at / 1_000_000 if seen_at else None
    alive = ago is not None and ago < ALIVE_S
    if as_json:
        typer.echo(json.dumps({"alive": alive, "pid": pid, "seen_s_ago": None if ago is None else round(ago, 1)}))
    elif ago is None:
        typer.echo("no worker has ever run here: rightsdesk worker run")
    else:
        typer.echo(f"worker {'lives' if alive else 'is away'}: pid {pid}, seen {ago:.0f} s ago")
    raise typer.Exit(0 if alive else 1)


@app.command()
def enrol(
    name: Annotated[str, typer.Argument(help="What people call it, as worker-2.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to write the invitation (central on a server).")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Let a worker take part. With central on a server: an invitation under a passphrase, to join with once."""
    from console.commands.enrolling import enrolled
    from console.plain import plain

    typer.echo(plain(enrolled("worker", name, out, home)))


def order(home: Path | None, name: str) -> "Order":
    """How the settings of `home` want its worker to run; raises `DeskError`."""
    from console.settings import load_standing, passphrase
    from services.fulfilment.worker import Order

    settings = load_standing(home)
    secret, demo = passphrase(settings), _is_demo(settings)
    return Order(
        home=settings.home,
        worker=_owner(settings.home, name),
        passphrase=secret,
        demo=demo,
        mail=_mail(settings, secret, demo),
        outbox=settings.mail.outbox,
        central_url=settings.central_url,
    )


def _owner(home: Path, name: str) -> str:
    """The id of the worker called `name`, of the only one when empty; raises `NotFound`."""
    from services.errors import NotFound
    from services.home import Home, owner_of

    place = Home(home)
    enrolled = sorted(folder.name for folder in (home / "workers").glob("*") if folder.is_dir())
    if name:
        return name if name in enrolled else owner_of(place, "worker", name)
    if len(enrolled) != 1:
        raise NotFound(f"{len(enrolled)} workers are enrolled in {home}: name one with --worker")
    return enrolled[0]


def _is_demo(settings: "Settings") -> bool:
    return settings.demo or (settings.home / "demo-home").is_file()


def _vault(settings: "Settings", secret: str | None, demo: bool) -> "Vault":
    from services.secrets import open_vault

    return open_vault(settings.home, passphrase=secret, demo=demo, choice=settings.secrets.store)


def _mail(settings: "Settings", secret: str | None, demo: bool) -> "MailSettings | None":
    """The mail server, with its password from the vault; None where letters become files."""
    from services.letters.delivery import MailSettings

    mail = settings.mail
    if not mail.host:
        return None
    password = _vault(settings, secret, demo).get("mail-password") if mail.user else None
    return MailSettings(
        host=mail.host,
        port=mail.port,
        sender=mail.sender,
        tls=mail.tls,
        user=mail.user,
        password=(password or b"").decode(),
        timeout_seconds=mail.timeout_seconds,
    )


def _seen(home: Path | None) -> tuple[int, int]:
    from console.settings import load_standing, passphrase
    from db.central import open_engine
    from db.central_port import CentralPort
    from services.home import CENTRAL_KEY, key

    settings = load_standing(home)
    vault = _vault(settings, passphrase(settings), _is_demo(settings))
    engine = open_engine(settings.central_url, key(vault, CENTRAL_KEY))
    return CentralPort(engine, "").worker_seen()


def _refuse(command: str, error: Exception) -> NoReturn:
    typer.echo(f"rightsdesk worker {command}: {error}", err=True)
    raise typer.Exit(2) from error
