"""A real S3-like server that keeps versions: OpenStack Swift with its S3 interface, from Debian packages."""

import contextlib
import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.datasystems.s3_server import S3
from tests.servers import free_port

ACCESS, SECRET_KEY = "test:tester", "swift-secret-not-to-be-seen"
PARTS = ("account", "container", "object")
PROGRAMS = [f"swift-{part}-server" for part in (*PARTS, "proxy")]
FILTERS = (
    "catch_errors", "gatekeeper", "healthcheck", "cache", "listing_formats", "bulk", "s3api", "tempauth", "copy", "slo",
    "dlo", "versioned_writes", "symlink",
)  # fmt: skip
HEAD = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
log_level = ERROR
"""
PROXY = f"""\
[pipeline:main]
pipeline = {" ".join(FILTERS)} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = {SECRET_KEY} .admin
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:9
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
"""
_buckets = count(1)


class Swift(S3):
    """A running server with one bucket that keeps versions."""

    @property
    def secret(self) -> str:
        return f'{{"access_key": "{ACCESS}", "secret_key": "{SECRET_KEY}"}}'

    @cached_property
    def client(self) -> Any:
        """A client from the side."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1",
            aws_access_key_id=ACCESS, aws_secret_access_key=SECRET_KEY,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"},
                          request_checksum_calculation="when_required"),
        )  # fmt: skip

    def versions(self) -> list[tuple[str, bool]]:
        """Every version in the bucket: its key, and whether it is a delete marker."""
        told = self.client.list_object_versions(Bucket=self.bucket)
        found = [(one["Key"], False) for one in told.get("Versions", ())]
        return sorted([*found, *((one["Key"], True) for one in told.get("DeleteMarkers", ()))])

    def fresh(self) -> "Swift":
        """The same server with another, empty bucket that keeps versions."""
        other = Swift(self.port, f"versions-{next(_buckets)}", self.process)
        other.client.create_bucket(Bucket=other.bucket)
        other.client.put_bucket_versioning(Bucket=other.bucket, VersioningConfiguration={"Status": "Enabled"})
        return other


@contextlib.contextmanager
def running() -> Iterator[Swift]:
    """A server of its own: four programs, one copy of everything."""
    missing = [name for name in (*PROGRAMS, "swift-ring-builder") if shutil.which(name) is None]
    if missing:
        pytest.skip("no Swift here: install the Debian packages swift-proxy swift-account swift-container swift-object")
    with tempfile.TemporaryDirectory(prefix="rightsdesk-swift-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        (folder / "devices" / "d1").mkdir(parents=True)
        (folder / "swift.conf").write_text(
            "[swift-hash]\nswift_hash_path_suffix = tests\n[storage-policy:0]\nname = p\ndefault = yes\n"
        )
        for part in PARTS:
            port = free_port()
            _ring(folder, part, port)
            tail = f"[pipeline:main]\npipeline = {part}-server\n[app:{part}-server]\nuse = egg:swift#{part}\n"
            stack.enter_context(_program(folder, part, port, tail))
        port = free_port()
        filters = [one for one in FILTERS if f"[filter:{one}]" not in PROXY]
        tail = PROXY + "".join(f"[filter:{one}]\nuse = egg:swift#{one}\n" for one in filters)
        server = Swift(port, "versions-0", stack.enter_context(_program(folder, "proxy", port, tail)))
        _wait(server, folder)
        yield server


def _ring(folder: Path, part: str, port: int) -> None:
    for words in (["create", "4", "1", "1"], ["add", f"r1z1-127.0.0.1:{port}/d1", "1"], ["rebalance"]):
        done = subprocess.run(
            ["swift-ring-builder", f"{part}.builder", *words], cwd=folder, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout


@contextlib.contextmanager
def _program(folder: Path, part: str, port: int, tail: str) -> Iterator["subprocess.Popen[bytes]"]:
    settings = folder / f"{part}.conf"
    settings.write_text(HEAD.format(port=port, user=getpass.getuser(), folder=folder) + tail)
    with (folder / f"{part}.log").open("wb") as log:
        environment = {n: v for n, v in os.environ.items() if not n.startswith("PYTHON")}
        process = subprocess.Popen(
            [f"swift-{part}-server", str(settings), "-v"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, env=environment,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait(server: Swift, folder: Path, seconds: float = 60) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    until = time.monotonic() + seconds
    while True:
        try:
            server.client.list_buckets()
        except (BotoCoreError, ClientError):
            told = "".join(path.read_text()[-1500:] for path in sorted(folder.glob("*.log")))
            assert server.process.poll() is None, told
            assert time.monotonic() < until, told
            time.sleep(0.2)
        else:
            return
