"""Legal holds on plain lines, for leads and the officer: set one, look at it again, have it lifted by two persons."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from screens.hold_set import given, parts
from screens.holds import ISSUERS, LIFTS, MONTHS
from screens.kit.text import count
from screens.plain.picking import pick
from screens.plain.seat import BACK, Option, Seat
from screens.words import day
from services.types import HoldView

NEW: Final = "N"
TAKEN_S: Final = 5.0


def holds(seat: Seat, case: str = "", controller: str = "") -> None:
    """Until the person goes back. With a case a new hold is over its person."""
    while True:
        found: tuple[HoldView, ...] | None = seat.does(lambda: seat.desk.hold.list(seat.session))
        if found is None:
            return
        today = seat.now().date()
        late = sum(one.overdue(today) for one in found)
        seat.say(f"{count(len(found))} legal holds" + (f", {count(late)} to be looked at again" if late else ""))
        whom = f"the person of {case}" if case else "people, or a kind of data"
        options = [Option(str(n), _words(one, today)) for n, one in enumerate(found, 1)]
        key = seat.choose("Which hold?", [*options, Option(NEW, f"set a new one, over {whom}")])
        if key == BACK:
            return
        if key == NEW:
            _set(seat, case, controller)
        else:
            _one(seat, found[int(key) - 1])


def _words(one: HoldView, today: date) -> str:
    return f"{one.controller}, {one.scope}: {one.state(today)}, review {day(one.review_on)}"


def _one(seat: Seat, one: HoldView) -> None:
    issuer = dict(ISSUERS.values()).get(one.issuer, one.issuer)
    seat.say(f"{one.scope}. Issued by {issuer}, set by {one.set_by} on {day(one.since)}.")
    over = f"{one.lifted_by} lifted it" if one.lifted_by else ""
    mine = "you asked for it: a second person agrees" if one.asked_by == seat.session.agent else ""
    lift = "lift it, as the second person" if one.asked_by else "have it lifted: a second person agrees"
    options = [
        Option("m", "read its matter, logged"),
        Option("d", "it is still needed: look at it again later", over),
        Option("Z", lift, over or mine),
        Option("f", "keep it: it is not lifted", over or ("" if one.asked_by else "nobody asked to lift it")),
    ]
    key = seat.choose("What about it?", options)
    if key == "m":
        matter = seat.does(lambda: seat.desk.hold.matter(seat.session, one.id))
        seat.say(f"Matter: {matter}" if matter is not None else "")
    elif key == "d":
        _review(seat, one)
    elif key == "Z":
        _lift(seat, one)
    elif key == "f" and seat.with_pin():
        _keep(seat, lambda: seat.desk.hold.keep(seat.session, one.id), "kept: it is not lifted")


def _review(seat: Seat, one: HoldView) -> None:
    on = _again_on(seat)
    if on is not None and seat.with_pin():
        _keep(seat, lambda: seat.desk.hold.review(seat.session, one.id, on), "looked at again")


def _lift(seat: Seat, one: HoldView) -> None:
    if one.asked_by:
        seat.say(f"{one.asked_by} wants it lifted. What it covers may then be erased again.")
        if seat.yes("Lift it?", "lifts it") and seat.with_pin():
            done = "lifted: what it covered may be erased again"
            _keep(seat, lambda: seat.desk.hold.lift(seat.session, one.id), done)
        return
    seat.say("It stands until a second person agrees.")
    reason = pick(seat, "Have it lifted, because", LIFTS)
    if reason is not None and seat.with_pin():
        done = "asked: it stands until a second person agrees"
        _keep(seat, lambda: seat.desk.hold.ask_lift(seat.session, one.id, reason), done)


def _set(seat: Seat, case: str, controller: str) -> None:
    """What it is about stands sealed; whom and what it covers is typed, several with commas between."""
    issuer = pick(seat, "A legal hold, issued by", ISSUERS)
    on = _again_on(seat) if issuer is not None else None
    if issuer is None or on is None:
        return
    matter = seat.ask("What is it about, and what must stay? It is sealed, agents never see it; empty: back")
    if not matter:
        return
    whom = f"the person of {case}" if case else "everybody"
    people = parts(seat.ask(f"Over whom: e-mail, phone, number, with commas between; empty: {whom}"))
    places = parts(seat.ask("Over what: shop.invoice, user.contact, with commas between; empty: all that is held"))
    if not (case or people or places):
        seat.say("Name people, collections or categories: nothing was set.")
        return
    of = {"case": case} if case and not people else {"controller": controller or _whose(seat)}
    seat.say(f"Over {', '.join(people) or whom}: {', '.join(places) or 'all that is held'}, until {day(on)} at first.")
    if of.get("controller", case) and seat.yes("Set it?", "sets it") and seat.with_pin():
        what = given(matter, people, places) | of
        done = "the hold stands, as soon as a worker has it"
        _keep(seat, lambda: seat.desk.hold.set(seat.session, issuer=issuer, review_on=on, **what), done)


def _whose(seat: Seat) -> str:
    """The controller of a hold that is about no case; empty to go back."""
    mine = [one for one in seat.desk.controllers() if one[0] in seat.session.controllers]
    if len(mine) == 1:
        return str(mine[0][0])
    key = seat.choose("Which controller?", [Option(str(n), name) for n, (_, name) in enumerate(mine, 1)])
    return "" if key == BACK else str(mine[int(key) - 1][0])


def _again_on(seat: Seat) -> date | None:
    key = seat.choose("Look at it again", [Option(letter, words) for letter, (_, words) in MONTHS.items()])
    return None if key == BACK else seat.now().date() + timedelta(days=MONTHS[key][0] * 365 // 12)


def _keep(seat: Seat, work: Callable[[], object], done: str) -> None:
    def kept() -> bool:
        work()
        return True

    if seat.does(kept, done):
        seat.desk.synced(TAKEN_S)  # what is listed next is central's
