"""A letter to read in a box, with or without something to decide about it."""

from collections.abc import Mapping

from screens.kit.text import shown
from screens.kit.widgets.scroll_box import ScrollBox
from screens.letter_words import named
from services.types import LetterText


class LetterBox(ScrollBox):
    """Dismissed with the key of one of `answers`, or None."""

    def __init__(self, letter: LetterText, about: str, answers: Mapping[str, str] | None = None) -> None:
        title = f"{named(letter.template)}, {letter.language}, version {letter.version}"
        super().__init__(title, about, shown(f"{letter.subject}\n\n{letter.text}", lines=True), answers)
