"""Doing anew what did not count: the same act, now, by whoever settles it, under the present claim and policy."""

from collections.abc import Sequence
from dataclasses import replace

from services.action_log import acts
from services.action_log.act import from_params
from services.action_log.entry import Draft
from services.cases.case import Case, Conflict
from services.cases.clock_policy import TIMED
from services.cases.fold_acts import OPEN
from services.cases.fold_instruct import CONTROLLERS, uninstructed
from services.cases.fold_minor import about_minor
from services.cases.fold_settle import again_op
from services.cases.policy import RULES, may, may_settle
from services.cases.repeating import REPEATS, why_not
from services.cases.words import act_words
from services.desk.context import GRAVE, Context
from services.errors import Refused
from services.types import Right, Session, Unsettled


def unsettled(ctx: Context, session: Session, case: Case, met: Conflict) -> Unsettled:
    """A conflict of the case as a screen shows it, with what this person may do about it."""
    no_drop = may_settle(met.actor, case.controller, ctx.moment(session, case.controller))
    return Unsettled(
        kind="conflict",
        log=met.log,
        seq=met.seq,
        case=case.id,
        controller=case.controller,
        text=act_words(met.act, met.params),
        who=met.actor.partition(":")[2],
        at=ctx.as_time(met.ts),
        met=ctx.as_time(met.at),
        why=met.reason,
        holder=case.holder.partition(":")[2],
        no_repeat=no_drop or no_again(ctx, session, case, met),
        no_drop=no_drop,
        pin=REPEATS.get(met.act) in GRAVE,
    )


def no_again(ctx: Context, session: Session, case: Case, met: Conflict) -> str:
    """Why this person cannot do it anew now; empty when they can. Says nothing of the PIN."""
    nobody = why_not(met.act, met.actor)
    if nobody:
        return nobody
    if case.bare:
        return "nobody knows any more who it is about; only the record is left"
    answer = may(REPEATS[met.act], case, ctx.moment(session, case.controller), _item(case, met), again=True)
    return answer.reason or _moved_on(ctx, case, met)


def again(ctx: Context, session: Session, case: Case, met: Conflict) -> list[Draft]:
    """The drafts that do it anew; the last one is the act itself, under the op of its repeat. Raises `Refused`."""
    reason = no_again(ctx, session, case, met)
    if reason:
        raise Refused(reason)
    item = ctx.permit(REPEATS[met.act], case, session, _item(case, met), again=True).item
    if met.act == "marketing.stopped":
        channels = met.params["channels"]
        drafts = marketing_drafts(ctx, session, case, [str(c) for c in channels] if isinstance(channels, list) else [])
    elif met.act == "restriction.lift_asked":
        drafts = lift_drafts(ctx, session, case, str(met.params["reason"]))
    else:
        if met.act == "item.added":
            item = str(len(case.items) + 1)
        elif not RULES[REPEATS[met.act]].rights:
            item = met.item
        drafts = [ctx.draft(session, from_params(met.act, met.params), case, item, met.details)]
    return [*drafts[:-1], replace(drafts[-1], op=again_op(met.log, met.seq))]


def marketing_drafts(ctx: Context, session: Session, state: Case, channels: Sequence[str]) -> list[Draft]:
    """A marketing stop on the item that asks for it, which is added when there is none."""
    item = next((i for i in state.items if i.right is Right.OBJECTION_MARKETING and not i.ended), None)
    stop = acts.MarketingStopped(channels=tuple(channels))
    if item is not None:
        return [ctx.draft(session, stop, state, item.id)]
    number = str(len(state.items) + 1)
    added = ctx.draft(session, acts.ItemAdded(right=Right.OBJECTION_MARKETING), state, number)
    return [added, ctx.draft(session, stop, state, number)]


def lift_drafts(ctx: Context, session: Session, state: Case, reason: str) -> list[Draft]:
    """The lifting of a restriction, on an open item or on a new one."""
    item = next((i for i in state.items if i.right is Right.RESTRICTION and i.state in OPEN), None)
    lift = acts.RestrictionLiftAsked(reason=reason)
    if item is not None:
        return [ctx.draft(session, lift, state, item.id)]
    number = str(len(state.items) + 1)
    added = ctx.draft(session, acts.ItemAdded(right=Right.RESTRICTION), state, number)
    return [added, ctx.draft(session, lift, state, number)]


def _item(case: Case, met: Conflict) -> str | None:
    """The item it was about, while it is what the act answers; else whichever of the case fits."""
    rule, item = RULES[REPEATS[met.act]], case.item(met.item)
    if rule.rights:
        return item.id if item is not None and item.right in rule.rights and not item.ended else None
    return met.item if rule.states or met.act == "item.resolved" else None


def _moved_on(ctx: Context, case: Case, met: Conflict) -> str:
    """Why what was meant then is no longer there to be done."""
    item = case.item(met.item)
    if met.act == "item.added" and any(i.right == met.params["right"] and not i.ended for i in case.items):
        return "the case asks for that already"
    row = REPEATS[met.act]
    if row in TIMED and (why := ctx.not_today(row, case)):
        return why
    if met.act in CONTROLLERS and (why := uninstructed(case, met.act)):
        return why
    if met.act == "item.resolved" and (item is None or item.ended):
        return "the item has ended"
    if met.act in ("erase.asked", "erase.approved") and (item is None or item.digest != met.params["digest"]):
        return "the plan changed since: look again (p)"
    if met.act == "consent.given":
        if about_minor(case):
            return "it is about a minor: say anew who consents (c)"
        purpose = ctx.controller(case.controller).purpose(str(met.params["purpose"]))
        if purpose is None or purpose.consent.version != met.params["text"]:
            return "the text to read out has changed: read it again (c)"
    return ""
