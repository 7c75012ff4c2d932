"""`rightsdesk case`: log a request, list cases, show one; through the same desk as the screens, under your own PIN."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.options import AgentOption, HomeOption, JsonOption, PinStdinOption, RoleOption
from console.plain import plain
from services.types import Channel, ItemState, Requester, Right

if TYPE_CHECKING:
    from services.types import CaseView, Opened, QueueRow

app = typer.Typer(no_args_is_help=True, help="Cases: log a request, list them, show one.")

VIEWS = ("all", "mine", "unassigned", "approval", "closed")


@app.command(name="open")
def open_(
    controller: Annotated[str, typer.Option(help="Whose customer asks: a controller's key, as nordlicht.")],
    right: Annotated[list[Right], typer.Option(help="What is asked for; several times for several rights.")],
    identifier: Annotated[
        str, typer.Option(help="An e-mail, a phone or a customer number. `-` reads it from standard input.")
    ],
    agent: AgentOption = "",
    channel: Annotated[Channel, typer.Option(help="How the request came.")] = Channel.PHONE,
    requester: Annotated[Requester, typer.Option(help="Who asks.")] = Requester.SELF,
    words: Annotated[str, typer.Option(help="The request in a few words. `-` reads them from standard input.")] = "",
    role: RoleOption = None,
    pin_stdin: PinStdinOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Log a request; the legal clock runs from now. Standard input gives PIN, identifier, words, in this order."""
    from console.shell_session import given, signed_in
    from services.types import Intake

    with signed_in(home, agent, pin_stdin=pin_stdin, role=role) as (desk, session):
        opened = desk.intake.open(
            session,
            Intake(
                controller=controller,
                channel=channel,
                requester=requester,
                rights=tuple(right),
                identifier=given(identifier, "Identifier: ", "--identifier"),
                words=given(words, "Words: ", "--words"),
            ),
        )
    _print(_opened(opened), as_json, [f"{opened.case}  answer by {opened.due_hard}", opened.say])


@app.command(name="list")
def list_(
    view: Annotated[str, typer.Option(help=f"One of {', '.join(VIEWS)}.")] = "all",
    text: Annotated[str, typer.Option(help="Part of a case number or of a masked person.")] = "",
    controller: Annotated[str, typer.Option(help="Only this controller's.")] = "",
    right: Annotated[Right | None, typer.Option(help="Only where this right is asked for.")] = None,
    state: Annotated[ItemState | None, typer.Option(help="Only in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, most urgent first.")] = 50,
    agent: AgentOption = "",
    role: RoleOption = None,
    pin_stdin: PinStdinOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List cases in the order of the queue: the legal end first, persons masked."""
    from console.shell_session import signed_in
    from services.errors import BadInput
    from services.types import QueueView

    if view not in VIEWS:
        raise BadInput(f"there is no view '{view}'; one of {', '.join(VIEWS)}", place="--view")
    wanted = QueueView(kind=view, text=text, controller=controller, right=right or "", state=state or "")
    with signed_in(home, agent, pin_stdin=pin_stdin, role=role) as (desk, session):
        rows = desk.queue.page(session, wanted, None, limit).rows
        total = desk.queue.counts(session, wanted).total
    lines = [_row_line(row) for row in rows]
    _print({"total": total, "cases": [_row(row) for row in rows]}, as_json, [*lines, f"{len(rows)} of {total:,} cases"])


@app.command()
def show(
    case: Annotated[str, typer.Argument(help="The case number, as C-26-000017.")],
    agent: AgentOption = "",
    role: RoleOption = None,
    pin_stdin: PinStdinOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one case: items, dates, what was done; the person masked."""
    from dataclasses import asdict

    from console.shell_session import signed_in

    with signed_in(home, agent, pin_stdin=pin_stdin, role=role) as (desk, session):
        found = desk.case.read(session, case.strip().upper())
    _print(asdict(found), as_json, _case_lines(found))


# ── how it is said ────────────────────────────────────────────────────────────────────────────────────────────


def _print(whole: dict[str, Any], as_json: bool, lines: list[str]) -> None:
    import json

    if as_json:
        typer.echo(json.dumps(whole, default=_text, indent=2))
        return
    for line in lines:
        typer.echo(plain(line))


def _text(value: object) -> str:
    """Dates and times as ISO text, the rest as it says itself."""
    from datetime import date

    return value.isoformat() if isinstance(value, date) else str(value)


def _opened(opened: "Opened") -> dict[str, Any]:
    return {
        "case": opened.case,
        "due_nominal": opened.due_nominal,
        "due_hard": opened.due_hard,
        "say": opened.say,
    }


def _row(row: "QueueRow") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(row)


def _row_line(row: "QueueRow") -> str:
    return f"{row.due:<12} {row.case}  {row.rights:<28} {row.person:<20} {row.state:<13} {row.who or '-'}"


def _mark(mark: str) -> str:
    return f" ({mark})" if mark else ""


def _case_lines(case: "CaseView") -> list[str]:
    dates = [f"  {d.name:<16} {d.day}  {d.why}".rstrip() for d in case.dates]
    items = [f"  {i.id} {i.right:<20} {i.text}" for i in case.items]
    systems = [f"    {s.system:<12} {s.state}" for i in case.items for s in i.systems]
    history = [f"  {h.at:%Y-%m-%d %H:%M:%SZ}  {h.actor:<16} {h.text}{_mark(h.mark)}" for h in case.history]
    return [
        f"{case.id}  {case.controller_name} ({case.regime})  {case.due}",
        f"{case.person}, {case.requester}, by {case.channel}; verified {case.verification.tier}; "
        f"held by {case.holder or 'nobody'}",
        "Items",
        *items,
        *systems,
        "Dates",
        *dates,
        "History, newest first",
        *history,
    ]
