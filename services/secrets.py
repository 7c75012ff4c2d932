"""Where a home's keys are kept: the system's keyring, sealed files under a passphrase, or (demo) beside their own key.

    HOME/keys/id           keyring: a random name, which binds its entries to this home
    HOME/keys/vault.json   passphrase: the file key, wrapped under argon2id
    HOME/keys/demo.json    demo only: the file key as it is
    HOME/keys/sealed/      one file a secret: AES-256-GCM under the file key, its name bound in

What a home was made with, it stays with: a keyring that comes or goes never changes where keys are looked for, as
new keys in the wrong place would lock every store. There is no silent fallback: see `open_vault`.
"""

import base64
import binascii
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from services import sealed_files
from services.errors import Unusable

T = TypeVar("T")

Kind = Literal["keyring", "passphrase", "demo-file"]
Choice = Literal["auto", "keyring", "passphrase"]

REFUSED_BACKENDS = ("keyrings.alt", "keyring.backends.fail", "keyring.backends.null")
THREE_WAYS = (
    "Take one of three ways: sign in to a desktop, whose keyring opens with it; start under `dbus-run-session` with an "
    "unlocked keyring; or give a passphrase (passphrase_file under [secrets], or typed when asked)."
)


class _Place(Protocol):
    def get(self, name: str) -> bytes | None: ...
    def put(self, name: str, value: bytes) -> None: ...
    def delete(self, name: str) -> None: ...


class Vault:
    """Secrets of one home by name. `kind` says where they are, for the status line."""

    def __init__(self, kind: Kind, place: _Place) -> None:
        self.kind: Kind = kind
        self._place = place

    def __repr__(self) -> str:
        return f"Vault({self.kind})"

    def get(self, name: str) -> bytes | None:
        """The secret, or None when there is none. Raises `Unusable` when the store does not answer or was changed."""
        return self._place.get(name)

    def put(self, name: str, value: bytes) -> None:
        """Keep `value`; it is on disk when this returns. Raises `Unusable`."""
        self._place.put(name, value)

    def delete(self, name: str) -> None:
        """Forget the secret, if there is one. Raises `Unusable`."""
        self._place.delete(name)


def open_vault(home: Path, *, passphrase: str | None = None, demo: bool = False, choice: Choice = "auto") -> Vault:
    """The vault of `home`, made on first use.

    A new home takes the passphrase if one is given, else a usable keyring, else (`demo` only) a key file. Raises
    `Unusable` with what to do when none of these can be had, when the home was made with another one, or when the
    passphrase is wrong.
    """
    keys = home / "keys"
    try:
        kind = _kind_of(keys) or _choose(passphrase, demo, choice)
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Vault(kind, _open(kind, keys, passphrase, demo, choice))
    except OSError as error:
        raise Unusable(f"The folder for keys, {keys}, cannot be used: {error.strerror}.") from error


def _kind_of(keys: Path) -> Kind | None:
    """What this home was made with; None for a new one."""
    if (keys / "vault.json").exists():
        return "passphrase"
    if (keys / "demo.json").exists():
        return "demo-file"
    return "keyring" if (keys / "id").exists() else None


def _choose(passphrase: str | None, demo: bool, choice: Choice) -> Kind:
    if passphrase is not None or choice == "passphrase":
        return "passphrase"
    if choice == "keyring":
        return "keyring"
    try:
        _usable_backend()
    except Unusable:
        if demo:
            return "demo-file"
        raise
    return "keyring"


def _open(kind: Kind, keys: Path, passphrase: str | None, demo: bool, choice: Choice) -> _Place:
    if choice not in ("auto", kind) or (passphrase is not None and kind != "passphrase"):
        raise Unusable(f"The keys of this home are kept by {kind}, and another way was asked for. Nothing was changed.")
    if kind == "demo-file":
        if not demo:
            raise Unusable("The keys of this home lie in a demo's key file, which only a demo may use.")
        return sealed_files.SealedFiles(keys / "sealed", sealed_files.plain_key(keys / "demo.json"))
    if kind == "passphrase":
        if passphrase is None:
            raise Unusable("The keys of this home are under a passphrase, and none was given.")
        return sealed_files.SealedFiles(keys / "sealed", sealed_files.passphrase_key(keys / "vault.json", passphrase))
    backend = _usable_backend()
    home_id = sealed_files.create_once(keys / "id", secrets.token_hex(16).encode())
    return _Keyring(backend, home_id.decode("ascii", "replace"))


class _Backend(Protocol):
    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


def _usable_backend() -> _Backend:
    """The first backend that is no plaintext file or dummy and answers. Raises `Unusable` with the three ways."""
    import keyring
    from keyring.errors import KeyringError

    chosen = keyring.get_keyring()
    members = getattr(chosen, "backends", None) or [chosen]  # a chain may hold a plaintext file behind a good one
    fit = [one for one in members if not type(one).__module__.startswith(REFUSED_BACKENDS)]
    if not fit:
        raise Unusable(f"No keyring of this system can keep secrets. {THREE_WAYS}")
    backend: _Backend = fit[0]
    try:
        backend.get_password("rightsdesk", "probe")
    except KeyringError as error:
        raise Unusable(f"The keyring is locked or does not answer. {THREE_WAYS}") from error
    return backend


class _Keyring:
    """Entries of one home in the system's keyring, values as base64 text."""

    def __init__(self, backend: _Backend, home_id: str) -> None:
        self._backend = backend
        self._service = f"rightsdesk:{home_id}"

    def get(self, name: str) -> bytes | None:
        text = _asked(lambda: self._backend.get_password(self._service, name))
        try:
            return None if text is None else base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise Unusable(f"The keyring's entry for {name} is not ours or was changed.") from error

    def put(self, name: str, value: bytes) -> None:
        text = base64.b64encode(value).decode()
        _asked(lambda: self._backend.set_password(self._service, name, text))

    def delete(self, name: str) -> None:
        if self.get(name) is not None:
            _asked(lambda: self._backend.delete_password(self._service, name))


def _asked(call: Callable[[], T]) -> T:
    from keyring.errors import KeyringError

    try:
        return call()
    except KeyringError as error:
        raise Unusable(
            f"The keyring does not answer any more ({type(error).__name__}). Unlock it and try again."
        ) from error
