"""What of what did not count can be done anew, under which row of the policy table, and why the rest cannot."""

REPEATS = {
    "item.added": "note",
    "item.resolved": "resolve",
    "consent.given": "consent-give",
    "consent.withdrawn": "consent-withdraw",
    "marketing.stopped": "marketing",
    "restriction.asked": "restrict",
    "restriction.lift_asked": "lift",
    "rectification.asked": "rectify",
    "export.asked": "export",
    "erase.asked": "erase",
    "erase.approved": "approve",
    "erase.returned": "return",
    "erase.withdrawn": "withdraw",
    "wait.withdrawn": "recall",
    "decision.proposed": "refuse",
    "decision.referred": "decide",
    "decision.approved": "decide",
    "decision.returned": "decide",
    "decision.withdrawn": "unrefuse",
    "case.assigned": "assign",
    "case.extended": "extend",
    "extension.proposed": "extend",
    "clock.asked": "ask",
    "clock.chased": "chase",
    "clock.answered": "answered",
    "suspension.accepted": "pause",
    "suspension.refused": "pause",
    "receipt.noted": "remind",
    "note.kept": "note",
    "risk.flagged": "note",
    "task.answered": "task",
    "wrap.coded": "wrap-up",
    "contact.ended": "wrap-up",
    "letter.retry_asked": "letter",
    "letter.handed": "letter",
}
"""Acts that mean the same whenever they are done, with the row that judges them."""

_ALONE = {
    "case.opened": "the number is another case's: log the request again (i)",
    "case.claimed": "the hold of then is over: take the case again (a)",
    "case.released": "the hold that it gave back is over",
    "data.viewed": "what was seen then was seen then",
    "contact.started": "that contact is over",
    "case.merged": "the two cases may have moved on: merge them again (d)",
}
_KINDS = {
    "fact": "note it again (>)",
    "authority": "a check holds for its own contact only: check again (v)",
    "document": "a check holds for its own contact only: check again (v)",
    "breach": "the register says how it stands: decide it anew there (:breaches)",
    "check": "a check holds for its own contact only: check again (v)",
    "factor": "a check holds for its own contact only: check again (v)",
    "find": "a search shows what was there then: search again (p)",
    "people": "the people are listed anew: say it on the list (P)",
    "redaction": "the parts are listed anew: decide on the list (e)",
    "conflict": "it settled something else: that stands open again",
}


def why_not(act: str, actor: str, *, closed_log: bool = False) -> str:
    """Why nobody can do `actor`'s act anew; empty when it can be. What a closed log opened was never opened."""
    if not actor.startswith("agent:"):
        return "only who works on the data can report what came of it"
    if act in REPEATS or (closed_log and act == "case.opened"):
        return ""
    return _ALONE.get(act) or _KINDS.get(act.partition(".")[0]) or "it only tells what was then"
