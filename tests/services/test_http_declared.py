"""`http.yml` is read strictly, and held against the dataset: file, line, what is wrong, the nearest valid word."""

import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner

from console.commands.catalog import app
from services.catalog.system import load_system
from services.connectors.http_template import body_of, in_path, in_query
from services.connectors.registry import open_connector
from services.errors import BadInput, Unusable
from tests.datasystems.vendor import SECRET, ThreadingHTTPServer, status
from tests.datasystems.vendor_system import DATASET, HTTP, Place, write_system


def opened(folder: Path, http: str = HTTP, dataset: str = DATASET, url: str = "https://vendor.example/api") -> object:
    return open_connector(load_system(write_system(folder, url, http, dataset)), None)


def test_control_the_description_is_valid(tmp_path: Path) -> None:
    assert opened(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("probe:", "prob:", "unknown key 'prob' (did you mean 'probe'?)"),
        ("probe: {path: /people, query: {email: nobody@example.invalid}}", "", "key 'probe' is missing"),
        ("  people:", "  peoples:", "there is no collection called 'peoples' (did you mean 'people'?)"),
        ("by: [email]", "by: [e_mail]", "there is no field called 'e_mail' (did you mean 'email'?)"),
        ('email: "{email}"}', 'email: "{mail}"}', "'{mail}' is not known here (did you mean 'email'?)"),
        ("path: /people\n", "path: people\n", "path 'people' must start with one '/'"),
        ("path: /people\n", "path: //evil.example/people\n", "must start with one '/'"),
        ("path: /people\n", "path: /people?all=1\n", "a query stands under 'query'"),
        ("path: /people\n", 'path: "/people/{name}"\n', "'{name}' is not known here"),
        ("      - by: [email]", "      - by: [name]", "'{email}' is not known here"),
        ("kind: cursor, next: next, query: from", "kind: cursor, query: from", "paging 'cursor' needs 'next'"),
        ("kind: cursor", "kind: curser", "'curser' is not one of page, offset, cursor, address, link"),
        ("auth: {kind: bearer}", "auth: {kind: basic}", "auth 'basic' needs 'user'"),
        ("kind: bearer", "kind: oauth2, client: x, token: 'http://evil.example/t'", "must be a path or an https"),
        ("auth: {kind: bearer}", "auth: {kind: bearer, token_value: s}", "unknown key 'token_value'"),
        ("tries: 3", "tries: 0", "limits must be more than nothing"),
        (", etag: header ETag", "", "'if_match' needs 'one' with 'etag'"),
        ("method: PATCH", "method: DELETE", "'change' is a PATCH, a PUT or a POST"),
        ('name: "{name}"', 'email.deep: "{name}"', "'email' has a value and parts as well"),
        ('email: "{email}", name', 'other: "{id}", name', "'people.email' is to be masked: add it to the 'body'"),
        ('    delete: {method: DELETE, path: "/notes/{id}"}\n', "", "'notes' is to be deleted: add 'delete'"),
        ('    one: {path: "/notes/{id}", row: item}\n', "", "no row of 'notes' can be read by its key: add 'one'"),
        ("by: [person]", "by: [text]", "'{person}' is not known here"),
        ("paging: {kind: off", "details: so\n        paging: {kind: off", "'so' is neither true nor false"),
        ("auth:", "headers: {X: '{secret}'}\nauth:", "'{secret}' is not known here"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in HTTP
    with pytest.raises(BadInput) as told:
        opened(tmp_path, HTTP.replace(old, new))
    assert words in told.value.reason
    assert "http.yml:" in told.value.place


def test_a_collection_that_no_identity_or_reference_can_list_is_told(tmp_path: Path) -> None:
    find = HTTP[HTTP.index("    find:\n      - by: [person]") : HTTP.index('    one: {path: "/notes')]
    with pytest.raises(BadInput, match=r"no way to list 'notes' by \(person\), which 'people' leads to"):
        opened(tmp_path, HTTP.replace(find, ""))
    notes = HTTP[HTTP.index("  notes:") :]
    with pytest.raises(BadInput, match="nothing is said about collection 'notes'"):
        opened(tmp_path, HTTP.replace(notes, ""))
    assert opened(tmp_path, HTTP.replace("by: [person]", "by: []").replace('query: {person: "{person}"}', "query: {}"))


def test_a_dataset_without_a_key_or_with_an_unknown_mask_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has no primary_key in the dataset"):
        opened(tmp_path, dataset=DATASET.replace("primary_key: true, ", "", 1))
    with pytest.raises(BadInput, match="'people' is to be deleted: add 'delete'"):
        opened(tmp_path, dataset=DATASET.replace("erase: mask", "erase: delete"))


def test_values_are_escaped_and_never_join_the_address() -> None:
    values: dict[str, object] = {"id": "a/b?c#d%2F é\x00[red]", "n": 7, "yes": True, "none": None, "list": [1]}
    assert in_path("/x/{id}/y", values) == "/x/a%2Fb%3Fc%23d%252F%20%C3%A9%00%5Bred%5D/y"
    assert in_query({"q": "{id}&x={n}", "b": "{yes}", "e": "{none}"}, values)[1:] == [("b", "true"), ("e", "")]
    for bad in ("", ".", ".."):
        with pytest.raises(ValueError):
            in_path("/x/{id}", {"id": bad})
    assert body_of({"a.b": "{n}", "a.c": "{none}", "d": "n is {n}", "e": "{list}", "f": "{yes}"}, values) == {
        "a": {"b": 7, "c": None}, "d": "n is 7", "e": [1], "f": True,
    }  # fmt: skip


def test_catalog_check_reads_http_yml_and_asks_one_harmless_request_only_with_live(vendored: Place) -> None:
    run, folder = CliRunner(), vendored.folder / "vendor"
    done = run.invoke(app, ["check", str(folder)])
    assert (done.exit_code, done.output) == (0, "vendor: 2 collections, valid\n")
    assert vendored.vendor.seen == []
    (folder / "system.yml").write_text((folder / "system.yml").read_text().replace("secret: vendor\n", ""))
    (folder / "http.yml").write_text(HTTP.replace("auth: {kind: bearer}\n", ""))
    done = run.invoke(app, ["check", str(folder), "--live"])
    assert (done.exit_code, done.output) == (0, "vendor: 2 collections, as described\n")
    assert [(one.method, one.path) for one in vendored.vendor.seen] == [("GET", "/api/people")]
    vendored.vendor.play("GET", status(404))
    assert run.invoke(app, ["check", str(folder), "--live"]).exit_code == 3
    (folder / "http.yml").write_text(HTTP.replace("by: [email]", "by: [e_mail]"))
    done = run.invoke(app, ["check", str(folder)])
    assert done.exit_code == 2
    assert "http.yml:7: there is no field called 'e_mail' (did you mean 'email'?)" in done.output


def certificate(folder: Path) -> Path:
    """A certificate for loopback that nobody knows, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "ca.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


def test_a_certificate_is_always_checked_and_ones_own_can_be_named(vendored: Place, tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    handler = type("Safe", (_handler_of(vendored),), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        url = f"https://localhost:{server.server_address[1]}/api"
        folder = write_system(tmp_path / "tls", url)
        made = open_connector(load_system(folder), SECRET.encode())
        with pytest.raises(Unusable, match="shows a certificate that cannot be trusted"):
            made.check(())
        assert vendored.vendor.seen == []
        (folder / "ca.pem").write_bytes(pem.read_bytes())
        (folder / "http.yml").write_text(f"ca: ca.pem\n{HTTP}")
        assert open_connector(load_system(folder), SECRET.encode()).check(()) == []
        assert len(vendored.vendor.seen) == 1
        (folder / "ca.pem").write_text("no certificate")
        with pytest.raises(Unusable, match="the certificates in 'ca' cannot be read"):
            open_connector(load_system(folder), SECRET.encode()).check(())
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler_of(place: Place) -> type:
    from tests.datasystems.vendor import Handler

    return type("Made", (Handler,), {"vendor": place.vendor})
