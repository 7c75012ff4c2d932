"""Central's tables by name and the columns that a terminal's calls use: no SQLModel needed to speak of them.

The tables themselves stand in `central.py`; a test holds both to each other.
"""

import sqlalchemy as sa


def _table(name: str, columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(c) for c in columns.split()))


LOG = _table("log", "id owner kind public_key next_key origin enrolled_at problem")
HEAD = _table("log_head", "log size frontier checkpoint receipt key")
SEAL = _table("seal", "log size receipt")
ENTRY = _table("entry", "pos log seq case_id accepted_at body")
AGGREGATE = _table("aggregate", "idx note nodes")
AGGREGATE_HEAD = _table("aggregate_head", "one size frontier checkpoint")
ACCEPTED = _table("accepted", "pos accepted_at")
"""On a server, for a terminal's login: places and times of all entries."""
STALE = _table("stale", "log seq")
PROGRESS = _table("progress", "case_id item system state done reason until")
INBOX = _table("inbox", "id log start count entries details checkpoint received_at")
CASE = _table(
    "case_",
    "id controller body rev rights person state who tier due is_open acknowledged breach approval conflicts on_hold "
    "hard paused wakes",
)
CLAIM = _table("claim", "case_id holder fence until")
AGENT = _table("agent", "id name roles disabled pin_rev")
CONTROLLER = _table("controller", "key body")
CATALOG = _table("catalog_version", "controller number digest head shown")
ASK = _table("ask", "id terminal kind sealed made_at stage reply")
TERMINAL = _table("terminal", "id kind seen_at pid")
META = _table("meta", "key value")
