"""`rightsdesk catalog review`: the fields of a draft that wait for a person, on the screen or by prompts."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.plain import plain

if TYPE_CHECKING:
    from services.discovery.review import Draft
    from services.draft_types import DraftDecision, DraftLine

_LATER, _STOP = "4", "0"


def review(
    folder: Annotated[Path, typer.Argument(help="The system folder.")],
    by_prompts: Annotated[
        bool, typer.Option("--plain", help="Line by line instead of the screen, as screen readers like it.")
    ] = False,
) -> None:
    """Judge what a draft says, field by field: accept, change, not personal. Each answer is kept at once.

    It can be stopped at any time and goes on where it was. Exit 0: nothing waits any more; 1: something does.
    """
    from services.discovery.review import Draft

    draft = Draft(folder)
    if by_prompts or not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        _ask_all(draft)
    else:
        from console.review_app import run

        run(draft)
    left = draft.view()
    typer.echo(f"\n{left.open} questions wait for review" if left.open else "\nnothing waits for review")
    raise typer.Exit(1 if left.open else 0)


def _ask_all(draft: "Draft") -> None:
    waiting = [line for line in draft.view().lines if line.state == "open"]
    for number, line in enumerate(waiting, 1):
        typer.echo(f"\n{number} of {len(waiting)}  " + _asked(line))
        if not _answered(draft, line):
            break


def _asked(line: "DraftLine") -> str:
    kind = f" ({line.data_type})" if line.data_type else ""
    what = "looks like" if line.of == "category" else "seems to refer to"
    choices = "1 accept   3 no reference"
    if line.of == "category":
        choices = "1 accept   2 another category   3 not personal"
    lines = [
        f"{line.dataset} · {line.collection}.{line.field}{kind}",
        f"{what} {line.said}, confidence {line.confidence:.2f}: {line.because}",
        f"{choices}   {_LATER} later   {_STOP} stop",
    ]
    return "\n     ".join(map(plain, lines))


def _answered(draft: "Draft", line: "DraftLine") -> bool:
    """Take an answer and keep it; whether to go on."""
    from services.errors import BadInput

    while True:
        word = _read()
        if word in ("", _STOP):
            return False
        if word == _LATER:
            return True
        decision, category = _decision(line, word)
        if decision is None:
            typer.echo("a number of the line above, please")
            continue
        try:
            draft.decide(line, decision, category)
        except BadInput as exc:
            if exc.place != "category":
                raise
            typer.echo(plain(exc.reason))
            continue
        return True


def _decision(line: "DraftLine", word: str) -> "tuple[DraftDecision | None, str]":
    if word == "1":
        return "accepted", ""
    if word == "3":
        return ("not-personal" if line.of == "category" else "no-reference"), ""
    if word == "2" and line.of == "category":
        return "changed", _category()
    return None, ""


def _category() -> str:
    """One of the list by its number, or typed."""
    from services.discovery.name_words import words

    known = sorted({*words().sure, *words().unsure})
    typer.echo("\n".join(f"{number:>4} {category}" for number, category in enumerate(known, 1)))
    typer.echo("a number, or a category of the Fides taxonomy in words:")
    word = _read()
    return known[int(word) - 1] if word.isdecimal() and 0 < int(word) <= len(known) else word


def _read() -> str:
    """A line that was typed; empty at the end of input."""
    typer.echo("> ", nl=False)
    return sys.stdin.readline(1000).strip()
