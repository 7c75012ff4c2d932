"""Fixtures of the tests that kill a worker."""

from tests.worker_fixtures import approved_template, make_centre, make_due  # noqa: F401 - fixtures
