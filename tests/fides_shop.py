"""The example shop of the Fides project in a real PostgreSQL or MariaDB, in both of the shapes that it comes in."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

KINDS = [pytest.param("postgresql", marks=pytest.mark.postgres), "mariadb"]
FILES = ("mariadb_example_schema.sql", "mariadb_example_data.sql")
Run = Callable[[str], list[tuple[object, ...]]]


@contextmanager
def database(request: pytest.FixtureRequest, kind: str) -> Iterator[tuple[str, Run]]:
    """The url of an empty database, and what runs a statement in it."""
    if kind == "mariadb":
        url = request.getfixturevalue("mariadb")
        with request.getfixturevalue("mariadb_server").connect(url) as ask:
            yield url, ask
        return
    url = request.getfixturevalue("postgres")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:

        def run(statement: str) -> list[tuple[object, ...]]:
            cursor = connection.execute(statement.encode())
            return list(cursor.fetchall()) if cursor.description else []

        yield url, run


def fill_large(shared: Path, kind: str, run: Run) -> None:
    """The shop with keys, as its PostgreSQL file has it."""
    text = (shared / "cases/fides/postgres_sample.sql").read_text()
    if kind == "mariadb":
        text = re.sub(r"ALTER SEQUENCE .*?;|CREATE SCHEMA .*", "", text, flags=re.DOTALL | re.MULTILINE)
        text = text.replace("public.", "").replace("MONEY", "DECIMAL(10,2)").replace("'$", "'")
        text = re.sub(r"^--.*", "", text, flags=re.MULTILINE)
    _all(text, run)


def fill_small(shared: Path, run: Run) -> None:
    """The shop without most keys, as its MariaDB files have it; standard SQL but for its logins."""
    for name in FILES:
        text = (shared / "cases/fides" / name).read_text()
        _all(text[text.find("CREATE TABLE product") :] if "CREATE TABLE" in text else text, run)


def _all(text: str, run: Run) -> None:
    for statement in re.split(r";\s*$", text, flags=re.MULTILINE):
        if statement.strip():
            run(statement)
