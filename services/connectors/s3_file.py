"""`s3.yml`: which objects of a bucket the collections of a system are, and what of an object is read."""

from dataclasses import dataclass
from typing import Literal

from services.catalog.system import System
from services.connectors.base import ColumnKind
from services.connectors.store_file import Place, by_name, read_places

LISTED: dict[str, ColumnKind] = {
    "key": "text", "size": "integer", "modified": "time", "versions": "integer", "deleted": "boolean",
}  # fmt: skip
"""What a listing says of an object. `deleted`: only older versions are left behind a delete marker."""
ASKED: dict[str, ColumnKind] = {"content_type": "text", "metadata": "json", "tags": "json"}
"""What is asked object by object."""
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class S3Place(Place):
    """One collection. `body`: whether the object itself is read, as a file (bytes) or as JSON.

    `fields`: column to dotted path that begins with `body`, `metadata` or `tags`. `largest`: bytes of a body that is
    read; a larger one is an error.
    """

    body: Literal["file", "json", "none"] = "none"
    largest: int = _LARGEST

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.largest < 1:
            raise ValueError("largest must be at least 1 byte")

    def standard(self) -> dict[str, ColumnKind]:
        """What every object has, and its body where that is read."""
        body: dict[str, ColumnKind] = {}
        if self.body != "none":
            body["body"] = "binary" if self.body == "file" else "json"
        return {**LISTED, **ASKED, **body}

    def field_fault(self, path: str) -> str:
        """A path starts at what it looks into."""
        start, _, rest = path.partition(".")
        if start == "body" and self.body != "json":
            return "a field of the body needs 'body: json'"
        if start not in ("body", "metadata", "tags") or not rest or not all(rest.split(".")):
            return f"'{path}' is no place in an object: write body.…, metadata.… or tags.…"
        return ""


@dataclass(frozen=True)
class S3File:
    """The whole file."""

    collections: tuple[S3Place, ...]


def load(system: System) -> dict[str, S3Place]:
    """The places by collection; raises `BadInput` with file and line."""
    path, file = read_places(system, "s3.yml", S3File)
    return by_name(path, file.collections, system.datasets)
