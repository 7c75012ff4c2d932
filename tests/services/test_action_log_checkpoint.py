"""Signed heads: what is signed, by whom, and that nothing else passes."""

import base64
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings, strategies as st

from services.action_log import checkpoint, enrolment
from services.action_log.checkpoint import BadSignature, Signer
from services.action_log.merkle import TreeHead
from services.errors import BadInput
from tests.log_samples import CENTRAL, CENTRAL_SEED, ORIGIN, OTHER_SEED, SEED

HEAD = TreeHead(5, bytes(range(32)))
PUBLIC = Signer(ORIGIN, SEED).public_key
CENTRAL_PUBLIC = Signer(CENTRAL, CENTRAL_SEED).public_key
NOTE = checkpoint.sign(ORIGIN, SEED, HEAD)


def test_a_note_is_laid_out_as_c2sp_says() -> None:
    lines = NOTE.split("\n")
    assert lines[:4] == [ORIGIN, "5", base64.b64encode(HEAD.root).decode(), ""]
    dash, name, line = lines[4].split(" ")
    raw = base64.b64decode(line)
    assert (dash, name, lines[5:]) == ("\u2014", ORIGIN, [""])
    assert raw[:4] == sha256(ORIGIN.encode() + b"\n\x01" + PUBLIC).digest()[:4]
    Ed25519PublicKey.from_public_bytes(PUBLIC).verify(raw[4:], "\n".join(lines[:3]).encode() + b"\n")


def test_only_the_enrolled_key_and_the_right_origin_pass() -> None:
    assert checkpoint.verify(NOTE, ORIGIN, PUBLIC) == HEAD
    with pytest.raises(BadSignature) as caught:
        checkpoint.verify(checkpoint.sign(ORIGIN, OTHER_SEED, HEAD), ORIGIN, PUBLIC)
    assert caught.value.foreign
    with pytest.raises(BadSignature) as caught:
        checkpoint.verify(NOTE, ORIGIN + "x", PUBLIC)
    assert caught.value.foreign
    with pytest.raises(BadSignature) as caught:
        checkpoint.verify(NOTE.replace("\n5\n", "\n6\n"), ORIGIN, PUBLIC)
    assert not caught.value.foreign


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(1, 255))
@settings(max_examples=300)
def test_no_changed_byte_of_a_note_passes(place: int, flip: int) -> None:
    raw = bytearray(NOTE.encode())
    raw[place] ^= flip
    with pytest.raises((BadInput, UnicodeDecodeError)):
        checkpoint.verify(raw.decode(), ORIGIN, PUBLIC)


@pytest.mark.parametrize(
    "note",
    [
        "", "\n\n", NOTE[:-1], NOTE + "\n", NOTE.replace("\n5\n", "\n05\n"), NOTE.replace("\n5\n", "\n-5\n"),
        NOTE.replace("\n\n", "\nmore\n\n"), NOTE.replace("\u2014", "-"), NOTE.replace("=\n\n", "\n\n"),
        NOTE.replace("\n", "\r\n"), "x" * 70_000 + NOTE, NOTE + "\u2014 name !!!\n", NOTE + "\u2014 name AAAA\n",
    ],
)  # fmt: skip
def test_what_is_not_exactly_a_note_is_refused(note: str) -> None:
    with pytest.raises(BadInput):
        checkpoint.verify(note, ORIGIN, PUBLIC)


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb"])
def test_an_origin_that_breaks_the_format_is_refused(origin: str) -> None:
    with pytest.raises(BadInput):
        Signer(origin, SEED)


