"""A check as the screen shows it: steps with the words to say, never what is expected or whether anything is held."""

from collections.abc import Iterator, Mapping

from services.identity.check import Check, End, closed_because, missing, next_step, proven_by, shown
from services.identity.engine import COMPARED
from services.identity.template import TemplateStep, Words, phrases
from services.identity.ways import Ways
from services.types import Factor, Step

_MARKS = {"y": "passed", "f": "failed", "-": "not done"}
FACTORS = {
    Factor.SES: {"en": "Code shown in the account", "de": "Code im Kundenkonto", "fr": "Code affiché dans le compte"},
    Factor.OTP: {
        "en": "Code to the address on file",
        "de": "Code an die hinterlegte Adresse",
        "fr": "Code à l'adresse enregistrée",
    },
    Factor.CBK: {
        "en": "Call back the number on file",
        "de": "Rückruf unter der hinterlegten Nummer",
        "fr": "Rappel au numéro enregistré",
    },
    Factor.PIN: {"en": "Service PIN", "de": "Service-PIN", "fr": "Code de service"},
    Factor.KBS: {
        "en": "Details only to find the record",
        "de": "Angaben nur zum Auffinden",
        "fr": "Informations pour trouver seulement",
    },
    Factor.KBD: {
        "en": "Questions about recent events",
        "de": "Fragen zu letzten Vorgängen",
        "fr": "Questions sur des faits récents",
    },
    Factor.LTR: {"en": "Code in a letter", "de": "Code aus einem Brief", "fr": "Code reçu par courrier"},
    Factor.ANI: {
        "en": "The number that calls, a sign only",
        "de": "Die anrufende Nummer, nur ein Anzeichen",
        "fr": "Le numéro qui appelle, un signe seulement",
    },
    Factor.SUP: {"en": "Second colleague", "de": "Zweite Kollegin, zweiter Kollege", "fr": "Un deuxième collègue"},
    Factor.DOC: {
        "en": "Document seen, not kept",
        "de": "Dokument gesehen, nicht gespeichert",
        "fr": "Document vu, pas gardé",
    },
    Factor.REP: {"en": "Authority of the representative", "de": "Vollmacht", "fr": "Autorisation du représentant"},
}


def steps(check: Check, ways: Ways, language: str, fill: Mapping[str, str]) -> tuple[Step, ...]:
    """The steps shown at the tier needed now; a factor step is one line for each way, `id` = `step.FACTOR`.

    `fill` gives the words for the places a text may name (case, controller, due, received).
    """
    return tuple(line for step in shown(check) for line in _lines(check, step, ways, language, fill))


def current(check: Check, ways: Ways, lines: tuple[Step, ...]) -> int:
    """The index of the line to do next: in a choice the first way that is open; the last line when all is done."""
    wanted = next_step(check, ways)
    here = (n for n, line in enumerate(lines) if line.id.split(".")[0] == wanted and line.state == "open")
    return next(here, max(0, len(lines) - 1))


def closing_words(check: Check, language: str, fill: Mapping[str, str]) -> str:
    """What to say when the check is over: the same words for every failure, never which answer was wrong (G4)."""
    if not check.ended:
        return ""
    failed = check.ended in (End.TWO_WRONG, End.CANNOT_VERIFY)
    name = "not-verified" if failed else "verified" if check.ended == End.DONE else "begin-again"
    return phrase(name, language, fill)


def phrase(name: str, language: str, fill: Mapping[str, str] | None = None) -> str:
    """A sentence of `phrases.yml`, such as `code-sent`: it takes no fact about the caller."""
    return _say(phrases()[name], language, fill or {})


def _lines(check: Check, step: TemplateStep, ways: Ways, language: str, fill: Mapping[str, str]) -> Iterator[Step]:
    title = _say(step.title, language, fill)
    if step.kind != "factor":
        state = _MARKS.get(dict(check.marks).get(step.id, ""), "open")
        yield Step(step.id, step.kind, title, _say(step.say, language, fill), state)
        return
    served, needed = proven_by(check).get(step.id), step in missing(check)
    for factor in (f for f in step.factors if f is not Factor.SES or ways.sessions or served is f):
        why = closed_because(check, factor, ways) if needed else ""
        yield Step(
            id=f"{step.id}.{factor}",
            kind=step.kind,
            title=f"{title}: {_say(FACTORS[factor], language, {})}" if len(step.factors) > 1 else title,
            say=" ".join((_say(step.say, language, fill), phrase(f"factor-{factor.lower()}", language, fill))).strip(),
            state="passed" if served is factor else "not needed" if not needed else "blocked" if why else "open",
            factor=factor,
            compared=factor in COMPARED,
            blocked=why,
        )


def _say(words: Words, language: str, fill: Mapping[str, str]) -> str:
    text = words.get(language) or words["en"]
    return text.format_map(_Left(fill))


class _Left(dict[str, str]):
    """Places that nothing was given for stay readable instead of raising in front of a caller."""

    def __missing__(self, name: str) -> str:
        return "…"
