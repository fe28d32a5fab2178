"""What runs against the table of arrows, and what the docstrings of packages say of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.house.arrows import Table
from tests.house.circles import layered, packages, units
from tests.house.modules import NAME, House, Import, Module

SAID = re.compile(r"^(?P<what>\S.*?[.!?]) Imports: (?P<names>[\w, ]+)\.$")
NOTHING = "nothing"


@dataclass(frozen=True)
class Arrow:
    """An import that should not be; between: the two places as the table calls them."""

    between: str
    found: Import

    def __str__(self) -> str:
        return f"{self.between}: {self.found}"


@dataclass(frozen=True)
class Places:
    """Where things stand in a table of arrows: the higher, the more they may import."""

    table: Table

    def package(self, module: Module) -> int:
        """Return the height of a module's package, or of a file beside the packages."""
        if not module.package:
            return -1 if module.name == f"{NAME}.errors" else len(self.table)
        return _at(self.table, module.package)

    def unit(self, module: Module) -> int | None:
        """Return the height of a module within its package; none if the table lacks it."""
        rows = self.table.get(module.package, ())
        if not module.unit:
            return len(rows)
        for at, row in enumerate(rows):
            if module.unit == row or (isinstance(row, tuple) and module.unit in row):
                return at
        return None


def between_packages(house: House, table: Table) -> tuple[Arrow, ...]:
    """Return the imports that lead from a package to one that is not below it."""
    places = Places(table)
    return tuple(
        Arrow(f"{_top(source)} → {_top(target)}", each)
        for each, source, target in _ends(house)
        if _top(source) != _top(target)
        and places.package(target) >= places.package(source)
        and source.name not in (NAME, f"{NAME}.__main__")
        # the public face may be used where the command line begins
        and not (source.package == list(table)[-1] and target.name == NAME)
    )


def between_units(house: House, table: Table) -> tuple[Arrow, ...]:
    """Return the imports that lead from a sub-package to one that is not below it."""
    places = Places(table)
    found = []
    for each, source, target in _ends(house):
        if not source.package or source.package != target.package or source.unit == target.unit:
            continue
        here, there = places.unit(source), places.unit(target)
        if here is not None and there is not None and there >= here:
            found.append(Arrow(f"{_place(source)} → {_place(target)}", each))
    return tuple(found)


def not_in_table(house: House, table: Table) -> tuple[str, ...]:
    """Return the sub-packages and loose modules that a table of arrows lacks."""
    places = Places(table)
    inside = (each for each in house.modules if each.package)
    return tuple(sorted({_place(each) for each in inside if places.unit(each) is None}))


def not_in_house(house: House, table: Table) -> tuple[str, ...]:
    """Return what a table of arrows names and the package lacks."""
    there = {_place(each) for each in house.modules}
    return tuple(
        f"{package}.{unit}"
        for package, rows in table.items()
        for unit in _flat(rows)
        if f"{package}.{unit}" not in there
    )


def in_order(house: House, package: str, table: Table) -> tuple[tuple[str, ...], ...]:
    """Return the units of a package from the bottom to the top, circles as groups."""
    graph = units(house, package)
    known = _flat(table.get(package, ()))
    order = sorted(graph, key=lambda unit: _at(known, unit))
    return layered({unit: graph[unit] for unit in order})


def taken(house: House, module: Module) -> tuple[str, ...]:
    """Return what a package or sub-package imports, by the names that its docstring gives.

    Sub-packages of the same package first, then whole packages; `errors` is not said.
    """
    own: set[str] = set()
    other: set[str] = set()
    inside = f"{module.name}."
    for _, source, target in _ends(house):
        if source.name != module.name and not source.name.startswith(inside):
            continue
        if target.package and target.package != source.package:
            other.add(target.package)
        elif target.package and module.unit and target.unit not in ("", source.unit):
            own.add(target.unit)
    return (*sorted(own), *sorted(other))


