"""`rightsdesk clock`: the legal dates of a request, with the reason for every move (rules.md 2)."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.clock.calendar import Calendar
    from services.clock.dates import ClockEvent, DueDates
    from services.clock.waits import Question
    from services.types import Regime


def clock(
    received: Annotated[str, typer.Option(help="Day of receipt where the controller is, as 2026-03-05.")] = "",
    country: Annotated[str, typer.Option(help="Country of the controller, as DE.")] = "",
    subdivision: Annotated[str, typer.Option(help="Part whose holidays count as well, as BY; GB needs one.")] = "",
    regime: Annotated[str, typer.Option(help="EU, UK or OTHER; by the country when not given.")] = "",
    also: Annotated[list[str] | None, typer.Option(help="A day on which it was received as well, merged in.")] = None,
    question: Annotated[
        list[str] | None,
        typer.Option(help="Asked of the person: identity, clarification or fee, as identity:2026-06-10:2026-06-22."),
    ] = None,
    ask_days: Annotated[int, typer.Option(help="Days within which a question must be asked to stop the clock.")] = 3,
    accepted: Annotated[bool, typer.Option("--accepted", help="A team lead lets the pause lead.")] = False,
    extended: Annotated[bool, typer.Option("--extended", help="With the two further months of Art 12(3).")] = False,
    notice: Annotated[str, typer.Option(help="Day on which the notice of extension left; else in time.")] = "",
    breach: Annotated[str, typer.Option(help="A breach known since this time, as 2026-11-20T16:20, instead.")] = "",
    complaint: Annotated[bool, typer.Option("--complaint", help="By when a complaint to us is confirmed.")] = False,
    zone: Annotated[str, typer.Option(help="Time zone of the controller, for a breach, as Europe/Berlin.")] = "UTC",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Say until when a request must be answered, or a breach reported, and why that day."""
    from services.clock.calendar import calendar_for
    from services.clock.dates import Accept, Extend, Start, due_dates
    from services.errors import BadInput

    try:
        if breach:
            typer.echo(_breach(breach, zone, regime, country, as_json=as_json))
            return
        day = _day(received, "received")
        calendar = calendar_for(country, subdivision, regional=True)
        law = _regime(regime, calendar.country)
        if complaint:
            typer.echo(_complaint(day, calendar, law, as_json=as_json))
            return
        events: list[ClockEvent] = [Start(day), *(Start(_day(text, "also")) for text in also or ())]
        events += [_question(text) for text in question or ()]
        if extended or notice:
            first = min(e.on for e in events if isinstance(e, Start))
            events.append(Extend(_day(notice, "notice") if notice else first))
        events += [Accept("accepted")] if accepted else []
        dates = due_dates(events, calendar, law, ask_days=ask_days)
    except BadInput as exc:
        typer.echo(f"rightsdesk clock: --{(exc.place or 'received').replace('_', '-')}: {exc.reason}", err=True)
        raise typer.Exit(2) from exc
    typer.echo(_json(dates, events, calendar, law) if as_json else "\n".join(_lines(dates, calendar, law)))


def _question(text: str) -> "Question":
    """`what:asked[:answered]`, on a ground that stands for itself."""
    from services.clock.waits import GROUNDS, Question
    from services.errors import BadInput
    from services.types import Wait

    what, *days = text.strip().split(":")
    if what not in list(Wait) or len(days) not in (1, 2):
        raise BadInput(
            f"'{text}' is no question; write identity, clarification or fee and the days, as identity:2026-06-10",
            place="question",
        )
    asked, answered = _day(days[0], "question"), _day(days[1], "question") if len(days) > 1 else None
    try:
        return Question(Wait(what), asked, answered, GROUNDS[Wait(what)][0])
    except BadInput as exc:
        raise BadInput(exc.reason, place="question") from exc


def _breach(text: str, zone: str, regime: str, country: str, *, as_json: bool) -> str:
    """Until when the authority is told (Art 33(1)); a time without offset is one of `zone`."""
    import json
    from dataclasses import asdict
    from zoneinfo import ZoneInfo

    from services.clock.breach import breach_end
    from services.clock.dates import received_on
    from services.errors import BadInput

    try:
        aware = datetime.fromisoformat(text.strip())
    except ValueError as exc:
        raise BadInput(f"there is no time '{text}'; write it as 2026-11-20T16:20", place="breach") from exc
    received_on(aware if aware.tzinfo else aware.replace(tzinfo=UTC), zone)  # refuses a zone that is none
    end = breach_end(aware if aware.tzinfo else aware.replace(tzinfo=ZoneInfo(zone)), zone, _regime(regime, country))
    if as_json:
        return json.dumps(asdict(end), default=lambda at: at.isoformat(), indent=2)
    return "\n".join(
        [
            f"Tell the authority by {_long(end.safe.date())} at {end.safe:%H:%M}.",
            "",
            f"Known since {_long(end.aware_at.date())} at {end.aware_at:%H:%M} ({zone}).",
            "72 hours run through weekends and holidays.",
            f"Without the hour of the event it is {_long(end.latest.date())} at {end.latest:%H:%M}: not the safe one.",
            f"Rules                  {', '.join(end.rules)}",
        ]
    )


