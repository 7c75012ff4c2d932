"""`rightsdesk suppress`: take out of a list who was erased or objected, before it is imported or written to."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from console.commands.options import JsonOption
from console.commands.replay_home import HomeOption, replay_home

if TYPE_CHECKING:
    from services.fulfilment.import_list import Held


def suppress(
    file: Annotated[Path, typer.Argument(help="The list, a CSV with a header, in UTF-8.")],
    controller: Annotated[str, typer.Option(help="For whom it is imported, as nordlicht.")],
    column: Annotated[
        list[str], typer.Option(help="KIND=HEADER, as email=E-Mail; kinds: email, phone, customer_number.")
    ],
    out: Annotated[Path | None, typer.Option(help="A new file for the rows that stay.")] = None,
    purpose: Annotated[str, typer.Option(help="What it is for, as newsletter; without, any objection counts.")] = "",
    delimiter: Annotated[str, typer.Option(help="What parts the fields.")] = ",",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how many in a list were erased or objected, never who, and write the others to --out. On a worker's machine.

    Exit 0: they are left out, or there are none. 1: there are some, and nothing was written.
    """
    from services.fulfilment.import_list import Tally, read_list, stay

    columns, tally = _columns(column, delimiter), Tally()
    held = _held(home, controller, purpose)
    with _opened(file) as source:
        header, rows = read_list(source, columns, delimiter)
        staying = stay(header, rows, columns, held, tally)
        if out is None:
            for _ in staying:
                pass
        else:
            _write(out, [header], staying, delimiter)
    if as_json:
        typer.echo(json.dumps({**tally.__dict__, "written": out is not None}, indent=2))
    else:
        typer.echo(f"{tally.erased} were erased, {tally.objected} objected, {tally.kept} stay")
        if tally.unnamed:
            typer.echo(f"{tally.unnamed} of these have none of the columns filled: nobody can say who they are")
    raise typer.Exit(1 if out is None and tally.erased + tally.objected else 0)


def _columns(pairs: list[str], delimiter: str) -> dict[str, str]:
    from services.errors import BadInput
    from services.fulfilment.import_list import KINDS

    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise BadInput("is one sign, such as ; or ,", place="--delimiter")
    columns = {}
    for pair in pairs:
        kind, equals, name = pair.partition("=")
        if kind not in KINDS or not equals:
            raise BadInput(f"is KIND=HEADER; kinds are {', '.join(KINDS)}", place="--column")
        columns[kind] = name
    return columns


def _held(home: Path | None, controller: str, purpose: str) -> "Held":
    from db.central_replay import ReplayStore
    from services.errors import BadInput
    from services.fulfilment.import_list import Held

    room = replay_home(home)
    one = room.controller(controller)
    if purpose and one.purpose(purpose) is None:
        known = ", ".join(p.key for p in one.purposes) or "none"
        raise BadInput(f"{controller} has no purpose '{purpose}'; it has {known}", place="--purpose")
    return Held(room.lookup_key, controller, one.country, ReplayStore(room.store.engine).rows(), purpose)


@contextmanager
def _opened(file: Path) -> Iterator[TextIO]:
    from services.errors import BadInput

    try:
        source = file.open(encoding="utf-8-sig", newline="")
    except OSError as exc:
        raise BadInput(f"cannot be read ({exc.strerror or 'no reason given'})", place=str(file)) from None
    with source:
        yield source


def _write(out: Path, header: list[list[str]], rows: Iterator[list[str]], delimiter: str) -> None:
    """A new file (0600), whole or not there."""
    import csv
    from itertools import chain

    from services.errors import BadInput

    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as exc:
        why = exc.strerror or "no reason given"
        raise BadInput(f"cannot be made ({why}); nothing was written", place=str(out)) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as target:
            csv.writer(target, delimiter=delimiter).writerows(chain(header, rows))
    except BaseException:
        out.unlink(missing_ok=True)
        raise
