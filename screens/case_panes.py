"""What the panes of a case say: pure functions from a view to inert text."""

from collections.abc import Collection, Sequence
from datetime import datetime, tzinfo
from itertools import takewhile
from typing import Final

from textual.content import Content

from screens.kit.text import count, shown
from screens.letter_words import named, state_words
from screens.lines import hang, pair, under
from screens.task_words import task_line
from screens.words import CHANNELS, REQUESTERS, clock, day, left, right, stamp
from services.types import (
    CaseView,
    DutyRole,
    HistoryLine,
    ItemState,
    ItemView,
    RecipientState,
    Right,
    SystemResult,
    Tier,
)

HELD_RIGHTS: Final = (Right.ACCESS, Right.PORTABILITY)
PAUSE_STATES: Final = (ItemState.REVIEW, ItemState.READY, ItemState.RUNNING)
DATES: Final = {
    "received": "Received",
    "confirm by": "Confirm by",
    "internal target": "Target",
    "one month": "One month",
    "legal end": "Legal end",
    "extended to": "Extended",
    "with pause": "Later end",
    "asked": "Asked",
    "ask again": "Ask again",
}
WHY: Final = {
    "received": "received",
    "month from": "the month begins",
    "confirm by": "confirm the complaint",
    "legal end": "moved",
    "extended to": "extended",
    "with pause": "with the pause",
    "asked": "asked",
    "ask again": "ask again",
    "extend until": "extension",
    "refuse until": "refusal",
}
"""Dates whose reason is worth a line."""
SHOWN_CONFLICTS: Final = 2
PROOFS: Final = (
    "export.built", "export.delivered", "export.failed", "erase.verified", "erase.failed", "consent.written",
    "consent.failed", "letter.sent", "letter.failed", "subject.shredded",
)  # fmt: skip
"""Acts that say what came of it."""


def moving(view: CaseView) -> bool:
    """Whether something runs, waits for its time, or has not reached central."""
    return any(item.state in PAUSE_STATES for item in view.items) or any(not line.synced for line in view.history)


def unsettled(view: CaseView) -> bool:
    """Whether something on the case was not taken, or waits as a draft."""
    return bool(view.conflicts) or any(line.mark and not line.synced for line in view.history)


def facts(view: CaseView, agent: str, zone: tzinfo | None, room: int) -> Content:
    """The left pane: items with outcome, dates, who asks, where the answer goes, flags."""
    holder = "you" if view.holder == agent else view.holder or "nobody yet"
    lines = [shown(view.due, "bold" if view.due != "-" else "$quiet") + shown(f" · held by {holder}")]
    for item in view.items:
        lines += [shown(f"{item.id} {right(item.right)}", "bold"), under(item.text, room)]
    lines.append(Content(""))
    lines += [pair(DATES[date.name], day(date.day), room) for date in view.dates if date.name in DATES]
    lines.append(pair("Person", view.person, room))
    lines.append(pair("Answer to", view.delivery, room))
    lines.append(pair("Asked by", f"{REQUESTERS[view.requester]}, by {CHANNELS[view.channel]}", room))
    lines.append(pair("Law", f"{view.regime}, as {view.duty}", room))
    if view.duty is DutyRole.PROCESSOR:
        lines.append(pair("Under", view.instruction or "none cited yet: the next act cites it", room))
    lines += [shown(f"! {flag}", "bold $warning") for flag in view.flags]
    late = {task.state.system for item in view.items for task in item.tasks if task.late}
    lines += [shown(f"! {system} is late (H)", "bold $warning") for system in sorted(late)]
    lines += [shown("! letter not sent (t)", "bold $error")] if any(one.failed for one in view.letters) else []
    if view.draft_since is not None:
        lines.append(shown(f"! your hold ended at {clock(view.draft_since, zone)[:5]}", "bold $error"))
        lines.append(shown("  what you do now is a draft", "$error"))
    for met in view.conflicts[:SHOWN_CONFLICTS]:
        lines += [shown("! not taken (! settles it)", "bold $error"), under(f"{met.text}, by {met.who}", room)]
    if len(view.conflicts) > SHOWN_CONFLICTS:
        lines.append(shown(f"! and {count(len(view.conflicts) - SHOWN_CONFLICTS)} more", "bold $error"))
    return Content("\n").join(lines)


