"""Looking for sealed details wherever bytes are kept, and trying on them every key that anyone in the centre holds."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from services.action_log.sealing import open_sealed
from services.errors import Unusable
from services.secrets import Vault

Detail = tuple[str, str, bytes]
"""Digest, kind, ciphertext."""
PAGE, RESERVED, SALT, FRAME, WAL_HEAD = 4096, 80, 16, 24, 32
USES = ("deployment-key", "ask-key:")


def private_keys(vaults: Iterable[tuple[Vault, str]]) -> list[bytes]:
    """Every key of the vaults (each with its owner's id) that could open something sealed."""
    found = {vault.get(use + owner if use.endswith(":") else use) for vault, owner in vaults for use in USES}
    return sorted(key for key in found if key is not None)


def opened(details: Iterable[Detail], keys: list[bytes], deployment: str, case: str) -> set[str]:
    """Kinds of the details that somebody who has these ciphertexts and keys can read."""
    given = list(details)
    held = list(keys)
    for _, kind, blob in given:
        if kind == "key":
            held += [inner for key in keys if (inner := _opens(key, blob, deployment, case, kind)) is not None]
    return {kind for _, kind, blob in given if any(_opens(k, blob, deployment, case, kind) is not None for k in held)}


def _opens(key: bytes, blob: bytes, deployment: str, case: str, kind: str) -> bytes | None:
    try:
        return open_sealed(key, blob, deployment=deployment, owner=case, kind=kind)
    except Unusable:
        return None


def in_bytes(data: bytes, details: Iterable[Detail]) -> list[Detail]:
    """Those whose ciphertext stands in `data`, as bytes or as hex in a dump."""
    low = data.lower()
    return [d for d in details if d[2] in data or d[2].hex().encode() in low]


def pieces_in(data: bytes, details: Iterable[Detail], size: int = 24) -> list[Detail]:
    """Those of which any run of bytes stands in `data`: a page may hold a part."""
    return [d for d in details if any(d[2][n : n + size] in data for n in range(0, len(d[2]) - size, size))]


def tables(engine: sa.Engine) -> Iterator[tuple[str, bytes]]:
    """Every table of every schema of ours and the engine's, with all its rows as text."""
    with engine.connect() as conn:
        names = conn.exec_driver_sql(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables "
            "WHERE table_type = 'BASE TABLE' AND table_schema IN ('public', 'desk', 'dbos')"
        ).scalars()
        for name in list(names):
            rows = conn.exec_driver_sql(f"SELECT t::text FROM {name} t").scalars()
            yield name, "\n".join(rows).encode()


def table_files(engine: sa.Engine, names: Iterable[str]) -> dict[str, bytes]:
    """The server's own files of these tables, their long values included, after a checkpoint."""
    found = {}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql("CHECKPOINT")
        folder = Path(conn.exec_driver_sql("SHOW data_directory").scalar_one())
        for name in names:
            query = (
                "SELECT pg_relation_filepath(c.oid), CASE c.reltoastrelid WHEN 0 THEN '' ELSE "
                f"pg_relation_filepath(c.reltoastrelid) END FROM pg_class c WHERE c.oid = 'public.{name}'::regclass"
            )
            files = [folder / path for path in conn.exec_driver_sql(query).one() if path]
            found[name] = b"".join(file.read_bytes() for file in files)
    return found


def wal_files(engine: sa.Engine) -> bytes:
    """What PostgreSQL keeps of its write-ahead log."""
    with engine.connect() as conn:
        folder = Path(conn.exec_driver_sql("SHOW data_directory").scalar_one())
    return b"".join(file.read_bytes() for file in sorted((folder / "pg_wal").glob("0*")))


def deciphered(file: Path, key: bytes) -> bytes:
    """Every page of a SQLCipher file and of its write-ahead log, free pages too, with the store's raw key."""
    data = file.read_bytes()
    pages = [data[at : at + PAGE] for at in range(0, len(data), PAGE)]
    plain = [_page(page[SALT:] if n == 0 else page, key) for n, page in enumerate(pages)]
    wal = file.with_name(file.name + "-wal")
    frames = wal.read_bytes()[WAL_HEAD:] if wal.exists() else b""
    for at in range(0, len(frames), PAGE + FRAME):
        first = int.from_bytes(frames[at : at + 4]) == 1
        page = frames[at + FRAME : at + FRAME + PAGE]
        plain.append(_page(page[SALT:] if first else page, key))
    return b"".join(plain)


def _page(page: bytes, key: bytes) -> bytes:
    body, start = page[:-RESERVED], page[-RESERVED : -RESERVED + 16]
    decryptor = Cipher(algorithms.AES256(key), modes.CBC(start)).decryptor()
    return decryptor.update(body) + decryptor.finalize()
