"""The deployment's private keys on a worker: the one that terminals seal to, and beside it another while it rotates.

The vault is the truth. `deployment-key-next` was announced, `deployment-key-old` (one or more) opens what came late.
"""

from services.action_log.sealing import open_sealed, public_of
from services.errors import Unusable
from services.home import DEPLOYMENT_KEY, key
from services.secrets import Vault

NEXT, OLD, NUMBER = f"{DEPLOYMENT_KEY}-next", f"{DEPLOYMENT_KEY}-old", f"{DEPLOYMENT_KEY}-number"
SIZE = 32


class DeploymentKeys:
    """Opens what was sealed to the deployment, by whichever of its keys. Raises `Unusable` without a current one."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._held: tuple[bytes, ...] = ()
        self.read()

    def read(self) -> None:
        """Look into the vault again."""
        others = (self._vault.get(NEXT) or b"") + (self._vault.get(OLD) or b"")
        parts = (others[at : at + SIZE] for at in range(0, len(others), SIZE))
        self._held = (key(self._vault, DEPLOYMENT_KEY), *parts)

    @property
    def current(self) -> bytes:
        """The private half of what is sealed to now."""
        return self._held[0]

    def open(self, blob: bytes, *, deployment: str, owner: str, kind: str) -> bytes:
        """What was sealed; raises `Unusable` when no key that is held opens it."""
        for private in self._held:
            try:
                return open_sealed(private, blob, deployment=deployment, owner=owner, kind=kind)
            except Unusable:
                continue
        raise Unusable("A sealed text does not open: it is damaged, or belongs to another key or case.")

    def opens_now(self, blob: bytes, *, deployment: str, owner: str, kind: str) -> bool:
        """Whether the current key opens it."""
        try:
            open_sealed(self.current, blob, deployment=deployment, owner=owner, kind=kind)
        except Unusable:
            return False
        return True

    def take(self, private: bytes, number: int | None = None) -> None:
        """Hold a key that was announced, as the `number`-th: none before it is taken again."""
        self._vault.put(NEXT, private)
        if number is not None:
            self._vault.put(NUMBER, str(number).encode())
        self.read()

    def follow(self, public: str, rotating: bool) -> None:
        """Be as central says: `public` (hex) is sealed to; old keys go when nothing is rotating.

        They stay where central names another key than the current one: it was restored, and its case keys need them.
        """
        coming = self._vault.get(NEXT)
        if coming is not None and public_of(coming).hex() == public:
            if public_of(self.current).hex() != public:  # else it broke off after this
                self._vault.put(OLD, self.current + (self._vault.get(OLD) or b""))
                self._vault.put(DEPLOYMENT_KEY, coming)
            self._vault.delete(NEXT)
        self.read()
        if not rotating and public_of(self.current).hex() == public:
            self._vault.delete(OLD)
        self.read()

    @property
    def announced(self) -> str:
        """The public half (hex) of the key that was announced and is not sealed to yet."""
        coming = self._vault.get(NEXT)
        return "" if coming is None else public_of(coming).hex()
