"""`rightsdesk log extract`: what a person may know of the log: when their data were used and why, never by whom."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from console.commands.options import JsonOption
from console.commands.replay_home import HomeOption, replay_home


def extract(
    case: Annotated[str, typer.Argument(help="One of the person's cases, as C-26-000017: all of theirs are read.")],
    language: Annotated[str, typer.Option("--language", help="As de; the controller's when not given.")] = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write a CSV to this new file.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say when a person's data were used, for what and where, without the names of staff. On a worker's machine.

    The same stands in every access package as consultations.csv (GDPR Art 15, C-579/21).
    """
    import json

    from console.plain import plain
    from services.errors import BadInput
    from services.fulfilment.consulted import as_csv, extract as extract_of

    found = extract_of(replay_home(home), case, language)
    if output is not None:
        try:
            with output.open("xb") as file:
                file.write(as_csv(found))
        except OSError as exc:
            raise BadInput(f"cannot be made ({exc.strerror or 'no reason given'})", place=str(output)) from None
    elif as_json:
        typer.echo(json.dumps([asdict(line) for line in found.lines], indent=2, ensure_ascii=False))
        return
    for line in () if output is not None else found.lines:
        typer.echo(plain(f"{line.when}  {line.what}; {line.why}" + (f" [{line.where}]" if line.where else "")))
    typer.echo(f"{len(found.lines)} uses of the data" + (f", written to {output}" if output else ""), err=True)
