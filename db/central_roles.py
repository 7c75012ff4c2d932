"""Roles, grants and guards of central on PostgreSQL: who may do what, as data that is applied and later held against.

Guard rails, not evidence: whoever owns the server can change them. That they were changed is found by
`central_guards.py`, that rows were changed by the logs' own signatures (action-log.md 6).
"""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlmodel import SQLModel

from db import central, central_holds  # noqa: F401 - make the tables known
from db.central_engine import LOGIN

OWNER, TERMINALS, WORKERS, AUDITORS = (
    "rightsdesk_owner",
    "rightsdesk_terminal",
    "rightsdesk_worker",
    "rightsdesk_auditor",
)
ROLES: Final = (OWNER, TERMINALS, WORKERS, AUDITORS)
DESK: Final = "desk"
VERSION_TABLE: Final = "alembic_version"
TRIGGERS: Final = {
    ("entry", "entries_stay"): "BEFORE DELETE OR UPDATE ON public.entry FOR EACH ROW",
    ("entry", "entries_not_emptied"): "BEFORE TRUNCATE ON public.entry FOR EACH STATEMENT",
    ("aggregate", "leaves_stay"): "BEFORE DELETE OR UPDATE ON public.aggregate FOR EACH ROW",
    ("aggregate", "leaves_not_emptied"): "BEFORE TRUNCATE ON public.aggregate FOR EACH STATEMENT",
    ("catalog_version", "versions_stay"): "BEFORE DELETE OR UPDATE ON public.catalog_version FOR EACH ROW",
    ("catalog_version", "versions_not_emptied"): "BEFORE TRUNCATE ON public.catalog_version FOR EACH STATEMENT",
}
"""When each fires, by its table and name."""

SQLITE_TRIGGERS: Final = tuple(
    f"CREATE TRIGGER {what}_not_{done} BEFORE {event} ON {table} "
    f"BEGIN SELECT raise(ABORT, '{what} are never {done}'); END"
    for table, what in (("entry", "entries"), ("aggregate", "leaves"), ("catalog_version", "versions"))
    for event, done in (("UPDATE", "changed"), ("DELETE", "deleted"))
)
"""What stands in for roles where central is a file: whoever has its key can do all."""

_ALL = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
_WORKER: Final = {
    "entry": frozenset({"SELECT", "INSERT"}),
    "aggregate": frozenset({"SELECT", "INSERT"}),
    "aggregate_head": frozenset({"SELECT", "INSERT", "UPDATE"}),
    "log": frozenset({"SELECT", "INSERT"}),
    "seal": frozenset({"SELECT", "INSERT"}),
    "log_head": frozenset({"SELECT", "INSERT", "UPDATE"}),
    "agent": frozenset({"SELECT"}),
    "catalog_version": frozenset({"SELECT"}),
    "controller": frozenset({"SELECT"}),
    "terminal": frozenset({"SELECT"}),
    VERSION_TABLE: frozenset({"SELECT"}),
}
_WORKER_COLUMNS: Final = {
    "agent": frozenset({"tries", "locked_until"}),
    "log": frozenset({"problem"}),
    "terminal": frozenset({"seen_at", "pid"}),
}
_SEALED: Final = frozenset({"detail", "ask", "agent"})
"""What no auditor reads: ciphertext that still belongs to persons, and what is kept of PINs."""


def tables() -> tuple[str, ...]:
    """Every table of central, Alembic's own included."""
    return (*sorted(SQLModel.metadata.tables), VERSION_TABLE)


def wanted_grants() -> set[tuple[str, str, str]]:
    """(table, role, privilege) beside the owner's own."""
    found = {(t, WORKERS, p) for t in tables() for p in _WORKER.get(t, _ALL)}
    return found | {(t, AUDITORS, "SELECT") for t in tables() if t not in _SEALED}


def wanted_columns() -> set[tuple[str, str, str, str]]:
    """(table, column, role, privilege) of grants on single columns."""
    return {(t, c, WORKERS, "UPDATE") for t, columns in _WORKER_COLUMNS.items() for c in columns}


def apply(conn: sa.Connection) -> None:
    """Make roles, grants, views, functions and triggers; by somebody who may, in the migration's transaction."""
    for role in ROLES:
        _role(conn, role)
    _may_become_owner(conn)
    database = conn.exec_driver_sql("SELECT current_database()").scalar_one()
    everyone = ", ".join(ROLES)
    _run(
        conn,
        f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC',
        f'GRANT CONNECT ON DATABASE "{database}" TO {everyone}',
        f'GRANT CREATE ON DATABASE "{database}" TO {OWNER}',
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {OWNER}, {WORKERS}, {AUDITORS}",
        *(f"ALTER TABLE public.{table} OWNER TO {OWNER}" for table in tables()),
        *(f"GRANT {privilege} ON public.{table} TO {role}" for table, role, privilege in sorted(wanted_grants())),
        *(f"GRANT {p} ({c}) ON public.{t} TO {role}" for t, c, role, p in sorted(wanted_columns())),
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {WORKERS}",
        f"SET LOCAL ROLE {OWNER}",
    )
    conn.exec_driver_sql(guards(DESK))
    for (table, name), when in TRIGGERS.items():
        _run(
            conn,
            f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {DESK}.entries_stay()",
            f"ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER {name}",
        )
    _run(conn, "RESET ROLE")


def guards(schema: str) -> str:
    """The SQL that makes views and functions, in a schema of that name."""
    return (Path(__file__).parent / "central_sql" / "guards.sql").read_text("utf-8").format(desk=schema)


def add_login(conn: sa.Connection, owner: str, group: str, password: str) -> str:
    """A login for the terminal or worker `owner`; its name. It connects, is in its group, and nothing else."""
    login = f"{LOGIN}{owner}"
    _run(
        conn,
        f"CREATE ROLE {login} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS IN ROLE {group} "
        f"PASSWORD '{_safe(password)}'",
        f"ALTER ROLE {login} SET search_path = {DESK if group == TERMINALS else 'public'}",
    )
    return login


def change_password(conn: sa.Connection, password: str) -> None:
    """A new password for whoever is connected."""
    _run(conn, f"ALTER ROLE CURRENT_USER PASSWORD '{_safe(password)}'")


def close_login(conn: sa.Connection, owner: str) -> None:
    """No more connections of that login, and those that stand are ended."""
    _run(conn, f"ALTER ROLE {LOGIN}{owner} NOLOGIN")
    conn.execute(
        sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = :login"),
        {"login": f"{LOGIN}{owner}"},
    )


def _role(conn: sa.Connection, role: str) -> None:
    """Roles belong to the server: another central of the same one may have made them, even just now."""
    conn.exec_driver_sql(
        f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )


def _may_become_owner(conn: sa.Connection) -> None:
    """An administrator who is no superuser hands objects over only to a role that they may become."""
    mine = sa.text("SELECT rolsuper OR pg_has_role(rolname, :owner, 'SET') FROM pg_roles WHERE rolname = current_user")
    if not conn.execute(mine, {"owner": OWNER}).scalar_one():
        _run(conn, f"GRANT {OWNER} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE")


def _safe(password: str) -> str:
    """Passwords are made here and are hex; a statement about roles takes no parameters."""
    if not password.isalnum() or not password.isascii():
        raise ValueError("a login's password is letters and digits")
    return password


def _run(conn: sa.Connection, *statements: str) -> None:
    for statement in statements:
        conn.exec_driver_sql(statement)
