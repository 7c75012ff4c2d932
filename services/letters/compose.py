"""Writing a letter: a template, a language, the facts; a missing fact refuses the letter and is named.

A template is a text file `<language>/<name>.txt`: `version:` and `subject:`, a line `---`, the body (Jinja2).
A controller's own folder of the same shape wins over ours, and runs in a sandbox.
"""

import re
import secrets
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from services.controllers import Controller, words
from services.errors import BadInput, NotFound, Refused
from services.letters.lexicon import DEFAULT, LANGUAGES, TEMPLATES
from services.letters.remedies import NEEDS_REMEDIES, check_remedies

if TYPE_CHECKING:
    from jinja2 import Environment, Template


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished letter; `template` and `version` say which words were used, subject and text stay out of a repr."""

    id: str
    template: str
    version: str
    language: str
    subject: str = field(repr=False)
    text: str = field(repr=False)


def compose(
    template: str, language: str, facts: Mapping[str, object], *, letter_id: str = "", own: Path | None = None
) -> Letter:
    """The letter `template` in `language`, or what `spoken` makes of it, with `facts`.

    `facts["controller"]` is the `Controller`; each template names the others. `letter_id` is 32 random hex digits
    unless given, as a repeated step must. Raises `NotFound` for an unknown template, `Refused` naming a fact that is
    missing or empty, `Refused` when a refusal would go out without complaint, authority or court (REF-1), `BadInput`
    for a controller's own template that is none.
    """
    controller = facts.get("controller")
    if not isinstance(controller, Controller):
        raise _missing("controller")
    language = spoken(controller, language)
    shelf = _shelf(language, own)
    environment = _environment(language, shelf)
    given = {**_house(controller, language), **facts}
    version, subject, body = _parts(template, _source(shelf, f"{template}.txt"))
    for name in sorted(_names(environment, shelf, template, subject + body)):
        if given.get(name) in (None, ""):
            raise _missing(name)
    text = _render(environment, template, body, given)
    check_remedies(template, text, controller, language, _reasons(template, given, language))
    return Letter(
        id=letter_id or secrets.token_hex(16),
        template=template,
        version=version,
        language=language,
        subject=" ".join(_render(environment, template, subject, given).split()),
        text=_wrapped(text),
    )


def spoken(controller: Controller, wanted: str) -> str:
    """The language of a letter: `wanted` where we write it and the controller's own texts are in it, else the
    controller's, else English.
    """
    stated = (controller.language, *controller.languages)
    return next((one for one in (wanted, controller.language) if one in LANGUAGES and one in stated), DEFAULT)


def letters() -> tuple[str, ...]:
    """The names of all letters there are."""
    found = (TEMPLATES / DEFAULT).glob("*.txt")
    return tuple(sorted(path.stem for path in found if not path.name.startswith("_")))


def version_of(template: str, language: str, own: Path | None = None) -> tuple[str, bool]:
    """Which version of a letter is sent in `language`, and whether it is the controller's own.

    Raises `NotFound`, and `BadInput` for a file that is no template.
    """
    mine = own is not None and (own / language / f"{template}.txt").is_file()
    return _parts(template, _source(_shelf(language, own), f"{template}.txt"))[0], mine


def facts_named(template: str, language: str, own: Path | None = None) -> set[str]:
    """Every fact that a letter speaks of in `language`, those of what it includes too."""
    shelf = _shelf(language, own)
    _, subject, body = _parts(template, _source(shelf, f"{template}.txt"))
    return _names(_environment(language, shelf), shelf, template, subject + body)


def _shelf(language: str, own: Path | None) -> tuple[Path, ...]:
    return tuple(folder / language for folder in (own, TEMPLATES) if folder)


def _reasons(template: str, facts: Mapping[str, object], language: str) -> list[str]:
    """What a letter that says no, or says it in part, must say of why: what a person decided, the law of a duty to keep
    and its day. It is what our own template says: a controller's may not leave it out.
    """
    from services.letters.dates import day

    if template not in NEEDS_REMEDIES:
        return []
    named = facts_named(template, language)
    said = [str(facts["explanation"])] if "explanation" in named else []
    lines = facts["lines"] if "lines" in named else ()
    for line in lines if isinstance(lines, list) else ():
        if line.get("outcome") == "kept" and line.get("law") and line.get("until"):
            said += [str(line["law"]), day(line["until"], language)]
        elif line.get("outcome") == "left" and line.get("reason"):
            said.append(str(line["reason"]))
    return said


def _wrapped(text: str) -> str:
    """Lines of at most 76 characters, as mail wants them, one empty line at most; a list item keeps its indent."""
    return "\n".join(
        textwrap.fill(line, 76, subsequent_indent="  " * line.startswith(("-", " ")), break_on_hyphens=False)
        for line in re.sub(r"\n{3,}", "\n\n", text).split("\n")
    )


def _missing(name: str) -> Refused:
    return Refused(f"the letter is not written: the fact '{name}' is missing", kept="nothing was sent")


def _house(controller: Controller, language: str) -> dict[str, object]:
    """What every letter may say about the controller, in one language."""
    access = controller.access
    return {
        "complaint": words(access.complaint, language),
        "remedy": words(controller.remedy, language),
        "backup_days": controller.backup_days,
    }


@lru_cache(maxsize=16)
def _environment(language: str, shelf: tuple[Path, ...]) -> "Environment":
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from services.letters.dates import day, moment

    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([str(folder) for folder in shelf]),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["day"] = lambda value: day(value, language)
    environment.filters["moment"] = lambda value, zone: moment(value, zone, language)
    return environment


def _source(shelf: tuple[Path, ...], name: str) -> str:
    if re.fullmatch(r"_?[a-z-]+\.txt", name):
        for folder in shelf:
            if (folder / name).is_file():
                return (folder / name).read_text(encoding="utf-8")
    raise NotFound(f"there is no letter '{name.removesuffix('.txt')}'")


def _parts(template: str, source: str) -> tuple[str, str, str]:
    """Version, subject and body of a template."""
    shape = re.fullmatch(r"version: (\S+)\nsubject: ([^\n]+)\n---\n(.+)", source, re.DOTALL)
    if shape is None:
        raise BadInput("must be 'version:', 'subject:', '---' and the body", place=f"letter {template}")
    return shape[1], shape[2], shape[3]


def _names(environment: "Environment", shelf: tuple[Path, ...], template: str, source: str) -> set[str]:
    """Every fact that `source`, with the files it includes, speaks of."""
    names, parts = _parsed(environment, template, source)
    found = set(names)
    for part in parts:
        found |= _names(environment, shelf, template, _source(shelf, part))
    return found


@lru_cache(maxsize=256)
def _parsed(environment: "Environment", template: str, source: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The facts and the files that `source` itself names. Raises `BadInput`."""
    from jinja2 import TemplateSyntaxError, meta

    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as exc:
        raise BadInput(f"is no template: {exc.message}", place=f"letter {template}") from None
    parts = tuple(str(part) for part in meta.find_referenced_templates(tree))
    return frozenset(meta.find_undeclared_variables(tree)), parts


@lru_cache(maxsize=256)
def _compiled(environment: "Environment", source: str) -> "Template":
    return environment.from_string(source)


def _render(environment: "Environment", template: str, source: str, facts: Mapping[str, object]) -> str:
    from jinja2.exceptions import SecurityError, UndefinedError

    try:
        return _compiled(environment, source).render(facts).strip() + "\n"
    except SecurityError:
        raise BadInput("reaches for what no letter may use", place=f"letter {template}") from None
    except UndefinedError as exc:
        # Jinja names the attribute ("'dict object' has no attribute 'law'"), never a value.
        raise _missing(str(exc).rsplit(" ", 1)[-1].strip("'")) from None
