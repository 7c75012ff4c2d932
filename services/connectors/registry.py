"""Which connector serves which kind of system."""

from services.catalog.system import System
from services.connectors.base import Connector
from services.errors import BadInput
from services.strict_yaml import nearest

KINDS = ("postgresql", "sqlite")


def open_connector(system: System, secret: bytes | None) -> Connector:
    """The connector of `system`; nothing is connected yet. `secret` is its password.

    Raises `BadInput` for a kind there is no connector for, `Unusable` for an address that is none.
    """
    if system.connector not in KINDS:
        near = nearest(system.connector, KINDS)
        raise BadInput(f"there is no connector '{system.connector}'{near}", place=system.key)
    from services.connectors.sql import SqlConnector  # SQLAlchemy costs 200 ms: only when a system is opened

    return SqlConnector(system, secret.decode("utf-8") if secret else None)
