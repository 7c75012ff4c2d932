"""Acts on what people weigh: what the person says about it, before anybody decides."""

from services.action_log.act import Act, act
from services.action_log.shapes import Actor, Code


@act("view.noted")
class ViewNoted(Act):
    """The person's `situation` (Art 21(1)), `view` (Art 22(3)) or `complaint` was noted; the words are a sealed detail.

    `decided_by`: who had a part in the automated decision that is looked at anew, if anybody had.
    """

    kind: Code
    decided_by: Actor | None
