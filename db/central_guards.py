"""Whether roles, grants, views, functions and triggers of central on a server still are what this program made.

What it should look like is made once more beside it, in a transaction that is taken back, and both are compared: so
nothing here repeats what `central_sql/guards.sql` says.
"""

from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa

from db.central_engine import LOGIN
from db.central_roles import (
    AUDITORS,
    DESK,
    OWNER,
    ROLES,
    TERMINALS,
    TRIGGERS,
    WORKERS,
    guards,
    tables,
    wanted_columns,
    wanted_grants,
)

_BESIDE: Final = "desk_as_made"
Shape = dict[str, tuple[Any, ...]]

_FUNCTIONS = sa.text(
    """
    SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', p.prosrc, p.prosecdef, p.provolatile,
        p.proconfig::text, l.lanname, pg_get_function_result(p.oid), pg_get_userbyid(p.proowner),
        (SELECT array_agg(g.who ORDER BY g.who) FROM (SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC'
            ELSE pg_get_userbyid(a.grantee)::text END || ':' || a.privilege_type AS who
            FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a) g)
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = CAST(:schema AS regnamespace)
    """
)
_VIEWS = sa.text(
    """
    SELECT c.relname, c.relkind, CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END, c.reloptions::text,
        pg_get_userbyid(c.relowner),
        (SELECT array_agg(g.who ORDER BY g.who) FROM (SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC'
            ELSE pg_get_userbyid(a.grantee)::text END || ':' || a.privilege_type AS who
            FROM aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a) g)
    FROM pg_class c WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind IN ('v', 'm', 'r', 'p', 'f')
    """
)
_GRANTS = sa.text(
    """
    SELECT c.relname, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END, a.privilege_type
    FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND a.grantee <> c.relowner
    """
)
_COLUMN_GRANTS = sa.text(
    """
    SELECT c.relname, t.attname, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END,
        a.privilege_type
    FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND t.attacl IS NOT NULL, aclexplode(t.attacl) a
    WHERE c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner
    """
)
_TRIGGERS = sa.text(
    """
    SELECT c.relname, t.tgname, t.tgenabled::text, pg_get_triggerdef(t.oid)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
    """
)
_OWNERS = sa.text(
    "SELECT relname, pg_get_userbyid(relowner), relrowsecurity FROM pg_class "
    "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
)
_LOGINS = sa.text(
    """
    SELECT r.rolname, r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolbypassrls OR r.rolreplication,
        r.rolcanlogin, ARRAY(SELECT pg_get_userbyid(m.roleid)::text FROM pg_auth_members m WHERE m.member = r.oid)
    FROM pg_roles r WHERE r.rolname LIKE 'rd\\_%'
    """
)
_MEMBERS = sa.text(
    """
    SELECT pg_get_userbyid(m.roleid)::text, pg_get_userbyid(m.member)::text
    FROM pg_auth_members m WHERE pg_get_userbyid(m.roleid)::text = ANY(:roles)
    """
)


def changed(engine: sa.Engine) -> list[str]:
    """What differs, each as a sentence; empty when nothing does. Only an administrator may look: it makes a schema."""
    with engine.connect() as conn:
        return changed_on(conn)


def changed_on(conn: sa.Connection) -> list[str]:
    """As `changed`, for what a connection sees inside its transaction; nothing stays of what this makes."""
    return [*_desk(conn), *_tables(conn), *_triggers(conn), *_people(conn), *_elsewhere(conn)]


def _desk(conn: sa.Connection) -> Iterator[str]:
    """Views and functions of the terminals' schema against those made anew."""
    there = _shapes(conn, DESK)
    beside = conn.begin_nested()
    try:
        conn.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
        conn.exec_driver_sql(guards(_BESIDE))
        wanted = _shapes(conn, _BESIDE)
    finally:
        beside.rollback()
    yield from _differences(there, wanted)


def _shapes(conn: sa.Connection, schema: str) -> Shape:
    """Everything in a schema by name, as what can be compared."""
    found: Shape = {}
    for kind, query in (("function", _FUNCTIONS), ("view", _VIEWS)):
        for name, *rest in conn.execute(query, {"schema": schema}):
            shape = (value.replace(f"{schema}.", "") if isinstance(value, str) else value for value in rest)
            found[f"{kind} {DESK}.{name}"] = tuple(tuple(v) if isinstance(v, list) else v for v in shape)
    acl = sa.text(
        "SELECT array_agg(pg_get_userbyid(a.grantee)::text || ':' || a.privilege_type ORDER BY 1) FROM pg_namespace n, "
        "aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a WHERE n.nspname = :schema"
    )
    granted = conn.execute(acl, {"schema": schema}).scalar() or []
    found[f"schema {DESK}"] = (tuple(sorted(granted)),)
    return found


