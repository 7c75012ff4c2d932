"""`rightsdesk letter`: which letters there are, how one reads, and whether a controller can write them all."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import HomeOption, JsonOption
from console.plain import plain

if TYPE_CHECKING:
    from services.controllers import Controller
    from services.letters.compose import Letter

app = typer.Typer(no_args_is_help=True, help="Letters to persons: list them, read one, check a controller's.")

ControllerOption = Annotated[str, typer.Option("--controller", help="Whose letters, as nordlicht; the first one's.")]


@app.command(name="list")
def list_(controller: ControllerOption = "", home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List every letter with its version in each language; `*` marks the controller's own."""
    from services.letters.compose import letters, version_of
    from services.letters.lexicon import LANGUAGES

    _, own = _controller(home, controller)
    rows = {name: {one: version_of(name, one, own) for one in LANGUAGES} for name in letters()}
    if as_json:
        whole = {
            name: {one: {"version": version, "own": mine} for one, (version, mine) in row.items()}
            for name, row in rows.items()
        }
        typer.echo(json.dumps({"languages": list(LANGUAGES), "letters": whole}, indent=2))
        return
    typer.echo(f"{'letter':<22} {'  '.join(f'{one:<9}' for one in LANGUAGES)}".rstrip())
    for name, row in rows.items():
        cells = (f"{version}{'*' if mine else ''}" for version, mine in row.values())
        typer.echo(plain(f"{name:<22} {'  '.join(f'{cell:<9}' for cell in cells)}").rstrip())


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="The letter, as erasure-outcome.")],
    controller: ControllerOption = "",
    language: Annotated[str, typer.Option(help="In which language; the controller's own unless named.")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it as a PDF to this file.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a letter as a person would get it, with made-up facts; nothing is sent."""
    from services.letters.compose import compose, spoken
    from services.letters.samples import sample_facts

    who, own = _controller(home, controller)
    chosen = spoken(who, language)
    letter = compose(name, chosen, sample_facts(who, chosen), own=own)
    if output is not None:
        _write(output, letter, who)
    if as_json:
        told = {field: getattr(letter, field) for field in ("template", "version", "language", "subject", "text")}
        typer.echo(json.dumps({"controller": who.key, **told, "file": str(output) if output else None}, indent=2))
    elif output is not None:
        typer.echo(plain(f"{name} of {who.key} in {chosen}, version {letter.version}: {output}"))
    else:
        typer.echo(plain(letter.subject))
        for line in ("", *letter.text.rstrip("\n").split("\n")):
            typer.echo(plain(line.replace("\N{NO-BREAK SPACE}", " ")))


@app.command()
def check(
    controller: Annotated[str, typer.Argument(help="Whose letters, as nordlicht.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether every letter can be written in each of a controller's languages. Exit 0: all can; 1: some cannot."""
    from services.catalog.system import load_controller_systems
    from services.letters.check import faults, languages_of
    from services.letters.compose import letters

    who, own = _controller(home, controller)
    found = faults(who, dict(load_controller_systems(_home(home) / "controllers" / who.key)), own)
    if as_json:
        told = {"controller": who.key, "languages": languages_of(who), "letters": len(letters()), "faults": found}
        typer.echo(json.dumps(told, indent=2))
    else:
        for one in found:
            typer.echo(plain(one))
        if not found:
            typer.echo(f"{who.key}: {len(letters())} letters, each in {', '.join(languages_of(who))}")
    if found:
        raise typer.Exit(1)


def _home(home: Path | None) -> Path:
    from console.settings import load_standing

    return load_standing(home).home


def _controller(home: Path | None, key: str) -> "tuple[Controller, Path | None]":
    """A controller of the home, the first one unless named, and the folder of its own letters; raises `NotFound`."""
    from services.controllers import load_controllers
    from services.errors import NotFound

    place = _home(home)
    known = load_controllers(place)
    found = known.get(key) if key else next(iter(known.values()), None)
    if found is None:
        raise NotFound(f"there is no controller {key}".rstrip(), next_key=f"one of {', '.join(known) or 'none'}")
    own = place / "controllers" / found.key / "letters"
    return found, own if own.is_dir() else None


def _write(output: Path, letter: "Letter", controller: "Controller") -> None:
    """The letter as a PDF. Raises `BadInput` for a file that cannot be written."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from services.errors import BadInput
    from services.fulfilment.letter_pdf import letter_pdf
    from services.letters.samples import AT, CASE

    at = datetime.fromtimestamp(AT.timestamp(), ZoneInfo(controller.zone))
    made = letter_pdf(letter, controller, at, case_number=CASE, to=["Ada Example", "12 Example Street"])
    try:
        output.write_bytes(made)
    except OSError as exc:
        raise BadInput(f"cannot be written: {exc.strerror or 'no reason given'}", place=str(output)) from None
