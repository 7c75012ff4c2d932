"""`rightsdesk worker`: run the process that ingests, answers and does the jobs; see whether one lives."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from console.commands.worker_secret import secret

if TYPE_CHECKING:
    from console.settings import Settings
    from db.central_jobs import WorkerSeen
    from db.central_shapes import Halt
    from services.fulfilment.tally import Tally
    from services.fulfilment.worker import Order
    from services.letters.delivery import MailSettings
    from services.letters.texts import TextGateway
    from services.secrets import Vault

app = typer.Typer(no_args_is_help=True, help="The worker: run it, see whether one lives.")
app.command(name="secret")(secret)

HomeOption = Annotated[Path | None, typer.Option("--home", help="The home folder; RIGHTSDESK_HOME or the usual one.")]


@app.command()
def run(
    name: Annotated[str, typer.Option("--worker", help="Its name or id; the only one when not given.")] = "",
    home: HomeOption = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", help="End when standard input ends.")] = False,
    listen: Annotated[
        str, typer.Option("--metrics", help="HOST:PORT to serve this worker's numbers on, for Prometheus.")
    ] = "",
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Its journal on standard output too, a JSON line an event.")
    ] = False,
) -> None:
    """Run a worker until it is told to stop; begun jobs go on at the next start. Exit 2: it cannot start."""
    from services.errors import DeskError
    from services.fulfilment import worker
    from services.fulfilment.tally import Tally

    tally = Tally()
    try:
        say = _nothing if log_json else lambda line: print(line, flush=True)
        if listen:
            say(f"serving {_watched(listen, tally)}")
        how = replace(order(home, name), log_json=log_json)
        worker.run(how, with_parent=with_parent, say=say, tally=tally)
    except DeskError as exc:
        _refuse("run", exc)
    # Jobs in flight hold threads that nobody waits for; what they had done is recorded, the rest goes on next time.
    sys.stdout.flush()
    os._exit(0)


def _nothing(line: str) -> None:
    """The journal says it, in JSON."""


def _watched(listen: str, tally: "Tally") -> str:
    """Serve the tally's numbers beside the work, and where; raises `BadInput`, `Unavailable`."""
    import threading

    from console.commands.metrics_server import server_at, url_of
    from services.metrics import exposition

    server = server_at(listen, lambda: exposition(tally.counts()))
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return url_of(server)


@app.command()
def status(
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """List the workers: which live and since when, which leads, their jobs. Exit 0 one lives, 1 none, 2 no answer."""
    import json

    from services.errors import DeskError

    try:
        now, found, halts = _workers(home)
    except DeskError as exc:
        _refuse("status", exc)
    if as_json:
        told = [{**asdict(w), "since": _iso(w.since), "seen_at": _iso(w.seen_at)} for w in found]
        stopped = {key: {**one._asdict(), "since": _iso(one.since)} for key, one in halts.items()}
        typer.echo(json.dumps({"alive": any(w.alive for w in found), "workers": told, "stopped": stopped}))
    elif not any(w.seen_at for w in found):
        typer.echo("no worker has ever run here: rightsdesk worker run")
    else:
        for worker in found:
            typer.echo(_line(worker, now))
    for key, halt in () if as_json else sorted(halts.items()):
        typer.echo(f"WORK STOPPED for {_scope(key)} by {halt.by} since {_iso(halt.since)}: {halt.reason}")
    raise typer.Exit(0 if any(w.alive for w in found) else 1)


@app.command()
def pause(
    controller: Annotated[str, typer.Option("--controller", help="Only this controller's; every one's without.")] = "",
    reason: Annotated[
        str, typer.Option("--reason", help="Why, in a few plain words: they stay in the log.")
    ] = "paused",
    home: HomeOption = None,
) -> None:
    """Stop all execution: nothing begins, what runs stops between two data systems. An operator's act, in the log."""
    from console.commands.pausing import halt

    with _refusing("pause"):
        typer.echo(
            f"all work is stopped for {_scope(halt(home, controller, reason))}: rightsdesk worker resume ends it"
        )


@app.command()
def resume(
    controller: Annotated[str, typer.Option("--controller", help="Only this controller's; every one's without.")] = "",
    home: HomeOption = None,
) -> None:
    """Let go on what was stopped, by an operator or by a lead; begun jobs go on from their recorded steps."""
    from console.commands.pausing import let_go_on

    with _refusing("resume"):
        typer.echo(f"work goes on for {_scope(let_go_on(home, controller))}")


def _scope(controller: str) -> str:
    return "every controller" if controller == "*" else controller


@contextmanager
def _refusing(command: str) -> Iterator[None]:
    """Errors of ours as the command's; exit 2."""
    from services.errors import DeskError

    try:
        yield
    except DeskError as exc:
        _refuse(command, exc)


def _line(worker: "WorkerSeen", now: int) -> str:
    """`worker-1 (id)  lives for 12 s, leads, 3 jobs, pid 7`."""
    ago = f"{(now - worker.since) / 1_000_000:.0f} s"
    state = f"lives for {ago}" if worker.alive else f"away for {ago}" if worker.since else "never ran"
    leads = ", leads" if worker.leads else ""
    jobs = f"{worker.jobs} job{'' if worker.jobs == 1 else 's'}"
    return f"{worker.name} ({worker.id})  {state}{leads}, {jobs}, pid {worker.pid}"


def _iso(micros: int) -> str | None:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(micros / 1_000_000, UTC).isoformat(timespec="seconds") if micros else None


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
        texts=_texts(settings, secret, demo),
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
    from services.secret_names import MAIL_PASSWORD

    mail = settings.mail
    if not mail.host:
        return None
    password = _vault(settings, secret, demo).get(MAIL_PASSWORD) if mail.user else None
    return MailSettings(
        host=mail.host,
        port=mail.port,
        sender=mail.sender,
        tls=mail.tls,
        user=mail.user,
        password=(password or b"").decode(),
        timeout_seconds=mail.timeout_seconds,
    )


def _texts(settings: "Settings", secret: str | None, demo: bool) -> "TextGateway | None":
    """The gateway for text messages, with its secret from the vault; None where codes go by mail alone."""
    from services.letters.texts import TextGateway
    from services.secret_names import TEXTS_SECRET

    texts = settings.texts
    if not texts.url:
        return None
    kept = _vault(settings, secret, demo).get(TEXTS_SECRET) or b""
    return TextGateway(
        url=texts.url,
        sender=texts.sender,
        to=texts.to,
        text=texts.text,
        sender_field=texts.sender_field,
        header=texts.header,
        secret=kept.decode(),
        timeout_seconds=texts.timeout_seconds,
    )


def _workers(home: Path | None) -> "tuple[int, list[WorkerSeen], dict[str, Halt]]":
    """Central's clock, every worker, and what is halted; raises `DeskError`."""
    from sqlalchemy.exc import DBAPIError

    from console.settings import load_standing, passphrase
    from db.central import as_desk_error, open_engine
    from db.central_store import CentralStore
    from services.home import CENTRAL_KEY, key

    settings = load_standing(home)
    vault = _vault(settings, passphrase(settings), _is_demo(settings))
    engine = open_engine(settings.central_url, key(vault, CENTRAL_KEY))
    try:
        store = CentralStore(engine)
        return *store.workers(), store.halts()
    except DBAPIError as exc:
        raise as_desk_error(exc) from exc


def _refuse(command: str, error: Exception) -> NoReturn:
    typer.echo(f"rightsdesk worker {command}: {error}", err=True)
    raise typer.Exit(2) from error
