"""What can be counted in the sources: sizes, names of types, comparisons, words, printers."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.house.modules import House, Module

SHORT = 100
CAMEL = re.compile(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")
MAKERS = ("NewType", "TypeVar", "ParamSpec", "NamedTuple", "namedtuple", "TypedDict", "Enum")
PROSE = ("Paragraph", "Saying", "Section")
"""Classes by which a union is known as what a page or document consists of."""
PAGES = ("Page",)
"""Classes to whose objects text is written line by line."""
FEW = 3
"""Classes of a union that a module tells apart if it prints the union."""
PICTURES = 5
"""Modules that may write a page without making it a content model."""


def folders(house: House) -> Counter[str]:
    """Return how many modules each folder holds, `__init__.py` not counted."""
    return Counter(str(each.path.parent) for each in house.modules if not each.is_folder)


def lines(house: House) -> int:
    """Return the lines of all files."""
    return sum(each.lines for each in house.modules)


def one_importer(house: House) -> tuple[str, ...]:
    """Return the modules that exactly one other imports."""
    plain = (each.name for each in house.modules if not each.is_folder)
    return tuple(name for name in plain if len(house.importers[name]) == 1)


def short(house: House) -> tuple[str, ...]:
    """Return the modules of at most 100 lines."""
    plain = (each for each in house.modules if not each.is_folder)
    return tuple(each.name for each in plain if each.lines <= SHORT)


def public_types(module: Module) -> Iterator[str]:
    """Yield the types that a module defines at its top: classes and aliases, no `_names`."""
    for node in _statements(module.tree.body):
        name = _type_name(node)
        if name and not name.startswith("_"):
            yield name


def types_used_twice(house: House) -> dict[str, tuple[str, ...]]:
    """Return public names of types that several modules define, with the modules."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for module in house.modules:
        for name in sorted(set(public_types(module))):
            found[name].append(module.name)
    return {name: tuple(where) for name, where in sorted(found.items()) if len(where) > 1}


def operations_by_name(house: House, besides: Iterable[str] = ()) -> dict[str, tuple[int, ...]]:
    """Return where `.op` is compared with names: modules and lines; besides: packages left out."""
    left_out = tuple(besides)
    return {
        module.name: found
        for module in house.modules
        if module.package not in left_out and (found := tuple(_compared(module)))
    }


def naming(house: House, word: str) -> tuple[str, ...]:
    """Return the modules that name a thing: in a text other than a docstring, or in a `def`."""
    found = re.compile(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])")
    return tuple(
        module.name for module in house.modules if any(found.search(text) for text in _said(module))
    )


@dataclass(frozen=True)
class Model:
    """Types of what is printed: the union or class, who writes it, who prints it."""

    name: str
    module: str
    classes: tuple[str, ...]
    writers: tuple[str, ...]
    printers: tuple[str, ...]


def content_models(house: House) -> tuple[Model, ...]:
    """Return the content models.

    A content model is a union of classes one of which is a Paragraph, a Saying or a Section
    and which is written by a module that does not print it; or a class Page that more than five
    modules outside its sub-package write: pictures for the terminal may. A module writes a union
    by making one of its classes, a page by a parameter of that type. A module prints a union if
    it tells apart three of its classes; a page prints itself.
    """
    return tuple(
        model
        for module in house.modules
        for name, classes in _unions(module)
        if _is_written(house, model := _model(house, module, name, classes))
    )


