"""`rightsdesk demo`: a contact centre to try, made on first use; its worker beside it; the console on desk-1."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import JsonOption

if TYPE_CHECKING:
    from services.demo.plays.report import Report

CASES, SEED = 200, 1
MOST_CASES = 1_000_000


def demo(
    home: Annotated[
        Path | None, typer.Option(help="Where the demo lives; a folder of your own user if not given.")
    ] = None,
    cases: Annotated[
        int | None, typer.Option(min=0, max=MOST_CASES, help=f"How many cases it holds ({CASES} if not given).")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Which people and cases: an equal number makes equal ones.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Throw the demo's old home away and make a new one.")] = False,
    agents: Annotated[bool, typer.Option("--agents", help="Show who works here, with PINs, and stop.")] = False,
    make_only: Annotated[bool, typer.Option("--make-only", help="Make the home and stop.")] = False,
    play: Annotated[
        bool, typer.Option("--play", help="No console: play an export, an erasure and a consent in a fresh home.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Numbered prompts on plain lines instead of screens.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Try the desk with invented people. --play needs no terminal; exit 0 only if all that it proves held."""
    if agents:
        _show_agents()
        return
    if play:
        raise typer.Exit(_play(home, as_json))
    folder = _folder(home)
    first = _made(folder, cases, seed, reset=reset)
    if first:
        _show_agents()
    if make_only:
        return
    raise typer.Exit(_open(folder, first=first, plain=plain))


def _folder(home: Path | None) -> Path:
    from console.settings import HOME_VARIABLE, default_home

    named = home or os.environ.get(HOME_VARIABLE)
    return Path(named).expanduser().absolute() if named else default_home() / "demo"


def _made(folder: Path, cases: int | None, seed: int | None, *, reset: bool) -> bool:
    """Whether a home was made now; raises `BadInput` when another one stands there, `Unusable` for a foreign folder."""
    from services.demo.mark import is_demo, remove_home
    from services.errors import BadInput

    if reset:
        remove_home(folder)
    if is_demo(folder):
        if cases is not None or seed is not None:
            raise BadInput(f"a demo stands at {folder} already", place="--cases", next_key="--reset makes it anew")
        return False
    remove_home(folder)  # one that was not made to its end; anything else is refused
    from services.demo.make import make_home

    _say(f"making a contact centre in {folder}")
    make_home(folder, cases=CASES if cases is None else cases, seed=SEED if seed is None else seed, progress=_say)
    return True


def _open(folder: Path, *, first: bool, plain: bool) -> int:
    """The console with a worker beside it; the worker ends with it and is never started again in silence."""
    from console.settings import load
    from services.demo.worker_child import WorkerChild
    from services.errors import BadInput

    if not plain and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadInput(
            "the console needs a terminal", kept=f"the demo at {folder}", next_key="rightsdesk demo --play needs none"
        )
    ended: list[int] = []
    worker = WorkerChild(folder, "worker-1", died=ended.append)
    try:
        if plain:
            from console.line_terminal import run as run_plain

            code = run_plain(load(folder))
        else:
            from console.app import run

            if first:
                input("Enter opens the console. ")
            code = run(load(folder), notice="Demo: `rightsdesk demo --agents` shows numbers and PINs.")
    finally:
        worker.stop()
    if ended:
        _say(f"the worker ended by itself (exit {ended[0]}); {folder / 'logs'} says more")
    return code


def _play(home: Path | None, as_json: bool) -> int:
    """In a folder that goes again, or in `home`, which stays."""
    import tempfile

    from services.demo.play import play

    with tempfile.TemporaryDirectory(prefix="rightsdesk-play-", ignore_cleanup_errors=True) as folder:
        place = home.expanduser().absolute() if home else Path(folder) / "home"
        report = play(place, say=(lambda _: None) if as_json else typer.echo)
        typer.echo(_as_json(report) if as_json else _verdict(report))
    return 0 if report.held else 1


def _as_json(report: "Report") -> str:
    import json
    from dataclasses import asdict

    return json.dumps({"held": report.held, **asdict(report)}, indent=2, default=str)


def _verdict(report: "Report") -> str:
    failed = [f"  NOT HELD  {check.name}: {check.seen}" for check in report.checks if not check.held]
    total = f"{len(report.checks) - len(failed)} of {len(report.checks)} held, {report.seconds:.1f} s"
    return "\n".join(["", *failed, total])


def _show_agents() -> None:
    from services.demo.agents import AGENTS

    typer.echo("Who works here (number, PIN, name, roles):")
    for agent in AGENTS:
        typer.echo(f"  {agent.number}  {agent.pin}  {agent.name:<14} {', '.join(agent.roles)}")


def _say(line: str) -> None:
    print(f"rightsdesk demo: {line}", file=sys.stderr, flush=True)
