"""Finds text that would reach a widget as markup: a name could then run an action or crash the screen (style.md 4).

What may be shown: a literal, or a value that is plainly a `Content` or `Text`; all else needs `markup=False`.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

WIDGETS = {"Static", "Label", "Button", "Checkbox", "RadioButton", "Collapsible", "TabPane", "Tab", "Option", "notify"}
SHOWN = {"title", "label", "message", "content", "renderable", "prompt", "tooltip"}
ATTRIBUTES = {"border_title", "border_subtitle", "tooltip"}
SAFE_TYPES = {"Content", "Text"}


def markup_leaks(files: Iterable[Path]) -> list[str]:
    """`file:line name` of each place where text that is not known to be safe is given to a widget."""
    trees = {file: ast.parse(file.read_text("utf-8")) for file in files}
    makers = _makers(trees.values()) | SAFE_TYPES
    widgets = WIDGETS - _own_classes(trees.values())
    return [
        f"{file}:{node.lineno} {name}"
        for file, tree in trees.items()
        for scope in _scopes(tree)
        for node, name, value in _shown(scope, widgets)
        if not _safe(value, scope, makers)
    ]


def _makers(trees: Iterable[ast.Module]) -> set[str]:
    """Names of functions that return a safe type wherever they are defined."""
    safe, other = set(), set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                (safe if _name(node.returns) in SAFE_TYPES else other).add(node.name)
    return safe - other


def _own_classes(trees: Iterable[ast.Module]) -> set[str]:
    """Classes of ours that share a name with a widget of Textual and are none."""
    classes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return {one.name for one in classes if not {_name(base) for base in one.bases} & WIDGETS}


def _scopes(tree: ast.Module) -> Iterator[ast.AST]:
    yield tree
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope without those of the functions inside it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _own(child)


def _shown(scope: ast.AST, widgets: set[str]) -> Iterator[tuple[ast.expr | ast.stmt, str, ast.expr]]:
    for node in _own(scope):
        if isinstance(node, ast.Call) and _name(node.func) in widgets:
            if any(
                k.arg == "markup" and isinstance(k.value, ast.Constant) and k.value.value is False
                for k in node.keywords
            ):
                continue
            for value in [*node.args[:1], *(k.value for k in node.keywords if k.arg in SHOWN)]:
                yield node, str(_name(node.func)), value
        elif isinstance(node, ast.Call) and _name(node.func) == "update" and len(node.args) == 1:
            if isinstance(node.args[0], ast.JoinedStr):  # of a widget; a dict's update never gets one
                yield node, "update", node.args[0]
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr in ATTRIBUTES:
                    yield node, target.attr, node.value


def _safe(value: ast.expr, scope: ast.AST, makers: set[str]) -> bool:
    match value:
        case ast.Constant():
            return True
        case ast.Call(func=ast.Attribute(attr="from_markup"), args=[ast.Constant(), *_]):
            return True
        case ast.Call(func=ast.Attribute(attr="from_markup")):
            return False
        case ast.Call(func=ast.Attribute(value=inner, attr=attr)) if attr not in makers:
            return (
                isinstance(inner, ast.Call | ast.Name)
                and attr not in ("format", "join")
                and _safe(inner, scope, makers)
            )
        case ast.Call():
            return _name(value.func) in makers
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return not _constant(left) and _safe(left, scope, makers) and _safe(right, scope, makers)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return (_proves(test, body) or _safe(body, scope, makers)) and _safe(orelse, scope, makers)
        case ast.Name(id=name):
            return _named_safe(name, scope, makers)
    return False


def _constant(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant)


def _proves(test: ast.expr, body: ast.expr) -> bool:
    """`x if isinstance(x, Content) else …`"""
    match test, body:
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=one), kind]), ast.Name(id=other):
            return one == other and _name(kind) in SAFE_TYPES
    return False


def _named_safe(name: str, scope: ast.AST, makers: set[str]) -> bool:
    """A parameter annotated with a safe type, or a local that is only ever given safe values."""
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = [*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs]
        if any(one.arg == name for one in arguments):
            return any(one.arg == name and _name(one.annotation) in SAFE_TYPES for one in arguments)
    given = [
        node.value
        for node in _own(scope)
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
    ]
    return bool(given) and all(not _mentions(one, name) and _safe(one, scope, makers) for one in given)


def _mentions(value: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(value))


def _name(node: ast.expr | None) -> str | None:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return None
