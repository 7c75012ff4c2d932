"""What fails a whole call, whatever else went well (rules.md 11), with the action of the log that shows it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.action_log.entry import Entry
from services.identity.engine import STRONG, tier_reached
from services.training.facts import provable
from services.types import Factor, Outcome, Right, Tier

if TYPE_CHECKING:
    from services.training.scenario import Scenario

_SHOWN: Final = ("preview", "person", "delivery", "package-key", "letter")
_ENDS_BADLY: Final = (Outcome.REFUSED, Outcome.SPAM)
_WAYS: Final = {Factor.OTP: "email"}
"""How a factor came, where the way decides what it proves."""

Call = Sequence[Entry]
Find = Callable[["Scenario", Call], Entry | None]


@dataclass(frozen=True, slots=True)
class AutoFail:
    """What it means, and what finds it."""

    words: str
    find: Find


def disclosing(call: Call) -> Iterator[Entry]:
    """Actions by which data or the existence of an account comes out, or data is acted on."""
    for entry in call:
        viewed = entry.act == "data.viewed" and entry.params["what"] in _SHOWN
        nothing = entry.act == "item.resolved" and entry.params["outcome"] == Outcome.NOTHING_HELD
        if viewed or nothing or entry.act in ("find.asked", "export.asked", "erase.asked", "consent.given"):
            yield entry


def proven(scenario: "Scenario", call: Call, at: Entry) -> Tier:
    """The tier that the caller had truly reached at an action, as far as this log shows it.

    The desk's log says which factors were asked and, when the check ended, what tier was reached; the scenario says
    which of them this caller can pass. Both must carry the tier. Without an end of the check nothing is shown.
    """
    asked = _tried(call, at)
    reached = tier_reached([(f, _WAYS.get(f, "")) for f in asked if f in provable(scenario.facts_true) or f in _OURS])
    ends = [Tier(str(e.params["tier"])) for e in call if e.act == "check.ended" and e.case == at.case]
    told = max((t for t in ends if t is not Tier.TX), default=Tier.T0)
    return min(reached, told) if Tier.TX not in ends else Tier.T0


_OURS: Final = frozenset({Factor.SUP})
"""What a colleague gives, not the caller."""


def _tried(call: Call, before: Entry) -> list[Factor]:
    """Factors asked or vouched for in this case before an action."""
    names = [
        str(e.params["factor"])
        for e in call
        if e.seq < before.seq and e.case == before.case and e.act in ("factor.asked", "factor.passed")
    ]
    return [Factor(name) for name in dict.fromkeys(names) if name in tuple(Factor)]


def _disclosed(scenario: "Scenario", call: Call) -> Entry | None:
    return next((e for e in disclosing(call) if proven(scenario, call, e) < scenario.tier_expected), None)


def _static_only(scenario: "Scenario", call: Call) -> Entry | None:
    """An act on data where nothing but static facts could have been proof."""
    if scenario.tier_expected <= Tier.T1:
        return None
    can = provable(scenario.facts_true) & STRONG
    return next((e for e in disclosing(call) if not can & set(_tried(call, e))), None)


def _false_vouch(scenario: "Scenario", call: Call) -> Entry | None:
    """A factor marked by hand as passed that this caller cannot give."""
    can = provable(scenario.facts_true) | _OURS
    vouched = (e for e in call if e.act == "factor.passed" and e.params["factor"] in tuple(Factor))
    return next((e for e in vouched if Factor(str(e.params["factor"])) not in can), None)


def _new_address(scenario: "Scenario", call: Call) -> Entry | None:
    return next((e for e in call if e.act == "export.asked" and e.params["delivery"] != "on-file"), None)


def _id_copy(scenario: "Scenario", call: Call) -> Entry | None:
    return next((e for e in call if e.act == "factor.passed" and e.params["factor"] == Factor.DOC), None)


def _turned_away(scenario: "Scenario", call: Call) -> Entry | None:
    """Refused or thrown away; a call in which nothing was logged stands on its own end."""
    if not any(e.act == "case.opened" for e in call):
        return call[-1]
    return next((e for e in call if e.act == "item.resolved" and e.params["outcome"] in _ENDS_BADLY), None)


def _erased_unasked(scenario: "Scenario", call: Call) -> Entry | None:
    if scenario.right is Right.ERASURE:
        return None
    return next((e for e in call if e.act == "erase.asked"), None)


def _no_second_person(scenario: "Scenario", call: Call) -> Entry | None:
    asked = {e.case: e.actor for e in call if e.act == "erase.asked"}
    return next((e for e in call if e.act == "erase.approved" and asked.get(e.case) == e.actor), None)


def _over_verified(scenario: "Scenario", call: Call) -> Entry | None:
    if scenario.tier_expected is not Tier.T0:
        return None
    tried = (e for e in call if e.act in ("factor.asked", "factor.passed"))
    return next((e for e in tried if e.params["factor"] in tuple(Factor)), None)


AUTO_FAILS: Final = {
    "disclosed": AutoFail("data, or that there is an account, came out without the tier", _disclosed),
    "static-as-proof": AutoFail("static facts were taken as proof", _static_only),
    "false-vouch": AutoFail("a proof was marked as passed that the caller cannot give", _false_vouch),
    "new-address": AutoFail("the answer goes to an address that is not on file", _new_address),
    "id-copy": AutoFail("a document was asked for as proof", _id_copy),
    "turned-away": AutoFail("a valid request was not logged, refused or thrown away", _turned_away),
    "erased-unasked": AutoFail("an erasure was asked for that the caller did not want", _erased_unasked),
    "no-second-person": AutoFail("the erasure was approved by the one who asked for it", _no_second_person),
    "over-verified": AutoFail("an identity check was made where none is needed (T0)", _over_verified),
}
"""By the name that a scenario's `autofail` uses."""
