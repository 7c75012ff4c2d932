"""Brings a central database to the newest revision."""

from pathlib import Path

import sqlalchemy as sa


def upgrade(engine: sa.Engine) -> None:
    """Run every migration that `engine`'s database lacks."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with engine.execution_options(writes=True).begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "head")
