"""That a new deployment key is the deployment's: signed by the cosigner, whose key machines know since they joined.

Central's administrator could else name a key of their own, and read what is sealed from then on. The number grows with
each rotation, so that an old key that leaked cannot be named again.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.errors import Unusable

WRONG = "central names a key to seal to that is not the deployment's newest: tell an operator"


def proof(seed: bytes, deployment: str, number: int, public: str) -> str:
    """`<number>:<signature>` over deployment, number and public key (hex), by the cosigner's seed."""
    return f"{number}:{Ed25519PrivateKey.from_private_bytes(seed).sign(_words(deployment, number, public)).hex()}"


def check_proof(told: str, cosigner: bytes, deployment: str, public: str, newer_than: int) -> int:
    """The number of a proof that holds; raises `Unusable` for any other, and for one that is not newer."""
    number, _, signature = told.partition(":")
    try:
        Ed25519PublicKey.from_public_bytes(cosigner).verify(
            bytes.fromhex(signature), _words(deployment, int(number), public)
        )
    except (InvalidSignature, ValueError) as exc:
        raise Unusable(WRONG, kept="your log keeps every action") from exc
    if int(number) <= newer_than:
        raise Unusable(WRONG, kept="your log keeps every action")
    return int(number)


def number_of(told: str) -> int:
    """The number in a proof that held."""
    return int(told.partition(":")[0])


def _words(deployment: str, number: int, public: str) -> bytes:
    return f"rightsdesk/deployment-key/v1\n{deployment}\n{number}\n{public}\n".encode()
