"""Whether a controller can write every letter in each of its languages: its own templates, its texts, its catalog."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from services.catalog.console_keys import Facts, Words
from services.catalog.system import System
from services.controllers import Controller
from services.errors import DeskError
from services.letters.compose import compose, letters
from services.letters.lexicon import LANGUAGES, TEMPLATES
from services.letters.samples import sample_facts


def faults(controller: Controller, systems: Mapping[str, System], own: Path | None) -> list[str]:
    """What is wrong, a sentence each; empty when nothing is."""
    spoken = languages_of(controller)
    unknown = [f"we write no letters in '{one}'" for one in sorted({*spoken} - {*LANGUAGES})]
    written = [one for one in spoken if one in LANGUAGES]
    return [
        *unknown,
        *_texts(controller, written),
        *_catalog(systems, written),
        *(_own(own, written) if own is not None and own.is_dir() else ()),
        *_written(controller, written, own),
    ]


def languages_of(controller: Controller) -> list[str]:
    """The languages that it speaks, its first one first."""
    return list(dict.fromkeys((controller.language, *controller.languages)))


def _written(controller: Controller, languages: Iterable[str], own: Path | None) -> Iterator[str]:
    """Every letter with made-up facts: what a letter of the law must say is held against the finished text (REF-1)."""
    for language in languages:
        for name in letters():
            try:
                compose(name, language, sample_facts(controller, language), own=own)
            except DeskError as exc:
                yield f"{language}/{name}: {exc}"


def _own(own: Path, languages: list[str]) -> Iterator[str]:
    """Files of the controller's folder that no letter uses, and letters that are its own in one language alone."""
    known = {path.name for path in TEMPLATES.glob("*/*.txt")}
    mine: dict[str, set[str]] = {}
    for path in sorted(own.rglob("*")):
        place = path.relative_to(own)
        if path.is_dir():
            if len(place.parts) > 1 or path.name not in languages:
                yield f"{place.as_posix()}/: no language of this controller"
        elif len(place.parts) != 2 or path.name not in known:
            yield f"{place.as_posix()}: no letter uses it"
        else:
            mine.setdefault(path.stem, set()).add(place.parts[0])
    for name, there in sorted(mine.items()):
        missing = [one for one in languages if one not in there]
        if missing:
            yield f"{name}: your own in {', '.join(sorted(there))}, ours in {', '.join(missing)}"


def _texts(controller: Controller, languages: Iterable[str]) -> Iterator[str]:
    """Texts of `controller.yml` that lack one of its languages."""
    access = controller.access
    named: dict[str, Words | None] = {f"access.{one.name}": getattr(access, one.name) for one in fields(access)}
    named["remedy"] = controller.remedy
    for purpose in controller.purposes:
        texts = {"title": purpose.title, "texts": purpose.consent.texts, "effect": purpose.consent.effect}
        named |= {f"purposes.{purpose.key}.{name}": text for name, text in texts.items()}
    named |= {f"recipients.{one.name}.purpose": one.purpose for one in controller.recipients}
    yield from _lacking("controller.yml", named, languages)


def _catalog(systems: Mapping[str, System], languages: Iterable[str]) -> Iterator[str]:
    """Texts of the catalog that lack a language; one that is the same for all stands as plain text."""
    for key, system in sorted(systems.items()):
        yield from _lacking(key, {"label": system.label}, languages)
        for dataset in system.datasets:
            for collection in dataset.collections:
                place, rules = f"{dataset.fides_key}.{collection.name}", dataset.rules(collection)
                reasons = {"reason": rules.reason, "retention": rules.retention.reason if rules.retention else None}
                yield from _lacking(place, {**_facts(dataset.facts(collection)), **reasons}, languages)
                for path, field in collection.walk():
                    said = {"label": field.console.label, "source": field.console.source}
                    yield from _lacking(f"{place}.{path}", said, languages)


def _facts(facts: Facts) -> dict[str, Words | None]:
    return {name: getattr(facts, name) for name in ("label", "purpose", "storage", "source")}


def _lacking(place: str, named: Mapping[str, Words | None], languages: Iterable[str]) -> Iterator[str]:
    for name, text in named.items():
        missing = [one for one in languages if isinstance(text, dict) and not text.get(one)]
        if missing:
            yield f"{place}: {name} is not in {', '.join(missing)}"
