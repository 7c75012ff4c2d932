"""Which connector serves which kind of system."""

from importlib import import_module

from services.catalog.system import System
from services.connectors.base import Connector
from services.errors import BadInput
from services.strict_yaml import nearest

KINDS = {
    "postgresql": "sql:SqlConnector",
    "sqlite": "sql:SqlConnector",
    "s3": "s3:S3Connector",
    "redis": "redis_store:RedisConnector",
    "http": "http_api:HttpConnector",
    "mailbox": "mailbox:MailboxConnector",
    "files": "files:FilesConnector",
    "mariadb": "sql:SqlConnector",
    "manual": "manual:ManualConnector",
}
"""Module and class of each kind. Imported when a system of it is opened: the libraries behind them are slow to load."""


def open_connector(system: System, secret: bytes | None) -> Connector:
    """The connector of `system`; nothing is connected yet. `secret` is its password.

    Raises `BadInput` for a kind there is no connector for or a file of the system that is wrong, `Unusable` for an
    address that is none.
    """
    if system.connector not in KINDS:
        near = nearest(system.connector, KINDS)
        raise BadInput(f"there is no connector '{system.connector}'{near}", place=system.key)
    module, _, name = KINDS[system.connector].partition(":")
    connector = getattr(import_module(f"services.connectors.{module}"), name)
    made: Connector = connector(system, secret.decode("utf-8") if secret else None)
    return made
