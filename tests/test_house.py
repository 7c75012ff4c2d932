"""The shape of the house: what a start imports, who may say what, how large a file may be."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.markup import markup_leaks

ROOMS = ("console", "screens", "services", "db")
LONGEST = 400
# Each costs tens of milliseconds; they are imported after the first frame, by the job that needs them.
LATE = (
    "alembic", "argon2", "babel", "cryptography.x509", "dbos", "faker", "holidays", "httpx", "jinja2", "keyring",
    "phonenumbers", "psycopg", "pydantic", "pyzipper", "yaml", "sqlalchemy", "sqlmodel", "stamina", "stdnum", "typer",
    "typst",
)  # fmt: skip


def sources(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (CHECKOUT / room).rglob("*.py"))


def tracked() -> list[Path]:
    """Every file of the checkout that git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=CHECKOUT, capture_output=True, check=True
    )
    return [path for name in listed.stdout.decode().split("\0") if name and (path := CHECKOUT / name).is_file()]


def imported_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after `statement`."""
    probe = f"{statement}\nimport sys\nprint(*sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run([sys.executable, "-c", probe], env=environment, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def late_ones(modules: set[str]) -> list[str]:
    return [name for name in LATE if name in modules]


def test_the_start_imports_nothing_that_can_wait() -> None:
    assert late_ones(imported_by("import console.__main__, console.settings")) == []
    assert "textual" not in imported_by("import console.__main__, console.settings")
    if not (CHECKOUT / "console" / "app.py").exists():
        return
    assert late_ones(imported_by("import console.app")) == []


def test_control_a_late_import_is_seen() -> None:
    assert late_ones(imported_by("import keyring, typer")) == ["keyring", "typer"]


@pytest.mark.parametrize("room", [*ROOMS, "services/action_log"])
def test_every_room_says_what_lives_there(room: str) -> None:
    packages = [path.parent for path in sources(room.partition("/")[0])]
    for package in sorted(set(packages)):
        if package.name == "__pycache__" or not package.is_relative_to(CHECKOUT / room):
            continue
        door = package / "__init__.py"
        assert door.exists(), f"{package} has Python files and no __init__.py"
        body = ast.parse(door.read_text("utf-8")).body
        assert len(body) == 1, f"{door} holds one docstring and nothing else"
        assert ast.get_docstring(ast.parse(door.read_text("utf-8"))), f"{door} says nothing"


def test_no_file_is_long() -> None:
    written = [path for path in tracked() if path.suffix in (".py", ".tcss", ".sql") or path.parent.name == ".ci"]
    assert len(written) > 20
    long = {str(p.relative_to(CHECKOUT)): n for p in written if (n := len(p.read_text("utf-8").splitlines())) > LONGEST}
    assert long == {}


def test_locks_name_no_registry() -> None:
    for lock, least in (
        ("requirements.lock", 50), ("requirements-test.lock", 50), ("requirements-test-source.lock", 1),
    ):  # fmt: skip
        text = (CHECKOUT / lock).read_text("utf-8")
        assert not re.search(r"://|index-url|find-links|pypi|@ ", text), lock
        pins = re.findall(r"^[\w.-]+==", text, re.MULTILINE)
        assert len(pins) >= least
        assert text.count("--hash=sha256:") >= len(pins)


def test_only_the_engine_imports_dbos() -> None:
    users = [path for path in sources(*ROOMS) if "dbos" in _imports(path)]
    assert [str(path.relative_to(CHECKOUT)) for path in users] in ([], ["services/fulfilment/engine.py"])


def test_only_one_sqlite_is_used() -> None:
    """The interpreter's own SQLite is often inside the WAL-reset race (design.md 5)."""
    opened = re.compile(r"(?<!\w)sqlite3\.connect\(|from sqlite3 import .*connect")
    assert [str(path) for path in sources(*ROOMS) if opened.search(path.read_text("utf-8"))] == []


def test_screens_take_only_types_and_errors_from_services() -> None:
    allowed = {"services.types", "services.errors"}
    wrong = [
        f"{path.relative_to(CHECKOUT)}: {name}"
        for path in sources("screens")
        for name in _top_imports(path)
        if name.split(".")[0] in ("services", "db", "console") and name not in allowed
    ]
    assert wrong == []


def test_stories_press_keys_and_nothing_else() -> None:
    """A story that calls an action or the desk would pass on a console no key of which works."""
    wrong = [
        f"{path.relative_to(CHECKOUT)}:{number}"
        for path in sources("tests/stories")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(r"action_(?!log\b)|\bdesk\.", line)
    ]
    assert wrong == []


def test_no_text_reaches_a_widget_as_markup() -> None:
    assert markup_leaks(sources("screens", "console")) == []


SEEN = """
from textual.widgets import Static, Label
class Option: ...
def name() -> str: ...
def line() -> Content: ...
class A:
    border_title = "fixed"
    def compose(self, row, made: Content):
        yield Static("fixed [b]ours[/b]")
        yield Static(line())
        yield Static(Content(row))
        yield Static(made)
        yield Static(row, markup=False)
        text = Content(row)
        yield Label(text)
        yield Static(Content.from_markup("$n", n=row))
        yield Static(Content(row) + Content(row))
        yield Static(row if isinstance(row, Content) else line())
        yield Static(Content(row).truncate(3))
        self.add(Option(row))
"""
LEAKS = (
    "Static(row)", "Static(f'{row}')", "Label(row.name)", "Static(name())", "Static('a' + row)", "Static('%s' % row)",
    "self.notify(str(row))", "Static('{}'.format(row))", "Static(made if row else row)", "Static(row, markup=True)",
    "Static(Content.from_markup(row))", "self.query_one(Static).update(f'{row}')", "Collapsible(title=row)",
)  # fmt: skip


def test_control_markup_is_found_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "seen.py"
    file.write_text(SEEN)
    assert markup_leaks([file]) == []
    for leak in LEAKS:
        file.write_text(f"{SEEN}        {leak}\n")
        assert len(markup_leaks([file])) == 1, leak
    file.write_text(f"{SEEN}        self.border_title = row\n        text = row\n")
    assert len(markup_leaks([file])) == 2  # the title, and the label that showed `text`


def test_nothing_names_a_machine_path() -> None:
    """A checkout works anywhere; paths of one machine in it would not."""
    here = str(CHECKOUT.parent)
    homes = re.compile(r"/(home|Users)/[a-z]\w+/|(?<![\w.])/wor[k]/")
    ours = Path(__file__).name
    for path in tracked():
        if path.suffix in (".py", ".toml", ".md", ".yml", ".lock", ".sql", ".tcss") and path.name != ours:
            text = path.read_text("utf-8")
            assert not homes.search(text), path
            assert len(here) < 6 or here not in text, path


def _imports(path: Path) -> set[str]:
    """The first names of everything a file imports, wherever in it."""
    tree = ast.parse(path.read_text("utf-8"))
    return {name.split(".")[0] for name in _imported(ast.walk(tree))}


def _top_imports(path: Path) -> set[str]:
    return set(_imported(iter(ast.parse(path.read_text("utf-8")).body)))


def _imported(nodes: Iterator[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module == "services":
                yield from (f"services.{alias.name}" for alias in node.names)
            else:
                yield node.module
