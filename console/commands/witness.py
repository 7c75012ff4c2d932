"""`rightsdesk witness`: watch central from a machine that its administrator does not control."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from console.commands.options import HomeOption, JsonOption

if TYPE_CHECKING:
    import sqlalchemy as sa

    from services.action_log.merkle import TreeHead
    from services.witnessing import Round, Witness

app = typer.Typer(no_args_is_help=True, help="The witness: see that central was never rolled back or rewritten.")

StateOption = Annotated[Path, typer.Option("--state", help="The witness's own folder.")]


@app.command()
def init(
    state: StateOption,
    name: Annotated[str, typer.Option("--name", help="The name it cosigns under, as witness.example.")],
) -> None:
    """Make a witness in a new or empty folder and print its public key. Exit 2: bad input."""
    from services import witnessing
    from services.errors import DeskError

    try:
        typer.echo(witnessing.create(state, name))
    except (DeskError, OSError) as exc:
        _refuse("init", exc)


@app.command()
def check(
    state: StateOption,
    home: HomeOption = None,
    central: Annotated[
        str, typer.Option("--central", help="The server, as postgresql://witness@host/name; its password: ~/.pgpass.")
    ] = "",
    new_only: Annotated[
        bool, typer.Option("--new-only", help="Read only new entries; sees no edit of old ones.")
    ] = False,
    restored: Annotated[
        bool,
        typer.Option("--restored", help="Central was put back to a backup and you know why: see docs/evidence.md."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Hold central against what was seen last; cosign what only grew.

    Exit 0 all as it should be, 1 a log was changed, rolled back, forked or signed anew, 2 unusable, 3 central is away.
    """
    import time

    from db.central_witness import CentralView
    from services import witnessing
    from services.errors import DeskError

    try:
        engine = open_central(home, central)
        try:
            with witnessing.opened(state) as witness, CentralView.of(engine) as view:
                found = witness.round(view, int(time.time()), new_only=new_only, restored=restored)
        finally:
            engine.dispose()
    except (DeskError, OSError) as exc:
        _refuse("check", exc)
    typer.echo(as_text(found, as_json))
    raise typer.Exit(1 if found.alarms else 0)


@app.command()
def show(
    state: StateOption,
    log: Annotated[str, typer.Option("--log", help="Print the newest cosigned checkpoint of this log.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Say what the witness remembers: its own key, each log's key, size and when it was cosigned."""
    from services import witnessing
    from services.errors import DeskError

    try:
        with witnessing.opened(state) as witness:
            text = witness.note(log) if log else remembered(witness, as_json)
    except (DeskError, OSError) as exc:
        _refuse("show", exc)
    typer.echo(text.rstrip("\n"))


def open_central(home: Path | None, url: str) -> "sa.Engine":
    """The central of a home, or the server named; raises `DeskError`."""
    from console.settings import Central, load_standing, passphrase
    from db.central_engine import open_engine
    from services.errors import BadInput
    from services.home import CENTRAL_KEY
    from services.secrets import open_vault

    if url:
        try:
            Central(url)
        except ValueError as exc:
            raise BadInput(str(exc), place="--central") from exc
        return open_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), None)
    settings = load_standing(home)
    demo = settings.demo or (settings.home / "demo-home").is_file()
    vault = open_vault(settings.home, passphrase=passphrase(settings), demo=demo, choice=settings.secrets.store)
    return open_engine(settings.central_url, vault.get(CENTRAL_KEY))


def as_text(found: "Round", as_json: bool) -> str:
    """What a round found, for people or programs."""
    import json

    from console.plain import plain

    if as_json:
        alarms = [
            {"log": a.log, "kind": a.kind, "place": a.place, "first": a.first, "last": a.last, "detail": a.detail}
            for a in found.alarms
        ]
        cosigned = {log: _as_json(head) for log, head in found.cosigned.items()}
        aggregate = {} if found.aggregate is None else _as_json(found.aggregate)
        whole = {"alarms": alarms, "cosigned": cosigned, "new": found.new, "entries": found.entries}
        whole["aggregate"] = aggregate
        return json.dumps({**whole, "exit": 1 if alarms else 0}, indent=2)
    lines = [
        plain(f"ALARM  {a.log}  {a.kind.upper()}{', ' + a.place if a.place else ''}. {a.detail}") for a in found.alarms
    ]
    lines += [f"new  {log}: its key is trusted from now on" for log in found.new]
    lines.append(f"{len(found.cosigned)} logs with entries hold and are cosigned; {found.entries} entries read")
    if found.aggregate is not None:
        lines.append(f"the aggregate of {found.aggregate.size} accepted checkpoints is remembered and cosigned")
    if found.alarms:
        lines.append("What was witnessed before is kept, and the notes refused are in refused/. Tell the controllers.")
    return "\n".join(lines)


def _as_json(head: "TreeHead") -> dict[str, object]:
    return {"size": head.size, "root": head.root.hex()}


def remembered(witness: "Witness", as_json: bool) -> str:
    """The witness and its logs, for people or programs."""
    import json
    from datetime import UTC, datetime

    from services.action_log.aggregate import AGGREGATE
    from services.action_log.checkpoint import verifier_key

    whole = witness.aggregate
    rows = [
        {
            "log": log,
            "key": verifier_key(seen.origin, seen.public_key),
            "size": seen.head.size,
            "root": seen.head.root.hex(),
            "cosigned_at": witness.cosigned_at(log),
        }
        for log, seen in [*sorted(witness.seen.items()), *(((AGGREGATE, whole),) if whole else ())]
    ]
    if as_json:
        return json.dumps({"key": witness.verifier_key, "logs": rows}, indent=2)
    lines = [f"this witness  {witness.verifier_key}"]
    for row in rows:
        at = datetime.fromtimestamp(int(str(row["cosigned_at"])), UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        said = f"{row['size']} entries, cosigned {at}" if row["cosigned_at"] else "nothing to cosign yet"
        lines.append(f"{row['log']}  {said}  {row['key']}")
    return "\n".join(lines)


def _refuse(command: str, error: Exception) -> NoReturn:
    from services.errors import Unavailable

    typer.echo(f"rightsdesk witness {command}: {error}", err=True)
    raise typer.Exit(3 if isinstance(error, Unavailable) else 2) from error
