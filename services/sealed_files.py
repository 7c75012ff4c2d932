"""Secrets as sealed files, one a secret, under a file key that a passphrase wraps or (demo) that lies beside them.

One file a secret: console and worker write at the same time, and neither can lose what the other put.
"""

import base64
import binascii
import contextlib
import hashlib
import json
import os
import secrets
from pathlib import Path

from services.errors import BadInput, Unusable

# argon2id, the second choice of RFC 9106 section 4: 64 MiB, 3 passes, 4 lanes; 0.15 s.
MEMORY_KIB, PASSES, LANES = 65_536, 3, 4
SHORTEST_PASSPHRASE = 8
NONCE = 12
WRAPPED_FOR = b"rightsdesk file key v1"


class SealedFiles:
    """Secrets in `folder`: AES-256-GCM, a fresh nonce for each write, its name as associated data."""

    def __init__(self, folder: Path, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        folder.mkdir(exist_ok=True, mode=0o700)
        self._folder = folder
        self._cipher = AESGCM(key)

    def get(self, name: str) -> bytes | None:
        """The secret, None when there is none. Raises `Unusable` when its file was changed."""
        from cryptography.exceptions import InvalidTag

        try:
            blob = self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unusable(f"The sealed file for {name} cannot be read: {error.strerror}.") from error
        try:
            return self._cipher.decrypt(blob[:NONCE], blob[NONCE:], _bound(name))
        except (InvalidTag, ValueError) as error:
            raise Unusable(f"The sealed file for {name} is damaged or belongs to another home.") from error

    def put(self, name: str, value: bytes) -> None:
        """Seal and keep `value`, durable on return. Raises `Unusable` when the disk refuses; the old value stays."""
        nonce = secrets.token_bytes(NONCE)
        try:
            _replace(self._path(name), nonce + self._cipher.encrypt(nonce, value, _bound(name)))
        except OSError as error:
            raise Unusable(f"The sealed file for {name} cannot be written: {error.strerror}.") from error

    def delete(self, name: str) -> None:
        """Forget the secret, if there is one."""
        try:
            self._path(name).unlink(missing_ok=True)
        except OSError as error:
            raise Unusable(f"The sealed file for {name} cannot be removed: {error.strerror}.") from error

    def _path(self, name: str) -> Path:
        return self._folder / hashlib.sha256(name.encode()).hexdigest()[:32]


def _bound(name: str) -> bytes:
    return f"rightsdesk secret v1\n{name}".encode()


def plain_key(path: Path) -> bytes:
    """The 32-byte key that lies open in `path` (0600), made when there is none. Raises `Unusable` when damaged."""
    made = json.dumps({"v": 1, "key": _text(secrets.token_bytes(32))})
    try:
        key = base64.b64decode(json.loads(create_once(path, made.encode()))["key"], validate=True)
    except (ValueError, KeyError, TypeError) as error:
        raise Unusable(f"{path} is damaged.") from error
    if len(key) != 32:
        raise Unusable(f"{path} is damaged.")
    return key


def passphrase_key(path: Path, passphrase: str) -> bytes:
    """The 32-byte key that `path` holds wrapped under `passphrase`, made when there is none.

    Raises `BadInput` when a new passphrase is too short, `Unusable` when it is the wrong one or the file is damaged.
    """
    if not path.exists():
        create_once(path, wrapped(secrets.token_bytes(32), passphrase))
    return unwrapped(path.read_bytes(), passphrase, str(path))


def wrapped(key: bytes, passphrase: str) -> bytes:
    """`key` under a passphrase (argon2id, AES-256-GCM) as JSON; raises `BadInput` when the passphrase is too short."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise BadInput(f"a passphrase needs at least {SHORTEST_PASSPHRASE} characters", place="passphrase")
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(NONCE)
    wrapping = _derived(passphrase, salt, MEMORY_KIB, PASSES, LANES)
    sealed = nonce + AESGCM(wrapping).encrypt(nonce, key, WRAPPED_FOR)
    cost = {"memory_kib": MEMORY_KIB, "passes": PASSES, "lanes": LANES}
    return json.dumps({"v": 1, "kdf": "argon2id", **cost, "salt": _text(salt), "key": _text(sealed)}).encode()


def unwrapped(data: bytes, passphrase: str, what: str) -> bytes:
    """Back from `wrapped`; raises `Unusable`, naming `what`, for another passphrase or damage."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        held = json.loads(data)
        salt, sealed = (base64.b64decode(held[name], validate=True) for name in ("salt", "key"))
        memory, passes, lanes = (int(held[name]) for name in ("memory_kib", "passes", "lanes"))
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise Unusable(f"{what} is damaged: restore it from a backup. Nothing was changed.") from error
    if held.get("v") != 1 or not (8 <= memory <= 2**21 and 1 <= passes <= 64 and 1 <= lanes <= 64 and len(salt) >= 8):
        raise Unusable(f"{what} is damaged, or of a newer Rightsdesk. Nothing was changed.")
    try:
        return AESGCM(_derived(passphrase, salt, memory, passes, lanes)).decrypt(
            sealed[:NONCE], sealed[NONCE:], WRAPPED_FOR
        )
    except (InvalidTag, ValueError) as error:
        raise Unusable("The passphrase is wrong, or its key file was changed. Nothing was changed.") from error


def _derived(passphrase: str, salt: bytes, memory_kib: int, passes: int, lanes: int) -> bytes:
    import unicodedata

    from argon2.low_level import Type, hash_secret_raw

    typed = unicodedata.normalize("NFC", passphrase).encode()  # macOS types accents as two characters
    return hash_secret_raw(
        typed, salt, time_cost=passes, memory_cost=memory_kib, parallelism=lanes, hash_len=32, type=Type.ID
    )


def create_once(path: Path, data: bytes) -> bytes:
    """What `path` holds; `data`, if nobody made it yet. Of two who start together, one makes it and both read that."""
    if not path.exists():
        fresh = _written(path, data)
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_bytes()


def _replace(path: Path, data: bytes) -> None:
    _written(path, data).replace(path)
    if hasattr(os, "O_DIRECTORY"):  # the rename itself must outlive a power cut
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _written(path: Path, data: bytes) -> Path:
    """A new file beside `path`, 0600, holding `data`, on disk; no trace of it when the disk is full."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    return fresh


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
