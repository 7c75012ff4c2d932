"""Acts, states and outcomes as words a person can read. Codes in, words out; no data."""

from services.action_log.act import Params
from services.cases.case import Item
from services.cases.fold_systems import GIVEN_UP
from services.cases.fold_tasks import BY_HAND
from services.types import ItemState, Outcome

_ACTS = {
    "breach.raised": "breach raised",
    "breach.updated": "breach: {what} added",
    "breach.decided": "breach: decided about the {whom}, {reason}",
    "breach.closed": "breach closed: {reason}",
    "breach.locked": "locked by the breach {number}",
    "breach.person_added": "breach: it is about the person of {case}, too",
    "breach.notice_asked": "breach: letter to the persons asked for, {reason}",
    "breach.person_told": "breach: the person of {case} told by {medium}",
    "breach.person_failed": "breach: the person of {case} NOT told: {reason}",
    "breach.person_settled": "breach: no letter to the person of {case}: {reason}",
    "breach.released": "released from the breach {number}: {reason}",
    "contact.started": "contact begun ({channel})",
    "contact.ended": "contact ended",
    "case.opened": "request logged ({channel})",
    "case.imported": "taken over from {source}",
    "case.claimed": "taken",
    "case.released": "handed back",
    "case.assigned": "assigned to {agent}",
    "case.acknowledged": "receipt confirmed to the person",
    "case.extended": "to be extended by two months: {reason}",
    "case.merged": "goes on in {into}",
    "instruction.cited": "under the controller's instruction {reference}",
    "extension.proposed": "two months more proposed to the controller: {reason}",
    "clock.asked": "asked for {what} on {on} ({by}): {ground}",
    "clock.chased": "asked again on {on} ({by})",
    "question.sent": "the letter that asks left on {on}",
    "clock.answered": "answered on {on}",
    "extension.failed": "not extended: {reason}",
    "suspension.accepted": "the time stands still, says a lead: {reason}",
    "suspension.refused": "the time does not stand still, says a lead: {reason}",
    "receipt.noted": "received again on {received_on} ({kind})",
    "case.closed": "closed: {reason}",
    "item.added": "asks for {right}",
    "item.withdrawn": "taken back by the person",
    "item.resolved": "ended: {outcome}",
    "check.started": "identity check {template}, aims at {tier}",
    "check.ended": "identity check ended at {tier}: {reason}",
    "check.aimed": "identity check goes on by {template}, aims at {tier}: {reason}",
    "check.offered": "check handed to {to}",
    "check.accepted": "check taken up",
    "fact.noted": "noted: {fact}",
    "document.allowed": "a document may be looked at: {reason}",
    "authority.seen": "authority seen: {scope}, of {dated}, until {until}",
    "factor.asked": "{factor} asked",
    "factor.passed": "{factor} passed",
    "factor.failed": "{factor} not passed: {reason}",
    "find.asked": "search asked for",
    "find.done": "searched: {outcome}, {others} other people",
    "people.listed": "several people may be meant",
    "people.chosen": "said which of several people it is: {reason}",
    "plan.made": "erasure planned",
    "wait.ended": "the waiting period is over: it begins",
    "wait.withdrawn": "taken back while it waited: {reason}",
    "export.asked": "export asked for",
    "export.held": "parts wait for a decision",
    "redaction.decided": "part decided: {decision}, {reason}",
    "export.built": "package made",
    "export.delivered": "package sent",
    "export.failed": "no package: {reason}",
    "erase.asked": "erasure asked for, ground {ground}",
    "erase.approved": "erasure approved",
    "erase.returned": "sent back: {reason}",
    "erase.withdrawn": "erasure taken back",
    "erase.started": "erasure begun",
    "erase.system_done": "{system}: {deleted} deleted, {masked} masked, {kept} kept, {stored_only} of them stored only",
    "erase.verified": "read again: {left} left",
    "erase.failed": "{system} failed: {reason}",
    "system.given_up": "{system}: given up, {reason}; a lead decides",
    "system.retry_asked": "{system} to be tried again",
    "system.skip_asked": "{system} to be skipped: {reason}",
    "system.skipped": "{system} skipped, nothing was done there: {reason}",
    "task.asked": "{responsible} asked to {what} by hand in {system} until {due}",
    "task.answered": "{system}, by hand: {outcome} ({count}; {reason})",
    "recipient.told": "{recipient} told of it",
    "recipient.failed": "{recipient} not told: {reason}",
    "recipient.impossible": "{recipient} cannot be told: {reason}",
    "work.halted": "all work stopped: {reason}",
    "work.resumed": "work goes on",
    "hold.set": "legal hold set",
    "hold.reviewed": "legal hold looked at again: until {review_on}",
    "hold.lift_asked": "legal hold to be lifted: {reason}",
    "hold.kept": "legal hold kept",
    "hold.lifted": "legal hold lifted",
    "replay.done": "{system} was restored: {deleted} deleted again, {masked} masked, {stopped} stopped, {left} left",
    "consent.given": "consent given: {purpose}",
    "consenter.named": "for a minor consents: {who} (from {age} on the child)",
    "consent.withdrawn": "consent withdrawn: {purpose}",
    "consent.written": "{system}: {purpose} written in {rows} rows",
    "consent.failed": "{system}: not written, {reason}",
    "restriction.asked": "restriction asked for, ground {ground}",
    "restriction.written": "{system}: stored only, {rows} rows",
    "restriction.failed": "{system}: not restricted, {reason}",
    "restriction.lift_asked": "restriction to be lifted: {reason}",
    "restriction.lifted": "{system}: no longer restricted, {rows} rows",
    "restriction.kept": "still restricted: {case} restricts the person, too",
    "rectification.asked": "correction asked for",
    "rectification.started": "rows to be corrected found",
    "rectification.written": "{system}: corrected, {rows} rows",
    "rectification.failed": "{system}: not corrected, {reason}",
    "marketing.stopped": "marketing stopped",
    "letter.made": "letter {template} made",
    "letter.sent": "letter sent by {medium}",
    "letter.failed": "letter not sent: {reason}",
    "letter.retry_asked": "letter to be sent again",
    "letter.handed": "what the letter says told by {medium}",
    "view.noted": "{kind} noted: it is weighed",
    "decision.proposed": "proposed: {outcome}, on {grounds}",
    "decision.referred": "put to the controller, who decides",
    "decision.approved": "decided by a second person",
    "decision.returned": "not decided so: {reason}",
    "decision.withdrawn": "proposal taken back",
    "decision.told": "the person was told of the decision",
    "data.viewed": "looked at {what}: {reason}",
    "note.kept": "note kept",
    "risk.flagged": "{kind} in {field}: {choice}",
    "wrap.coded": "wrapped up: {code}",
    "conflict.settled": "entry {seq} of log {log} {how}: {reason}",
    "details.dropped": "the time of {what} is over: sealed details destroyed",
    "subject.shredded": "sealed details destroyed",
}


