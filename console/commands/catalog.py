"""`rightsdesk catalog`: check descriptions of data systems, and try what a request would find or change there."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands import catalog_versions
from console.commands.catalog_draft import discover
from console.commands.catalog_review import review
from console.commands.catalog_secret import secret
from console.commands.catalog_status import status

if TYPE_CHECKING:
    from services.catalog.system import System
    from services.connectors.base import Connector
    from services.fulfilment.found import Found
    from services.fulfilment.plan import Plan

app = typer.Typer(no_args_is_help=True, help="Descriptions of data systems: draft, check, try, publish them.")
app.command()(discover)
app.command()(review)
app.command()(secret)
app.command()(status)
app.command()(catalog_versions.publish)
app.command()(catalog_versions.versions)
app.command()(catalog_versions.diff)
app.command()(catalog_versions.show)


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="A dataset file, a system folder, or a controller folder.")],
    live: Annotated[bool, typer.Option("--live", help="Also hold it against the real schema.")] = False,
    url: Annotated[str, typer.Option(help="The database to hold a dataset file against.")] = "",
) -> None:
    """Say whether the files are valid, and with --live whether the systems are as they say."""
    from services.errors import BadInput, DeskError

    try:
        systems = _systems(path, url, asked=live)
        _read_further_files(systems)
        faults = [f for s in systems.values() for f in _connector(s, path).check(s.datasets)] if live else []
    except BadInput as exc:
        raise _failed("check", str(exc), 2) from exc
    except DeskError as exc:
        raise _failed("check", exc.reason, 3) from exc
    for fault in faults:
        typer.echo(fault)
    if faults:
        raise typer.Exit(1)
    for key, system in systems.items():
        collections = sum(len(dataset.collections) for dataset in system.datasets)
        waiting = system.waiting
        review = f", {waiting} {'field waits' if waiting == 1 else 'fields wait'} for review" if waiting else ""
        typer.echo(f"{key}: {collections} collections, {'as described' if live else 'valid'}{review}")


@app.command(name="try")
def try_(
    catalog: Annotated[Path, typer.Option(help="A system folder, a controller's, or one dataset file with --url.")],
    identity: Annotated[list[str], typer.Option(help="What the person is known by, as email=ada@example.com.")],
    url: Annotated[str, typer.Option(help="The database, as postgresql://user@host/name or sqlite:///file.")] = "",
    region: Annotated[str, typer.Option(help="Country of telephone numbers without a country code, as DE.")] = "",
    erase: Annotated[bool, typer.Option("--erase", help="Show what an erasure would do; nothing is changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Show what a request by this person would find, or with --erase what it would change. Changes nothing."""
    from services.errors import BadInput, DeskError

    try:
        systems = _systems(catalog, url)
        found = _found(systems, catalog, _identities(identity), region)
        plan = _plan(systems, found) if erase else None
    except BadInput as exc:
        raise _failed("try", str(exc), 2) from exc
    except DeskError as exc:
        raise _failed("try", exc.reason, 3) from exc
    typer.echo(_json(found, plan) if as_json else "\n".join(_lines(found, plan)))
    if not found.complete:
        raise typer.Exit(3)


def _failed(command: str, reason: str, code: int) -> typer.Exit:
    typer.echo(f"rightsdesk catalog {command}: {reason}", err=True)
    return typer.Exit(code)


def _systems(path: Path, url: str, *, asked: bool = True) -> "Mapping[str, System]":
    """What stands at `path`, by key; `asked`: the systems will be connected to. Raises `BadInput`."""
    from services.catalog.system import at_url, load_controller_systems, load_system, lone_system
    from services.errors import BadInput

    if path.is_dir() and (path / "system.yml").is_file():
        system = load_system(path)
        return {system.key: at_url(system, url) if url else system}
    if path.is_dir() and (path / "systems").is_dir() and not url:
        return load_controller_systems(path)
    if path.is_dir():
        raise BadInput("is no system folder: there is no system.yml", place=str(path))
    if asked and not url:
        raise BadInput("a dataset file alone needs the database it describes", place="--url")
    system = lone_system(path, url)
    return {system.key: system}


def _read_further_files(systems: "Mapping[str, System]") -> None:
    """The files that a kind of system has beside its datasets, `http.yml` for instance; nothing is connected."""
    from services.connectors.registry import open_connector

    for system in systems.values():
        if system.folder is not None:
            open_connector(system, None)


def _connector(system: "System", path: Path) -> "Connector":
    from services.connectors.registry import open_connector

    return open_connector(system, _secret(system, path))


