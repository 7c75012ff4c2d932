"""A call to give a consent: the text read out, one purpose, written into the newsletter system and read back."""

from collections.abc import Mapping

from services.demo.people import Person
from services.demo.plays import seen
from services.demo.plays.caller import Caller
from services.demo.plays.stage import Stage
from services.types import Factor, ItemState, Outcome, Right

NAME = "consent"
CONTROLLER = "nordlicht"
PURPOSE = "personalisation"


def play(stage: Stage, person: Person) -> None:
    """Consent by the owner, who had not given it."""
    with stage.call(NAME, CONTROLLER) as call:
        seat = stage.requester
        before = seen.consent_of(stage.home.path, CONTROLLER, person, PURPOSE)
        case = stage.intake(call, Caller(person, stage.home.outbox), Right.CONSENT_GIVE)
        stage.identify(call, Caller(person, stage.home.outbox), Factor.PIN)
        offered = {p.key: p for p in seat.desk.act.purposes(seat.session, case)}[PURPOSE]
        stage.step(call, f"read out, text {offered.text_version}: {offered.text}")
        stage.check("consent: it was not given before", before == ("", "", ""), before[0] or "never given")
        seat.desk.act.consent(seat.session, case, PURPOSE, given=True)
        item = stage.when(case, ItemState.CLOSED)
        stage.step(call, f"ended: {item.outcome}, {item.text}")
        stage.check("consent: the item ended as done", item.outcome is Outcome.DONE, item.outcome)
        written = stage.first(case, "consent.written")
        params = written[1].params if written else {}
        call.counts["written"] = {str(params.get("system", "none")): int(str(params.get("rows", 0)))}
        stage.check("consent: written in one row and read back", *written_back(params))
        after = seen.consent_of(stage.home.path, CONTROLLER, person, PURPOSE)
        stage.check("consent: the newsletter system holds it", *stands(after, offered.text_version))


def written_back(params: Mapping[str, object]) -> tuple[bool, str]:
    """Whether the worker's act says one row, read back."""
    rows, same = params.get("rows"), params.get("read_back")
    return rows == 1 and same is True, f"{rows} rows, {'read back' if same else 'not read back'}"


def stands(consent: tuple[str, str, str], version: str) -> tuple[bool, str]:
    """Whether a consent is given, not withdrawn, and to the text with that version."""
    given, withdrawn, text = consent
    return bool(given) and not withdrawn and text == version, f"given {given or 'never'}, text {text or 'none'}"
