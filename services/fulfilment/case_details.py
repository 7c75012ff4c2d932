"""A case's sealed details on a worker: opened with the deployment's key, new ones sealed to the case's key."""

from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from db.central_store import CentralStore
from db.log import Detail
from services.action_log.sealing import open_sealed, seal
from services.deployment_keys import DeploymentKeys


class CaseDetails:
    """Opens and seals details of cases. Raises `Unusable` for a text that does not open."""

    def __init__(self, store: CentralStore, deployment: str, keys: DeploymentKeys) -> None:
        self._store, self._deployment, self._keys = store, deployment, keys

    def open(self, case: str, kind: str) -> list[bytes]:
        """The texts of that kind, the case's own before those of the person's other cases; each place has its key."""
        return [
            open_sealed(key, blob, deployment=self._deployment, owner=owner, kind=kind)
            for owner, blob, sealed in self._store.details(case, kind)
            if (key := self._unsealed(owner, sealed)) is not None
        ]

    def own(self, case: str, kind: str) -> dict[str, bytes]:
        """The texts of that kind of this case alone, by the SHA-256 (hex) of their ciphertext."""
        return {
            sha256(blob).hexdigest(): open_sealed(key, blob, deployment=self._deployment, owner=owner, kind=kind)
            for owner, blob, sealed in self._store.details(case, kind)
            if owner == case and (key := self._unsealed(owner, sealed)) is not None
        }

    def seal(self, case: str, kind: str, text: bytes) -> Detail | None:
        """`text` sealed to the case's key, to be appended with the entry that names it; None once that key is gone."""
        sealed = next((blob for owner, blob, _ in self._store.details(case, "key") if owner == case), None)
        key = self._unsealed(case, sealed)
        if key is None:
            return None
        public = X25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw()
        blob = seal(public, text, deployment=self._deployment, owner=case, kind=kind)
        return Detail(sha256(blob).hexdigest(), case, kind, blob)

    def of_hold(self, hold: str, kind: str) -> list[bytes]:
        """The texts of that kind of a legal hold, which has its own key."""
        keys = self._store.details_of(hold, "key")
        key = self._unsealed(hold, keys[0]) if keys else None
        if key is None:
            return []
        blobs = self._store.details_of(hold, kind)
        return [open_sealed(key, blob, deployment=self._deployment, owner=hold, kind=kind) for blob in blobs]

    def _unsealed(self, owner: str, sealed: bytes | None) -> bytes | None:
        if sealed is None:
            return None
        return self._keys.open(sealed, deployment=self._deployment, owner=owner, kind="key")
