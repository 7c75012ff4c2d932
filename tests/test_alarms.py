"""What each alarm means is told in docs/operations.md: every kind and every sentence that the program can say."""

import ast
import re
from collections.abc import Iterator
from typing import get_args

import pytest

from services.action_log.report import Kind
from services.metrics import HELP
from tests.conftest import CHECKOUT

TOLD = (CHECKOUT / "docs" / "operations.md").read_text("utf-8")
ALARMS = TOLD[TOLD.index("## 7. What each alarm means") : TOLD.index("## 8.")]
SAYING = (
    "services/central_check.py", "services/people_check.py", "db/central_guards.py", "db/central_audit.py",
    "services/catalog/seen.py", "services/sync/rebuild.py", "services/sync/up.py", "services/sync/link.py",
)  # fmt: skip
"""Files whose sentences are alarms, all of them."""


def sentences(source: str) -> Iterator[str]:
    """Sentences with a hole or more that a file makes; each hole is `…`. SQL has words in capitals."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)  # type: ignore[misc]
            if len(re.findall(r"[a-z]{2,}", text)) > 1 and not re.search("[A-Z]{3}", text):
                yield text.removeprefix("log …: ")


def lacking(said: Iterator[str]) -> list[str]:
    return sorted({text for text in said if f"`{text}`" not in ALARMS})


@pytest.mark.parametrize("file", SAYING)
def test_every_sentence_of_an_alarm_is_explained(file: str) -> None:
    assert lacking(sentences((CHECKOUT / file).read_text("utf-8"))) == []


def test_every_kind_that_a_log_can_be_wrong_in_is_explained() -> None:
    assert [kind for kind in (*get_args(Kind), "log-gone") if f"`{kind}`" not in ALARMS] == []


def test_no_sentence_is_explained_that_nobody_says() -> None:
    said = {text for file in SAYING for text in sentences((CHECKOUT / file).read_text("utf-8"))}
    others = {text for file in ("services/sync/logbook.py", "db/central_engine.py") for text in
              sentences((CHECKOUT / file).read_text("utf-8"))}  # fmt: skip
    told = {text for text in re.findall(r"`([^`]*…[^`]*)`", ALARMS) if text not in ("…", "log …:", "case C-…: due")}
    assert sorted(told - said - others) == []


def test_the_numbers_that_are_worth_an_alarm_are_numbers_that_are_told() -> None:
    named = set(re.findall(r"`rightsdesk_([a-z_]+)`", TOLD))
    assert len(named) > 4
    assert named - set(HELP) == set()


def test_control_a_new_alarm_would_be_missed() -> None:
    assert lacking(sentences('x = f"the moon of {planet} is gone"')) == ["the moon of … is gone"]