def test_a_receipt_is_a_cosignature_with_its_time() -> None:
    receipt = checkpoint.cosign(NOTE, CENTRAL, CENTRAL_SEED, 1_764_000_000)
    assert checkpoint.verify_cosignature(receipt, CENTRAL, CENTRAL_PUBLIC) == (HEAD, 1_764_000_000)
    assert checkpoint.verify(receipt, ORIGIN, PUBLIC) == HEAD
    raw = base64.b64decode(receipt.split("\n")[5].split(" ")[2])
    assert raw[:4] == sha256(CENTRAL.encode() + b"\n\x04" + CENTRAL_PUBLIC).digest()[:4]
    assert len(raw) == 4 + 8 + 64
    text = f"cosignature/v1\ntime 1764000000\n{ORIGIN}\n5\n{base64.b64encode(HEAD.root).decode()}\n"
    Ed25519PublicKey.from_public_bytes(CENTRAL_PUBLIC).verify(raw[12:], text.encode())


def test_a_log_signature_is_no_cosignature_and_a_moved_time_is_found() -> None:
    with pytest.raises(BadSignature):
        checkpoint.verify_cosignature(NOTE, ORIGIN, PUBLIC)
    receipt = checkpoint.cosign(NOTE, CENTRAL, CENTRAL_SEED, 1_764_000_000)
    start, _, line = receipt.rstrip("\n").rpartition(" ")
    raw = bytearray(base64.b64decode(line))
    raw[11] ^= 1
    with pytest.raises(BadSignature):
        checkpoint.verify_cosignature(f"{start} {base64.b64encode(raw).decode()}\n", CENTRAL, CENTRAL_PUBLIC)
    with pytest.raises(BadInput):
        checkpoint.cosign(NOTE, "a b", CENTRAL_SEED, 1)


def test_the_key_is_written_as_sumdb_reads_it() -> None:
    name, number, key = checkpoint.verifier_key(ORIGIN, PUBLIC).split("+", 2)
    assert (name, base64.b64decode(key)) == (ORIGIN, b"\x01" + PUBLIC)
    assert bytes.fromhex(number) == checkpoint.key_id(ORIGIN, 1, PUBLIC)


# ── enrolment ─────────────────────────────────────────────────────────────────────────────────────────────────


def written(point: enrolment.Point) -> bytes:
    x, y = (c * pow(point[2], -1, enrolment.P) % enrolment.P for c in point[:2])
    return (y | (x & 1) << 255).to_bytes(32, "little")


def torsion() -> list[enrolment.Point]:
    """All eight points of low order, from the definition: what a multiplication by the group order leaves over."""
    found: dict[bytes, enrolment.Point] = {}
    number = 0
    while len(found) < 8:
        number += 1
        point = enrolment._decode(sha256(bytes([number])).digest()[:31] + b"\x00")
        if point is not None:
            low = enrolment._times(enrolment.ORDER, point)
            found[written(low)] = low
    return list(found.values())


def test_keys_of_low_order_are_refused_and_the_library_would_take_one() -> None:
    low = torsion()
    for point in low:
        with pytest.raises(BadInput):
            enrolment.check_public_key(written(point))
    forged = bytes(32)  # S = 0, R = the identity: holds for any text under the identity as key
    Ed25519PublicKey.from_public_bytes(written(enrolment.IDENTITY)).verify(written(enrolment.IDENTITY) + forged, b"any")


def test_a_real_key_passes_and_with_a_low_part_added_it_does_not() -> None:
    for _ in range(3):
        key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        assert enrolment.check_public_key(key) == key
        point = enrolment._decode(key)
        assert point is not None
        mixed = enrolment._add(point, next(p for p in torsion() if written(p) != written(enrolment.IDENTITY)))
        with pytest.raises(BadInput):
            enrolment.check_public_key(written(mixed))


@pytest.mark.parametrize(
    "key",
    [
        b"",
        bytes(31),
        (2**255 - 18).to_bytes(32, "little"),
        b"\1" + bytes(30) + b"\x80",
        b"\2" + bytes(31),
        b"\xff" * 32,
    ],
)
def test_bytes_that_are_no_canonical_point_are_refused(key: bytes) -> None:
    with pytest.raises(BadInput):
        enrolment.check_public_key(key)