def act_words(act: str, params: Params) -> str:
    """One action as a line; acts without words of their own stand by name."""
    return _ACTS.get(act, act).format_map(_Shown(params))


_REASONS = {
    "read-only": "it can only be read there",
    "not-permitted": "our login may not write there",
    "value-too-long": "the new value is too long for its field",
    "wrong-type": "the field cannot hold the new value",
    "value-taken": "the new value must be unique there, and another row has it",
    "row-changed": "the row was changed meanwhile",
    "no-field": "the system has no such field any more",
    "bad-value": "the new value cannot be written",
    "nothing-to-correct": "nobody holds the old value any more",
    "somebody-else": "somebody else is known by the new value",
    "needs-T3": "contact data, identity and money need T3",
    "unusable": "the system would not take it: a rule or a right of its own",
    "not-read-back": "it was written and does not read back",
    "which-person": "several people are known by this: P asks which",
    "left-to-people": "people work it: have it done there by hand",
    "not-told": "the person could not be told first",
    "mail-refused": "the mail server refuses it",
    "no-address": "there is no address to write to",
    "too-late": "the notice would have left too late",
    "not-sent": "the notice did not leave",
    "gone": "what it needs is no longer there",
    "overtaken": "it was decided otherwise meanwhile",
    "not-asked": "nobody asked for it",
    "by-hand": "by hand",
    "not-proven": "the ground is not proven",
    "another-ground": "another ground fits",
    "do-it": "there is no reason to refuse: do it",
    "in-part": "only a part of it may be refused",
    "controller-declines": "the controller decided otherwise",
    "restricted-by-another": "another case restricts the person, too",
}
"""Reasons of what failed, came back or was done by hand; other codes stand as they are."""


