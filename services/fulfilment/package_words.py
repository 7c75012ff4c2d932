"""Why something was left out of a package, in the words of its redactions.csv."""

from services.fulfilment.package_tables import Why

REASONS: dict[Why, dict[str, str]] = {
    "third-party": {
        "en": "about somebody else (Art 15(4))",
        "de": "über jemand anderen (Art. 15 Abs. 4)",
        "fr": "concerne une autre personne (art. 15, par. 4)",
    },
    "free-text": {
        "en": "names somebody else (Art 15(4))",
        "de": "nennt jemand anderen (Art. 15 Abs. 4)",
        "fr": "nomme une autre personne (art. 15, par. 4)",
    },
    "secret": {
        "en": "a secret that protects your account",
        "de": "ein Geheimnis, das Ihr Konto schützt",
        "fr": "un secret qui protège votre compte",
    },
    "withheld-rows": {
        "en": "rows of somebody else (Art 15(4))",
        "de": "Zeilen von jemand anderem (Art. 15 Abs. 4)",
        "fr": "lignes d'une autre personne (art. 15, par. 4)",
    },
    "shared-row": {
        "en": "rows about several persons (Art 15(4))",
        "de": "Zeilen über mehrere Personen (Art. 15 Abs. 4)",
        "fr": "lignes sur plusieurs personnes (art. 15, par. 4)",
    },
    "others": {
        "en": "the rights of somebody else weigh more (Art 15(4))",
        "de": "die Rechte eines anderen wiegen schwerer (Art. 15 Abs. 4)",
        "fr": "les droits d'une autre personne l'emportent (art. 15, par. 4)",
    },
    "in-confidence": {
        "en": "told to us in confidence by somebody else (Art 15(4))",
        "de": "uns von jemand anderem im Vertrauen gesagt (Art. 15 Abs. 4)",
        "fr": "confié par une autre personne (art. 15, par. 4)",
    },
    "trade-secret": {
        "en": "a trade secret (recital 63)",
        "de": "ein Geschäftsgeheimnis (Erwägungsgrund 63)",
        "fr": "un secret d'affaires (considérant 63)",
    },
    "protection": {
        "en": "it would put somebody else in danger (Art 15(4))",
        "de": "es brächte jemand anderen in Gefahr (Art. 15 Abs. 4)",
        "fr": "mettrait une autre personne en danger (art. 15, par. 4)",
    },
}
"""By reason and language. Portability rests on the same rule (Art 20(4))."""


def reason_words(why: str, language: str) -> str:
    """A reason in words; one that nobody knows is about others, which is why anything is left out."""
    known = next((words for reason, words in REASONS.items() if reason == why), REASONS["others"])
    return known.get(language, known["en"])
