"""From data to the screen: nothing is obeyed, nothing hides, nothing is markup, columns keep their width."""

import unicodedata

import pytest
from hypothesis import given, strategies as st
from rich.cells import cell_len
from textual.content import Content

from screens.kit.text import BAD, clean, fit, say, shown

ANY = st.text(alphabet=st.characters(codec=None), max_size=60)


@given(ANY)
def test_clean_leaves_nothing_a_terminal_obeys(value: str) -> None:
    line = clean(value)
    assert not BAD.search(line)
    assert not {unicodedata.category(c) for c in line} & {"Cc", "Cs", "Zl", "Zp"}
    line.encode("utf-8")


@given(ANY)
def test_clean_twice_is_clean_once(value: str) -> None:
    assert clean(clean(value)) == clean(value)


@given(ANY, st.integers(1, 40))
def test_fit_fills_exactly_its_cells(value: str, cells: int) -> None:
    assert cell_len(fit(value, cells)) == cells


@pytest.mark.parametrize("value", ["[/", "[/x]", "[@click=app.boom]go[/]", "[red]x[/red]", "$name", "\\[x]"])
def test_data_is_never_markup(value: str) -> None:
    assert shown(value).plain == value
    assert say("before [bold]$name[/bold] after", name=value).plain == f"before {value} after"
    assert not [span for span in shown(value).spans if span.style]


def test_control_markup_would_be_read() -> None:
    assert Content.from_markup("[red]x[/red]").plain == "x"


def test_ten_megabytes_are_cut() -> None:
    assert len(clean("x" * 10_000_000)) == 20_000
    assert len(clean("é\n" * 5_000_000, lines=True)) <= 20_000


def test_lines_are_kept_where_lines_are_wanted() -> None:
    assert clean("a\x1b[2Jb\r\nc", lines=True) == "a[2Jb\nc"
    assert clean("a\r\nb") == "a b"
