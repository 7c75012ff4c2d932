"""The encrypted archive of a package: files go in as streams, each with its SHA-256; the key is made with the archive.

Only `README.txt` is written in clear: it says how to open the rest and holds nothing about the person. AES zip shows
the names and sizes of its files, so names are those of systems and collections.
"""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import CipherContext

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: nothing that looks or sounds alike
_CHUNK = 256 * 1024
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would translate line ends


@dataclass(frozen=True, slots=True)
class Packed:
    """A file of the archive."""

    path: str
    sha256: str
    size: int


def new_key() -> str:
    """125 random bits in five groups, fit to be read out on a telephone."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(5))


class Entry:
    """One file while it is written; counts and hashes what goes in."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        self._hash.update(data)
        self.size += len(data)
        self._target.write(data)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class Archive:
    """A zip under AES-256 that is being written to `half`; `files` lists what is in."""

    def __init__(self, half: Path, key: str) -> None:
        import pyzipper

        self.files: list[Packed] = []
        self._file = open(os.open(half, os.O_RDWR | os.O_CREAT | os.O_TRUNC | _BINARY, 0o600), "w+b")  # noqa: PTH123, SIM115
        self._zip = pyzipper.AESZipFile(self._file, "w", compression=pyzipper.ZIP_DEFLATED)
        self._key = key

    def add_clear(self, path: str, data: bytes) -> None:
        """A file anybody may read; only before the first encrypted one."""
        self._pack(path, [data])

    def encrypt(self) -> None:
        """From here on every file is encrypted."""
        import pyzipper

        self._zip.setpassword(self._key.encode())
        self._zip.setencryption(pyzipper.WZ_AES, nbits=256)

    def add(self, path: str, chunks: Iterable[bytes]) -> None:
        """A whole file from chunks."""
        self._pack(path, chunks)

    @contextmanager
    def open(self, path: str) -> Iterator[Entry]:
        """A file that is written bit by bit; one at a time."""
        import pyzipper

        info = self._zip.zipinfo_cls(path)  # dated 1980, so equal contents give equal entries
        info.compress_type = pyzipper.ZIP_DEFLATED
        with self._zip.open(info, "w", force_zip64=True) as target:
            entry = Entry(target)
            yield entry
        self.files.append(Packed(path, entry.sha256, entry.size))

    def close(self) -> str:
        """Ends the archive on disk and gives its SHA-256."""
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.seek(0)
        digest = hashlib.file_digest(self._file, "sha256").hexdigest()
        self._file.close()
        return digest

    def abandon(self) -> None:
        """Lets go of a file that will be no archive."""
        with suppress(OSError, ValueError):
            self._zip.close()
        self._file.close()

    def _pack(self, path: str, chunks: Iterable[bytes]) -> None:
        with self.open(path) as entry:
            for chunk in chunks:
                entry.write(chunk)


class SealedSpool:
    """Bytes that wait on disk for their turn in the archive, under a key that lives in memory only (AES-CTR)."""

    def __init__(self, folder: Path) -> None:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - lives as long as the spool
        self._cipher = Cipher(algorithms.AES(os.urandom(32)), modes.CTR(os.urandom(16)))
        self._encryptor: CipherContext = self._cipher.encryptor()

    def write(self, data: bytes) -> None:
        self._file.write(self._encryptor.update(data))

    def drain(self) -> Iterator[bytes]:
        """Everything written, in order; the spool is gone afterwards."""
        decryptor = self._cipher.decryptor()
        self._file.seek(0)
        with self._file:
            while chunk := self._file.read(_CHUNK):
                yield decryptor.update(chunk)
