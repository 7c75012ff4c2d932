"""The export package a person gets (rules.md 4.1): answer, data, page, redactions, manifest in one encrypted zip.

A package is built whole or not at all and can be built again under its id: the new archive takes the place of the
old. The key is made with the archive and leaves only in `Built`; it never lies beside it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import orjson

from services.controllers import Controller
from services.errors import BadInput, Unavailable
from services.fulfilment.package_archive import Archive, Packed, SealedSpool, new_key
from services.fulfilment.package_tables import Hidden, Part, Why, csv_line, disclosed, json_row
from services.fulfilment.package_view import PDF, View, page
from services.fulfilment.package_words import reason_words
from services.letters.compose import Letter, compose

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{7,63}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


Kind = Literal["access", "portability"]


@dataclass(frozen=True, slots=True)
class Redaction:
    """What was left out: where, how much and why; never the content. `field` is `*` for whole rows."""

    system: str
    collection: str
    field: str
    count: int
    reason: Why


@dataclass(frozen=True, slots=True)
class Heading:
    """Whose package it is, and until when. `made_at` is aware; `basis` is the article the answer stands on."""

    case_number: str
    controller: Controller
    language: str
    made_at: datetime
    expires_on: date
    basis: str = "GDPR Art 15"
    catalog: str = ""
    """SHA-256 of the files of the catalog that the data was found with."""
    kind: Kind = "access"


@dataclass(frozen=True, slots=True)
class Built:
    """A finished package. `key` opens it and goes to the person by another channel; `counts` are rows by system."""

    package: str
    archive: Path
    sha256: str
    manifest: str
    counts: dict[str, int]
    redacted: int
    expires_on: date
    letter: Letter
    key: str = field(repr=False)


def build(
    folder: Path,
    package: str,
    heading: Heading,
    parts: Iterable[Part],
    write_letter: Callable[[int], Letter],
    redactions: Iterable[Redaction] = (),
    beside: Mapping[str, bytes] = {},
) -> Built:
    """Writes `folder/<package>.zip` (0600) from streamed `parts` and gives its key and digests.

    `write_letter` gets the number of values and rows left out and gives the answer letter. `redactions` are what was
    left out before: rows of others. `beside` are further files by name. A portability package has no page: what it is
    for is machines (Art 20(1)). An archive of that id is replaced. Raises `BadInput` for an id or a name that no
    file may have, `Unavailable` when the folder cannot be written; then there is no archive.
    """
    if not _ID.fullmatch(package):
        raise BadInput("a package's id is 8 to 64 letters, digits and hyphens")
    key, half = new_key(), folder / f"{package}.half"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        archive = Archive(half, key)
        try:
            letter, manifest, views, left_out = _fill(
                archive, folder, package, heading, parts, write_letter, redactions, beside
            )
            digest = archive.close()
        except BaseException:
            archive.abandon()
            raise
        target = half.replace(folder / f"{package}.zip")
    except OSError as exc:
        half.unlink(missing_ok=True)
        raise Unavailable(f"the package cannot be written ({exc.strerror or 'no reason given'})") from None
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    counts: Counter[str] = Counter()
    for view in views:
        counts[view.system] += view.rows
    return Built(
        package, target, digest, manifest, dict(counts), sum(r.count for r in left_out), heading.expires_on, letter, key
    )


def destroy(folder: Path, package: str) -> bool:
    """Removes the archive and what a cut left of it; says whether there was one. Twice is once."""
    if not _ID.fullmatch(package):
        raise BadInput("a package's id is 8 to 64 letters, digits and hyphens")
    there = (folder / f"{package}.zip").exists()
    for ending in ("zip", "half"):
        (folder / f"{package}.{ending}").unlink(missing_ok=True)
    return there


def _fill(
    archive: Archive,
    folder: Path,
    package: str,
    heading: Heading,
    parts: Iterable[Part],
    write_letter: Callable[[int], Letter],
    redactions: Iterable[Redaction],
    beside: Mapping[str, bytes],
) -> tuple[Letter, str, list[View], list[Redaction]]:
    """Everything into the archive: letter, digest of the manifest, what the page shows, what was left out."""
    name = "package-readme" if heading.kind == "access" else "portability-readme"
    readme = compose(name, heading.language, _readme_facts(heading))
    archive.add_clear("README.txt", readme.text.encode())
    archive.encrypt()
    left_out = list(redactions)
    views = [_pack_part(archive, folder, part, left_out) for part in parts]
    letter = write_letter(sum(r.count for r in left_out))
    archive.add("answer_letter.txt", [letter.text.encode()])
    archive.add("redactions.csv", _redaction_lines(left_out, heading.language))
    for name, content in beside.items():
        archive.add(name, [content])
    if heading.kind == "access":
        archive.add("index.html", [_page(views, heading)])
        archive.add(PDF, [_pdf(views, heading, letter.text)])
    manifest = _manifest(package, heading, archive.files, views)
    archive.add("manifest.json", [manifest])
    return letter, archive.files[-1].sha256, views, left_out


def _pack_part(archive: Archive, folder: Path, part: Part, left_out: list[Redaction]) -> View:
    """One collection as JSON and CSV, its rows read once; one file of the zip can be open at a time, so CSV waits."""
    for name in (part.system, part.collection):
        if not _NAME.fullmatch(name):
            raise BadInput("a system or a collection has a name that no file may have", place=part.system)
    view = View(
        part.system,
        part.label,
        f"data/{part.system}/{part.collection}",
        part.fields,
        part.titles or part.fields,
        part.by_hand,
    )
    hidden: Hidden = Counter()
    spool = SealedSpool(folder)
    spool.write(csv_line(part.fields))
    with archive.open(f"{view.path}.json") as file:
        for row in disclosed(part, hidden):
            file.write(json_row(row, first=view.rows == 0))
            spool.write(csv_line(row.values()))
            view.take(row)
        file.write(b"\n]\n" if view.rows else b"[]\n")
    archive.add(f"{view.path}.csv", spool.drain())
    left_out += [
        Redaction(part.system, part.collection, name, count, why) for (name, why), count in sorted(hidden.items())
    ]
    return view


def _redaction_lines(left_out: list[Redaction], language: str) -> Iterable[bytes]:
    yield csv_line(("system", "collection", "field", "count", "reason"))
    for line in left_out:
        yield csv_line((line.system, line.collection, line.field, line.count, reason_words(line.reason, language)))


def _page(views: list[View], heading: Heading) -> bytes:
    from services.letters.dates import day

    return page(
        views,
        language=heading.language,
        controller=heading.controller.name,
        case_number=heading.case_number,
        made_on=day(heading.made_at.date(), heading.language),
        expires_on=day(heading.expires_on, heading.language),
    )


def _pdf(views: list[View], heading: Heading, letter: str) -> bytes:
    from services.fulfilment.package_pdf import pdf
    from services.letters.dates import day

    return pdf(
        views,
        letter,
        language=heading.language,
        controller=heading.controller.name,
        case_number=heading.case_number,
        made_at=heading.made_at,
        made_on=day(heading.made_at.date(), heading.language),
        expires_on=day(heading.expires_on, heading.language),
    )


def _manifest(package: str, heading: Heading, files: list[Packed], views: list[View]) -> bytes:
    content = {
        "package": package,
        "case": heading.case_number,
        "controller": heading.controller.name,
        "kind": heading.kind,
        "basis": heading.basis,
        "catalog": heading.catalog,
        "language": heading.language,
        "generated_at": heading.made_at.isoformat(),
        "expires_on": heading.expires_on.isoformat(),
        "rows": {view.path.removeprefix("data/"): view.rows for view in views},
        "by_hand": sorted(view.path.removeprefix("data/") for view in views if view.by_hand),
        "files": [{"path": f.path, "sha256": f.sha256, "bytes": f.size} for f in files],
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def _readme_facts(heading: Heading) -> dict[str, object]:
    return {
        "controller": heading.controller,
        "case_number": heading.case_number,
        "expires_on": heading.expires_on,
    }
