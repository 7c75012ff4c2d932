"""The extract of the log for the person it is about, in words: date, what, why, where (ACC-4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from services.cases.consultations import Consultation
from services.letters.dates import moment

Words = Mapping[str, str]

TITLES: Final[tuple[Words, ...]] = (
    {"en": "when", "de": "wann", "fr": "quand"},
    {
        "en": "what was done with your data",
        "de": "was mit Ihren Daten geschah",
        "fr": "ce qui a été fait de vos données",
    },
    {"en": "why", "de": "warum", "fr": "pourquoi"},
    {"en": "where", "de": "wo", "fr": "où"},
)

WHAT: Final[Mapping[str, Words]] = {
    "searched": {"en": "searched", "de": "durchsucht", "fr": "recherchées"},
    "compared": {
        "en": "compared by a program with what a caller said; nobody saw them",
        "de": "von einem Programm mit den Angaben eines Anrufers verglichen; niemand sah sie",
        "fr": "comparées par un programme avec ce qu'a dit un appelant ; personne ne les a vues",
    },
    "counted": {
        "en": "shown to staff as numbers and masked values",
        "de": "Mitarbeitenden als Anzahl und mit verdeckten Werten gezeigt",
        "fr": "montrées au personnel sous forme de nombres et de valeurs masquées",
    },
    "shown": {
        "en": "a part was shown to a member of staff",
        "de": "ein Teil wurde einer oder einem Mitarbeitenden gezeigt",
        "fr": "une partie a été montrée à un membre du personnel",
    },
    "planned": {
        "en": "looked through to plan an erasure",
        "de": "durchgesehen, um eine Löschung zu planen",
        "fr": "examinées pour préparer un effacement",
    },
    "copied": {"en": "copied for you", "de": "für Sie kopiert", "fr": "copiées pour vous"},
    "sent": {"en": "sent to you", "de": "an Sie gesandt", "fr": "envoyées à vous"},
    "erased": {
        "en": "erased, masked or kept as you were told",
        "de": "gelöscht, unkenntlich gemacht oder wie mitgeteilt behalten",
        "fr": "effacées, masquées ou conservées comme indiqué",
    },
    "consent": {
        "en": "your choice was written",
        "de": "Ihre Entscheidung wurde eingetragen",
        "fr": "votre choix a été inscrit",
    },
    "restricted": {
        "en": "marked as stored only",
        "de": "als gesperrt gekennzeichnet",
        "fr": "limitées à la conservation",
    },
    "lifted": {
        "en": "no longer marked as stored only",
        "de": "nicht mehr als gesperrt gekennzeichnet",
        "fr": "plus limitées à la conservation",
    },
    "corrected": {"en": "corrected", "de": "berichtigt", "fr": "rectifiées"},
    "told": {
        "en": "a recipient was told what became of them",
        "de": "ein Empfänger erfuhr, was damit geschah",
        "fr": "un destinataire a été informé de leur sort",
    },
}

WHY: Final[Mapping[str, Words]] = {
    "answer-request": {
        "en": "to answer the request {case}",
        "de": "um den Antrag {case} zu beantworten",
        "fr": "pour répondre à la demande {case}",
    },
    "check-identity": {
        "en": "to find out in case {case} whether it was you who called",
        "de": "um im Vorgang {case} festzustellen, ob Sie es waren",
        "fr": "pour vérifier, dans le dossier {case}, que c'était bien vous",
    },
    "reach-person": {
        "en": "to reach you in case {case}",
        "de": "um Sie im Vorgang {case} zu erreichen",
        "fr": "pour vous joindre dans le dossier {case}",
    },
    "check-mistake": {
        "en": "to look into a mistake in case {case}",
        "de": "um im Vorgang {case} einen Fehler zu klären",
        "fr": "pour examiner une erreur dans le dossier {case}",
    },
    "repeat-after-restore": {
        "en": "a system was restored, and what was decided in case {case} was done again",
        "de": "ein System wurde wiederhergestellt, und was im Vorgang {case} entschieden war, geschah erneut",
        "fr": "un système a été restauré, et ce qui était décidé dans le dossier {case} a été refait",
    },
}


@dataclass(frozen=True, slots=True)
class Line:
    """One use of the person's data in words: `when` in the controller's zone, `where` systems by their labels."""

    when: str
    what: str
    why: str
    where: str


@dataclass(frozen=True, slots=True)
class Extract:
    """What a person may know of the log: `titles` are the headings of a line's four parts."""

    titles: tuple[str, ...]
    lines: tuple[Line, ...]


def in_words(used: Iterable[Consultation], zone: str, labels: Mapping[str, str], language: str) -> Extract:
    """Every use, oldest first; `labels` are the systems' names by key. A reason without words answers a request."""
    lines = [
        Line(
            moment(datetime.fromtimestamp(one.at / 1_000_000, UTC), zone, language),
            _say(WHAT[one.what], language),
            _say(WHY.get(one.why, WHY["answer-request"]), language).format(case=one.case),
            ", ".join(labels.get(key, key) for key in one.systems),
        )
        for one in sorted(used, key=lambda one: one.at)
    ]
    return Extract(tuple(_say(words, language) for words in TITLES), tuple(lines))


def _say(words: Words, language: str) -> str:
    return words.get(language) or words["en"]
