"""`rightsdesk log`: check the logs, read them, prove one entry to somebody outside."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands import log_export, log_extract, log_prune
from console.commands.log_home import LogOption, open_evidence
from console.commands.options import HomeOption

if TYPE_CHECKING:
    from services.action_log.entry import Entry
    from services.action_log.report import Report

app = typer.Typer(no_args_is_help=True, help="The action log: check it, read it, prove an entry.")

app.command()(log_export.export)
app.command()(log_export.growth)
app.command()(log_prune.prune)
app.command()(log_export.keys)
app.command()(log_extract.extract)


@app.command()
def verify(
    paths: Annotated[list[Path] | None, typer.Argument(help="Log files; all of the home when none is given.")] = None,
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Say whether logs are whole: exit 0 whole, 1 tampered (kind and place named), 2 unusable."""
    from services.errors import DeskError

    try:
        reports = check_logs(paths or [], home)
    except DeskError as exc:
        typer.echo(f"rightsdesk log verify: {exc}", err=True)
        raise typer.Exit(2) from exc
    typer.echo(reports_as_json(reports) if as_json else "\n".join(line for r in reports for line in report_lines(*r)))
    raise typer.Exit(exit_code([report for _, report in reports]))


@app.command()
def show(
    log: Annotated[str, typer.Argument(help="A log file or a log id; all of the home when not given.")] = "",
    case: Annotated[str, typer.Option("--case", help="Entries of this case only.")] = "",
    count: Annotated[int, typer.Option("-n", "--count", min=1, max=100_000, help="How many, newest first.")] = 20,
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="The entries as they stand in the log, one a line.")] = False,
) -> None:
    """Show entries, newest first."""
    from services.action_log.entry import encode
    from services.errors import DeskError

    try:
        entries = newest(log, case or None, count, home)
    except DeskError as exc:
        typer.echo(f"rightsdesk log show: {exc}", err=True)
        raise typer.Exit(2) from exc
    for entry in entries:
        typer.echo(encode(entry).decode() if as_json else entry_line(entry))


@app.command()
def prove(
    seq: Annotated[int, typer.Argument(min=0, help="The entry's number.")],
    log: LogOption = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file.")] = None,
    home: HomeOption = None,
) -> None:
    """Write a proof of one entry (c2sp.org/tlog-proof) that others check offline; docs/log.md says how."""
    from services.errors import DeskError

    try:
        text = proof_of(seq, log, home)
        if output is not None:
            output.write_text(text, "utf-8", newline="\n")
    except (DeskError, OSError) as exc:
        typer.echo(f"rightsdesk log prove: {exc}", err=True)
        raise typer.Exit(2) from exc
    if output is None:
        typer.echo(text, nl=False)


# ── what the commands do ──────────────────────────────────────────────────────────────────────────────────────


def check_logs(paths: Sequence[Path], home: Path | None) -> "list[tuple[Path, Report]]":
    """Each log with its report; raises `NotFound` when there is none, `DeskError` when the home cannot be opened."""
    from services.errors import NotFound

    evidence = open_evidence(home, outside=bool(paths))
    wanted = list(paths) or [file.path for file in evidence.files]
    if not wanted:
        raise NotFound("There are no logs in this home.")
    return [(path, evidence.check(path)) for path in wanted]


def newest(log: str, case: str | None, count: int, home: Path | None) -> "list[Entry]":
    """At most `count` entries of one log or of all, newest first; raises `DeskError`."""
    from db.log_reader import LogReader
    from services.errors import NotFound

    entries: list[Entry] = []
    for path in _paths(log, home):
        with LogReader(path) as reader:
            entries += reader.newest_first(case=case, limit=count)
    if not entries and not _paths(log, home):
        raise NotFound("There are no logs in this home.")
    return sorted(entries, key=lambda entry: (entry.ts, entry.seq), reverse=True)[:count]


def proof_of(seq: int, log: str, home: Path | None) -> str:
    """The tlog-proof of entry `seq`; raises `NotFound`, `DeskError`."""
    from db.log_reader import LogReader
    from services.action_log import proof

    path = Path(log) if Path(log).is_file() else open_evidence(home, outside=True).find(log or None).path
    with LogReader(path) as reader, reader.snapshot():
        head = reader.head()
        body = reader.body(seq)
        return proof.write(body, seq, reader.inclusion(seq, head.frontier.size), head.checkpoint)


def _paths(log: str, home: Path | None) -> list[Path]:
    if Path(log).is_file():
        return [Path(log)]
    evidence = open_evidence(home, outside=True)
    return [evidence.find(log).path] if log else [file.path for file in evidence.files if file.path.is_file()]


# ── how it is said ────────────────────────────────────────────────────────────────────────────────────────────


def exit_code(reports: "Iterable[Report]") -> int:
    """1 when a log was tampered with, else 2 when one is unusable, else 0."""
    from services.action_log.report import EXIT_CODES

    codes = {EXIT_CODES[report.state] for report in reports}
    return 1 if 1 in codes else max(codes, default=0)


def report_lines(path: Path, report: "Report") -> list[str]:
    """A report for people."""
    where = f", {report.place}" if report.place else ""
    found = f": {report.kind}{where}. {report.detail}" if report.kind else ""
    lines = [f"{report.log or path.name}  {report.state.upper()}{found}", f"  {path}", f"  {report.size} entries"]
    if report.kind is None:
        lines[-1] += f", root {report.root.hex()}"
    if report.cut:
        lines.append(f"  The texts below entry {report.cut} were pruned, as the log says; their hashes hold.")
    if report.signed_by == "own":
        lines.append("  Held against the key that the log names itself: a log signed anew would pass. Use its home.")
    elif report.kind is None:
        anchor = "the anchor" if report.anchored else "no anchor"
        lines.append(f"  Held against the enrolled key, {anchor} and {report.receipts} receipts of central.")
    if report.kind is None:
        rest = report.size - report.sealed
        lines.append(f"  {report.sealed} entries are sealed by keys that are gone, {rest} are under the key in use.")
    return lines


def reports_as_json(reports: "Sequence[tuple[Path, Report]]") -> str:
    """Reports for programs."""
    import json

    rows = [
        {
            "log": report.log,
            "path": str(path),
            "state": report.state,
            "kind": report.kind,
            "place": report.place,
            "first": report.first,
            "last": report.last,
            "detail": report.detail,
            "size": report.size,
            "root": report.root.hex(),
            "signed_by": report.signed_by,
            "anchored": report.anchored,
            "receipts": report.receipts,
            "cut": report.cut,
            "sealed": report.sealed,
        }
        for path, report in reports
    ]
    return json.dumps({"logs": rows, "exit": exit_code(report for _, report in reports)}, indent=2)


def entry_line(entry: "Entry") -> str:
    """An entry on one line: place, time, who, what, where, and the act's own values."""
    when = datetime.fromtimestamp(entry.ts / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    where = " ".join(part for part in (entry.case, entry.item) if part)
    values = " ".join(f"{key}={_plain(value)}" for key, value in entry.params.items())
    return f"{entry.log}:{entry.seq:<7} {when}  {entry.actor:<14} {entry.act:<18} {where:<14} {values}".rstrip()


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(_plain, value)) or "-"
    return "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
