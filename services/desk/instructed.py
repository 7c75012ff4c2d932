"""What a processor writes with its acts: the instruction of the controller that they are done under (Art 28(3)(a))."""

from collections.abc import Callable, Iterator, Sequence

from services.action_log import acts
from services.action_log.entry import Draft
from services.action_log.shapes import REFERENCE, matcher
from services.cases.case import Case
from services.controllers import Controller
from services.errors import BadInput
from services.types import DutyRole

_fits = matcher(REFERENCE).fullmatch


class Instructed:
    """Cites the standing instruction of a controller before the first act on a case of its, and when it changed."""

    def __init__(self, controller: Callable[[str], Controller]) -> None:
        self._controller = controller
        self._uncited: dict[str, str] = {}

    def see(self, case: Case) -> None:
        """The case as an act on it is drafted: whether its controller's instruction is cited there."""
        controller = self._controller(case.controller)
        if controller.duty is DutyRole.PROCESSOR and case.breach is None and case.instruction != controller.instruction:
            self._uncited[case.id] = controller.instruction
        else:
            self._uncited.pop(case.id, None)

    def with_reference(self, drafts: Sequence[Draft]) -> list[Draft]:
        """The drafts, with what is to be cited before the first of each case."""
        return list(self._led(drafts))

    def _led(self, drafts: Sequence[Draft]) -> Iterator[Draft]:
        for draft in drafts:
            reference = self._uncited.pop(draft.case, "") if draft.case else ""
            if reference:
                yield cited(draft, reference)
            yield draft


def cited(draft: Draft, reference: str, about: str | None = None) -> Draft:
    """That an act is done under `reference`, by whoever does it; under no hold: it is so whoever holds the case."""
    return Draft(
        act=acts.InstructionCited(reference=reference, about=about),
        actor=draft.actor,
        as_=draft.as_,
        session=draft.session,
        controller=draft.controller,
        case=draft.case,
        subject=draft.subject,
        base=draft.base,
    )


def checked(reference: str) -> str:
    """A reference as somebody typed it; raises `BadInput` for what the log does not take."""
    reference = reference.strip()
    if not _fits(reference):
        raise BadInput(
            "a reference has letters, digits and . - _ : / ( ), up to 64, without blanks and names", place="reference"
        )
    return reference