def _differences(there: Shape, wanted: Shape) -> Iterator[str]:
    for name in sorted(wanted.keys() - there.keys()):
        yield f"{name} is gone"
    for name in sorted(there.keys() - wanted.keys()):
        yield f"{name} was added"
    for name in sorted(there.keys() & wanted.keys()):
        if there[name] != wanted[name]:
            yield f"{name} was changed"


def _tables(conn: sa.Connection) -> Iterator[str]:
    owners = {name: (owner, secured) for name, owner, secured in conn.execute(_OWNERS)}
    for name in sorted(set(tables()) - owners.keys()):
        yield f"table {name} is gone"
    for name in sorted(owners.keys() - set(tables())):
        yield f"table {name} was added"
    for name in sorted(set(tables()) & owners.keys()):
        if owners[name] != (OWNER, False):
            yield f"table {name} belongs to {owners[name][0]}"
    for what, there, wanted in (
        ("", {tuple(r) for r in conn.execute(_GRANTS)}, wanted_grants()),
        ("column ", {tuple(r) for r in conn.execute(_COLUMN_GRANTS)}, wanted_columns()),
    ):
        for *place, role, privilege in sorted(there - wanted):
            yield f"{privilege} on {what}{'.'.join(place)} was granted to {role}"
        for *place, role, privilege in sorted(wanted - there):
            yield f"{privilege} on {what}{'.'.join(place)} was taken from {role}"


def _triggers(conn: sa.Connection) -> Iterator[str]:
    there = {(table, name): (state, text) for table, name, state, text in conn.execute(_TRIGGERS)}
    for (table, name), when in TRIGGERS.items():
        state, text = there.pop((table, name), ("", ""))
        if not text:
            yield f"trigger {name} on {table} is gone"
        elif state != "A":
            yield f"trigger {name} on {table} is switched off or does not fire always"
        elif not text.endswith(f"{when} EXECUTE FUNCTION {DESK}.entries_stay()"):
            yield f"trigger {name} on {table} was changed"
    for table, name in sorted(there):
        yield f"trigger {name} on {table} was added"


def _people(conn: sa.Connection) -> Iterator[str]:
    """Logins that can do more than they were made for, or that belong to nobody who was enrolled."""
    enrolled = {
        f"{LOGIN}{owner}": (WORKERS if kind == "worker" else TERMINALS, revoked)
        for owner, kind, revoked in conn.execute(sa.text("SELECT id, kind, revoked FROM public.terminal"))
    }
    for login, strong, opens, groups in conn.execute(_LOGINS):
        if login not in enrolled:
            continue  # another central's of the same server; what it may do here, its groups say below
        group, revoked = enrolled[login]
        if strong:
            yield f"login {login} has rights over the server"
        if opens and revoked:
            yield f"login {login} opens although it was revoked"
        if set(groups) != {group}:
            yield f"login {login} is in {', '.join(sorted(groups)) or 'no role'} instead of {group}"
    owner_of = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    admin = conn.exec_driver_sql(owner_of).scalar_one()
    for role, member in conn.execute(_MEMBERS, {"roles": list(ROLES)}):
        known = member.startswith(LOGIN) or role == AUDITORS or (role == OWNER and member == admin)
        if not known:
            yield f"{member} is in {role}"


def _elsewhere(conn: sa.Connection) -> Iterator[str]:
    """What could act unseen: rules, policies, event triggers."""
    for name in conn.execute(sa.text("SELECT evtname FROM pg_event_trigger")).scalars():
        yield f"event trigger {name} was added"
    rules = "SELECT rulename || ' on ' || tablename FROM pg_rules WHERE schemaname IN ('public', 'desk')"
    policies = "SELECT policyname || ' on ' || tablename FROM pg_policies WHERE schemaname = 'public'"
    for kind, query in (("rule", rules), ("policy", policies)):
        for name in conn.exec_driver_sql(query).scalars():
            yield f"{kind} {name} was added"
