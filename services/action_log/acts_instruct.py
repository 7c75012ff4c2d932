"""Acts of a processor, which works on its controller's documented instruction (Art 28(3)(a))."""

from services.action_log.act import Act, act
from services.action_log.shapes import Code


@act("instruction.cited")
class InstructionCited(Act):
    """What is done on the case from here on is done under `reference`, the controller's instruction.

    `about`: only that act, by its name, such as `case.extended`; None: every act that has no reference of its own.
    """

    reference: Code
    about: Code | None


@act("extension.proposed")
class ExtensionProposed(Act):
    """A lead of a processor proposes two further months to the controller, which alone decides."""

    reason: Code
