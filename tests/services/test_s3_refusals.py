"""What an S3 server may answer no to: batches, questions it does not know, our login, too many requests."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from services.errors import Unavailable, Unusable
from tests.datasystems.between import Between
from tests.datasystems.bucket_shelf import Shelf
from tests.datasystems.s3_server import S3, SECRET_KEY


@pytest.fixture
def shelf(tmp_path: Path, s3: S3) -> Shelf:
    made = Shelf(tmp_path / "c", s3)
    made.fill()
    return made


@pytest.fixture
def between(shelf: Shelf) -> Iterator[tuple[Shelf, Between]]:
    server = Between(shelf.server)
    Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    yield shelf.but(url=shelf.server.url.replace(str(shelf.server.port), str(port))), server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("refusal", [(400, "MissingContentMD5"), (501, "NotImplemented"), (405, "MethodNotAllowed")])
def test_a_server_that_takes_no_batches_gets_single_deletes(
    between: tuple[Shelf, Between], refusal: tuple[int, str]
) -> None:
    shelf, server = between
    plan = shelf.plan()
    server.refuse["POST delete"] = refusal
    assert shelf.erase(plan)["files"] == (4, 0, 0)
    assert shelf.verify(plan) == {}
    assert server.seen.count("POST delete") == 1, "asked once and then believed"
    assert server.seen.count("DELETE") == 4


def test_control_a_server_that_takes_batches_gets_them(between: tuple[Shelf, Between]) -> None:
    shelf, server = between
    shelf.erase(shelf.plan())
    assert (server.seen.count("DELETE"), server.seen.count("POST delete")) == (0, 3)


@pytest.mark.parametrize(
    ("asked", "refusal", "kind", "words"),
    [
        ("POST delete", (403, "AccessDenied"), Unusable, "does not permit this to our login"),
        ("POST delete", (503, "SlowDown"), Unavailable, "asks us to slow down"),
        ("GET versioning", (403, "AccessDenied"), Unusable, "an erasure could leave all of them"),
        ("GET versioning", (500, "InternalError"), Unavailable, "is busy or broken"),
        ("GET versioning", (301, "PermanentRedirect"), Unusable, "in another region"),
        ("GET versioning", (418, "Ada@x.org K-1"), Unusable, "refused with HTTP 418"),
    ],
)
def test_refusals_are_sentences_without_keys_and_values(
    between: tuple[Shelf, Between], asked: str, refusal: tuple[int, str], kind: type[Exception], words: str
) -> None:
    shelf, server = between
    plan = shelf.plan()
    server.refuse[asked] = refusal
    with pytest.raises(kind, match=words) as refused:
        shelf.apply(plan, "files")
    for hidden in ("K-1", "Ada", SECRET_KEY, "pass.pdf"):
        assert hidden not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_a_server_that_does_not_know_of_versions_is_one_without_them(between: tuple[Shelf, Between]) -> None:
    shelf, server = between
    server.refuse["GET versioning"] = (501, "NotImplemented")
    assert shelf.erase(shelf.plan())["files"] == (4, 0, 0)
