"""IDV-5, IDV-6: no screen, command or table can take an identity document; one is looked at, and ticked."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel
from typer.main import get_command

from console import cli
from db import central  # noqa: F401 - its tables
from services.action_log import acts

CHECKOUT = Path(__file__).parents[1]
WORKS_WITH_CASES = "case"
"""The group of commands that does what a screen does."""
WIDGETS = r"DirectoryTree|FileOpen|read_bytes|\.read_text\(|(?<![.\w])(?<!def )open\("
DETAILS = {
    "key": "the case's own key", "requester": "what the caller is found by", "words": "the request, as typed",
    "note": "a note, as typed", "letter": "a letter, as sent", "plan": "rows an erasure touches", "code": "a digest",
    "letter-code": "a digest",
    "package-key": "opens a package", "correction-plan": "values to be written", "known-as": "identifiers, corrected",
    "contact": "where the last letter goes", "breach": "what happened, as typed", "view": "what is weighed, as said",
    "breach-notice": "what persons are told of a breach, as typed",
    "explanation": "why not, as typed", "target": "who gets it instead, as typed",
}  # fmt: skip
"""All that is sealed to a case. Each is text that this program makes, or that a field for text took."""


def source(folder: str) -> dict[Path, str]:
    return {path: path.read_text() for path in sorted((CHECKOUT / folder).rglob("*.py"))}


def commands(group: Any, path: str = "") -> dict[str, Any]:
    """Every command by its whole name."""
    found: dict[str, Any] = {}
    for name, one in group.commands.items():
        at = f"{path} {name}".strip()
        found |= commands(one, at) if hasattr(one, "commands") else {at: one}
    return found


@pytest.mark.rule("IDV-6")
def test_IDV_6_no_screen_reads_a_file_or_takes_anything_but_typed_text() -> None:
    assert re.search(WIDGETS, "data = path.read_bytes()"), "the control"
    found = {path.name for path, text in source("screens").items() if re.search(WIDGETS, text)}
    assert not found


def test_IDV_6_no_command_that_works_on_cases_takes_a_file() -> None:
    every = commands(get_command(cli.command()))
    takes = {
        (name, param.name)
        for name, command in every.items()
        for param in command.params
        if "Path" in str(param.type_descriptor.annotation) and param.name not in ("home", "pin_file")
    }
    assert any(name.startswith("catalog") for name, _ in takes), "the control: other commands do"
    assert not [name for name, _ in takes if name.split()[0] == WORKS_WITH_CASES]
    words = re.compile(r"passport|identity.?card|id.?copy|document|scan|upload|attach")
    assert not [one for name, command in every.items() for one in command.params if words.search(one.name or "")]


def test_IDV_6_no_act_has_room_for_one_and_a_check_keeps_codes_alone() -> None:
    for name in ("document.allowed", "authority.seen", "factor.passed"):
        fields = acts.ACTS[name].__dataclass_fields__  # type: ignore[attr-defined]
        assert set(fields) <= {"check", "reason", "scope", "dated", "until", "factor", "method", "ask"}, name


def test_IDV_6_what_is_sealed_to_a_case_is_text_we_know_and_no_table_is_named_for_more() -> None:
    pattern = re.compile(r"(?:details\.seal|_detail)\(\s*[^,()]+(?:\.\w+)?,\s*(?:\w+(?:\.\w+)?,\s*)?\"([a-z-]+)\"")
    kinds = {kind for text in source("services").values() for kind in pattern.findall(text)}
    assert {"plan", "code", "key"} <= kinds, "the control: the pattern finds them"
    assert kinds <= set(DETAILS)
    tables = SQLModel.metadata.tables.values()
    names = [f"{table.name}.{column.name}" for table in tables for column in table.columns]
    assert any(name.startswith("detail.") for name in names), "the control"
    assert not [name for name in names if re.search(r"passport|document|scan|upload|attach|id_card", name)]
