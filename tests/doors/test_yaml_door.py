"""Bad input at the YAML door: every file people edit is refused with its line, in words, without a traceback."""

import contextlib
import time
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, strategies as st

from services.controllers import Controller, load_controllers
from services.errors import BadInput
from services.strict_yaml import line_of, parse, read


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    name: str
    size: int = 1


@dataclass(frozen=True)
class Outer:
    title: str
    colour: Colour = Colour.RED
    when: date | None = None
    at: datetime | None = None
    price: Decimal = Decimal(0)
    yes: bool = False
    kind: Literal["one", "two"] = "one"
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    words: dict[str, str] = field(default_factory=dict)
    renamed: int = field(default=0, metadata={"key": "re-named"})

    def __post_init__(self) -> None:
        if self.title == "bad":
            raise ValueError("title must not be bad")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title: a\ntitel: b", "text:2: unknown key 'titel' (did you mean 'title'?)"),
        ("title: a\ntitle: b", "text:2: key 'title' stands twice"),
        ("colour: red", "text:1: key 'title' is missing"),
        ("title: a\ncolour: rod", "text:2: colour: 'rod' is not one of red, blue (did you mean 'red'?)"),
        ("title: a\nkind: three", "text:2: kind: 'three' is not one of one, two"),
        ("title: a\nwhen: 31.1.2026", "text:2: when: '31.1.2026' is not a date like 2026-03-05"),
        ("title: a\nprice: much", "text:2: price: 'much' is not a number"),
        ("title: a\nyes: perhaps", "text:2: yes: 'perhaps' is neither true nor false"),
        ("title: a\ninner: 3", "inner: must be a mapping"),
        ("title: a\nmany:\n  - name: x\n  - size: 2", "text:4: many[1]: key 'name' is missing"),
        ("title: a\nmany: {a: 1}", "text:2: many: must be a list"),
        ("title: a\nwords: {de: a, b}", "text:2: words.b: has no value"),
        ("title: [a]", "text:1: title: must be a single value"),
        ("title:", "text:1: title: has no value"),
        ("title: bad", "text:1: title must not be bad"),
        ("? [a]\n: b", "text:1: a key must be plain text"),
        ("", "text:1: is empty"),
        ("title: a: b", "text:1:"),
        ("title: 'a", "text:"),
        ("a: &x [*x]", "text"),
        ("title: !!python/object:os.system a\nyes: maybe", "text:2: yes"),
        ("title: \x00", "text"),
        ("a: " + "[" * 3000, "text: is nested too deeply"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, words: str) -> None:
    begun = time.monotonic()
    with pytest.raises(BadInput) as said:
        parse(text, Outer)
    assert words in str(said.value)
    assert time.monotonic() - begun < 5


def test_the_schema_decides_what_a_plain_word_is() -> None:
    made = parse(
        "title: no\nmany: [{name: 012}, {name: 1:30, size: 3}]\nre-named: 7\nyes: true\nwhen: 2026-03-05", Outer
    )
    assert made.title == "no"
    assert [(i.name, i.size) for i in made.many] == [("012", 1), ("1:30", 3)]
    assert (made.renamed, made.yes, made.when) == (7, True, date(2026, 3, 5))
    assert line_of(made) == 1


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_never_a_traceback(text: str) -> None:
    with contextlib.suppress(BadInput):
        parse(text, Outer)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path / "absent.yml", Outer)
    bad = tmp_path / "latin.yml"
    bad.write_bytes(b"title: \xe4")
    with pytest.raises(BadInput, match="is not UTF-8"):
        read(bad, Outer)
    bad.write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    with pytest.raises(BadInput, match="larger than 4 MiB"):
        read(bad, Outer)


def test_a_controller_file_is_held_to_the_law(centre_template: Path, tmp_path: Path) -> None:
    made = load_controllers(centre_template)
    assert Controller.from_json(made["nordlicht"].to_json()) == made["nordlicht"]
    folder = tmp_path / "controllers" / "nordlicht"
    folder.mkdir(parents=True)
    text = (centre_template / "controllers" / "nordlicht" / "controller.yml").read_text()
    (folder / "controller.yml").write_text(text + "\nduty: processor\n")
    with pytest.raises(BadInput, match="documented instruction"):
        load_controllers(tmp_path)
    for wrong in ("contract of 3 May", "Vertrag Müller", "DE89370400440532013000", "a" * 70):
        (folder / "controller.yml").write_text(text + f"\nduty: processor\ninstruction: {wrong}\n")
        with pytest.raises(BadInput, match="a reference without blanks") as caught:
            load_controllers(tmp_path)
        assert caught.value.place.startswith(str(folder / "controller.yml:"))
    (folder / "controller.yml").write_text(text + "\nduty: processor\ninstruction: DPA-2026/4\n")
    assert load_controllers(tmp_path)["nordlicht"].instruction == "DPA-2026/4"
    (folder / "controller.yml").write_text(text.replace("key: nordlicht", "key: other"))
    with pytest.raises(BadInput, match="is not the folder's name"):
        load_controllers(tmp_path)
