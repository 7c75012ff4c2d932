"""`rightsdesk breach`: the register of breaches, for leads and the officer, under their own PIN."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.options import AgentOption, HomeOption, JsonOption, PinStdinOption, RoleOption
from console.plain import plain

if TYPE_CHECKING:
    from services.types import BreachDecision, BreachLine

app = typer.Typer(no_args_is_help=True, help="Breaches: the register, and what the authority is told.")

FORMATS = ("json", "text", "pdf")


@app.command(name="list")
def list_(
    agent: AgentOption = "",
    role: RoleOption = None,
    pin_stdin: PinStdinOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the breaches of your controllers: open ones first, the nearest end before others."""
    import json
    from dataclasses import asdict

    from console.shell_session import signed_in

    with signed_in(home, agent, pin_stdin=pin_stdin, role=role) as (desk, session):
        lines = desk.breach.register(session)
    if as_json:
        typer.echo(json.dumps({"breaches": [asdict(one) for one in lines]}, default=_text, indent=2))
        return
    for one in lines:
        typer.echo(plain(_line(one)))
    typer.echo(f"{len(lines)} breaches, {sum(not one.closed for one in lines)} open")


@app.command()
def show(
    number: Annotated[str, typer.Argument(help="The number of the breach, as C-26-000018.")],
    agent: AgentOption = "",
    role: RoleOption = None,
    pin_stdin: PinStdinOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one breach with what happened; the look is an action in the log."""
    from services.breach_content import parts

    found = _content(number, home, agent, role, pin_stdin)
    typer.echo(_json(found) if as_json else _as_text(parts(found)))


@app.command()
def export(
    number: Annotated[str, typer.Argument(help="The number of a breach; without one the whole register.")] = "",
    out: Annotated[Path | None, typer.Option("--output", "-o", help="A new file instead of standard output.")] = None,
    form: Annotated[str, typer.Option("--format", help=f"Of one breach: {', '.join(FORMATS)}.")] = "json",
    agent: AgentOption = "",
    role: RoleOption = None,
    pin_stdin: PinStdinOption = False,
    home: HomeOption = None,
) -> None:
    """Export what the authority is told of a breach (Art 33(3)), or the register as CSV (Art 33(5))."""
    from services.errors import BadInput

    if form not in FORMATS:
        raise BadInput(f"there is no format '{form}'; one of {', '.join(FORMATS)}", place="--format")
    if form == "pdf" and number and out is None:
        raise BadInput("a PDF goes into a file: name it with --output", place="--output")
    if out is not None and out.exists():
        raise BadInput("the file is there already; name a new one", place="--output")
    made = _one(number, form, home, agent, role, pin_stdin) if number else _register(home, agent, role, pin_stdin)
    if out is None:
        typer.echo(made.decode(), nl=False)
        return
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as exc:
        raise BadInput(f"cannot be made ({exc.strerror or 'no reason given'})", place="--output") from None
    with os.fdopen(handle, "wb") as file:
        file.write(made)
    typer.echo(f"{plain(out)} written", err=True)


@app.command()
def notify(
    number: Annotated[str, typer.Argument(help="The number of the breach, as C-26-000018.")],
    words: Annotated[Path, typer.Option("--from", help="A YAML file with what the letter says (docs/breach.md).")],
    cases: Annotated[
        list[str] | None,
        typer.Option("--case", help="Whose persons are told, once for each; without it all who are not told yet."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="high-risk (Art 34(1)) or by-choice.")] = "high-risk",
    show_only: Annotated[bool, typer.Option("--show", help="Show the letter as it would leave; send nothing.")] = False,
    agent: AgentOption = "",
    role: RoleOption = None,
    pin_stdin: PinStdinOption = False,
    home: HomeOption = None,
) -> None:
    """Tell the persons of a breach by letter (Art 34); what became of each stands in `breach show`."""
    from console.shell_session import signed_in
    from services import strict_yaml
    from services.breach_types import NoticeText
    from services.types import NoticeWords

    text = strict_yaml.read(words, NoticeText)
    with signed_in(home, agent, pin_stdin=pin_stdin, role=role) as (desk, session):
        name = number.strip().upper()
        form = desk.notice.form(session, name)
        notice = NoticeWords(
            reason=reason,
            language=text.language or form.languages[0],
            cases=tuple(one.strip().upper() for one in cases or form.cases),
            categories=tuple(text.data or form.named),
            happened=text.happened,
            consequences=text.consequences,
            measures=text.measures,
            advice=text.advice,
        )
        if show_only:
            letter = desk.notice.preview(session, name, notice)
            typer.echo(plain(letter.subject) + "\n\n" + "\n".join(plain(line) for line in letter.text.splitlines()))
            return
        persons = desk.notice.send(session, name, notice)
    typer.echo(f"asked for: the letter to {persons} of them; breach show {name} says whether it left", err=True)


def _one(number: str, form: str, home: Path | None, agent: str, role: Any, pin_stdin: bool) -> bytes:
    from datetime import UTC, datetime

    from services.breach_content import parts

    found = _content(number, home, agent, role, pin_stdin)
    if form == "json":
        return _json(found).encode() + b"\n"
    if form == "text":
        return _as_text(parts(found)).encode() + b"\n"
    from services.fulfilment.breach_pdf import breach_pdf

    return breach_pdf(f"Personal data breach {found['number']}", parts(found), datetime.now(UTC))


def _register(home: Path | None, agent: str, role: Any, pin_stdin: bool) -> bytes:
    from console.shell_session import signed_in
    from services.breach_content import COLUMNS, row
    from services.fulfilment.package_tables import csv_line

    with signed_in(home, agent, pin_stdin=pin_stdin, role=role) as (desk, session):
        found = [desk.breach.content(session, one.number) for one in desk.breach.register(session)]
    return b"".join([csv_line(COLUMNS), *(csv_line(row(one)) for one in found)])


def _content(number: str, home: Path | None, agent: str, role: Any, pin_stdin: bool) -> dict[str, Any]:
    from console.shell_session import signed_in

    with signed_in(home, agent, pin_stdin=pin_stdin, role=role) as (desk, session):
        return desk.breach.content(session, number.strip().upper())


# ── how it is said ────────────────────────────────────────────────────────────────────────────────────────────


def _json(found: dict[str, Any]) -> str:
    import json

    return json.dumps(found, indent=2)


def _as_text(parts: list[tuple[str, list[str]]]) -> str:
    """Headings with lines; nothing of what people wrote reaches the terminal as more than text."""
    return "\n\n".join("\n".join([head, *(f"  {plain(line)}" for line in lines)]) for head, lines in parts)


def _text(value: object) -> str:
    from datetime import date

    return value.isoformat() if isinstance(value, date) else str(value)


def _told(decision: "BreachDecision | None") -> str:
    return "undecided" if decision is None else "told" if decision.told_at else "not told"


def _line(one: "BreachLine") -> str:
    first, persons = one.decision(one.first), one.decision("persons")
    told = f"{one.first} {_told(first)}"
    if one.first == "authority":
        left = sum(not person.open for person in one.people)
        by_letter = f"{left} of {len(one.people)} by letter" if persons is not None and persons.by_letter else ""
        told += f", persons {by_letter or _told(persons)}"
    about = f"about {one.about}{' LOCKED' if one.locks else ''}" if one.about else "about no case"
    number = f"{one.persons} persons" if one.persons >= 0 else "persons not known"
    return f"{one.light:<13} {one.number}  {one.controller:<12} {number:<18} {told}; {about}"
