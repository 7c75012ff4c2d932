"""Made-up facts for every letter there is, in each language: what `rightsdesk letter show` and the tests write with."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from services.controllers import Controller, words
from services.letters.access import AccessAnswer, Category, Searched, recipients_in
from services.letters.lexicon import in_words, lexicon
from services.letters.money import money
from services.types import Right

CASE = "C-26-000042"
DAY = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def sample_facts(controller: Controller, language: str) -> dict[str, object]:
    """Facts enough for any letter of `controller`; nobody's. Texts that people write are samples in `language`."""
    said = lexicon(language).samples
    place = {"system": said["system"], "label": said["label"]}
    line = {**place, "marked": False}
    names = [one.name for one in controller.recipients] or ["Example & Co"]
    return {
        "controller": controller,
        "case_number": CASE,
        "received_on": DAY,
        "asked_on": DAY + timedelta(days=1),
        "due_on": DAY + timedelta(days=30),
        "notice_by": DAY + timedelta(days=30),
        "expires_on": DAY + timedelta(days=14),
        "erased_on": DAY + timedelta(days=5),
        "done_on": DAY + timedelta(days=5),
        "at": AT,
        "run_at": AT + timedelta(days=1),
        "noticed_at": AT,
        "rights": [right.value for right in Right],
        "right": Right.ERASURE.value,
        "access": _access(controller, language, said, names),
        "portable": SimpleNamespace(
            collections=(SimpleNamespace(**place, rows=3),),
            reasons=(SimpleNamespace(count=2, why=lexicon(language).portability["inferred"]),),
            target="",
        ),
        "redacted": 3,
        "lines": [
            {**line, "outcome": "erased", "rows": 4},
            {**line, "outcome": "masked", "rows": 1},
            {**line, "outcome": "kept", "rows": 2, "law": "Art 6(1)(c)", "until": date(2034, 12, 31),
             "reason": said["reason"], "marked": True},
            {**line, "outcome": "held", "rows": 1},
            {**line, "outcome": "left", "rows": 1, "reason": said["left"]},
            {**line, "outcome": "not-done", "rows": 1},
            {**line, "outcome": "not-found", "rows": 0},
        ],
        "fields": [in_words("user.name", language), in_words("user.contact.email", language)],
        "systems": [said["system"]],
        "corrected": [said["corrected"]],
        "told": names[:1],
        "untold": names[1:2] or names[:1],
        "published": [
            {"label": said["label"], "outcome": "completed", "count": 2},
            {"label": said["label"], "outcome": "nothing-found", "count": 0},
            {"label": said["label"], "outcome": "exception", "count": 0},
        ],
        "said": [said["view"]],
        "recipient": names[0],
        "change": "erasure",
        "known_by": [f"{lexicon(language).identities['email']}: ada@example.com"],
        "reason": "volume",
        "ground": "identity-doubt",
        "grounds": ["17-3-b", "17-3-e"],
        "earlier": ["C-26-000017"],
        "fee": money(2_500, controller.country, language),
        "proposal": "refused",
        "target": "Example & Co",
        "instruction": controller.instruction or "AVV-2026",
        "what": "identity",
        "partly": True,
        "upheld": False,
        "given": False,
        "purpose": said["purpose"],
        "effect": said["effect"],
        "text": said["text"],
        "text_version": "2025-11",
        "channels": ["email", "phone"],
        "code": "123456",
        "minutes": 5,
        "days": 21,
        "aware_at": AT,
        "safe": AT + timedelta(hours=72),
        "latest": AT + timedelta(hours=73),
        "hours": True,
        "about": CASE,
        "persons": "12",
        "categories": in_words("user.contact.email", language),
        "ongoing": "no",
        "contained": "partly",
        "data": [in_words("user.name", language), in_words("user.contact.email", language)],
        **{name: said[name] for name in ("view", "explanation", "happened", "consequences", "measures", "advice")},
    }  # fmt: skip


def _access(controller: Controller, language: str, said: dict[str, str], names: list[str]) -> AccessAnswer:
    facts = controller.access
    line = Category(
        system=said["system"],
        label=said["label"],
        rows=3,
        data=(in_words("user.name", language), in_words("user.financial", language)),
        purpose=said["reason"],
        recipients=tuple(names),
        storage=words(facts.storage, language),
        source=words(facts.source, language),
    )
    return AccessAnswer(
        purposes=words(facts.purposes, language),
        storage=words(facts.storage, language),
        rights=words(facts.rights, language),
        source=words(facts.source, language),
        automated_decisions=words(facts.automated_decisions, language),
        transfers=words(facts.transfers, language),
        recipients=recipients_in(controller, language),
        categories=(line,),
        searched=(Searched(said["system"], 3), Searched(said["label"], 0)),
    )
