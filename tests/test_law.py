"""The law table: each rule has a test that carries its id, or says why not; and docs/law.md is made from it."""

import ast
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.cli import command
from services import strict_yaml
from services.errors import BadInput
from services.law.table import MISSING, OUTSIDE, PERSON, Rule, Section, as_markdown, rules, sections

ROOT = Path(__file__).parents[1]
SPECIFICATION = ROOT.parent / "shared" / "rules.md"
MARK = "pytest.mark.rule"

Carried = Mapping[str, frozenset[str]]
"""The ids that each test carries, by `file::name`."""


def carried_in(path: Path, place: str) -> dict[str, frozenset[str]]:
    """What the tests of one file carry, read without running it."""
    text = path.read_text(encoding="utf-8")
    if MARK not in text:
        return {}
    found = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            marks = [d for d in node.decorator_list if isinstance(d, ast.Call) and ast.unparse(d.func) == MARK]
            ids = frozenset(ast.literal_eval(one) for mark in marks for one in mark.args)
            if ids:
                found[f"{place}::{node.name}"] = ids
    return found


@cache
def carried() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        found |= carried_in(path, path.relative_to(ROOT).as_posix())
    return found


def faults(table: Mapping[str, Rule], carry: Carried) -> list[str]:
    """What of the table is not so, as sentences."""
    found = [
        f"{id}: {test} does not carry it"
        for id, r in table.items()
        for test in r.tests
        if id not in carry.get(test, ())
    ]
    found += [f"{test} carries {id}, which is no rule" for test, ids in carry.items() for id in ids if id not in table]
    found += [f"{id}: no test" for id, rule in table.items() if rule.kept and not rule.tests]
    found += [
        f"{id}: there is no {rule.kept}" for id, rule in table.items() if rule.kept and not (ROOT / rule.kept).exists()
    ]
    return found


def test_every_kept_rule_has_a_test_that_carries_its_id_and_no_test_another() -> None:
    assert faults(rules(), carried()) == []


def test_control_a_missing_test_an_unknown_id_and_a_place_that_is_gone_are_seen() -> None:
    table = {"CLK-1": Rule("t", "s", kept="services/gone.py", tests=("tests/a.py::test_a",))}
    assert faults(table, {}) == ["CLK-1: tests/a.py::test_a does not carry it", "CLK-1: there is no services/gone.py"]
    assert faults({}, {"tests/a.py::test_a": frozenset({"CLK-99"})}) == [
        "tests/a.py::test_a carries CLK-99, which is no rule"
    ]


def test_control_marks_are_read_from_the_text(tmp_path: Path) -> None:
    path = tmp_path / "test_a.py"
    path.write_text(f"@{MARK}('CLK-1', 'CLK-2')\n@other\ndef test_a(): ...\n\n\nasync def test_b(): ...\n")
    assert carried_in(path, "a") == {"a::test_a": frozenset({"CLK-1", "CLK-2"})}


def test_an_id_stands_once_and_every_row_says_what_and_whence() -> None:
    named = [id for section in sections() for id in section.rules]
    assert len(named) == len(set(named)) > 170
    for id, rule in rules().items():
        assert re.fullmatch(r"[A-Z][A-Z0-9]*(-[0-9A-Z]+)*", id)
        assert rule.title
        assert rule.source
        assert "|" not in rule.title + rule.source + rule.why


def test_what_is_not_kept_yet_names_the_work_that_will_keep_it() -> None:
    """So long as issue 5 is open; what a person decides, or no software does, has a reason of more than a word."""
    for id, rule in rules().items():
        if rule.state == MISSING:
            assert re.search(r"issue 5, items? [1-9]", rule.why), id
        if rule.state in (PERSON, OUTSIDE):
            assert len(rule.why) > 20, id


@pytest.mark.interop
def test_every_rule_of_the_specification_is_in_the_table() -> None:
    if not SPECIFICATION.is_file():
        pytest.skip("the specification is not beside this checkout")
    text = SPECIFICATION.read_text(encoding="utf-8")
    ids = set(re.findall(r"^\| ((?:INT|CLK|SUS|REF|ACC|ERA|IDV|TRM)-\d+|CL-[A-Z-]+) \|", text, re.MULTILINE))
    ids |= set(re.findall(r"^\| `([A-Z]{3})` \|", text, re.MULTILINE)) | {f"G{n}" for n in range(1, 11)}
    assert len(ids) > 110
    assert ids - rules().keys() == set()


@pytest.mark.parametrize(
    "row",
    ["{title: t, source: s}", "{title: t, source: s, kept: a}", "{title: t, source: s, kept: a, missing: b}",
     "{title: t, source: s, missing: a, tests: [b]}", "{title: t, source: s, kept: a, test: b}"],
)  # fmt: skip
def test_a_row_that_says_nothing_too_much_or_has_no_test_is_refused(row: str) -> None:
    with pytest.raises(BadInput):
        strict_yaml.parse(f"section: s\nrules:\n  A-1: {row}\n", Section)
    good = "{title: t, source: s, kept: a, tests: [b]}"
    assert strict_yaml.parse(f"section: s\nrules:\n  A-1: {good}\n", Section).rules["A-1"].state == "kept"


def test_the_document_is_made_from_the_table() -> None:
    written = (ROOT / "docs" / "law.md").read_text(encoding="utf-8")
    assert written == as_markdown(), "rightsdesk law --markdown > docs/law.md"


def test_the_command_prints_the_table() -> None:
    def run(*words: str) -> str:
        result = CliRunner().invoke(command(), ["law", *words])
        assert result.exit_code == 0, result.output
        return result.stdout

    text = run()
    assert all(re.search(rf"^{id} ", text, re.MULTILINE) for id in rules())
    found = json.loads(run("--json"))
    assert set(found["rules"]) == set(rules())
    assert found["rules"]["CLK-12"] == {
        "section": "2 Clock", "title": "A month is never counted as 30 days", "source": "arithmetic", "state": "kept",
        "why": "services/clock/dates.py",
        "tests": ["tests/services/test_clock.py::test_CLK_12_thirty_days_is_a_different_rule"],
    }  # fmt: skip
    assert sum(found["counts"].values()) == len(rules())
    missing = run("--state", "missing")
    assert all(f"{id} " in missing for id, rule in rules().items() if rule.state == "missing")
    assert "INT-1 " not in missing
    assert run("--markdown") == as_markdown()
    assert CliRunner().invoke(command(), ["law", "--state", "perhaps"]).exit_code == 2
