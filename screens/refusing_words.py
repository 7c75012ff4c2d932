"""What a refusal can rest on, in words; the desk has the same codes (rules.md REF-2 to REF-7)."""

from typing import Final

from services.types import DecisionView, Right

OUTCOMES: Final = {"refused": "all of it", "partly": "a part of it", "fee": "only for a fee"}
UPHELD: Final = "upheld"
EITHER: Final = {UPHELD: "they are right", "refused": "they are not"}
"""Of what is weighed."""
MANIFEST: Final = {
    "12-5-repetitive": "asked again within a year (excessive)",
    "12-5-abuse": "an abuse, and we can prove it",
    "12-5-benefit": "taken back for a benefit (excessive)",
    "12-5-harassment": "meant to harass (excessive)",
    "12-5-unfounded": "clearly no basis at all",
}
"""Art 12(5): for every right, and the controller has to prove it."""
GROUNDS: Final = {
    Right.ACCESS: {"15-4": "it is about others: that part only"},
    Right.PORTABILITY: {"20-3": "it serves a public task", "20-4": "it is about others: that part only"},
    Right.RECTIFICATION: {"16-correct": "we checked: the data are right"},
    Right.ERASURE: {
        "17-1": "no ground of Art 17(1) is given",
        "17-3-a": "free speech and information",
        "17-3-b": "a law obliges us to keep it",
        "17-3-c": "public health",
        "17-3-d": "archives, research, statistics",
        "17-3-e": "needed for legal claims",
    },
    Right.RESTRICTION: {"18-1": "no case of Art 18(1) is given"},
    Right.OBJECTION_OTHER: {"21-1": "our compelling grounds weigh more", "21-1-claims": "needed for legal claims"},
    Right.ADM_REVIEW: {"22-stands": "looked at anew by a person, the decision stands"},
    Right.COMPLAINT: {"no-infringement": "we looked into it: the rules were kept"},
}
WEIGHED: Final = (Right.OBJECTION_OTHER, Right.ADM_REVIEW, Right.COMPLAINT)
"""Decided either way, and only on grounds of their own."""
RETURNS: Final = {
    "1": ("not-proven", "the ground is not proven"),
    "2": ("another-ground", "another ground fits"),
    "3": ("do-it", "there is no reason to refuse: do it"),
    "4": ("in-part", "only a part of it may be refused"),
    "5": ("talk-to-me", "talk to me first"),
    "6": ("controller-declines", "the controller decided otherwise"),
}
EITHER_NOTE: Final = "Weigh what they say; the letter repeats it. Who had a part in it before does not decide."
NEVER: Final = "Never a reason: the effort, that they gave none, rude words, that they mean to sue."


def grounds_of(right: Right) -> dict[str, str]:
    """Every ground of a right with its words; its own first."""
    own = GROUNDS.get(right, {})
    return own if right in WEIGHED or right not in GROUNDS else {**own, **MANIFEST}


def outcomes_of(right: Right) -> dict[str, str]:
    """How it can be decided, with words."""
    return EITHER if right in WEIGHED else OUTCOMES


def ground_words(code: str) -> str:
    """The words of a ground."""
    known = {code: words for one in (MANIFEST, *GROUNDS.values()) for code, words in one.items()}
    return known.get(code, code)


def proposal_words(one: DecisionView) -> str:
    """What is proposed, in one line."""
    if one.outcome == UPHELD:
        return EITHER[UPHELD]
    what = f"a fee of {one.fee}" if one.outcome == "fee" else f"refuse {OUTCOMES.get(one.outcome, one.outcome)}"
    earlier = f" ({', '.join(one.earlier)})" if one.earlier else ""
    return f"{what}: {'; '.join(map(ground_words, one.grounds))}{earlier}"
