"""Acts on a letter that did not leave: tried again, or brought to the person in another way."""

from services.action_log.act import Act, act
from services.action_log.shapes import Code, Id


@act("letter.retry_asked")
class LetterRetryAsked(Act):
    """Somebody wants a letter that failed to be sent again."""

    letter: Id


@act("letter.handed")
class LetterHanded(Act):
    """What a letter says reached the person by `medium`, as a person vouches for."""

    letter: Id
    medium: Code
