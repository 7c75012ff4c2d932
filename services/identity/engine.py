"""What factors prove: which may be ticked, which come from a comparison only, and the tier they reach together."""

from collections.abc import Iterable

from services.types import Factor, Tier

MAX_STRIKES = 2
"""Wrong answers, of any factor, that end a check in TX (rules.md 7.5, G4)."""

TICKED = frozenset({Factor.CBK, Factor.DOC, Factor.REP, Factor.SUP})
"""Factors a person vouches for with `y`, `f` or `-`."""

COMPARED = frozenset(Factor) - TICKED
"""Factors that pass by a comparison made on a worker, never by a key; a factor not named above is one of these."""

STRONG = frozenset({Factor.SES, Factor.OTP, Factor.CBK, Factor.PIN, Factor.LTR})
"""One of these with KBS proves a person for ordinary data (rules.md 7.4, T2)."""

_CHANNEL = {
    Factor.SES: "account",
    Factor.CBK: "phone",
    Factor.PIN: "memory",
    Factor.LTR: "post",
    Factor.DOC: "document",
}


def channel(factor: Factor, method: str) -> str:
    """What a thief must hold to pass `factor`: two strong factors count as two only on different channels.

    A code is as good as the way it went: `email`, anything else counts as the phone.
    """
    if factor is Factor.OTP:
        return "email" if method == "email" else "phone"
    return _CHANNEL[factor]


def tier_reached(passed: Iterable[tuple[str, str]]) -> Tier:
    """The tier that passed (factor, method) pairs reach (rules.md 7.4).

    T1 = KBS + (ANI or KBD), or one strong factor; T2 = one strong factor + KBS; T3 = two strong factors on different
    channels + KBS + SUP. A document seen is strong only beside SUP (7.3). What else T3 asks for (notice to
    all contact points, waiting period) happens after the check.
    """
    pairs = [(Factor(factor), method) for factor, method in passed]
    have = {factor for factor, _ in pairs}
    strong = STRONG | ({Factor.DOC} if Factor.SUP in have else frozenset())
    channels = {channel(factor, method) for factor, method in pairs if factor in strong}
    if channels and Factor.KBS in have:
        return Tier.T3 if len(channels) > 1 and Factor.SUP in have else Tier.T2
    if channels or (Factor.KBS in have and have & {Factor.ANI, Factor.KBD}):
        return Tier.T1
    return Tier.T0
