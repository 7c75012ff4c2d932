"""Where the bodies of a log begin: those below were pruned, if an entry says so (docs/log.md, "Pruning")."""

from db.log_file import Connection, plain_words
from services.action_log.act import from_params
from services.action_log.acts import LogPruned
from services.action_log.entry import decode
from services.action_log.read_through import KEPT, PRUNED
from services.action_log.tiles import WIDTH
from services.errors import BadInput

KEPT_SQL = " OR ".join(f"substr(body, 1, {len(mark)}) = ?" for mark in KEPT)


def cut_of(db: Connection) -> int:
    """Up to where bodies are gone as an entry says; 0 where none are. Nothing is checked yet but that only such entries
    are left as stay."""
    with plain_words():
        if db.execute("SELECT 1 FROM log WHERE seq = 1").fetchone() or not db.execute("SELECT 1 FROM log").fetchone():
            return 0
        for cut in sorted(cuts_named(db), reverse=True):
            others = f"SELECT 1 FROM log WHERE seq < ? AND NOT ({KEPT_SQL}) LIMIT 1"  # noqa: S608
            if cut % WIDTH == 0 and not db.execute(others, (cut, *KEPT)).fetchone():
                return cut
    return 0


def cuts_named(db: Connection) -> set[int]:
    """Every cut that an entry names; the bodies below it may be there yet."""
    rows = db.execute("SELECT body FROM log WHERE substr(body, 1, ?) = ?", (len(PRUNED), PRUNED))
    found = set()
    for (body,) in rows:
        try:
            entry = decode(bytes(body))
            act = from_params(entry.act, entry.params)
        except (BadInput, TypeError):
            continue  # the verifier names it
        if isinstance(act, LogPruned):
            found.add(act.cut)
    return found
