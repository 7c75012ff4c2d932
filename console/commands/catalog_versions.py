"""`rightsdesk catalog publish|versions|diff|show`: catalogs as central has them. For operators."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import HomeOption, JsonOption, PinStdinOption
from console.plain import plain

if TYPE_CHECKING:
    from services.catalog.compare import Change
    from services.catalog.version import Head

Controller = Annotated[str, typer.Argument(help="Whose catalog, as nordlicht.")]


def publish(
    controller: Controller,
    note: Annotated[str, typer.Option(help="Why, in one line that everybody reads.")] = "",
    officer: Annotated[str, typer.Option(help="The number of the officer who publishes; asks for their PIN.")] = "",
    pin_stdin: PinStdinOption = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the catalog in this home's folder the one that all machines work by. Shows what changes, and asks.

    Exit 0: published, or nothing is new; 1: not published; 2: the files are not valid.
    """
    from console.commands.operator_home import operator_home
    from console.shell_session import ask_pin
    from services import publishing

    place, vault = operator_home(home)
    one = publishing.prepared(place, vault, controller, note)
    if not one.new:
        _tell(
            {"published": False, **_version(one.before)}, ["nothing is new: the newest version says the same"], as_json
        )
        return
    lines = [*_changed(one.changes), f"{controller}: this becomes version {one.number}, {len(one.files)} files"]
    if not as_json:
        _print(lines)
    if not yes and not _agreed():
        _tell({"published": False, "changes": _as_lists(one.changes)}, ["nothing was published"], as_json)
        raise typer.Exit(1)
    by = publishing.officer(place, vault, officer, ask_pin(stdin=pin_stdin), controller) if officer else ""
    head = publishing.publish(place, vault, one, by)
    told = {"published": True, **_version(head), "changes": _as_lists(one.changes)}
    _tell(told, [f"version {head.number} is published; workers take it as soon as they see its act"], as_json)


def versions(
    controller: Annotated[str, typer.Argument(help="Only this controller's.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Every published catalog, newest first: who published it, when and why."""
    from console.commands.operator_home import operator_home
    from services.publishing import versions_of

    with versions_of(*operator_home(home)) as found:
        heads = found.heads(controller)
    lines = [f"{h.controller:<12} {h.number:>4}  {_at(h)}  {h.by:<18} {h.files[:12]}  {h.note}" for h in heads]
    _tell({"versions": [_version(h) for h in heads]}, lines or ["no catalog was ever published"], as_json)


def diff(
    controller: Controller,
    before: Annotated[int, typer.Argument(help="A version's number; the newest when not given.")] = 0,
    after: Annotated[int, typer.Argument(help="Another's; this home's folder when not given.")] = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """What changed between two versions, field by field, or since one in this home's folder. Exit 1: something did."""
    from console.commands.operator_home import operator_home
    from services.catalog.compare import changes
    from services.catalog.version import files_in, unpack
    from services.publishing import versions_of

    place, vault = operator_home(home)
    with versions_of(place, vault) as found:
        old = unpack(found.version(controller, before).files)
        new = unpack(found.version(controller, after).files) if after else files_in(place.systems(controller))
    changed = changes(old, new)
    _tell({"changes": _as_lists(changed)}, _changed(changed) or ["nothing changed"], as_json)
    raise typer.Exit(1 if changed else 0)


def show(
    controller: Controller,
    number: Annotated[int, typer.Argument(help="A version's number; the newest when not given.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Also write its files into this new folder.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """One version: who published it, what changed with it, its systems and collections. Exit 1: it does not check."""
    import orjson

    from console.commands.operator_home import operator_home
    from services.catalog.version import Head, unpack, write_files
    from services.errors import BadInput
    from services.publishing import versions_of

    with versions_of(*operator_home(home)) as found:
        stored = found.version(controller, number)
        fault = stored.fault()
        if not fault and (stored.controller, stored.number, stored.digest) not in found.published():
            fault = "no accepted act names it: a worker did not take it in yet, or nobody published it"
    if fault:
        _tell({"whole": False, "fault": fault}, [f"version {stored.number} of {controller}: {fault}"], as_json)
        raise typer.Exit(1)
    if out is not None:
        if out.exists():
            raise BadInput("is there already", place="--out")
        write_files(unpack(stored.files), out / controller / "systems")
    head, shown = Head.from_json(stored.head), orjson.loads(stored.shown)
    lines = [f"{controller} version {head.number}, {_at(head)}, by {head.by}", *([head.note] if head.note else [])]
    lines += [f"  {' '.join(str(part or '-') for part in change)}" for change in shown["changes"]]
    for system in shown["systems"]:
        lines.append(f"{system['key']} ({system['kind']}){' excluded' if system['excluded'] else ''}")
        lines += [f"  {c['name']}: {len(c['fields'])} fields, {c['erase'] or '-'}" for c in system["collections"]]
    _tell({"whole": True, **_version(head), **shown}, lines, as_json)


def _agreed() -> bool:
    """Whether the person at the terminal says yes; without one, it is no."""
    if not sys.stdin.isatty():
        typer.echo("nobody is there to ask: add --yes", err=True)
        return False
    return typer.confirm("Publish it?", default=False)


def _changed(changes: "Iterable[Change]") -> list[str]:
    """`- gone`, `+ new`, `~ before → after`, a line each."""
    told = []
    for one in changes:
        if one.before is None:
            told.append(f"+ {one.place}: {one.after}")
        elif one.after is None:
            told.append(f"- {one.place}: {one.before}")
        else:
            told.append(f"~ {one.place}: {one.before if one.before == one.after else f'{one.before} → {one.after}'}")
    return told


def _as_lists(changes: "Iterable[Change]") -> list[dict[str, str | None]]:
    return [{"place": one.place, "before": one.before, "after": one.after} for one in changes]


def _version(head: "Head | None") -> dict[str, object]:
    if head is None:
        return {}
    return {
        "controller": head.controller,
        "version": head.number,
        "at": _at(head),
        "by": head.by,
        "note": head.note,
        "files": head.files,
        "digest": head.digest,
    }


def _at(head: "Head") -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(head.at / 1_000_000, UTC).isoformat(timespec="seconds")


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(plain(line))


def _tell(whole: dict[str, object], lines: Iterable[str], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(whole, indent=2))
    else:
        _print(lines)
