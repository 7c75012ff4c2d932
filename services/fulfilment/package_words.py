"""Why something was left out of a package, in the words of its redactions.csv."""

from services.letters.lexicon import lexicon


def reason_words(why: str, language: str) -> str:
    """A reason in words; one that nobody knows is about others, which is why anything is left out.

    Portability rests on the same rule as access (Art 15(4), 20(4)).
    """
    known = lexicon(language).redactions
    return known.get(why) or known["others"]