def sentence(names: tuple[str, ...]) -> str:
    """Return the sentence on imports that a docstring ends with."""
    return f"Imports: {', '.join(names) or NOTHING}."


def said(module: Module) -> tuple[str, ...] | None:
    """Return the imports that the docstring of a package names; none if it has no such end."""
    found = SAID.match(module.docstring)
    if found is None:
        return None
    names = tuple(name.strip() for name in found["names"].split(","))
    return () if names == (NOTHING,) else names


def described(house: House) -> tuple[Module, ...]:
    """Return the `__init__.py` of each package and sub-package."""
    return tuple(each for each in house.modules if each.is_folder and each.package)


def undescribed(house: House) -> tuple[str, ...]:
    """Return the folders whose docstring does not say what they import, with what it should say."""
    lacking = [
        f"{each.path}: the docstring should end with “{sentence(taken(house, each))}”"
        for each in described(house)
        if said(each) is None or sorted(said(each) or ()) != sorted(taken(house, each))
    ]
    there = {each.path.parent for each in house.modules if each.is_folder}
    folders = sorted({each.path.parent for each in house.modules} - there)
    return (*lacking, *(f"{folder}: there is no __init__.py" for folder in folders))


def overview(house: House, table: Table) -> Iterator[str]:
    """Yield lines: the units of each package in order, and what runs against the table."""
    against = between_units(house, table)
    for package in _sorted_packages(house, table):
        yield f"{package}, from the bottom to the top"
        graph = units(house, package)
        for group in in_order(house, package, table):
            mark = "circle: " if len(group) > 1 else ""
            for unit in group:
                yield f"  {mark}{unit:<24} imports {', '.join(sorted(graph[unit])) or NOTHING}"
            yield from (f"    in the circle  {each}" for each in _inside(house, package, group))
        own = (each for each in against if house.by_name[each.found.source].package == package)
        yield from (f"  against the table  {arrow}" for arrow in sorted(own, key=str))
        yield ""
    for arrow in between_packages(house, table):
        yield f"against the order of packages  {arrow}"
    yield from (f"not in the table  {name}" for name in not_in_table(house, table))
    yield from (f"not in the package  {name}" for name in not_in_house(house, table))
    yield from undescribed(house)


def proposed(house: House, table: Table) -> Iterator[str]:
    """Yield a table of arrows that fits the package, in the order of the given one if it may be.

    A circle stands as one group, so that its arrows stay forbidden.
    """
    for package in _sorted_packages(house, table):
        yield f'    "{package}": ('
        for group in in_order(house, package, table):
            names = ", ".join(f'"{unit}"' for unit in group)
            yield f"        ({names})," if len(group) > 1 else f"        {names},"
        yield "    ),"


def _sorted_packages(house: House, table: Table) -> list[str]:
    return sorted(packages(house), key=lambda name: _at(table, name))


def _inside(house: House, package: str, group: tuple[str, ...]) -> Iterator[Import]:
    """Yield the imports among the units of a circle."""
    for each, source, target in _ends(house):
        inner = source.package == target.package == package and source.unit != target.unit
        if inner and {source.unit, target.unit} <= set(group):
            yield each


def _ends(house: House) -> Iterator[tuple[Import, Module, Module]]:
    for each in house.imports:
        yield each, house.by_name[each.source], house.by_name[each.target]


def _top(module: Module) -> str:
    return module.package or module.name


def _place(module: Module) -> str:
    return f"{module.package}.{module.unit}" if module.unit else module.package or module.name


def _flat(rows: tuple[str | tuple[str, ...], ...]) -> list[str]:
    return [unit for row in rows for unit in ((row,) if isinstance(row, str) else row)]


def _at(names: Iterable[str], name: str) -> int:
    """Return the position of a name, the end if it is not there."""
    found = list(names)
    return found.index(name) if name in found else len(found)
