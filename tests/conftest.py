"""What every test may use."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import keyring
import pytest
from coverage import Coverage
from hypothesis import is_hypothesis_test, settings
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from tests import servers
from tests.datasystems.imap_server import imap, imap_server  # noqa: F401  (fixtures)
from tests.datasystems.mariadb_server import mariadb, mariadb_server  # noqa: F401  (fixtures)
from tests.datasystems.redis_server import redis, redis_server  # noqa: F401  (fixtures)
from tests.datasystems.roundup_server import roundup_template as roundup_template
from tests.datasystems.s3_server import s3, s3_server  # noqa: F401  (fixtures)
from tests.datasystems.vendor_system import vendored as vendored
from tests.long_first import in_order

if TYPE_CHECKING:
    from tests.centre import Centre

settings.register_profile("ours", deadline=None)  # a busy machine is no failure
settings.load_profile("ours")

CHECKOUT = Path(__file__).parents[1]
OURS = ("RIGHTSDESK_", "TEXTUAL")

UNMEASURED = (
    "tests/stories/", "tests/faults/", "tests/terminal/", "tests/screens/", "tests/looks/", "tests/test_setup",
    "tests/test_play",
)  # fmt: skip
"""Tests through screens and many processes of what `tests/services` runs in one. Nor are property tests measured: they
run hundreds of times what others run once."""
IN_CHILDREN = "COVERAGE_PROCESS_CONFIG"

# Hundreds of processes are started: what the first one compiled the others need not compile again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long campaigns as well")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items[:] = in_order(items, config.workerinput["workercount"])
    if config.getoption("--long"):
        return
    for item in items:
        if "long" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="a long campaign: run with --long"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measuring coverage costs two fifths of a test's time: what others measure is not measured again."""
    again = item.nodeid.startswith(UNMEASURED) or is_hypothesis_test(getattr(item, "obj", None))
    measure = Coverage.current() if again else None
    if measure is None:
        return (yield)
    inherited = os.environ.pop(IN_CHILDREN, None)
    measure.stop()
    try:
        return (yield)
    finally:
        measure.start()
        if inherited is not None:
            os.environ[IN_CHILDREN] = inherited


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real vectors and cases that stands beside the checkout."""
    folder = CHECKOUT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no ../shared beside the checkout: interop data is absent")
    return folder


class MemoryKeyring(KeyringBackend):
    """A keyring that lives as long as one test."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.held.pop((service, username), None) is None:
            raise PasswordDeleteError("there is none")


@pytest.fixture(autouse=True)
def memory_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryKeyring]:
    """No test touches a real keyring: ours lives in memory, and programs the test starts find none at all."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    before, fresh = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(fresh)
    yield fresh
    keyring.set_keyring(before)


@pytest.fixture
def no_keyring(memory_keyring: MemoryKeyring) -> None:
    """As on a server without a desktop, here as in programs the test starts: a demo then uses its key file."""
    from keyring.backends.fail import Keyring

    keyring.set_keyring(Keyring())


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No setting of whoever runs the tests reaches them, and no test reaches that person's own desk."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.getbasetemp() / "data"))
    for name in [name for name in os.environ if name.startswith(OURS) or name == "NO_COLOR"]:
        if name != "TEXTUAL_SNAPSHOT_TEMPDIR":  # the snapshot plugin's own
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.Postgres]:
    """One PostgreSQL for the session (one per xdist worker), started when first asked for."""
    with servers.postgres_server() as server:
        yield server


@pytest.fixture
def postgres(postgres_server: servers.Postgres) -> Iterator[str]:
    """The SQLAlchemy url of a new, empty database."""
    url = postgres_server.fresh()
    yield url
    postgres_server.drop(url)


@pytest.fixture
def smtp() -> Iterator[servers.Smtp]:
    """A real SMTP server with host, port and the messages it got."""
    with servers.smtp_server() as server:
        yield server


@pytest.fixture(scope="session")
def centre_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small made home a session; tests copy it."""
    from keyring.backends.fail import Keyring

    from tests.centre import make_template

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        return make_template(tmp_path_factory.mktemp("centre") / "home")
    finally:
        keyring.set_keyring(before)


@pytest.fixture
def centre(centre_template: Path, tmp_path: Path, no_keyring: None) -> "Centre":
    """A centre of the test's own, its ingest in the test's hands."""
    from tests.centre import copy_of

    return copy_of(centre_template, tmp_path / "home")
