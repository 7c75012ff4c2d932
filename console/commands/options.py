"""Options that several sub-commands share."""

from pathlib import Path
from typing import Annotated

import typer

from services.types import Role

HomeOption = Annotated[Path | None, typer.Option("--home", help="The home folder; RIGHTSDESK_HOME or the usual one.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]
AgentOption = Annotated[
    str, typer.Option("--agent", envvar="RIGHTSDESK_AGENT", help="Your agent number, as 0042.", show_envvar=True)
]
RoleOption = Annotated[Role | None, typer.Option("--role", help="The role to act as, if you have several.")]
PinStdinOption = Annotated[
    bool, typer.Option("--pin-stdin", help="Read the PIN from the first line of standard input instead of asking.")
]
