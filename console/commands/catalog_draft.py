"""`rightsdesk catalog discover`: a draft of a system's description, made from the live database."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.catalog_secret import PASSWORD_FILE
from console.commands.options import JsonOption
from console.plain import plain

if TYPE_CHECKING:
    from services.catalog.system import System
    from services.discovery.draft import Discovered


def discover(
    url: Annotated[str, typer.Argument(help="The database, as postgresql://reader@host/name; without a password.")],
    out: Annotated[Path | None, typer.Option(help="The new system folder; as the key, here, when not given.")] = None,
    key: Annotated[str, typer.Option(help="The system's key; made of the database's name when not given.")] = "",
    controller: Annotated[str, typer.Option(help="Whose system it is.")] = "",
    password_from: Annotated[
        str, typer.Option(help="Name of the password in this home's vault; asked for and kept there if it is not.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Draft a system folder from a live database: tables, keys, references, and what looks personal, with reasons.

    Reads a few rows of each table, writes nothing to the database, and keeps no value. What is not sure waits for
    `rightsdesk catalog review`.
    """
    from services.catalog.system import load_system, undescribed_system
    from services.discovery.discover import discover as look
    from services.discovery.draft import dataset_text, relative_url, slug, system_text, write_folder
    from services.errors import BadInput

    key = key or _key(out, url)
    if key != slug(key):
        raise BadInput("a key is made of small letters, digits, _ and -", place="--key")
    folder = out or Path(key)
    if folder.resolve().parent.name == "systems" and folder.resolve().name != key:
        raise BadInput(f"a controller's system lies in a folder of its key: '{key}'", place=str(folder))
    if (folder / "system.yml").exists():
        raise BadInput("a system is described here already: take another folder", place=str(folder))
    controller = controller or _controller(folder)
    system = undescribed_system(key, controller, url)
    began = time.monotonic()
    found = look(system, _password(password_from) if password_from else None, say=_progress(as_json))
    name = f"{key}.yml"
    texts = {
        name: dataset_text(found),
        "system.yml": system_text(
            key, controller, system.connector, relative_url(system.url, folder), password_from, name
        ),
    }
    write_folder(folder, texts)
    load_system(folder)
    typer.echo(_json(found, folder, time.monotonic() - began) if as_json else _words(found, system, folder))


def _key(out: Path | None, url: str) -> str:
    from services.discovery.draft import slug

    return slug(out.name if out and out.name else Path(url.partition("?")[0]).stem)


def _controller(folder: Path) -> str:
    """The controller whose folder this lies in."""
    parts = folder.resolve().parent
    return parts.parent.name if parts.name == "systems" else "controller"


def _password(name: str) -> bytes:
    """From the vault of this home, where it is kept when it was typed."""
    from console.commands.operator_home import operator_home
    from console.shell_session import secret
    from services.catalog.system import secret_name

    _, vault = operator_home(None)
    place = secret_name(name)
    known = vault.get(place)
    if known is None:
        known = secret(f"Password of {name}: ", PASSWORD_FILE, "password").encode()
        vault.put(place, known)
    return known


def _progress(quiet: bool) -> Callable[[str], None]:
    return lambda table: None if quiet else typer.echo(plain(f"looking at {table}"), err=True)


def _words(found: "Discovered", system: "System", folder: Path) -> str:
    personal = sum(one.holds for fields in found.findings.values() for one in fields.values())
    lines = [f"{len(found.tables)} tables, {personal} personal fields, {len(found.joins)} references: {folder}"]
    lines += [f"not sampled, judged by names alone: {', '.join(found.unsampled)}"] if found.unsampled else []
    lines += [f"left out, as a dataset cannot name it: {name}" for name in found.left_out]
    wait = found.waiting
    lines.append(
        f"{wait} {'field waits' if wait == 1 else 'fields wait'} for review: rightsdesk catalog review {folder}"
        if wait
        else "nothing waits for review"
    )
    return "\n".join(map(plain, lines))


def _json(found: "Discovered", folder: Path, seconds: float) -> str:
    fields = [
        {"collection": table, "field": name, "category": one.category, "confidence": one.confidence,
         "because": one.because, "review": not one.holds}
        for table, some in found.findings.items() for name, one in some.items()
    ]  # fmt: skip
    joins = [
        {"collection": join.table, "fields": list(join.columns), "to": join.parent, "on": list(join.on),
         "confidence": join.confidence, "because": join.because}
        for join in found.joins
    ]  # fmt: skip
    whole = {
        "folder": str(folder),
        "collections": len(found.tables),
        "waiting": found.waiting,
        "fields": fields,
        "references": joins,
        "unsampled": list(found.unsampled),
        "left_out": list(found.left_out),
        "seconds": round(seconds, 2),
    }
    return json.dumps(whole, indent=2)
