"""A real Redis for tests: Debian's redis-server on loopback, with a password, keeping nothing on disk."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.servers import free_port

if TYPE_CHECKING:
    from redis import Redis as Client

PASSWORD = "pw-R3dis-not-to-be-seen"


@dataclass
class Redis:
    """A running server."""

    port: int
    process: "subprocess.Popen[bytes]"

    def url(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def client(self, database: int = 0) -> "Client":
        """A client from the side; answers are text."""
        from redis import Redis as Client  # here, since every test run reads this file

        return Client(port=self.port, password=PASSWORD, db=database, decode_responses=True)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)


@contextlib.contextmanager
def running(*options: str) -> Iterator[Redis]:
    """A server of its own, with further options of the command line."""
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("CI"):
            raise AssertionError("redis-server is not installed: the Debian package redis-server")
        pytest.skip("no redis-server here: install the Debian package redis-server")
    with tempfile.TemporaryDirectory(prefix="rightsdesk-redis-") as folder:
        port = free_port()
        process = subprocess.Popen(
            [program, "--port", str(port), "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", "",
             "--appendonly", "no", "--dir", folder, "--logfile", f"{folder}/log", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        server = Redis(port, process)
        try:
            _wait(server)
            yield server
        finally:
            server.stop()


def _wait(server: Redis, seconds: float = 30) -> None:
    from redis.exceptions import RedisError

    until = time.monotonic() + seconds
    while True:
        try:
            with server.client() as client:
                client.ping()
        except RedisError:
            assert server.process.poll() is None, "redis-server ended at once"
            assert time.monotonic() < until, "redis-server does not answer"
            time.sleep(0.02)
        else:
            return


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """One Redis for the session, started when first asked for."""
    with running() as server:
        yield server


@pytest.fixture
def redis(redis_server: Redis) -> Redis:
    """The server with nothing in it."""
    with redis_server.client() as client:
        client.flushall()
    return redis_server
