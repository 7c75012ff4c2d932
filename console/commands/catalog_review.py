"""`rightsdesk catalog review`: the fields of a draft that wait for a person, one after the other, by numbers."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.plain import plain

if TYPE_CHECKING:
    from services.discovery.review import Decision, Question

_LATER, _STOP = "4", "0"


def review(folder: Annotated[Path, typer.Argument(help="The system folder.")]) -> None:
    """Judge what a draft is not sure of, field by field: accept, change, not personal. Each answer is kept at once.

    It can be stopped at any time and goes on where it was. Exit 0: nothing waits any more; 1: something does.
    """
    from services.discovery.review import questions

    waiting = questions(folder)
    for number, question in enumerate(waiting, 1):
        typer.echo(f"\n{number} of {len(waiting)}  " + _asked(question))
        if not _answered(question):
            break
    left = len(questions(folder))
    typer.echo(f"\n{left} questions wait for review" if left else "\nnothing waits for review")
    raise typer.Exit(1 if left else 0)


def _asked(question: "Question") -> str:
    kind = f" ({question.data_type})" if question.data_type else ""
    what = "looks like" if question.of == "category" else "seems to refer to"
    choices = "1 accept   3 no reference"
    if question.of == "category":
        choices = "1 accept   2 another category   3 not personal"
    lines = [
        f"{question.dataset} · {question.collection}.{question.field}{kind}",
        f"{what} {question.said}, confidence {question.confidence:.2f}: {question.because}",
        f"{choices}   {_LATER} later   {_STOP} stop",
    ]
    return "\n     ".join(map(plain, lines))


def _answered(question: "Question") -> bool:
    """Take an answer and keep it; whether to go on."""
    from services.discovery.review import decide
    from services.errors import BadInput

    while True:
        word = _read()
        if word in ("", _STOP):
            return False
        if word == _LATER:
            return True
        decision, category = _decision(question, word)
        if decision is None:
            typer.echo("a number of the line above, please")
            continue
        try:
            decide(question, decision, category)
        except BadInput as exc:
            if exc.place != "category":
                raise
            typer.echo(plain(exc.reason))
            continue
        return True


def _decision(question: "Question", word: str) -> "tuple[Decision | None, str]":
    if word == "1":
        return "accepted", ""
    if word == "3":
        return ("not-personal" if question.of == "category" else "no-reference"), ""
    if word == "2" and question.of == "category":
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
