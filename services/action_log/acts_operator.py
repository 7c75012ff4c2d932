"""Acts of operators, in the log of the machine they work at: numbers, ids and codes only."""

from services.action_log.act import Act, act
from services.action_log.shapes import Actor, Code, Count, Digest, Id, Key


@act("agent.added")
class AgentAdded(Act):
    """Somebody may sign in; `roles` are `controller/role`."""

    agent: Id
    roles: tuple[Key, ...]


@act("agent.disabled")
class AgentDisabled(Act):
    """Somebody was shut out."""

    agent: Id


@act("agent.enabled")
class AgentEnabled(Act):
    """Somebody was let in again."""

    agent: Id


@act("agent.pin_reset")
class AgentPinReset(Act):
    """Somebody was given a new PIN."""

    agent: Id


@act("machine.enrolled")
class MachineEnrolled(Act):
    """A terminal or worker may take part; `machine` is the owner of its logs."""

    machine: Id
    kind: Code


@act("machine.revoked")
class MachineRevoked(Act):
    """A terminal or worker was shut out."""

    machine: Id
    kind: Code


@act("central.upgraded")
class CentralUpgraded(Act):
    """Central was brought to this schema."""

    schema: Id


@act("suppression.ended")
class SuppressionEnded(Act):
    """The controller does no marketing any more, or none for that purpose: so many entries were needed no longer."""

    controller: Key
    purpose: Key | None
    entries: Count


@act("catalog.published")
class CatalogPublished(Act):
    """A version of a controller's catalog, by its digest; `by` is the operator's machine, or the officer at it.

    Where central is a file of the home, its worker writes this into its own log for what it finds in the folder.
    """

    controller: Key
    number: Count
    digest: Digest
    by: Actor