def printers(house: House, models: Iterable[Model]) -> dict[str, tuple[str, ...]]:
    """Return the printers of content models by format: the one that name or docstring says."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for model in models:
        for name in model.printers:
            found[_format(house.by_name[name])].append(name)
    return {style: tuple(sorted(set(names))) for style, names in sorted(found.items())}


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements at the top of a module, those under a condition included."""
    for node in body:
        yield node
        if isinstance(node, ast.If):
            yield from _statements([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            yield from _statements([*node.body, *(s for h in node.handlers for s in h.body)])


def _type_name(node: ast.stmt) -> str:
    if isinstance(node, ast.ClassDef):
        return node.name
    if type(node).__name__ == "TypeAlias":  # `type X = …`, from Python 3.12 on
        return str(node.name.id)  # type: ignore[attr-defined]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id if _last(node.annotation) == "TypeAlias" else ""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
        return name if CAMEL.fullmatch(name) and _is_type(node.value) else ""
    return ""


def _is_type(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return _last(value.func) in MAKERS
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
        return True
    if isinstance(value, ast.Subscript):
        return True  # under a capitalised name: `dict[…]`, `Callable[…]`, `Literal[…]`
    return isinstance(value, ast.Name | ast.Attribute) and bool(CAMEL.fullmatch(_last(value)))


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _compared(module: Module) -> Iterator[int]:
    for node in module.nodes:
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(_is_op(side) for side in sides) and any(_is_named(side) for side in sides):
                yield node.lineno
        elif isinstance(node, ast.Match) and _is_op(node.subject):
            yield node.lineno


def _is_op(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "op"


def _is_named(node: ast.expr) -> bool:
    """Return whether it is a text, several of them, or a constant that stands for them."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(_is_named(each) for each in node.elts)
    if isinstance(node, ast.BinOp):
        return _is_named(node.left) or _is_named(node.right)
    if isinstance(node, ast.Starred):
        return _is_named(node.value)
    return isinstance(node, ast.Name) and node.id.isupper()


def _said(module: Module) -> Iterator[str]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    loose = {
        id(node.value)
        for node in module.nodes
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in module.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in loose:
                yield node.value
        elif isinstance(node, documented) and not isinstance(node, ast.Module):
            yield node.name


def _unions(module: Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    own = {node.name for node in module.tree.body if isinstance(node, ast.ClassDef)}
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and node.name in PAGES:
            yield node.name, (node.name,)
        value = getattr(node, "value", None)
        name = _type_name(node)
        if name and isinstance(value, ast.BinOp):
            classes = tuple(
                each.id for each in ast.walk(value) if isinstance(each, ast.Name) and each.id in own
            )
            if set(classes) & set(PROSE):
                yield name, classes


def _model(house: House, module: Module, name: str, classes: tuple[str, ...]) -> Model:
    users = [
        (house.by_name[each.source], set(each.names) & {name, *classes})
        for each in house.imports
        if each.target == module.name
    ]
    if name in PAGES:
        writers = {user.name for user, _ in users if _is_asked_for(user, name)}
        return Model(name, module.name, classes, tuple(sorted(writers)), (module.name,))
    writers = {user.name for user, taken in users if taken & set(_called(user))}
    prints = {user.name for user, taken in users if len(taken & set(_told_apart(user))) >= FEW}
    return Model(name, module.name, classes, tuple(sorted(writers)), tuple(sorted(prints)))


def _is_asked_for(module: Module, name: str) -> bool:
    return any(
        isinstance(node, ast.arg) and node.annotation is not None and _last(node.annotation) == name
        for node in module.nodes
    )


def _called(module: Module) -> Iterator[str]:
    return (_last(node.func) for node in module.nodes if isinstance(node, ast.Call))


def _told_apart(module: Module) -> Iterator[str]:
    for node in module.nodes:
        if isinstance(node, ast.MatchClass):
            yield _last(node.cls)
        elif isinstance(node, ast.Call) and _last(node.func) == "isinstance":
            yield from (each.id for each in ast.walk(node.args[1]) if isinstance(each, ast.Name))
        elif isinstance(node, ast.Dict):  # a table from classes to printers
            yield from (_last(key) for key in node.keys if key is not None)


def _format(module: Module) -> str:
    own = module.name.rpartition(".")[2]
    for style in ("html", "markdown", "latex"):
        if style in own.lower():
            return style
    words = module.docstring.lower()
    return next((style for style in ("html", "markdown", "latex") if style in words), "text")


def _is_written(house: House, model: Model) -> bool:
    outside = set(model.writers) - set(model.printers)
    if model.name not in PAGES:
        return bool(outside)
    own = house.by_name[model.module]
    others = (house.by_name[name] for name in outside)
    away = [each for each in others if (each.package, each.unit) != (own.package, own.unit)]
    return len(away) > PICTURES
