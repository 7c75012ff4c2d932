"""When something of the data may be told by mouth (Art 12(1), rules.md INT-7, CL-ACC-ORAL)."""

from services.cases.case import Case
from services.types import Factor

CHECKLIST, ASKED = "CL-ACC-ORAL", "asked"
"""The checklist of an answer by mouth, and its step by which the person asks for one."""
SUMMARY = "summary"
"""What is read out: categories, counts, purposes; `data.viewed` of that name."""
APART = frozenset({Factor.OTP, Factor.CBK, Factor.SES})
"""Proofs by other means than the talk."""


def proven_apart(case: Case) -> bool:
    """Whether who asks was proven in this check by other means than what they say."""
    return case.check is not None and any(factor in APART for factor, _ in case.check.passed)


def not_by_mouth(case: Case) -> str:
    """Why nothing may be read out to who asks; empty when it may."""
    check = case.check
    if check is None or check.template != CHECKLIST:
        return "an answer is read out by its own checklist only: note that they want it told (>), then check (v)"
    if not proven_apart(case):
        return "not without a proof by other means than the talk: a code, a call-back, or the account"
    if dict(check.marks).get(ASKED) != "y":
        return "only because the person asks for it by mouth: mark that step of the checklist (v)"
    return ""