def overview(view: CaseView, say: str, now: datetime, room: int) -> Content:
    """Tab 1: what to say, what to do next, what runs, and the newest action."""
    lines: list[Content] = []
    if say:
        lines += [shown("Say", "bold"), shown(f"“{say}”"), Content("")]
    lines += [shown("Next", "bold"), shown(next_step(view)), Content("")]
    if view.history:
        newest = view.history[0]
        lines += [shown("Newest action", "bold"), history_line(newest, now, room)]
    for item in view.items:
        if item.state in PAUSE_STATES or item.systems or item.tasks:
            lines += [Content(""), *progress(item, now, room)]
    if view.words:
        lines += [Content(""), shown("Said", "bold"), shown(view.words, lines=True)]
    if reasons := [date for date in view.dates if date.why and date.name in WHY]:
        lines += [Content(""), shown("Why these dates (d)", "bold")]
        lines += [hang(f"{date.day:%d %b}", f"{WHY[date.name]}: {date.why}", room) for date in reasons]
    return Content("\n").join(lines)


def next_step(view: CaseView) -> str:
    """The key that leads on, in words."""
    states = {item.state for item in view.items}
    if view.draft_since is not None:
        return "what you do now is a draft: central decides on it when it answers"
    if "breach" in view.flags:
        return "wait: a breach is open, a lead or the officer decides (: register of breaches)"
    if any(not met.no_drop for met in view.conflicts):
        return "!  settle what was not taken: repeat or drop it"
    if view.key("letter").allowed:
        return "t  a letter did not leave: send it again, or say how else they were told"
    if states <= {ItemState.CLOSED}:
        return "nothing: every item has ended (w wraps up the contact)"
    if view.key("unanswered").allowed:
        return "d  end it: nobody says who asks; they get the letter"
    if view.key("chase").allowed:
        return "d  ask the person again: no answer came"
    if view.key("retry").allowed or view.key("skip").allowed:
        return "b  try the system again that failed, K  skip it"
    if any(one.state == "exception" for item in view.items if item.state is ItemState.RUNNING for one in item.systems):
        return "wait: a lead decides about the system that was given up"
    if ItemState.RUNNING in states:
        by_hand = any(task.waits for item in view.items for task in item.tasks)
        return "wait: people do their part by hand (H answers for them)" if by_hand else "wait: it is running"
    if ItemState.READY in states:
        return "wait: approved, it runs by itself (u takes it back)"
    if any(item.decision is not None and item.decision.waits for item in view.items):
        mine = view.key("decide").allowed
        return "y  read the letter and decide" if mine else "wait: a second person decides (u takes it back)"
    if any(item.state is ItemState.REVIEW and item.right in HELD_RIGHTS for item in view.items):
        return "e  decide what may be about others: the package waits for it"
    if ItemState.REVIEW in states:
        return "wait: a second person decides (u takes it back)"
    if view.key("take").allowed:
        return "a  take the case"
    if view.key("people").allowed and any("(P)" in view.key(act).reason for act in ("export", "erase", "rectify")):
        return "P  say which of several people it is"
    for act, words in (
        ("weigh", "W  note what they say: it is weighed"), ("complaint", "W  note what they complain about"),
        ("refuse", "R  propose: they are right, or they are not"),
        ("marketing", "m  stop marketing: no check is needed"), ("erase", "E  erase, as the plan says"),
        ("export", "x  make the package"), ("consent-give", "c  change consent"),
        ("consent-withdraw", "c  change consent: no check is needed"), ("rectify", "r  correct what is wrong"),
        ("restrict", "z  restrict: store the data only"), ("find", "p  find the data"),
        ("verify", "v  verify the person"),
    ):  # fmt: skip
        if view.key(act).allowed and _wanted(view, act):
            return words
    return "w  wrap up the contact"


