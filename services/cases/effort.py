"""What a case took, counted in the fold: for figures over many cases, never of one person who works here (ART-5-2)."""

from dataclasses import replace

from services.action_log.entry import Entry
from services.cases.case import Case, Effort
from services.types import Tier

MOST_S = 4 * 3600
"""What a contact counts at most: whoever forgot to end one did not work all night."""


def with_effort(before: Case, after: Case, entry: Entry) -> Case:
    """`after` with what `entry` added: whose session it was, how long the contact took, a check, a second opening."""
    old = before.effort
    new = replace(
        old,
        touches=old.touches + _is_touch(old, entry),
        session=entry.session if _by_person(entry) and entry.session else old.session,
        seconds=old.seconds + _seconds(entry),
        contacts=old.contacts + (_seconds(entry) > 0),
        checks=old.checks + (entry.act == "check.started"),
        failed_checks=old.failed_checks + (entry.act == "check.ended" and entry.params.get("tier") == Tier.TX),
        reopened=old.reopened + (before.closed and not after.closed),
    )
    return after if new == old else replace(after, effort=new)


def _by_person(entry: Entry) -> bool:
    return entry.actor.startswith("agent:")


def _is_touch(old: Effort, entry: Entry) -> bool:
    """A person took it up: in another session than whoever did something last."""
    return _by_person(entry) and bool(entry.session) and entry.session != old.session


def _seconds(entry: Entry) -> int:
    seconds = entry.params.get("seconds") if entry.act == "contact.ended" else 0
    return min(seconds, MOST_S) if isinstance(seconds, int) else 0
