"""Fixtures of the tests that kill processes."""

from tests.services.conftest import centre_template  # noqa: F401 - a fixture
from tests.worker_fixtures import approved_template, make_centre, make_due  # noqa: F401 - fixtures
