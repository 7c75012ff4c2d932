"""The queue on plain lines: what is next and why, ten cases at a time."""

from dataclasses import replace
from typing import Final

from screens.kit.keys import ACTIONS
from screens.kit.text import count
from screens.plain.breach import raise_breach, register
from screens.plain.case import case
from screens.plain.holds import holds
from screens.plain.intake import log_request
from screens.plain.seat import BACK, Leave, Option, Seat, SignedOut
from screens.queue_filter import is_identifier, view_of
from services.types import QueuePage, QueueRow, QueueView, Role

PAGE: Final = 10
VIEWS: Final = ("all", "mine", "unassigned", "approval", "closed")


def queue(seat: Seat) -> None:
    """Until somebody signs out or leaves."""
    view = QueueView(kind="all")
    while True:
        _say_counts(seat, view)
        key = seat.choose("Queue. What next?", _options(seat), back="leave", again="reads it again")
        if key == BACK:
            raise Leave
        if key == "n":
            row = seat.does(lambda: seat.desk.queue.next(seat.session))
            if row is None:
                seat.say("no case is waiting for you")
            else:
                case(seat, row.case)
        elif key == "i":
            opened = log_request(seat)
            if opened is not None:
                case(seat, opened.case, opened.say)
        elif key == "v":
            kinds = [Option(str(n), kind) for n, kind in enumerate(VIEWS, 1)]
            chosen = seat.choose("Which cases?", kinds)
            if chosen != BACK:
                view = QueueView(kind=VIEWS[int(chosen) - 1])
                _list(seat, view)
        elif key == "/":
            _filter(seat, view)
        elif key == "c":
            case(seat, seat.ask("Case number, as C-26-000017").upper())
        elif key == "s":
            seat.say(status(seat))
        elif key == "l":
            _list(seat, view)
        elif key == "B":
            raise_breach(seat)
        elif key == "b":
            register(seat)
        elif key == "h":
            holds(seat)
        elif key == "S":
            seat.stand_up("switch")
            raise SignedOut


def _options(seat: Seat) -> list[Option]:
    options = [Option("n", ACTIONS["next_case"].words)] if seat.session.role in (Role.AGENT, Role.LEAD) else []
    decides = seat.session.role in (Role.LEAD, Role.OFFICER)
    if seat.session.role in (Role.AGENT, Role.LEAD):
        options.append(Option("i", ACTIONS["intake"].words))
    return [
        *options,
        Option("l", "list the cases"),
        Option("v", "list others: mine, unassigned, approval, closed"),
        Option("/", "search: words, right: state: controller: or a whole e-mail or telephone number"),
        Option("c", "open a case by its number"),
        Option("s", "how the desk is: sync, log, workers"),
        Option("B", ACTIONS["breach"].words),
        *([Option("b", ACTIONS["breaches"].words), Option("h", ACTIONS["holds"].words)] if decides else []),
        Option("S", ACTIONS["switch"].words),
    ]


def _say_counts(seat: Seat, view: QueueView) -> None:
    counts = seat.does(lambda: seat.desk.queue.counts(seat.session, view))
    if counts is None:
        return
    words = f"{count(counts.total)} cases, mine {count(counts.mine)}, unassigned {count(counts.unassigned)}"
    if counts.approval:
        words += f", approval {count(counts.approval)}"
    if counts.next is not None:
        words += f"; next: {counts.next.case}, {counts.next_reason}"
    seat.say(words)
    if counts.conflicts or counts.drafts or counts.kept:
        seat.say("Something that was done was not taken: settle it in the other console (key !).")


def status(seat: Seat) -> str:
    """Sync, log, workers and alarms in a sentence each."""
    now = seat.desk.status()
    lines = [now.sync_text, f"log {'ok' if now.log_ok else 'ALARM'}, {count(now.log_size)} actions"]
    lines.append("a worker lives" if now.worker_alive else "no worker answers")
    if seat.session.role in (Role.LEAD, Role.OFFICER):
        mine = [one for one in now.breaches if one.controller in seat.session.controllers]
        lines += [f"{count(one.count)} BREACH: {one.light} ({one.controller})" for one in mine]
    lines += [line for line in (now.halted, "TRAINING: nothing here is real" if now.training else "") if line]
    return "\n".join([*lines, *seat.desk.alarms(), *seat.desk.system_alarms()])


def _list(seat: Seat, view: QueueView) -> None:
    """Ten at a time; a number opens one."""
    after = None
    while True:
        page: QueuePage | None = seat.does(lambda after=after: seat.desk.queue.page(seat.session, view, after, PAGE))  # type: ignore[misc]
        if page is None or not page.rows:
            seat.say("No case here." if after is None else "No more.")
            return
        options = [Option(str(n), line(row)) for n, row in enumerate(page.rows, 1)]
        key = seat.choose("Open which?", options, again="shows the next ten")
        if key == BACK:
            return
        if key:
            case(seat, page.rows[int(key) - 1].case)
        else:
            after = page.last


def line(row: QueueRow) -> str:
    """One case as a sentence."""
    who = f"held by {row.who}" if row.who else "nobody holds it"
    parts = [row.due, row.case, row.rights, row.person, row.state, who, f"tier {row.tier}" if row.tier else ""]
    return ", ".join(part for part in (*parts, "! not taken" if row.conflicts else "") if part)


def _filter(seat: Seat, view: QueueView) -> None:
    text = seat.ask("Search for")
    if is_identifier(text):
        controllers = [one for one in seat.desk.controllers() if one[0] in seat.session.controllers]
        found = [
            one
            for key, _ in controllers
            for one in seat.does(lambda key=key: seat.desk.find.search(seat.session, key, text)) or ()  # type: ignore[misc]
        ]
        if not found:
            seat.say("no case of that person here")
            return
        options = [Option(str(n), one) for n, one in enumerate(found[:9], 1)]
        key = seat.choose(f"{count(len(found))} cases of that person. Open which?", options)
        if key != BACK:
            case(seat, found[int(key) - 1])
        return
    narrowed, problem = view_of(replace(QueueView(), kind=view.kind), text)
    if problem:
        seat.say(problem)
    else:
        _list(seat, narrowed)
