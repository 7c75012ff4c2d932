"""What an S3 server may answer no to: batches, questions it does not know, our login, too many requests."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from services.connectors.base import Delete
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


VERSIONS = """<ListVersionsResult><IsTruncated>false</IsTruncated><Version><Key>customers/K-1/pass.pdf</Key>
<VersionId>v1</VersionId><IsLatest>true</IsLatest><Size>1</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified>
</Version></ListVersionsResult>"""
LOCKED = """<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"""
RETAINED = "<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>{}-01-01T00:00:00Z</RetainUntilDate></Retention>"
HOLD = "<LegalHold><Status>{}</Status></LegalHold>"


@pytest.mark.parametrize(
    ("answers", "faults"),
    [
        ({}, []),
        ({"GET retention": RETAINED.format(2999)}, ["1 objects of scan are locked until a date that is not reached"]),
        ({"GET legal-hold": HOLD.format("ON")}, ["1 objects of scan are under a legal hold of the store"]),
        (
            {"GET versioning": "<V><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></V>"},
            ["the bucket lets nobody delete a version without a code from somebody's device (MFA delete)"],
        ),
    ],
)  # fmt: skip
def test_locks_holds_and_mfa_stop_an_erasure_before_the_first_write(
    between: tuple[Shelf, Between], answers: dict[str, str], faults: list[str]
) -> None:
    """The answers are written here from the protocol: no server with locks was at hand."""
    shelf, server = between
    server.answer = {
        "GET versioning": "<V><Status>Enabled</Status></V>",
        "GET versions": VERSIONS,
        "GET object-lock": LOCKED,
        "GET retention": RETAINED.format(2020),
        "GET legal-hold": HOLD.format("OFF"),
    } | answers
    with shelf.connector("files").change() as change:
        assert change.faults([Delete("scan", ("key",), (("customers/K-1/pass.pdf",),))], []) == faults
    assert not [asked for asked in server.seen if asked.startswith(("DELETE", "POST"))]


def test_objects_that_are_written_anew_while_they_are_deleted_are_said(between: tuple[Shelf, Between]) -> None:
    shelf, server = between
    server.answer = {
        "GET versioning": "<V><Status>Enabled</Status></V>",
        "GET versions": VERSIONS,
        "POST delete": "<DeleteResult></DeleteResult>",
    }
    with (
        shelf.connector("files").change() as change,
        pytest.raises(Unavailable, match="1 objects are still there after deleting them"),
    ):
        change.delete(Delete("scan", ("key",), (("customers/K-1/pass.pdf",),)))


def test_what_a_batch_could_not_delete_is_deleted_singly(between: tuple[Shelf, Between]) -> None:
    shelf, server = between
    key = "customers/K-1/pass.pdf"
    server.answer["POST delete"] = (
        f"<DeleteResult><Error><Key>{key}</Key><Code>InternalError</Code></Error></DeleteResult>"
    )
    with shelf.connector("files").change() as change:
        assert change.delete(Delete("scan", ("key",), ((key,),))) == 1
    assert key not in shelf.server.keys()  # noqa: SIM118
    assert server.seen.count("DELETE") == 1
