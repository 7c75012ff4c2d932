"""What a check of a log found: the same words at start, in `log verify` and on the lead's screen."""

from dataclasses import dataclass
from typing import Literal

State = Literal["whole", "tampered", "unusable"]

Kind = Literal[
    "edited-entry", "missing-entry", "reordered", "not-canonical", "foreign-entry", "surplus-entry", "tail-cut",
    "rolled-back", "forked", "root-mismatch", "tile-mismatch", "frontier-mismatch", "head-missing", "bad-signature",
    "foreign-key", "bad-checkpoint", "bad-receipt", "schema-changed", "damaged-file", "newer-entry", "newer-file",
    "not-a-log", "seal-missing", "bad-seal", "retired-key",
]  # fmt: skip
"""How a log is not what it should be; docs/log.md says what each one means."""

EXIT_CODES: dict[State, int] = {"whole": 0, "tampered": 1, "unusable": 2}


@dataclass(frozen=True, slots=True)
class Report:
    """`size` and `root` (32 bytes) as far as the entries hold; [`first`, `last`] are the entries concerned.

    `signed_by`: `enrolled` when the checkpoint was held against a key given from outside, `own` when only against
    the key that the log itself names (then a log signed anew with another key would pass). Below `cut` bodies were
    pruned, as an entry of the log says. `sealed` are the entries whose key is erased: those after them could still be
    written anew by whoever holds the key in use.
    """

    state: State
    size: int
    root: bytes
    kind: Kind | None = None
    first: int | None = None
    last: int | None = None
    detail: str = ""
    log: str = ""
    signed_by: Literal["enrolled", "own", "nobody"] = "nobody"
    anchored: bool = False
    receipts: int = 0
    cut: int = 0
    sealed: int = 0

    @property
    def place(self) -> str:
        """`entry 17`, `entries 512 to 600`, or nothing."""
        if self.first is None:
            return ""
        if self.last is None or self.last == self.first:
            return f"entry {self.first}"
        return f"entries {self.first} to {self.last}"

    @property
    def place_code(self) -> str:
        """The place as `log.recovered` writes it: `<log>[:<seq>[-<seq>]]`."""
        if self.first is None:
            return self.log
        return f"{self.log}:{self.first}" + ("" if self.last in (None, self.first) else f"-{self.last}")
