"""Another key for the deployment: announced to every worker, then told to terminals, then case keys are sealed anew.

Until a stated day both keys open, so that a terminal that was away is not left out; then workers erase the old one, and
with it every older copy of a case key: in backups, in a server's log.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from db.central_rotation import CLEAN, FOR, HAS, NEXT, NEXT_PROOF, PROOF, PUBLIC, UNTIL, RotationStore
from services.action_log.checkpoint import public_key
from services.action_log.sealing import new_key, open_sealed, public_of, seal
from services.deployment_keys import NUMBER, DeploymentKeys
from services.deployment_proof import check_proof, number_of, proof
from services.errors import Refused, Unusable
from services.home import INGEST_SEED, key
from services.secrets import Vault

DAY_US = 86_400 * 1_000_000
KIND = "deployment-key"


@dataclass(frozen=True, slots=True)
class Progress:
    """`stage`: none, announced, sealing, sealed; `lacking`: workers that have not taken the new key."""

    stage: str
    lacking: tuple[str, ...] = ()
    until: int = 0


def begin(engine: sa.Engine, vault: Vault, days: float) -> None:
    """Make a key and seal it to each worker's own. Raises `Refused` while another rotation runs."""
    store, keys = RotationStore(engine), DeploymentKeys(vault)
    facts = store.facts()
    if UNTIL in facts:
        raise Refused("the deployment's key is being rotated already", next_key="rightsdesk central rotate-key")
    if not keys.announced:
        keys.take(new_key()[1])  # kept before it is told, so that a broken-off beginning makes no second one
    coming = vault.get(f"{KIND}-next")
    assert coming is not None  # noqa: S101 - just put
    vault.put(NUMBER, facts["now"].encode())
    signed = proof(key(vault, INGEST_SEED), facts["deployment"], int(facts["now"]), keys.announced)
    until = str(int(facts["now"]) + int(days * DAY_US))
    told = {NEXT: keys.announced, NEXT_PROOF: signed, UNTIL: until, CLEAN: "0"}
    for owner, (name, ask_key) in store.workers().items():
        if not ask_key:
            raise Refused(f"worker {name} was invited and has not joined: let it join, or revoke it")
        blob = seal(ask_key, coming, deployment=facts["deployment"], owner=owner, kind=KIND)
        told[FOR + owner] = blob.hex()
    store.put(told)


def progress(engine: sa.Engine, vault: Vault) -> Progress:
    """How far it is; this home follows on the way, and publishes when every worker has the key."""
    store, keys = RotationStore(engine), DeploymentKeys(vault)
    publish(store)
    facts = store.facts()
    keys.follow(facts[PUBLIC], UNTIL in facts)
    if UNTIL not in facts:
        return Progress("none")
    until = int(facts[UNTIL])
    lacking = _lacking(store, facts)
    if NEXT in facts:
        return Progress("announced", lacking, until)
    clean = facts.get(CLEAN, "0") != "0"
    return Progress("sealed" if clean else "sealing", (), until)


def hasten(engine: sa.Engine) -> None:
    """Accept the old key no longer than it takes to seal every case key anew."""
    store = RotationStore(engine)
    facts = store.facts()
    if UNTIL in facts:
        store.put({UNTIL: facts["now"], CLEAN: "0"})


def follow(store: RotationStore, keys: DeploymentKeys, vault: Vault, owner: str) -> None:
    """What every worker does: take the key that was sealed to it, say so, and be as central says."""
    facts = store.facts()
    blob = facts.get(FOR + owner)
    if NEXT in facts and blob is not None and keys.announced != facts[NEXT]:
        private = open_sealed(
            key(vault, f"ask-key:{owner}"), bytes.fromhex(blob), deployment=facts["deployment"], owner=owner, kind=KIND
        )
        keys.take(_as_announced(facts, private, vault), number_of(facts[NEXT_PROOF]))
    if NEXT in facts and keys.announced == facts[NEXT] and facts.get(HAS + owner) != facts[NEXT]:  # or it was invited
        store.put({HAS + owner: facts[NEXT]})
    keys.follow(facts[PUBLIC], UNTIL in facts)


def publish(store: RotationStore) -> bool:
    """Tell terminals of the new key, as soon as every worker has it; whether that was now."""
    facts = store.facts()
    if NEXT not in facts or _lacking(store, facts):
        return False
    drop = [name for name in facts if name.startswith((FOR, HAS))]
    store.put({PUBLIC: facts[NEXT], PROOF: facts[NEXT_PROOF], CLEAN: "0"}, [NEXT, NEXT_PROOF, *drop])
    return True


def _as_announced(facts: dict[str, str], private: bytes, vault: Vault) -> bytes:
    """The key, when it is the one that the cosigner signed; raises `Unusable`."""
    if public_of(private).hex() != facts[NEXT]:
        raise Unusable("the deployment's next key is not the one that was announced")
    cosigner = public_key(key(vault, INGEST_SEED))
    newer_than = int(vault.get(NUMBER) or b"0")
    check_proof(facts.get(NEXT_PROOF, ""), cosigner, facts["deployment"], facts[NEXT], newer_than)
    return private


def _lacking(store: RotationStore, facts: dict[str, str]) -> tuple[str, ...]:
    return tuple(name for owner, (name, _) in store.workers().items() if facts.get(HAS + owner) != facts.get(NEXT, ""))
