"""Whether a public key may be enrolled: a point of the prime-order group of edwards25519, canonically written.

`cryptography` takes keys of low order, under which a signature can hold for any text (RFC 8032 5.1.3, 5.1.7).
"""

from services.errors import BadInput

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]
"""Extended coordinates (X, Y, Z, T), x = X/Z, y = Y/Z, xy = T/Z."""

IDENTITY: Point = (0, 1, 1, 0)


def check_public_key(key: bytes) -> bytes:
    """`key` (32 bytes) when it may be enrolled; raises `BadInput` otherwise. About 3 ms."""
    point = _decode(key)
    if point is None or _same(point, IDENTITY) or not _same(_times(ORDER, point), IDENTITY):
        raise BadInput("is a weak or malformed Ed25519 key and cannot be enrolled", place="public key")
    return key


def _decode(key: bytes) -> Point | None:
    """RFC 8032 5.1.3; None for a second way to write a point, or for none at all."""
    if len(key) != 32:
        return None
    number = int.from_bytes(key, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_1 % P
    if x * x % P != square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _add(one: Point, two: Point) -> Point:
    """RFC 8032 5.1.4: complete addition."""
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Point) -> Point:
    total = IDENTITY
    while number:
        if number & 1:
            total = _add(total, point)
        point = _add(point, point)
        number >>= 1
    return total


def _same(one: Point, two: Point) -> bool:
    return (one[0] * two[2] - two[0] * one[2]) % P == 0 and (one[1] * two[2] - two[1] * one[2]) % P == 0
