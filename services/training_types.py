"""What a training call shows: the scripted caller's lines, and the scorecard at its end."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallerLine:
    """What a scripted caller says in training."""

    text: str
    at_s: int = 0


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """One point of a scorecard with the action it stands on."""

    name: str
    got: int
    of: int
    why: str
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A training call, scored from its log alone."""

    scenario: str
    total: int
    passed: bool
    points: tuple[ScorePoint, ...]
    auto_fails: tuple[str, ...]
    debrief: str
