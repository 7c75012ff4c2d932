"""How a field may be masked, and which strategies fit which declared type."""

from dataclasses import dataclass
from typing import Literal

Strategy = Literal[
    "null_rewrite",
    "string_rewrite",
    "random_string_rewrite",
    "hash",
    "hmac",
    "email_rewrite",
    "phone_rewrite",
    "identifiers_rewrite",
    "blank",
    "aes_encrypt",
]

RANDOM_LENGTH = 30
HASH_LENGTH = 32
_ANY_TYPE = ("null_rewrite", "blank")


@dataclass(frozen=True)
class FormatPreservation:
    """Text that stays at the end of a masked value."""

    suffix: str = ""


@dataclass(frozen=True)
class MaskSettings:
    """`configuration` of a strategy; which keys count depends on it."""

    rewrite_value: str | None = None
    length: int | None = None
    algorithm: str | None = None
    mode: str | None = None
    format_preservation: FormatPreservation | None = None


@dataclass(frozen=True)
class Mask:
    """One strategy with its configuration."""

    strategy: Strategy
    configuration: MaskSettings | None = None

    @property
    def settings(self) -> MaskSettings:
        """The configuration, empty when none was written."""
        return self.configuration or MaskSettings()

    @property
    def suffix(self) -> str:
        """What stands behind the masked text."""
        kept = self.settings.format_preservation
        return kept.suffix if kept else ""


def fault(mask: Mask, data_type: str | None, length: int | None) -> str:
    """Why `mask` cannot stand on a field of that declared type and length (characters); empty when it can."""
    name = mask.strategy
    if name == "aes_encrypt":
        return "strategy 'aes_encrypt' can be undone, so it erases nothing (take 'hmac' or 'null_rewrite')"
    if name == "string_rewrite" and mask.settings.rewrite_value is None:
        return "strategy 'string_rewrite' needs 'rewrite_value'"
    if name in _ANY_TYPE:
        return ""
    if data_type not in (None, "string"):
        return f"strategy '{name}' writes text and does not fit data_type '{data_type}'"
    written = _written_length(mask)
    if length is not None and written > length:
        return f"strategy '{name}' writes {written} characters, the field holds {length}"
    return ""


def _written_length(mask: Mask) -> int:
    """Characters the strategy writes for certain; those that adapt to the column's length count as nothing."""
    if mask.strategy == "string_rewrite":
        return len(mask.settings.rewrite_value or "") + len(mask.suffix)
    if mask.strategy == "random_string_rewrite":
        return (mask.settings.length or RANDOM_LENGTH) + len(mask.suffix)
    return HASH_LENGTH + len(mask.suffix) if mask.strategy in ("hash", "hmac") else 0
