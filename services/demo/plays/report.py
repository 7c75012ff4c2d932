"""What a play says: its calls step by step, and each thing that had to hold with what was seen."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that had to hold, and what was seen instead of a bare yes."""

    name: str
    held: bool
    seen: str


@dataclass(slots=True)
class Call:
    """One played call: its case, the legal date, rows by system, and the steps as they were said."""

    name: str
    controller: str
    case: str = ""
    due: str = ""
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    package: str = ""
    steps: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Report:
    """A whole play."""

    home: str
    worker_pid: int
    calls: list[Call]
    logs: dict[str, str]
    checks: list[Check]
    seconds: float

    @property
    def held(self) -> bool:
        """Whether there was something to hold and all of it held."""
        return bool(self.checks) and all(check.held for check in self.checks)
