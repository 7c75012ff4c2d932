"""`rightsdesk log export`, `log growth`, `log keys`: evidence that somebody outside checks without us."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.log_home import LogOption, open_evidence, open_sealed, open_view
from console.commands.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from services.evidence_export import Exported


def export(
    out: Annotated[Path, typer.Option("--out", help="A new or empty folder.")],
    case: Annotated[str, typer.Option("--case", help="Every entry of this case, in all logs of the home.")] = "",
    first: Annotated[int | None, typer.Option("--from", min=0, help="The first entry of a range of one log.")] = None,
    last: Annotated[int | None, typer.Option("--to", min=0, help="The last entry of the range, included.")] = None,
    log: LogOption = "",
    details: Annotated[
        bool, typer.Option("--details", help="Also the sealed details: ciphertext of personal data. Left out else.")
    ] = False,
    central: Annotated[
        bool, typer.Option("--central", help="Also logs of other machines, as central holds them.")
    ] = False,
    notes: Annotated[
        Path | None, typer.Option("--witness", help="Notes of an independent witness: its folder notes, or a copy.")
    ] = None,
    witness_key: Annotated[str, typer.Option("--witness-key", help="Its key, as `witness init` printed it.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write evidence for an authority: entries, proofs, receipts, keys, and how to check it all without us.

    Exit 0 written, 1 a log is not whole, 2 bad input.
    """
    import json

    from services.errors import DeskError, Refused

    try:
        done = export_to(
            out, case, (first, last), log, home, details=details, central=central, witness=(notes, witness_key)
        )
    except (DeskError, OSError) as exc:
        next_key = exc.next_key if isinstance(exc, DeskError) else ""
        typer.echo(f"rightsdesk log export: {exc}" + (f"; next: {next_key}" if next_key else ""), err=True)
        raise typer.Exit(1 if isinstance(exc, Refused) else 2) from exc
    if as_json:
        whole = {
            "folder": str(done.folder), "manifest_sha256": done.manifest, "logs": done.logs, "entries": done.entries,
            "files": done.files, "without_receipt": done.unreceipted, "details": done.details,
        }  # fmt: skip
        typer.echo(json.dumps(whole, indent=2))
    else:
        typer.echo("\n".join(lines_of(done)))


def growth(
    size: Annotated[int, typer.Argument(min=1, help="How many entries the log had then.")],
    log: LogOption = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file.")] = None,
    home: HomeOption = None,
) -> None:
    """Write a proof that the log still begins with its first SIZE entries (RFC 6962, 2.1.2); docs/evidence.md."""
    from services.errors import DeskError

    try:
        text = growth_of(size, log, home)
        if output is not None:
            output.write_text(text, "utf-8", newline="\n")
    except (DeskError, OSError) as exc:
        typer.echo(f"rightsdesk log growth: {exc}", err=True)
        raise typer.Exit(2) from exc
    if output is None:
        typer.echo(text, nl=False)


def keys(
    log: LogOption = "",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the proofs that lead from key to key to this file.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Say which keys signed a log, from which size on; each is named by the last entry under the one before it."""
    import json

    from services.errors import DeskError

    try:
        lines, pages = keys_of(log, home)
        if output is not None:
            output.write_text(json.dumps(pages, indent=1) + "\n", "utf-8", newline="\n")
    except (DeskError, OSError) as exc:
        typer.echo(f"rightsdesk log keys: {exc}", err=True)
        raise typer.Exit(2) from exc
    typer.echo("\n".join(lines))


def keys_of(log: str, home: Path | None) -> tuple[list[str], list[str]]:
    """A line a key, as `note.NewVerifier` reads it, and the proofs of the changes; raises `NotFound`, `DeskError`."""
    from db.log_reader import LogReader
    from services.action_log import proof
    from services.action_log.checkpoint import parse, verifier_key
    from services.errors import Unusable

    path = Path(log) if Path(log).is_file() else open_evidence(home, outside=True).find(log or None).path
    with LogReader(path) as reader, reader.snapshot():
        origin, first = parse(reader.head().checkpoint).origin, reader.opening_key()
        if first is None:
            raise Unusable("the log's first entry names no key")
        pages = proof.write_keys(reader.rotations(), reader.inclusion)
    chain = proof.check_keys(pages, origin, first)
    starts = zip([0, *chain.ends], [first, *chain.keys], strict=True)
    return [f"{start:>9}  {verifier_key(origin, key)}" for start, key in starts], pages


def export_to(
    out: Path,
    case: str,
    span: tuple[int | None, int | None],
    log: str,
    home: Path | None,
    *,
    details: bool,
    central: bool,
    witness: tuple[Path | None, str],
) -> "Exported":
    """Writes the export; raises `DeskError`."""
    from contextlib import ExitStack
    from datetime import UTC, datetime

    from services.action_log.checkpoint import read_cosigner_key
    from services.errors import BadInput
    from services.evidence import Evidence, LogFile
    from services.evidence_export import Wanted, Witnessed, export

    first, last = span
    if bool(case) == (first is not None or last is not None):
        raise BadInput("say either --case, or --from and --to")
    if not case and (first is None or last is None):
        raise BadInput("--from and --to go together")
    notes, witness_key = witness
    if (notes is None) == bool(witness_key) or (notes is not None and not notes.is_dir()):
        raise BadInput("--witness, a folder, and --witness-key go together")
    saw = None if notes is None else Witnessed(notes, *read_cosigner_key(witness_key))
    outside = Path(log).is_file()
    evidence = open_evidence(home, outside=outside)
    if outside:
        file = next((f for f in evidence.files if f.path == Path(log).absolute()), None)
        evidence = Evidence((file or LogFile(_id_of(Path(log)), Path(log)),), evidence.known)
    wanted = Wanted(case or None, None if outside else log or None, first or 0, -1 if last is None else last)
    sealed = open_sealed(home) if details else None
    with ExitStack() as stack:
        view = stack.enter_context(open_view(home)) if central else None
        return export(evidence, out, wanted, datetime.now(UTC), sealed=sealed, central=view, witness=saw)


def growth_of(size: int, log: str, home: Path | None) -> str:
    """The proof that the tree of `size` is the beginning of the newest checkpoint's; raises `NotFound`, `DeskError`."""
    from db.log_reader import LogReader
    from services.action_log import proof

    path = Path(log) if Path(log).is_file() else open_evidence(home, outside=True).find(log or None).path
    with LogReader(path) as reader, reader.snapshot():
        return proof.write_growth(size, reader.consistency(size), reader.head().checkpoint)


def lines_of(done: "Exported") -> list[str]:
    """What was written, for people."""
    lines = [
        f"{done.entries} entries of {len(done.logs)} logs, {done.files} files in {done.folder}",
        f"manifest.json has the SHA-256 {done.manifest}: tell it in another way",
    ]
    if done.unreceipted:
        lines.append(f"{done.unreceipted} entries are covered by no receipt of central yet: only the log signed them")
    if done.details:
        lines.append(f"{done.details} sealed details are in it: ciphertext of personal data, to be erased when ours is")
    else:
        lines.append("No sealed details are in it. Case numbers and pseudonyms are: see README.txt there.")
    return lines


def _id_of(path: Path) -> str:
    """The log id in the file's own checkpoint."""
    from db.log_reader import LogReader
    from services.action_log.checkpoint import parse

    with LogReader(path) as reader:
        return "/".join(parse(reader.head().checkpoint).origin.split("/")[-2:])
