"""`rightsdesk train`: play scripted calls in a training home of their own, by hand or by themselves, and score them."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.options import JsonOption
from console.plain import plain

if TYPE_CHECKING:
    from console.training_app import TrainingApp
    from services.home import Home
    from services.training.scenario import Scenario
    from services.types import Scorecard

app = typer.Typer(no_args_is_help=True, help="Training: scripted calls, apart from all real work.")

TrainingHome = Annotated[
    Path | None, typer.Option("--home", help="The training home; never the real one. Made when it is not there.")
]
Folder = Annotated[Path | None, typer.Option("--scenarios", help="A folder of your own scenarios.")]
Name = Annotated[str, typer.Argument(help="The scenario, as plain-access.")]


@app.command(name="list")
def list_(folder: Folder = None, home: TrainingHome = None, as_json: JsonOption = False) -> None:
    """List the scenarios, easiest first, with the best score in this home. A wrong file is named with its line."""
    known = _known(folder)
    best = _best(_place(home), known)
    rows = [
        {"name": one.id, "title": one.title, "level": one.level, "right": one.right.value, "best": best.get(one.id)}
        for one in known.values()
    ]
    lines = [
        f"{row['level']}  {row['name']:<18} {row['right']:<12} {_best_words(row['best']):<11} {row['title']}"
        for row in rows
    ]
    _print({"scenarios": rows}, as_json, lines)


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="The scenario; the list is shown when none is named.")] = "",
    folder: Folder = None,
    home: TrainingHome = None,
) -> None:
    """Open the console on the training home; the phone rings when you have signed in."""
    from services.errors import BadInput

    known = _known(folder)
    if name:
        _one(known, name)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadInput("the console needs a terminal", next_key=f"rightsdesk train play --auto {name or 'NAME'}")
    with _app(home, known, name) as (trainer, _):
        trainer.run(mouse=False)
        code = trainer.return_code or 0
    raise typer.Exit(code)


@app.command()
def play(
    name: Name,
    auto: Annotated[bool, typer.Option("--auto", help="Keys are pressed by the program, on the real screens.")] = False,
    folder: Folder = None,
    home: TrainingHome = None,
    as_json: JsonOption = False,
) -> None:
    """Play a call by itself along its expected path and score it from the log. Exit 0: passed, 1: not passed."""
    import asyncio

    from console.auto_play import play as play_by_keys
    from services.errors import BadInput
    from services.training.home import terminal_log
    from services.training.score import score

    if not auto:
        raise BadInput("say --auto to let the program play", place="--auto", next_key=f"rightsdesk train run {name}")
    known = _known(folder)
    scenario = _one(known, name)
    with _app(home, known, name) as (trainer, place):
        asyncio.run(play_by_keys(trainer, scenario))
    _show(score(terminal_log(place), scenario), as_json)


@app.command(name="score")
def score_(
    name: Name,
    log: Annotated[
        Path | None, typer.Option("--log", help="A terminal's log file; the training home's if not given.")
    ] = None,
    folder: Folder = None,
    home: TrainingHome = None,
    as_json: JsonOption = False,
) -> None:
    """Score the newest call of a scenario from a log file and nothing else. Exit 0: passed, 1: not passed."""
    from services.errors import NotFound
    from services.training.home import terminal_log
    from services.training.score import score

    scenario = _one(_known(folder), name)
    place = _place(home)
    if log is None and not place.training:
        raise NotFound("nothing was played yet", next_key=f"rightsdesk train run {name}")
    _show(score(log or terminal_log(place), scenario), as_json)


# ── what the commands stand on ────────────────────────────────────────────────────────────────────────────────


def _known(folder: Path | None) -> "Mapping[str, Scenario]":
    from services.training.call import folder_of_scenarios
    from services.training.scenario import scenarios

    return scenarios(folder or folder_of_scenarios())


def _one(known: "Mapping[str, Scenario]", name: str) -> "Scenario":
    from services.errors import BadInput
    from services.strict_yaml import nearest

    if name not in known:
        raise BadInput(f"there is no scenario '{plain(name)}'{nearest(name, known)}", next_key="rightsdesk train list")
    return known[name]


def _place(home: Path | None) -> "Home":
    from console.settings import default_home
    from services.home import Home

    return Home((home or default_home("rightsdesk-training")).expanduser().absolute())


@contextmanager
def _app(home: Path | None, known: "Mapping[str, Scenario]", name: str) -> "Iterator[tuple[TrainingApp, Home]]":
    """The app on the training home with its worker beside it; both are closed afterwards."""
    _forget_real_settings()
    from console.desk_opener import open_desk
    from console.settings import load
    from console.training_app import TrainingApp
    from services.demo.worker_child import WorkerChild
    from services.training.home import WORKER, make_training_home

    place = _place(home)
    if not place.training:
        print("rightsdesk train: making the training home, once", file=sys.stderr, flush=True)
    make_training_home(place.path)
    settings = load(place.path)
    worker = WorkerChild(place.path, WORKER)
    try:
        trainer = TrainingApp(
            lambda: open_desk(settings),
            place,
            known,
            name,
            theme=settings.screen.theme,
            chosen_keys=settings.keys.chosen,
            lock=settings.lock,
            notice=_notice(),
        )
        try:
            yield trainer, place
        finally:
            if trainer.desk is not None:
                trainer.desk.close()
    finally:
        worker.stop()


def _forget_real_settings() -> None:
    """What the environment says of the real desk (its central, its mail server) must not reach practice."""
    for variable in [one for one in os.environ if one.startswith("RIGHTSDESK_")]:
        del os.environ[variable]


def _notice() -> str:
    from console.auto_play import AGENT, LEAD

    who = ", ".join(f"{one.roles[0]} {one.number} PIN {one.pin}" for one in (AGENT, LEAD))
    return f"TRAINING. Invented people only. Sign in as {who}."


def _best(place: "Home", known: "Mapping[str, Scenario]") -> dict[str, int]:
    """The best score of each scenario in the log of the training home."""
    from db.log_reader import LogReader
    from services.training.home import terminal_log
    from services.training.score import best_of, calls_of

    if not place.training:
        return {}
    with LogReader(terminal_log(place)) as reader:
        return {name: card.total for name, card in best_of(calls_of(reader.entries()), known).items()}


# ── how it is said ────────────────────────────────────────────────────────────────────────────────────────────


def _show(card: "Scorecard", as_json: bool) -> None:
    from dataclasses import asdict

    _print(asdict(card), as_json, _card_lines(card))
    raise typer.Exit(0 if card.passed else 1)


def _card_lines(card: "Scorecard") -> list[str]:
    verdict = "passed" if card.passed else "not passed"
    lines = [f"{card.scenario}: {card.total} of 100, {verdict}"]
    lines += [f"  fails the call: {one}" for one in card.auto_fails]
    for point in card.points:
        on = f" (action {point.seq})" if point.seq is not None else ""
        lines.append(f"  {point.got:>3}/{point.of:<3} {point.name:<11} {point.why}{on}")
    return [*lines, "", *card.debrief.splitlines()]


def _print(whole: dict[str, Any], as_json: bool, lines: list[str]) -> None:
    import json

    if as_json:
        typer.echo(json.dumps(whole, indent=2))
        return
    for line in lines:
        typer.echo(plain(line))


def _best_words(best: object) -> str:
    return "not played" if best is None else f"best {best}"