def _complaint(day: date, calendar: "Calendar", regime: "Regime", *, as_json: bool) -> str:
    """By when a complaint is confirmed, with each day that was skipped."""
    import json
    from dataclasses import asdict
    from datetime import timedelta

    from services.clock.complaint import confirm_by
    from services.clock.rules import rules_for

    end, days = confirm_by(day, calendar, regime), rules_for(regime, day).confirm_days
    nominal = day + timedelta(days=days or 0)
    skipped = calendar.steps(nominal) if end else ()
    if as_json:
        told = {"received_on": day, "confirm_by": end, "moved_by": [asdict(s) for s in skipped], "rules": ["UK-164A"]}
        return json.dumps(told, default=lambda one: one.isoformat(), indent=2)
    if end is None:
        return f"Received {_long(day)}: no law names a day for confirming a complaint ({regime} rules)."
    moved = [f"  {_long(s.day)} is {s.words};" for s in skipped]
    moved += [f"  so it is the next working day, {_long(end)}."] if skipped else []
    return "\n".join(
        [
            f"Confirm the complaint by {_long(end)}.",
            "",
            f"Received {_long(day)}; day 1 is the day after ({regime} rules, working days of {calendar.place}).",
            f"Day {days} is {_long(nominal)}" + ("; it moved because" if skipped else "."),
            *moved,
            "Its outcome is told without undue delay.",
            "Rules                  UK-164A",
        ]
    )


def _day(text: str, option: str) -> date:
    from services.errors import BadInput

    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()
    except ValueError as exc:
        raise BadInput(f"there is no day '{text}'; write it as 2026-03-05", place=option) from exc


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

    nominal, hard = nominal_end(dates, regime), dates.hard
    months = "Three months" if dates.due_extended else "One month"
    lines = [
        f"Answer by {_long(dates.due)}.",
        "",
        f"Received {_long(dates.received_on)} ({regime} rules, working days of {calendar.place}).",
        f"{months} after that is {_long(nominal)}" + ("; it moved because" if nominal != hard else "."),
    ]
    lines += [f"  {_long(s.day)} is {s.words};" for s in calendar.steps(nominal)]
    if nominal != hard:
        lines.append(f"  so the end is the next working day, {_long(hard)} (CLK-7).")
    lines += _paused(dates)
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


def _paused(dates: "DueDates") -> list[str]:
    """What the questions to the person do to the end."""
    lines = [f"A question stops no clock: {why} (SUS-3)." for why in dates.not_paused]
    if dates.due_susp is None:
        return lines
    if dates.start_on != dates.received_on:
        lines.append(f"The month begins when what was asked for came, {_long(dates.start_on)} (UK-12A).")
    if dates.paused_days:
        lines.append(f"{dates.paused_days} days in which an answer was awaited do not count (SUS-4).")
    if dates.chase_on:
        lines.append(f"No answer yet: it counts up to {_long(dates.chase_on)}; ask again on that day (SUS-5).")
    leads = "a team lead accepted it" if dates.accepted else "it leads once a team lead accepts it"
    return [*lines, f"With that the end is {_long(dates.due_susp)}; {leads} (SUS-2). Without, {_long(dates.hard)}."]


def _without_part(dates: "DueDates", calendar: "Calendar", regime: "Regime") -> list[str]:
    """The earlier end on nationwide days alone, where it differs: the safe one (CLK-8)."""
    from services.clock.calendar import calendar_for
    from services.clock.dates import dates_for

    nation = dates_for(
        dates.received_on, calendar_for(calendar.country), regime, extended=dates.due_extended is not None
    )
    if nation.due == dates.hard:
        return []
    return [f"On nationwide holidays alone it is {_long(nation.due)}, the safe date (CLK-8)."]


def _json(dates: "DueDates", events: "list[ClockEvent]", calendar: "Calendar", regime: "Regime") -> str:
    import json
    from dataclasses import asdict

    from services.clock.dates import nominal_end

    whole = asdict(dates) | {
        "due": dates.due,
        "clock_events": [{"event": type(e).__name__.lower(), **asdict(e)} for e in events],
        "moved_by": [asdict(s) for s in calendar.steps(nominal_end(dates, regime))],
    }
    return json.dumps(whole, default=lambda day: day.isoformat(), indent=2)
