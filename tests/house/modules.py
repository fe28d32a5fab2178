"""The modules of a checkout: each file is read and parsed once."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

NAME = "gradcalc"


@dataclass(frozen=True, eq=False)
class Module:
    """A source file; path: from the root of the checkout."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def is_folder(self) -> bool:
        """Whether this is the `__init__.py` of a package."""
        return self.path.name == "__init__.py"

    @property
    def package(self) -> str:
        """The package it belongs to: `report`; empty for files beside the packages."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 2 or (len(parts) == 2 and self.is_folder) else ""

    @property
    def unit(self) -> str:
        """The sub-package, or the loose module, of its package: `formats`, `notebook`.

        Empty for the `__init__.py` of the package itself.
        """
        parts = self.name.split(".")
        return parts[2] if len(parts) > 2 else ""

    @property
    def lines(self) -> int:
        """How many lines the file has."""
        return len(self.text.splitlines())

    @property
    def docstring(self) -> str:
        """The docstring, blanks made single."""
        return " ".join((ast.get_docstring(self.tree) or "").split())

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the tree."""
        return tuple(ast.walk(self.tree))


@dataclass(frozen=True)
class Import:
    """One module imports another; names: what it takes from there, empty for the whole."""

    source: str
    target: str
    names: tuple[str, ...]
    line: int

    def __str__(self) -> str:
        return f"{self.source}:{self.line} → {self.target} ({', '.join(self.names) or 'whole'})"


@dataclass(frozen=True, eq=False)
class House:
    """All modules of the package in a checkout."""

    root: Path
    modules: tuple[Module, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Module]:
        """Modules by their dotted names."""
        return {module.name: module for module in self.modules}

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Imports among the modules: late ones, typing-only ones and those by text included."""
        return tuple(
            found
            for module in self.modules
            for found in _imports(module, self.by_name)
            if found.target != module.name
        )

    @cached_property
    def graph(self) -> Mapping[str, frozenset[str]]:
        """Each module and those that it imports."""
        found: dict[str, set[str]] = {module.name: set() for module in self.modules}
        for each in self.imports:
            found[each.source].add(each.target)
        return {name: frozenset(targets) for name, targets in found.items()}

    @cached_property
    def importers(self) -> Mapping[str, frozenset[str]]:
        """Each module and those that import it."""
        return {
            name: frozenset(source for source, targets in self.graph.items() if name in targets)
            for name in self.graph
        }


def read(root: Path) -> House:
    """Return the package of a checkout, every file parsed."""
    base = root / NAME
    if not base.is_dir():
        raise FileNotFoundError(f"{base}: there is no package")
    return House(root, tuple(_module(root, path) for path in sorted(base.rglob("*.py"))))


def dotted(module: Module) -> Iterator[str]:
    """Yield the dotted names of all imports of a module, foreign packages included."""
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            _absolute(module, node)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module(root: Path, path: Path) -> Module:
    inner = path.relative_to(root)
    parts = inner.with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text(encoding="utf-8")
    return Module(name, inner, text, ast.parse(text, str(inner)))


def _imports(module: Module, known: Mapping[str, Module]) -> Iterator[Import]:
    for node in module.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if target := _nearest(alias.name, known):
                    yield Import(module.name, target, (), node.lineno)
        elif isinstance(node, ast.ImportFrom):
            _absolute(module, node)
            yield from _taken(module.name, node, known)
        elif isinstance(node, ast.Constant) and _is_module(node.value, known):
            yield Import(module.name, str(node.value), (), node.lineno)


def _is_module(value: object, known: Mapping[str, Module]) -> bool:
    """Return whether it is a text that import_module takes: nothing else is written so."""
    return isinstance(value, str) and value != NAME and value in known


def _taken(source: str, node: ast.ImportFrom, known: Mapping[str, Module]) -> Iterator[Import]:
    base = node.module or ""
    names: list[str] = []
    for alias in node.names:
        whole = f"{base}.{alias.name}"
        if whole in known:
            yield Import(source, whole, (), node.lineno)
        else:
            names.append(alias.name)
    target = _nearest(base, known)
    if names and target:
        yield Import(source, target, tuple(names), node.lineno)


def _nearest(name: str, known: Mapping[str, Module]) -> str:
    """Return the module of a dotted name, or the innermost package of it that is there."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name


def _absolute(module: Module, node: ast.ImportFrom) -> None:
    assert node.level == 0, f"{module.path}:{node.lineno}: imports are absolute"
