"""What changed between two texts of a catalog, field by field, in the words that people wrote there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.strict_yaml import Outline, outline

LONGEST = 300
"""Characters of a value that are told."""
_NAMES = ("fides_key", "name", "key", "purpose", "dataset")
_SILENT = frozenset({"dataset", "collections", "fields"})
"""Keys whose lists are told by the names in them: `shop.orders.email` says enough."""
LAYOUT = "comments or layout"
"""The words of a file changed, and none that is read."""

Tree = str | dict[str, "Tree"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is otherwise: `before` is None for what is new, `after` for what is gone."""

    place: str
    before: str | None
    after: str | None


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """What changed between two sets of files, text by `<system>/<file>`. Raises `BadInput` for what is no YAML."""
    found: list[Change] = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if old is None or new is None:
            found.append(Change(name, old and "the file", new and "the file"))
            continue
        here = list(_between(_tree(outline(old, place=name)), _tree(outline(new, place=name)), name, " "))
        found += here or [Change(name, LAYOUT, LAYOUT)]
    return tuple(found)


def _between(before: Tree, after: Tree, place: str, joint: str) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            at, then = _at(place, key, joint)
            if key not in after:
                yield Change(at, _brief(before[key]), None)
            elif key not in before:
                yield Change(at, None, _brief(after[key]))
            else:
                yield from _between(before[key], after[key], at, then)
    elif before != after:
        yield Change(place, _brief(before), _brief(after))


def _at(place: str, key: str, joint: str) -> tuple[str, str]:
    """The place of a key below `place`, and how what stands below that is joined on."""
    if key.startswith("."):  # a name out of a list
        name = key[1:]
        return (f"{place} {name}" if joint == " " else f"{place}.{name}"), "."
    return f"{place} {key}", " " if joint == "." or joint == " " else joint


def _tree(node: Outline) -> Tree:
    """Lists of named things by their names, so that moving one changes nothing; lists of words as one text."""
    if isinstance(node, str):
        return node
    if isinstance(node, list):
        return _listed(node)
    made: dict[str, Tree] = {}
    for key, value in node.items():
        tree = _tree(value)
        if key in _SILENT and isinstance(tree, dict) and isinstance(value, list):
            made.update(tree)
        else:
            made[key] = tree
    return made


def _listed(items: list[Outline]) -> Tree:
    if all(isinstance(item, str) for item in items):
        return ", ".join(str(item) for item in items)
    names = [_name(item) for item in items]
    told = names if all(names) and len(set(names)) == len(names) else [str(n) for n in range(1, len(items) + 1)]
    return {f".{name}": _tree(item) for name, item in zip(told, items, strict=True)}


def _name(item: Outline) -> str:
    if not isinstance(item, dict):
        return ""
    return next((str(item[key]) for key in _NAMES if isinstance(item.get(key), str)), "")


def _brief(tree: Tree) -> str:
    """A value in a line; of a whole table the names in it."""
    if isinstance(tree, str):
        words = tree or "empty"
    else:
        named = [key[1:] for key in tree if key.startswith(".")]
        words = f"{len(named)}: {', '.join(named)}" if named else ", ".join(f"{k} {_brief(v)}" for k, v in tree.items())
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
