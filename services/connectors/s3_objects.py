"""The objects of a bucket with all their versions, listed; versions are what an erasure has to reach."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from services.connectors.s3_client import UNKNOWN, code_of, spoken, status_of
from services.errors import Unusable


@dataclass(frozen=True)
class Version:
    """One version, or a delete marker; `id` is None in a bucket that keeps no versions."""

    id: str | None
    marker: bool
    size: int = 0
    modified: datetime | None = None


@dataclass
class Object:
    """A key with its versions, the newest first."""

    key: str
    versions: list[Version] = field(default_factory=list)

    @property
    def newest(self) -> Version | None:
        """The newest version with data; None where delete markers are all that is left."""
        return next((one for one in self.versions if not one.marker), None)

    @property
    def deleted(self) -> bool:
        """Whether a delete marker hides it."""
        return bool(self.versions) and self.versions[0].marker


class Bucket:
    """One bucket through one client. What the server says of versions is asked once."""

    def __init__(self, system: str, client: Any, name: str) -> None:
        self.system, self.client, self.name = system, client, name
        self._state: dict[str, str] | None = None

    def _told(self) -> dict[str, str]:
        if self._state is None:
            with spoken(self.system):
                try:
                    told = self.client.get_bucket_versioning(Bucket=self.name)
                except ClientError as exc:
                    if code_of(exc) in UNKNOWN or status_of(exc) in (405, 501):
                        told = {}
                    elif code_of(exc) in ("AccessDenied", "403"):
                        raise Unusable(
                            f"system '{self.system}' does not permit our login to ask whether its bucket keeps "
                            "versions: without it an erasure could leave all of them"
                        ) from None
                    else:
                        raise
            self._state = {name: str(told.get(name, "")) for name in ("Status", "MFADelete")}
        return self._state

    @property
    def versioned(self) -> bool:
        """Whether old versions may exist: also where versioning was on once."""
        return self._told()["Status"] in ("Enabled", "Suspended")

    @property
    def wants_mfa(self) -> bool:
        """Whether versions can only be deleted with a code from somebody's device."""
        return self._told()["MFADelete"] == "Enabled"

    def objects(self, prefix: str) -> Iterator[Object]:
        """Every key that begins with `prefix`, in order."""
        if not self.versioned:
            for page in self._pages("list_objects_v2", Prefix=prefix):
                for one in page.get("Contents", ()):
                    version = Version(None, False, int(one["Size"]), one["LastModified"])
                    yield Object(str(one["Key"]), [version])
            return
        held: Object | None = None
        for page in self._pages("list_object_versions", Prefix=prefix):
            # A page holds versions and markers apart; a key may go on in the next page.
            for key, versions in _merged(page):
                if held is not None and held.key == key:
                    held.versions += versions
                    continue
                if held is not None:
                    yield held
                held = Object(key, versions)
        if held is not None:
            yield held

    def one(self, key: str) -> Object | None:
        """The object of exactly that key."""
        for found in self.objects(key):
            if found.key == key:
                return found
            if found.key > key:
                return None
        return None

    def _pages(self, operation: str, **asked: str) -> Iterator[dict[str, Any]]:
        pages = iter(self.client.get_paginator(operation).paginate(Bucket=self.name, **asked))
        while True:
            with spoken(self.system):
                page = next(pages, None)
            if page is None:
                return
            yield page


def _merged(page: dict[str, Any]) -> list[tuple[str, list[Version]]]:
    """Versions and markers of a page by key; the latest first, then by time."""
    met: dict[str, list[tuple[bool, datetime, Version]]] = {}
    for kind in ("Versions", "DeleteMarkers"):
        for one in page.get(kind, ()):
            marker = kind == "DeleteMarkers"
            version = Version(str(one["VersionId"]), marker, int(one.get("Size", 0)), one["LastModified"])
            met.setdefault(str(one["Key"]), []).append((bool(one.get("IsLatest")), one["LastModified"], version))
    return [
        (key, [version for *_, version in sorted(found, key=lambda one: one[:2], reverse=True)])
        for key, found in sorted(met.items())
    ]
