"""Case keys sealed anew while the deployment's key rotates: by the worker that leads, a page at a time.

Each page is one act with the digests of the new ciphertexts; the ingest that takes it puts them in the old ones' place.
Killed in between, the next pass finds what is still sealed to the old key.
"""

from hashlib import sha256

from db.central_rotation import CLEAN, NEXT, UNTIL, RotationStore
from db.kill_points import reach
from db.log import Detail
from services.action_log.acts import KeysResealed
from services.action_log.sealing import public_of, seal
from services.deployment_keys import DeploymentKeys
from services.errors import Unusable
from services.fulfilment.workroom import Workroom

PAGE = 256
AGAIN_US = 3_600 * 1_000_000
"""How often all is looked through while late batches may bring keys that are sealed to the old one."""


class Resealing:
    """The leading worker's part. It remembers only how far this pass is."""

    def __init__(self, room: Workroom, store: RotationStore, keys: DeploymentKeys) -> None:
        self._room, self._store, self._keys = room, store, keys
        self._after, self._found = "", 0

    def step(self) -> bool:
        """One page; whether there is more to do at once."""
        facts = self._store.facts()
        if UNTIL not in facts or NEXT in facts:
            return False
        now, until, clean = int(facts["now"]), int(facts[UNTIL]), int(facts.get(CLEAN, "0"))
        if clean and now - clean < AGAIN_US and not (now >= until > clean):
            return False
        page = self._store.case_keys(self._after, PAGE)
        self._seal_anew(page)
        if page:
            self._after = page[-1][0]
            return True
        passed, self._after, self._found = self._found, "", 0
        if passed:
            self._room.results.settle(stopped=self._room.stopped)
            return True
        if now >= until:
            self._store.end()
        else:
            self._store.put({CLEAN: str(now)})
        return False

    def _seal_anew(self, page: list[tuple[str, bytes]]) -> None:
        public, deployment = public_of(self._keys.current), self._room.deployment
        details = []
        for case, blob in page:
            if self._keys.opens_now(blob, deployment=deployment, owner=case, kind="key"):
                continue
            try:
                private = self._keys.open(blob, deployment=deployment, owner=case, kind="key")
            except Unusable as exc:
                self._room.journal.fault("reseal", exc, case=case)
                continue
            fresh = seal(public, private, deployment=deployment, owner=case, kind="key")
            details.append(Detail(sha256(fresh).hexdigest(), case, "key", fresh))
        if details:
            self._found += len(details)
            self._room.results.own(KeysResealed(len(details)), details=tuple(details))
            reach("rotation.after-page")