def _secret(system: "System", path: Path) -> bytes | None:
    """The system's password, from the vault of the home that its folder lies in."""
    from console.commands.operator_home import operator_home
    from services.errors import Unusable

    if system.secret is None:
        return None
    home = next((above.parent for above in path.resolve().parents if above.name == "controllers"), None)
    known = operator_home(home)[1].get(system.secret) if home else None
    if known is None:
        raise Unusable(
            f"system '{system.key}' needs the secret '{system.secret}', and this home's vault does not hold it"
        )
    return known


def _identities(pairs: Sequence[str]) -> dict[str, list[str]]:
    from services.errors import BadInput

    known: dict[str, list[str]] = {}
    for pair in pairs:
        kind, equals, value = pair.partition("=")
        if not (kind.strip() and equals and value.strip()):
            raise BadInput("write it as email=ada@example.com", place="--identity")
        known.setdefault(kind.strip(), []).append(value.strip())
    return known


def _found(systems: "Mapping[str, System]", path: Path, identities: dict[str, list[str]], region: str) -> "Found":
    from services.catalog.graph import build
    from services.fulfilment.find import find

    graph = build({key: system.datasets for key, system in systems.items()})
    for missing in graph.missing:
        typer.echo(f"note: {missing}", err=True)
    excluded = {key: system.excluded for key, system in systems.items() if system.excluded}
    connectors = {key: _connector(system, path) for key, system in systems.items() if key not in excluded}
    return find(graph, connectors, identities, region=region, excluded=excluded)


def _plan(systems: "Mapping[str, System]", found: "Found") -> "Plan":
    from datetime import date

    from services.catalog.graph import build
    from services.fulfilment.plan import make_plan

    graph = build({key: system.datasets for key, system in systems.items()})
    controller = next(iter(systems.values())).controller
    read_only = [key for key, system in systems.items() if system.read_only]
    return make_plan(found, graph, date.today(), controller, read_only=read_only)


def _json(found: "Found", plan: "Plan | None") -> str:
    import json

    from services.fulfilment.found import shown

    rows: dict[str, dict[str, object]] = {}
    counts: dict[str, dict[str, int]] = {}
    for part in found.collections():
        dataset, collection = part.node
        rows.setdefault(dataset, {})[collection] = [shown(row) for row in part.rows for _ in range(row.count)]
        counts.setdefault(dataset, {})[collection] = part.count
    whole: dict[str, object] = {
        "systems": rows,
        "counts": counts,
        "total": sum(system.count for system in found.systems),
        "outcomes": {system.key: {"outcome": system.reach, "reason": system.reason} for system in found.systems},
        "not_disclosed": [
            {"collection": str(row.node), "key": list(row.key), "because": row.whose, "row": row.id}
            for part in found.collections()
            for row in part.rows
            if row not in part.own
        ],
        "unreachable": [str(node) for node in found.unreachable],
        "skipped": [str(node) for node in found.skipped],
        "other_identities": found.others,
        "path": list(found.path),
    }
    if plan is not None:
        whole["plan"] = json.loads(plan.to_json()) | {"digest": plan.digest}
    return json.dumps(whole, indent=2, sort_keys=True)


def _lines(found: "Found", plan: "Plan | None") -> list[str]:
    """What a person reads; the rows themselves only with --json."""
    lines = []
    for system in found.systems:
        lines.append(f"{system.key}: {system.reach} {system.count or ''} {system.reason}".rstrip())
        for part in system.collections:
            apart = part.count - sum(row.count for row in part.own)
            also = f" ({apart} of them of other people or shared)" if apart else ""
            lines += [f"  {part.node.collection:<30} {part.count:>7}{also}"] if part.rows else []
    lines += [f"not reachable with these identities: {node}" for node in found.unreachable]
    lines += [f"left out by the catalog: {node}" for node in found.skipped]
    if found.others:
        lines.append(f"{found.others} other identities met, by way of {' -> '.join(found.path)}")
    return lines + (_plan_lines(plan) if plan else [])


def _plan_lines(plan: "Plan") -> list[str]:
    from services.catalog.console_keys import words

    lines = ["", f"An erasure today would (nothing was changed, plan {plan.digest[:12]}):"]
    for system in plan.systems:
        lines.append(f"{system.system}: {system.note}".rstrip(": "))
        for action in system.actions:
            why = " ".join(
                filter(None, [action.law, action.until and f"until {action.until}", words(action.reason, "en")])
            )
            fields = ", ".join(f"{name} ({mask.strategy})" for name, mask in action.fields)
            detail = f"  {fields or why}" if fields or why else ""
            lines.append(f"  {action.act:<7}{action.collection:<30} {action.count:>7}{detail}")
    return lines + [f"it cannot be carried out: {fault}" for fault in plan.faults]
