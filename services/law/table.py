"""The law table: every rule of the specification with what keeps it, or why nothing does (rules.md 1 to 10.2).

One YAML file a section beside this code, in the order of their names. `tests/test_law.py` holds it against the tests.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from services.strict_yaml import read

KEPT, PERSON, OUTSIDE, MISSING = "kept", "a person decides", "not for software", "not kept yet"
STATES = (KEPT, PERSON, OUTSIDE, MISSING)
_WORDS = {
    KEPT: "Kept",
    PERSON: "Shown to a person to decide",
    OUTSIDE: "Not for software",
    MISSING: "Not kept yet",
}


@dataclass(frozen=True)
class Rule:
    """One rule. Exactly one of `kept` (the place in the code), `person`, `outside` (why) and `missing` (what) is given.

    `tests` are `file::name`; a kept rule has one at least, what a person decides may have some.
    """

    title: str
    source: str
    kept: str = ""
    person: str = ""
    outside: str = ""
    missing: str = ""
    tests: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        given = [text for text in (self.kept, self.person, self.outside, self.missing) if text]
        if len(given) != 1:
            raise ValueError("one of kept, person, outside and missing is given")
        if bool(self.kept) > bool(self.tests) or (self.tests and not (self.kept or self.person)):
            raise ValueError("a kept rule names its tests, and no rule that nothing keeps does")

    @property
    def state(self) -> str:
        """One of `STATES`."""
        texts = (self.kept, self.person, self.outside, self.missing)
        return next(state for state, text in zip(STATES, texts, strict=True) if text)

    @property
    def why(self) -> str:
        """The place that keeps it, or the reason."""
        return self.kept or self.person or self.outside or self.missing


@dataclass(frozen=True)
class Section:
    """The rules of one section, by id."""

    section: str
    rules: dict[str, Rule]


@lru_cache(maxsize=1)
def sections() -> tuple[Section, ...]:
    """The whole table; raises `BadInput` with file and line for a row that is none."""
    return tuple(read(path, Section) for path in sorted(Path(__file__).parent.glob("*.yml")))


def rules() -> dict[str, Rule]:
    """Every rule by id."""
    return {id: rule for section in sections() for id, rule in section.rules.items()}


def counts() -> dict[str, int]:
    """How many rules are in each state, in the order of `STATES`."""
    states = [rule.state for rule in rules().values()]
    return {state: states.count(state) for state in STATES}


def as_markdown() -> str:
    """The table as docs/law.md holds it."""
    lines = [
        "# Which rules of the law are kept",
        "",
        "Made by `rightsdesk law --markdown` from `services/law/`; a test holds each kept rule to its test.",
        "It is no legal advice: what is kept is what a program can keep.",
        "",
        "| state | rules |",
        "| --- | --- |",
        *(f"| {_WORDS[state]} | {count} |" for state, count in counts().items()),
    ]
    for section in sections():
        lines += [
            "",
            f"## {section.section}",
            "",
            "| id | rule | state | where, or why not | test |",
            "| --- | --- | --- | --- | --- |",
        ]
        for id, rule in section.rules.items():
            tests = "<br>".join(f"`{test.removeprefix('tests/')}`" for test in rule.tests)
            why = f"`{rule.kept}`" if rule.kept else rule.why
            lines.append(f"| {id} | {rule.title} ({rule.source}) | {rule.state} | {why} | {tests} |")
    return "\n".join([*lines, ""])
