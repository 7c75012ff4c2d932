"""What a sub-command prints: text a terminal cannot obey, and one line for every error."""

from services.errors import Conflict, DeskError, NotFound, Refused, Unavailable

EXIT_REFUSED, EXIT_BAD_INPUT, EXIT_UNAVAILABLE, EXIT_INTERRUPTED = 1, 2, 3, 130


def plain(value: object) -> str:
    """`value` as one line without control characters, escapes or marks that turn the direction of text."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))


def sentence(error: DeskError) -> str:
    """What happened, what was kept, what to do next, on one line."""
    parts = [str(error).rstrip("."), error.kept and f"kept: {error.kept}", error.next_key and f"next: {error.next_key}"]
    return plain("; ".join(part for part in parts if part))


def exit_code(error: DeskError) -> int:
    """1 when a rule says no, 2 for what cannot be read or used, 3 when something is away."""
    if isinstance(error, Refused | Conflict | NotFound):
        return EXIT_REFUSED
    return EXIT_UNAVAILABLE if isinstance(error, Unavailable) else EXIT_BAD_INPUT
