"""What takes long to make is made once; each test gets a copy of its folder and of its database."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import pytest
import sqlalchemy as sa

from tests import servers

T = TypeVar("T")
SQLITE, POSTGRESQL = "sqlite", "postgresql"
BOTH = (SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.postgres))
"""Parameters of a fixture that gives a test each of the two databases."""


class Once(Generic[T]):
    """Things of one kind, by the database that they live in: `make` gets a folder and the url of an empty database.

    Nobody may be connected to the database of what was made.
    """

    def __init__(self, folder: Path, request: pytest.FixtureRequest, make: Callable[[Path, str], T]) -> None:
        self._folder, self._request, self._make = folder, request, make
        self._made: dict[str, tuple[T, Path, str]] = {}

    def copy(self, database: str, to: Path) -> tuple[T, str]:
        """What was made, and the url of the copy of its database; the copy of its folder is `to`."""
        if database not in self._made:
            folder = self._folder / database
            folder.mkdir()
            url = f"sqlite:///{folder / 'central.db'}" if database == SQLITE else self._server().fresh()
            self._made[database] = (self._make(folder, url), folder, url)
        made, folder, url = self._made[database]
        shutil.copytree(folder, to, dirs_exist_ok=True, symlinks=True)
        return made, f"sqlite:///{to / 'central.db'}" if database == SQLITE else self._server().copy(url)

    def forget(self, url: str) -> None:
        """The copy is not needed any more."""
        if sa.make_url(url).get_backend_name() == POSTGRESQL:
            self._server().drop(url)

    def close(self) -> None:
        """What was made goes."""
        for _, _, url in self._made.values():
            self.forget(url)

    def _server(self) -> servers.Postgres:
        return self._request.getfixturevalue("postgres_server")  # type: ignore[no-any-return]
