"""The languages of letters, and their words beside the templates: a language is a folder of files, and nothing else."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
DEFAULT = "en"
LANGUAGES = (DEFAULT, *sorted(path.name for path in TEMPLATES.iterdir() if path.is_dir() and path.name != DEFAULT))
"""Every letter is written in each of these."""


@dataclass(frozen=True)
class Lexicon:
    """`words.yml` of a language, the same keys in each: codes and names of ours in the words of a person.

    `categories`: data categories of the catalog. `identities`: kinds of what a person is known by. `package`: page and
    PDF. `redactions`, `portability`, `erasure`: why something was left out or left as it is. `said`: what an agent says
    when a letter is not there yet. `samples`: made-up texts.
    """

    categories: dict[str, str]
    identities: dict[str, str]
    package: dict[str, str]
    redactions: dict[str, str]
    portability: dict[str, str]
    erasure: dict[str, str]
    said: dict[str, str]
    samples: dict[str, str]


def lexicon(language: str) -> Lexicon:
    """The words of `language`, English where we do not write it."""
    return _read(language if language in LANGUAGES else DEFAULT)


@lru_cache(maxsize=16)
def _read(language: str) -> Lexicon:
    from services import strict_yaml  # PyYAML: only writers of letters pay for it

    return strict_yaml.read(TEMPLATES / language / "words.yml", Lexicon)


def in_words(category: str, language: str) -> str:
    """The words for a data category or the nearest above it; its last part when none is known (Art 15(1)(b))."""
    known, name = lexicon(language).categories, category
    while name not in known and "." in name:
        name = name.rpartition(".")[0]
    return known.get(name) or category.rpartition(".")[2].replace("_", " ")


def identity_words(kind: str, language: str) -> str:
    """What a kind of identifier is called, such as `customer number`."""
    return lexicon(language).identities.get(kind) or kind.replace("_", " ")
