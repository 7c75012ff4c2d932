"""A home with a real worker process beside it, for stories: keys in, logs out."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.demo.people import Person
from tests.worker_centre import PEOPLE, WorkerCentre
from tests.worker_fixtures import approved_template, make_due  # noqa: F401 - fixtures


@pytest.fixture
def centre(centre_template: Path, tmp_path: Path, no_keyring: None) -> Iterator[WorkerCentre]:
    """A centre of the story's own with a worker at work."""
    home = tmp_path / "home"
    shutil.copytree(centre_template, home)
    made = WorkerCentre(home)
    made.start()
    yield made
    made.close()


@pytest.fixture
def home(centre: WorkerCentre) -> Path:
    return centre.home.path


@pytest.fixture
def person() -> Person:
    """Who is on the line."""
    return PEOPLE[0]
