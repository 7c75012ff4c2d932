"""REF-1: a refusal names its reasons, where to complain and the way to court; three parts in the EU, four in the UK.

The rule is held against the finished text, so that a controller's own template cannot leave a part out.
"""

from collections.abc import Sequence

from services.controllers import Controller, words
from services.errors import Refused
from services.types import Regime

NEEDS_REMEDIES = frozenset(
    {
        "access-answer",
        "complaint-outcome",
        "erasure-outcome",
        "fee-notice",
        "not-identified",
        "objection-outcome",
        "portability-answer",
        "refusal",
        "review-outcome",
    }
)
"""Letters that say no, or may say it in part (Art 12(4), 15(1)(f))."""


def remedies(controller: Controller, language: str) -> dict[str, str]:
    """The parts beside the reasons, by name: `authority`, `complaint`, `remedy`, and in the UK `own complaint`."""
    parts = {
        "complaint": words(controller.access.complaint, language),
        "authority": controller.authority.name,
        "remedy": words(controller.remedy, language),
    }
    if controller.regime is Regime.UK:
        parts["own complaint"] = controller.privacy_contact
    return parts


def check_remedies(
    template: str, text: str, controller: Controller, language: str, reasons: Sequence[str] = ()
) -> None:
    """Raises `Refused` naming the first part that `text` lacks, for a letter that must have them."""
    if template not in NEEDS_REMEDIES:
        return
    said = " ".join(text.split())
    for name, part in (*(("reasons", one) for one in reasons), *remedies(controller, language).items()):
        if not part or " ".join(part.split()) not in said:
            raise Refused(
                f"the letter is not written: the part '{name}' is missing (Art 12(4))", kept="nothing was sent"
            )