def reason_words(code: str) -> str:
    """A reason as words a person can read; after `by-hand:` stands what people said."""
    how, _, said = code.partition(":")
    if how == BY_HAND and said:
        return f"{_REASONS[how]}: {said.replace('-', ' ')}"
    return _REASONS.get(code, code)


def _said(value: object) -> object:
    if value is None or value == []:
        return "-"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return ("yes" if value else "no") if isinstance(value, bool) else value


class _Shown(dict[str, object]):
    """Params for `format_map`: a missing or empty one is a dash."""

    def __init__(self, params: Params) -> None:
        super().__init__({k: reason_words(str(v)) if v and k == "reason" else _said(v) for k, v in params.items()})

    def __missing__(self, key: str) -> str:
        return "-"


def item_words(item: Item, run_at: int, now: int) -> str:
    """Where an item stands; `run_at` and `now` in µs, `run_at` 0 when nothing is approved."""
    if item.state is ItemState.CLOSED:
        kept = f"; the marks stay, as {item.kept_by} restricts the person, too" if item.kept_by else ""
        return _OUTCOMES[item.outcome] + kept
    if item.state is ItemState.READY:
        left = max(0, run_at - now) // 1_000_000
        why = "approved" if item.approved_by else "waits its time"
        return f"{why}, runs in {_span(left)} (u takes it back)" if left else f"{why}, about to run"
    if item.state is ItemState.REVIEW and item.undecided:
        left = item.undecided
        return f"waits: {left} {'parts' if left > 1 else 'part'} may be about others (e decides)"
    if item.state is ItemState.REVIEW and item.decision is not None:
        who = "the controller" if item.decision.referred_at else "a second person"
        return f"{_DECIDED[item.decision.outcome]}: waits for {who} to decide"
    if item.state is ItemState.REVIEW:
        return "waits for a second person"
    if item.state is ItemState.RUNNING and item.decision is not None and not item.decision.told_at:
        return f"{_DECIDED[item.decision.outcome]}: decided, the letter is on its way"
    if item.state is ItemState.RUNNING:
        done = sum(1 for s in item.systems if s.state == "done")
        given_up = [s.system for s in item.systems if s.state == GIVEN_UP]
        failed = [s.system for s in item.systems if s.state == "failed"]
        if given_up:
            return f"running, a lead decides about {', '.join(given_up)}"
        if failed:
            return f"running, failed in {', '.join(failed)}"
        return f"running, {done} system{'s' if done > 1 else ''} done" if done else "running"
    if item.returned:
        return f"back: {reason_words(item.returned)}"
    if item.decision is not None and item.decision.told_at:
        return _TOLD[item.decision.outcome]
    if item.view:
        return "what they say is noted: to be weighed (R)"
    return _STATES[item.state]


_STATES = {
    ItemState.NEW: "new",
    ItemState.ACKNOWLEDGED: "receipt confirmed",
    ItemState.VERIFYING: "identity being checked",
    ItemState.IN_PROGRESS: "ready to be answered",
    ItemState.SENT: "done, the letter is on its way",
}

_DECIDED = {"upheld": "they are right", "refused": "refusal", "partly": "refusal of a part", "fee": "a fee"}
_TOLD = {"partly": "a part was refused, the rest is to be answered", "fee": "a fee was asked: answer once it is paid"}

_OUTCOMES = {
    Outcome.OPEN: "closed",
    Outcome.DONE: "done",
    Outcome.PARTLY: "done in part; what is kept was named to the person",
    Outcome.NOTHING_HELD: "nothing was held",
    Outcome.REFUSED: "refused",
    Outcome.WITHDRAWN: "taken back by the person",
    Outcome.NOT_IDENTIFIED: "the person could not be identified",
    Outcome.REFERRED: "referred to the controller",
    Outcome.MERGED: "merged into another case",
    Outcome.SPAM: "no request",
}


def _span(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
