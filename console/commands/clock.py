"""`rightsdesk clock`: the legal dates of a request, with the reason for every move (rules.md 2)."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.clock.calendar import Calendar
    from services.clock.dates import ClockEvent, DueDates
    from services.types import Regime


def clock(
    received: Annotated[str, typer.Option(help="Day of receipt where the controller is, as 2026-03-05.")],
    country: Annotated[str, typer.Option(help="Country of the controller, as DE.")],
    subdivision: Annotated[str, typer.Option(help="Part whose holidays count as well, as BY; GB needs one.")] = "",
    regime: Annotated[str, typer.Option(help="EU, UK or OTHER; by the country when not given.")] = "",
    extended: Annotated[bool, typer.Option("--extended", help="With the two further months of Art 12(3).")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Say until when a request must be answered, and why that day."""
    from services.clock.calendar import calendar_for
    from services.clock.dates import Extend, Start, due_dates
    from services.errors import BadInput

    try:
        day = _day(received)
        calendar = calendar_for(country, subdivision, regional=True)
        law = _regime(regime, calendar.country)
        events: list[ClockEvent] = [Start(day), *([Extend(day)] if extended else [])]
        dates = due_dates(events, calendar, law)
    except BadInput as exc:
        typer.echo(f"rightsdesk clock: --{exc.place}: {exc.reason}", err=True)
        raise typer.Exit(2) from exc
    typer.echo(_json(dates, events, calendar, law) if as_json else "\n".join(_lines(dates, calendar, law)))


def _day(text: str) -> date:
    from services.errors import BadInput

    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()
    except ValueError as exc:
        raise BadInput(f"there is no day '{text}'; write it as 2026-03-05", place="received") from exc


def _regime(word: str, country: str) -> "Regime":
    """The regime named, else by the country; raises `BadInput` with the valid words."""
    from services.clock.rules import regime_of
    from services.errors import BadInput
    from services.types import Regime

    if not word:
        return regime_of(country)
    try:
        return Regime(word.upper())
    except ValueError as exc:
        raise BadInput(f"there is no regime '{word}'; one of {', '.join(Regime)}", place="regime") from exc


def _long(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def _lines(dates: "DueDates", calendar: "Calendar", regime: "Regime") -> list[str]:
    """What a person reads: the end first, then why it is that day, then the dates on the way."""
    from services.clock.dates import nominal_end

    nominal = nominal_end(dates, regime)
    months = "Three months" if dates.due_extended else "One month"
    lines = [
        f"Answer by {_long(dates.due)}.",
        "",
        f"Received {_long(dates.received_on)} ({regime} rules, working days of {calendar.place}).",
        f"{months} after that is {_long(nominal)}" + ("; it moved because" if nominal != dates.due else "."),
    ]
    lines += [f"  {_long(s.day)} is {s.words};" for s in calendar.steps(nominal)]
    if nominal != dates.due:
        lines.append(f"  so the end is the next working day, {_long(dates.due)} (CLK-7).")
    if calendar.part and calendar.country != "GB":
        lines += _without_part(dates, calendar, regime)
    lines += [
        "",
        f"Internal target        {_long(dates.internal_target)}",
        f"Notice of extension by {_long(dates.notice_by_extension)}",
        f"Notice of refusal by   {_long(dates.notice_by_refusal)}",
        f"Rules                  {', '.join(dates.rules)}",
    ]
    return lines


def _without_part(dates: "DueDates", calendar: "Calendar", regime: "Regime") -> list[str]:
    """The earlier end on nationwide days alone, where it differs: the safe one (CLK-8)."""
    from services.clock.calendar import calendar_for
    from services.clock.dates import dates_for

    nation = dates_for(
        dates.received_on, calendar_for(calendar.country), regime, extended=dates.due_extended is not None
    )
    if nation.due == dates.due:
        return []
    return [f"On nationwide holidays alone it is {_long(nation.due)}, the safe date (CLK-8)."]


def _json(dates: "DueDates", events: "list[ClockEvent]", calendar: "Calendar", regime: "Regime") -> str:
    import json
    from dataclasses import asdict

    from services.clock.dates import nominal_end

    whole = asdict(dates) | {
        "clock_events": [{"event": type(e).__name__.lower(), **asdict(e)} for e in events],
        "moved_by": [asdict(s) for s in calendar.steps(nominal_end(dates, regime))],
    }
    return json.dumps(whole, default=lambda day: day.isoformat(), indent=2)