def _wanted(view: CaseView, act: str) -> bool:
    """Whether the act answers something asked for; a check only while its tier is not reached."""
    open_rights = {item.right.value for item in view.items if item.state is not ItemState.CLOSED}
    if act in ("weigh", "complaint"):
        wanted = ("complaint",) if act == "complaint" else ("objection-other", "adm-review")
        return any(not i.heard and i.right in wanted for i in view.items if i.state is not ItemState.CLOSED)
    if act == "refuse":
        return any(one.heard for one in view.items if one.state is not ItemState.CLOSED)
    if act == "marketing":
        return "objection-marketing" in open_rights
    if act == "verify":
        return not view.verification.passed or view.verification.open
    return True


def progress(item: ItemView, now: datetime, room: int) -> list[Content]:
    """One item with its countdown and what each system has done."""
    lines = [shown(f"{item.id} {right(item.right)}", "bold"), under(countdown(item, now), room)]
    lines += [under(system_words(one, now.tzinfo), room) for one in item.systems]
    lines += [under(task_line(one), room) for one in item.tasks]
    return lines + [under(recipient_words(one), room) for one in item.recipients]


def countdown(item: ItemView, now: datetime) -> str:
    """The item's text; while it waits for its time, counted here so that it moves every second."""
    if item.state is ItemState.READY and item.run_at is not None:
        rest = left(item.run_at, now)
        done = f"approved by {item.approved_by}" if item.approved_by else "waits its time"
        if rest == "0 s" and any(one.state.startswith("waits") for one in item.systems):
            return f"{done}, waits (u takes it back)"
        return f"{done}, about to run" if rest == "0 s" else f"{done}, runs in {rest} (u takes it back)"
    return item.text


def taken_back(view: CaseView | None) -> tuple[str, str]:
    """What `u` takes back, and what will not be done to it."""
    held = [item.right for item in view.items if item.state in (ItemState.REVIEW, ItemState.READY)] if view else []
    return ("the erasure", "erased") if Right.ERASURE in held or not held else ("it", "done")


def recipient_words(one: RecipientState) -> str:
    """Whether somebody who had received the data was told."""
    return f"{one.recipient}  {one.state}" + (f" ({one.reason})" if one.reason else "")


def system_words(one: SystemResult, zone: tzinfo | None = None) -> str:
    """What one system answered, or where it is: with the day a vendor named, or when it is tried next."""
    if one.until is not None and one.state.startswith("waiting for "):
        return f"{one.system}  {one.state} until {day(one.until.date())}"
    if one.until is not None and one.state == "failed":
        return f"{one.system}  failed ({one.reason}), next try {stamp(one.until, zone)}"
    if one.state == "found":
        return f"{one.system}  {count(one.found)} rows"
    named = (("found", one.found), ("deleted", one.deleted), ("masked", one.masked), ("kept", one.kept))
    counts = [f"{count(number)} {word}" for word, number in named if number]
    laws = ((one.stored_only, "stored only"), (one.not_marked, "not marked as stored only"))
    if marks := ", ".join(f"{count(number)} {word}" for number, word in laws if number):
        counts[-1:] = [f"{counts[-1]}: {marks}"]
    return (
        f"{one.system}  {one.state}"
        + (f": {', '.join(counts)}" if counts else "")
        + (f" ({one.reason})" if one.reason else "")
    )


