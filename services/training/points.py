"""The items of the scorecard (rules.md 11), each read from the log with the action it stands on. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from services.action_log.entry import Entry
from services.identity.needs import raised
from services.identity.template import templates
from services.training.facts import provable
from services.training.moments import Moment, first
from services.training.scenario import Scenario
from services.types import Factor, Tier

Call = Sequence[Entry]

OUTCOMES: Final = (
    "export.asked", "erase.asked", "erase.approved", "erase.withdrawn", "item.resolved", "consent.given",
    "consent.withdrawn", "marketing.stopped",
)  # fmt: skip
SECRETS: Final = (Factor.PIN, Factor.OTP)
NONE, HALF, ALL = Fraction(0), Fraction(1, 2), Fraction(1)


@dataclass(frozen=True, slots=True)
class Mark:
    """How much of an item was done, why, and on which action that stands."""

    share: Fraction
    why: str
    seq: int | None = None


def _seq(entry: Entry | None) -> int | None:
    return entry.seq if entry is not None else None


def _first(call: Call, act: str, code: str = "") -> Entry | None:
    return first(call, Moment(act, code))


def _marked(call: Call, step: str) -> tuple[str, Entry | None]:
    """The last mark of a step: `passed`, `failed` or nothing, with its entry."""
    marks = [e for e in call if e.act in ("factor.passed", "factor.failed") and e.params["factor"] == step]
    return (marks[-1].act.partition(".")[2], marks[-1]) if marks else ("", None)


def _factors(call: Iterable[Entry]) -> list[tuple[Factor, Entry]]:
    """Every factor asked, or vouched for, in order."""
    named = [(str(e.params["factor"]), e) for e in call if e.act in ("factor.asked", "factor.passed")]
    return [(Factor(name), entry) for name, entry in named if name in tuple(Factor)]


def recognised(scenario: Scenario, call: Call) -> Mark:
    """The right was seen and logged before anything else."""
    check, item = _first(call, "check.started"), _first(call, "item.added", scenario.right)
    rights = {str(e.params["right"]) for e in call if e.act == "item.added"}
    wanted = {m.code for m in scenario.path if m.act == "item.added"} | {scenario.right.value}
    if item is None:
        return Mark(NONE, f"{scenario.right} was not logged", _seq(_first(call, "case.opened")))
    if check is not None and check.seq < item.seq:
        return Mark(HALF, "logged, but only after the check had begun", item.seq)
    if rights - wanted:
        return Mark(HALF, f"logged with {', '.join(sorted(rights - wanted))}, which nobody asked for", item.seq)
    return Mark(ALL, "the right was logged at first contact, before any check", item.seq)


def read_back(scenario: Scenario, call: Call) -> Mark:
    """G1."""
    state, entry = _marked(call, "g1")
    done = state == "passed"
    return Mark(ALL if done else NONE, "asked and read back (G1)" if done else "not read back (G1)", _seq(entry))


def tier(scenario: Scenario, call: Call) -> Mark:
    """The check aimed at the right tier, and ended as this caller can end it."""
    started = _first(call, "check.started")
    if started is None:
        needed = scenario.tier_expected is not Tier.T0
        return Mark(NONE if needed else ALL, "no check was made" + ("" if needed else ", and none is needed"))
    aim = Tier(str(started.params["tier"]))
    if _marked(call, "g6")[0] == "failed":
        aim = raised(aim)
    done = _ended_well(call)
    can = _can_reach(scenario)
    fits = done is not None and Tier(str(done.params["tier"])) >= scenario.tier_expected if can else done is None
    share = HALF * (aim is scenario.tier_expected) + HALF * fits
    says = f"aimed at {aim}, {scenario.tier_expected} is right; "
    says += f"ended with {done.params['tier']}" if done else "never reached"
    return Mark(share, says + ("" if can else ", as this caller cannot be verified"), _seq(done or started))


def _ended_well(call: Call) -> Entry | None:
    """The end of a check whose tier was reached, as the desk wrote it."""
    ends = [e for e in call if e.act == "check.ended" and e.params["tier"] not in (Tier.T0, Tier.TX)]
    return next((e for e in ends if e.params["reason"] == "done"), ends[0] if ends else None)


def _can_reach(scenario: Scenario) -> bool:
    from services.identity.engine import tier_reached

    can = [(f, "email" if f is Factor.OTP else "") for f in provable(scenario.facts_true)]
    return tier_reached([*can, (Factor.SUP, "")]) >= scenario.tier_expected


def guards(scenario: Scenario, call: Call) -> Mark:
    """G2, G6 and G7 as marked; G3, G4 and G5 the desk keeps itself."""
    asked = _factors(call)
    secret = next((entry for factor, entry in asked if factor in SECRETS), None)
    g2, g6, g7 = _marked(call, "g2"), _marked(call, "g6"), _marked(call, "g7")
    wanted = "failed" if scenario.pressure_tactics else "passed"
    in_time = g2[1] is not None and (not asked or g2[1].seq < asked[0][1].seq)
    checks = {
        "G2 before the first question": g2[0] == "passed" and in_time,
        "G6 pressure noticed" if scenario.pressure_tactics else "G6 no pressure": g6[0] == wanted,
        "G7 recording paused before a secret": secret is None
        or (g7[0] == "passed" and g7[1] is not None and g7[1].seq < secret.seq),
    }
    missing = [name for name, done in checks.items() if not done]
    why = f"not so: {', '.join(missing)}" if missing else ", ".join(checks)
    return Mark(Fraction(len(checks) - len(missing), len(checks)), f"{why}; the desk keeps G3 to G5", _seq(g2[1]))


def factors(scenario: Scenario, call: Call) -> Mark:
    """What the path asks for was asked, and nothing else."""
    wanted = [m for m in scenario.path if m.code in tuple(Factor)]
    allowed = [option for m in wanted for option in scenario.counts_as(m)]
    asked = _factors(call)
    have = [m for m in wanted if any(first(call, option) for option in scenario.counts_as(m))]
    extra = [factor.value for factor, entry in asked if not any(option.fits(entry) for option in allowed)]
    share = HALF * (Fraction(len(have), len(wanted)) if wanted else 1) + HALF * (not extra)
    missing = [str(m) for m in wanted if m not in have]
    parts = [f"missing: {', '.join(missing)}"] if missing else ["every factor that is needed"]
    parts += [f"too much: {', '.join(dict.fromkeys(extra))}"] if extra else ["nothing more"]
    return Mark(share, "; ".join(parts), _seq(asked[0][1]) if asked else None)


def dates(scenario: Scenario, call: Call) -> Mark:
    """G9, after the request was logged: the desk shows the date, the mark says it was told."""
    opened, (state, entry) = _first(call, "case.opened"), _marked(call, "g9")
    done = state == "passed" and opened is not None and entry is not None and entry.seq > opened.seq
    return Mark(ALL if done else NONE, "the date was told (G9)" if done else "not marked as told (G9)", _seq(entry))


def outcome(scenario: Scenario, call: Call) -> Mark:
    """Exactly what the path ends in, with its ground; where it ends in nothing, the request stays for a letter."""
    wanted = [m for m in scenario.path if m.act in OUTCOMES]
    options = [option for m in wanted for option in scenario.counts_as(m)]
    done = [e for e in call if e.act in OUTCOMES]
    odd = next((e for e in done if not any(option.fits(e) for option in options)), None)
    if odd is not None:
        return Mark(NONE, f"{odd.act} is not how this call ends", odd.seq)
    have = [m for m in wanted if any(first(call, option) for option in scenario.counts_as(m))]
    if not wanted:
        opened = _first(call, "case.opened")
        return Mark(ALL if opened else NONE, "nothing was done; the request stays logged for a letter", _seq(opened))
    missing = [str(m) for m in wanted if m not in have]
    why = f"missing: {', '.join(missing)}" if missing else f"done: {', '.join(map(str, wanted))}"
    return Mark(Fraction(len(have), len(wanted)), why, _seq(done[-1]) if done else None)


def wrap_up(scenario: Scenario, call: Call) -> Mark:
    """The code that fits, and no personal data kept that the record does not need."""
    wanted = [option for m in scenario.path if m.act == "wrap.coded" for option in scenario.counts_as(m)]
    wrapped = _first(call, "wrap.coded")
    right = wrapped is not None and any(option.fits(wrapped) for option in wanted)
    kept = next((e for e in call if e.act == "risk.flagged" and e.params["choice"] == "kept"), None)
    code = wrapped.params["code"] if wrapped else "no code"
    why = f"{code}{'' if right else ' does not fit'}; " + (
        f"{kept.params['kind']} kept in the {kept.params['field']}" if kept else "nothing kept in excess"
    )
    return Mark(HALF * right + HALF * (kept is None and wrapped is not None), why, _seq(wrapped or kept))


def tone(scenario: Scenario, call: Call) -> Mark:
    """What the log can say of it: the plain sentences that the desk offers were marked as said."""
    started = _first(call, "check.started")
    if started is None:
        return Mark(NONE, "no sentence of the checklist was said")
    steps = templates()[str(started.params["template"])].steps
    ended = any(e.act == "check.ended" and e.params["reason"] == "done" for e in call)
    wanted = ["g1", "g2", *(s.id for s in steps if s.kind == "say" and ended)]
    said = [step for step in wanted if _marked(call, step)[0] == "passed"]
    why = f"{len(said)} of {len(wanted)} plain sentences marked as said; how it sounded no log can tell"
    return Mark(Fraction(len(said), len(wanted)), why, started.seq)


JUDGES: Final[dict[str, Callable[[Scenario, Call], Mark]]] = {
    "recognised": recognised,
    "read-back": read_back,
    "tier": tier,
    "guards": guards,
    "factors": factors,
    "dates": dates,
    "outcome": outcome,
    "wrap-up": wrap_up,
    "tone": tone,
}
"""By the name that a scenario's `scoring` uses."""
