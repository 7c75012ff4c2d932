"""Acts of the log itself, of sessions, of sync, and of training."""

from services.action_log.act import Act, act
from services.action_log.shapes import Code, Count, Delta, Digest, Id, Key, LogId, Place


@act("log.opened")
class LogOpened(Act):
    """First entry of a log: the Ed25519 key (hex) that signs its checkpoints."""

    public_key: Digest
    software: Code


@act("log.recovered")
class LogRecovered(Act):
    """This log follows one that was found broken; `place` is in that log."""

    kind: Code
    place: Place


@act("log.closed")
class LogClosed(Act):
    """Last entry of a log."""

    successor: LogId
    kind: Code


@act("key.rotated")
class KeyRotated(Act):
    """Last entry under a key, which is erased then: the Ed25519 key (hex) that signs from here on begins `epoch`."""

    epoch: Count
    public_key: Digest


@act("key.store")
class KeyStore(Act):
    """Where this terminal keeps its secrets: `keyring`, `passphrase`, `demo-file`."""

    kind: Code


@act("keys.resealed")
class KeysResealed(Act):
    """The keys of that many cases were sealed to the deployment's new key; the entry's details are the new ones."""

    count: Count


@act("heartbeat")
class Heartbeat(Act):
    """Every five minutes, so that gaps show."""


@act("clock.stepped")
class ClockStepped(Act):
    """The wall clock left the monotonic one by `delta_us`."""

    delta_us: Delta


@act("sync.receipt")
class SyncReceipt(Act):
    """Central's cosignature over this log was kept."""

    size: Count
    root: Digest


@act("log.pruned")
class LogPruned(Act):
    """Bodies of the entries below `cut` are taken out after this one; `root` is over all of them."""

    cut: Count
    root: Digest


@act("session.started")
class SessionStarted(Act):
    """Somebody signed in with a secret."""

    terminal: Id
    offline: bool


@act("session.ended")
class SessionEnded(Act):
    """Signed out, switched or timed out."""

    reason: Code


@act("session.locked")
class SessionLocked(Act):
    """The screen was locked."""

    reason: Code


@act("session.unlocked")
class SessionUnlocked(Act):
    """The same person came back with the PIN."""


@act("session.stepped_up")
class SessionSteppedUp(Act):
    """The PIN was given again for a grave act."""


@act("session.refused")
class SessionRefused(Act):
    """A sign-in failed; `agent_ref` is a known agent's actor or a code, never what was typed."""

    agent_ref: Code | None
    reason: Code


@act("agent.locked_out")
class AgentLockedOut(Act):
    """Too many wrong PINs at terminals together; the last one at `terminal`. A worker says so."""

    agent: Id
    terminal: Id


@act("scenario.started")
class ScenarioStarted(Act):
    """A scripted call began (training logs only)."""

    name: Key
    version: Code


@act("scenario.ended")
class ScenarioEnded(Act):
    """A scripted call ended."""

    name: Key


@act("caller.said")
class CallerSaid(Act):
    """The scripted caller came to a line of the scenario."""

    line: Code
