"""The demo's databases looked at from outside, by hand-written SQL: what the worker says is held against this."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlcipher3 import dbapi2

from services.demo.people import Person
from services.demo.systems import SYSTEMS

Rows = dict[str, dict[str, int]]
"""Rows by system and table."""

_ACCOUNT = "SELECT id FROM account WHERE customer_number=:customer"
_ORDER = f"SELECT id FROM orders WHERE account_id IN ({_ACCOUNT})"  # noqa: S608 - all of it is ours
_INVOICE = "SELECT id FROM invoice WHERE customer_number=:customer"
_REQUESTER = "SELECT id FROM requester WHERE lower(email)=:email OR customer_number=:customer"
_TICKET = f"SELECT id FROM ticket WHERE requester_id IN ({_REQUESTER})"  # noqa: S608
_SUBSCRIBER = "SELECT id FROM subscriber WHERE lower(email)=:email"
_CUSTOMER = "SELECT id FROM customer WHERE customer_number=:customer"
_OWN = {
    "crm": {
        "customer": f"id IN ({_CUSTOMER})",
        "contact_email": "lower(email)=:email",
        "contact_phone": "phone=:phone",
    },
    "shop": {
        "account": f"id IN ({_ACCOUNT})",
        "orders": f"id IN ({_ORDER})",
        "order_item": f"order_id IN ({_ORDER})",
        "invoice": f"id IN ({_INVOICE})",
        "payment": f"invoice_id IN ({_INVOICE})",
    },
    "desk": {
        "requester": f"id IN ({_REQUESTER})",
        "ticket": f"id IN ({_TICKET})",
        "message": f"ticket_id IN ({_TICKET})",
    },
    "news": {"subscriber": f"id IN ({_SUBSCRIBER})", "mailing": f"subscriber_id IN ({_SUBSCRIBER})"},
}


def rows_of(home: Path, controller: str, person: Person) -> Rows:
    """How many rows of the person each table holds, by the demo's own keys."""
    return {
        system: {table: _count(home, controller, system, table, where, person) for table, where in tables.items()}
        for system, tables in _OWN.items()
    }


def traces_of(home: Path, controller: str, person: Person) -> Rows:
    """Rows by system and table that name the person's e-mail, telephone or customer number in any column.

    Every row is read and looked through: no index, key or reference can hide one.
    """
    needles = tuple(value.casefold() for value in (person.email, person.phone, person.customer_number))
    found: Rows = {}
    for system in SYSTEMS:
        with _opened(home, controller, system) as store:
            names = [row[0] for row in store.execute("SELECT name FROM sqlite_master WHERE type='table'")]
            counts = Counter(
                table
                for table in names
                for row in store.execute(f"SELECT * FROM {table}")  # noqa: S608 - a name out of the schema
                if any(needle in str(cell).casefold() for cell in row for needle in needles)
            )
        if counts:
            found[system] = dict(counts)
    return found


def consent_of(home: Path, controller: str, person: Person, purpose: str) -> tuple[str, str, str]:
    """When a consent was given and withdrawn, and to which text; empty for what is not set."""
    name = purpose.replace("-", "_")
    sql = f"SELECT {name}_given_at, {name}_withdrawn_at, {name}_text FROM subscriber WHERE lower(email)=?"  # noqa: S608
    with _opened(home, controller, "news") as store:
        row = store.execute(sql, (person.email.lower(),)).fetchone()
    given, withdrawn, text = (str(cell or "") for cell in row or ("", "", ""))
    return given, withdrawn, text


def total(rows: Rows) -> int:
    """All rows."""
    return sum(sum(tables.values()) for tables in rows.values())


def by_system(rows: Rows) -> dict[str, int]:
    """Rows by system."""
    return {system: sum(tables.values()) for system, tables in rows.items()}


def _count(home: Path, controller: str, system: str, table: str, where: str, person: Person) -> int:
    known = {"customer": person.customer_number, "email": person.email.lower(), "phone": person.phone}
    with _opened(home, controller, system) as store:
        row = store.execute(f"SELECT count(*) FROM {table} WHERE {where}", known).fetchone()  # noqa: S608
    return int(row[0])


@contextmanager
def _opened(home: Path, controller: str, system: str) -> Iterator[dbapi2.Connection]:
    store = dbapi2.connect(str(home / "data" / controller / f"{system}.db"))
    try:
        yield store
    finally:
        store.close()