def identity(view: CaseView, session: str, now: datetime, room: int) -> Content:
    """Tab 2: what the check of this contact reached. Never what was said or expected."""
    check = view.verification
    lines = [pair("Reached", _tier(check.tier), room)]
    if check.template:
        state = "open (v goes on)" if check.open else "over"
        lines.append(pair("Checklist", f"{check.template}, {state}", room))
        lines.append(pair("Passed", ", ".join(check.passed) or "nothing yet", room))
        lines.append(pair("Wrong", f"{check.strikes} of 2", room))
        holds = check.open or check.tier not in (Tier.T0, Tier.TX)
        if check.until is not None and check.session == session and holds:
            lines.append(pair("Holds for", left(check.until, now), room))
        elif check.tier is not Tier.TX:
            lines.append(shown("That contact is over: begin again (v).", "$warning"))
    else:
        lines.append(shown("No check in this contact yet (v)."))
    lines += [Content(""), shown("A check dies with the contact: after 30 minutes, on switch or hand-over.", "$quiet")]
    return Content("\n").join(lines)


def _tier(tier: Tier) -> str:
    return {
        Tier.T0: "T0, nothing is known of the caller", Tier.T1: "T1, the record is found",
        Tier.T2: "T2, proven by one strong factor", Tier.T3: "T3, proven twice and by two of us",
        Tier.TX: "TX, cannot be verified in this contact",
    }[tier]  # fmt: skip


def data(view: CaseView, zone: tzinfo | None = None) -> Content:
    """Tab 3: where it is, counts per system, what was done there."""
    lines = [shown("Found", "bold")]
    lines += [shown(f"  {system_words(one)}") for one in view.found] or [shown("  not searched yet (p)", "$quiet")]
    for item in view.items:
        if item.systems or item.recipients or item.tasks:
            lines += [Content(""), shown(f"{item.id} {right(item.right)}", "bold")]
            lines += [shown(f"  {system_words(one, zone)}") for one in item.systems]
            lines += [shown(f"  {task_line(one)}") for one in item.tasks]
        if item.recipients:
            lines += [shown("  Recipients (Art 19)", "$quiet")]
            lines += [shown(f"  {recipient_words(one)}") for one in item.recipients]
        if item.package:
            lines += [shown(f"  package {item.package[:12]}")]
    return Content("\n").join(lines)


def letters(view: CaseView, room: int, zone: tzinfo | None = None) -> Content:
    """Tab 4: letters and whether they went out."""
    if not view.letters:
        return shown("No letter yet (t shows how one would read).", "$quiet")
    lines = [hang(f"{named(one.template)} ({one.language})", state_words(one, zone), room) for one in view.letters]
    return Content("\n").join(
        [*lines, Content(""), shown("t  reads them, and sends again what did not leave", "$quiet")]
    )


def history(view: CaseView, now: datetime, room: int) -> Content:
    """Tab 5: every action, newest first; a processor's below the instruction that it was done under."""
    lines, under = list[Content](), ""
    for line in view.history:
        if line.under not in ("", under):
            lines.append(shown(f"Under {line.under}", "bold"))
        under = line.under or under
        lines.append(history_line(line, now, room))
    return Content("\n").join(lines)


def history_line(line: HistoryLine, now: datetime, room: int) -> Content:
    """When, who, what; and whether central has it."""
    same_day = line.at.astimezone(now.tzinfo).date() == now.date()
    at = clock(line.at, now.tzinfo) if same_day else stamp(line.at, now.tzinfo)
    who = line.actor.removeprefix("agent:")
    who = "worker" if who.startswith("worker:") else who
    mark = line.mark or ("" if line.synced else "not synced yet")
    return hang(f"{at} {who}", f"{line.text} ({mark})" if mark else line.text, room)


def proofs(lines: Sequence[HistoryLine], since: Collection[str], now: datetime, room: int) -> list[Content]:
    """What came of the newest act out of `since`, newest last."""
    after = list(takewhile(lambda line: line.act not in since, lines))
    return [history_line(line, now, room) for line in reversed(after) if line.act in PROOFS]
