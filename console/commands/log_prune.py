"""`rightsdesk log prune`: retention in a machine's own log."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.log_home import LogOption
from console.commands.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from services.pruning import Plan


def prune(
    before: Annotated[str, typer.Option("--before", help="A date, as 2023-01-01: what is younger stays.")],
    log: LogOption = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, it only says what would go.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take the texts of old entries out of a log; their hashes stay, and what stays still proves.

    Exit 0 done, 1 the log is not whole, 2 bad input, 3 central is away or the log is in use.
    """
    import json

    from services.errors import DeskError, Refused, Unavailable

    try:
        wanted, gone = pruned(before, log, yes=yes, home=home)
    except (DeskError, OSError) as exc:
        typer.echo(f"rightsdesk log prune: {exc}", err=True)
        code = 1 if isinstance(exc, Refused) else 3 if isinstance(exc, Unavailable) else 2
        raise typer.Exit(code) from exc
    if as_json:
        whole = {
            "log": wanted.log, "size": wanted.size, "pruned_before": wanted.done, "cut": wanted.cut,
            "first_that_stays": wanted.stays, "why": wanted.why, "gone": gone,
        }  # fmt: skip
        typer.echo(json.dumps(whole, indent=2))
    else:
        typer.echo("\n".join(lines_of(wanted, gone, yes=yes)))


def pruned(before: str, log: str, *, yes: bool, home: Path | None) -> "tuple[Plan, int]":
    """What may go, and how many texts went; raises `DeskError`."""
    from datetime import UTC, datetime

    from console.settings import load_standing, passphrase
    from services import pruning
    from services.errors import BadInput
    from services.evidence import evidence_of
    from services.home import Home
    from services.secrets import open_vault

    try:
        date = datetime.strptime(before, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as exc:
        raise BadInput("is not a date like 2023-01-01", place="--before") from exc
    if date >= datetime.now(UTC):
        raise BadInput("lies in the future", place="--before")
    settings = load_standing(home)
    vault = open_vault(settings.home, passphrase=passphrase(settings), demo=settings.demo)
    place = Home(settings.home, settings.central_url)
    evidence = evidence_of(place, vault)
    file, moment = evidence.find(log or None), int(date.timestamp() * 1_000_000)
    with pruning.ended_before(place, vault, moment) as ended:
        wanted = pruning.plan(file, moment, ended)
    if not yes or wanted.cut == wanted.done:
        return wanted, 0
    return wanted, pruning.prune(place, vault, evidence, file, wanted)


def lines_of(wanted: "Plan", gone: int, *, yes: bool) -> list[str]:
    """What went or would go, for people."""
    stays = f"entry {wanted.stays} stays: {wanted.why}"
    if wanted.cut == wanted.done:
        return [f"{wanted.log}: nothing to prune; {stays}"]
    if yes:
        return [
            f"{wanted.log}: {gone} texts below entry {wanted.cut} are gone; their hashes are here, {stays}",
            "Backups of this file still have them.",
        ]
    first = max(wanted.done, 1)
    return [
        f"{wanted.log}: the texts of entries {first} to {wanted.cut - 1} of {wanted.size} can go; {stays}",
        "Nothing was changed. Add --yes to do it; it cannot be undone.",
    ]
