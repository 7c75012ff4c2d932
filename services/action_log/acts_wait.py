"""Acts on what waits the controller's waiting period because it takes the highest tier (rules.md 7.4, T3)."""

from services.action_log.act import Act, act
from services.action_log.shapes import Code


@act("wait.ended")
class WaitEnded(Act):
    """The time is over and nobody took it back: the work on the item begins."""


@act("wait.withdrawn")
class WaitWithdrawn(Act):
    """It was taken back while it waited: nothing is done."""

    reason: Code
