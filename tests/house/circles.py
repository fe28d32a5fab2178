"""Circles of imports, and an order from the bottom to the top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.house.modules import House

Graph = Mapping[str, Iterable[str]]


def layered(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Return strongly connected groups, each after all those that it points to.

    Nodes are visited in the order of the mapping, so that it is kept where it may be.
    """
    return tuple(_Search(graph).groups())


def circles(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Return the groups of two or more nodes that reach each other."""
    return tuple(group for group in layered(graph) if len(group) > 1)


def file_circles(house: House) -> tuple[tuple[str, ...], ...]:
    """Return the circles of modules."""
    return circles(house.graph)


def units(house: House, package: str) -> dict[str, set[str]]:
    """Return the sub-packages and loose modules of a package, and those that each imports."""
    inside = [each for each in house.modules if each.package == package and each.unit]
    found: dict[str, set[str]] = {each.unit: set() for each in inside}
    for each in house.imports:
        source, target = house.by_name[each.source], house.by_name[each.target]
        if source.package == target.package == package and source.unit and target.unit:
            found[source.unit].add(target.unit)
    return {unit: targets - {unit} for unit, targets in found.items()}


def packages(house: House) -> tuple[str, ...]:
    """Return the names of the packages."""
    return tuple(sorted({each.package for each in house.modules} - {""}))


def folder_circles(house: House) -> tuple[tuple[str, ...], ...]:
    """Return the circles of sub-packages that lie in the same package."""
    return tuple(
        tuple(f"{package}.{unit}" for unit in group)
        for package in packages(house)
        for group in circles(units(house, package))
    )


class _Search:
    """Tarjan's search."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.number: dict[str, int] = {}
        self.low: dict[str, int] = {}
        self.stack: list[str] = []
        self.found: list[tuple[str, ...]] = []

    def groups(self) -> list[tuple[str, ...]]:
        for node in self.graph:
            if node not in self.number:
                self.visit(node)
        return self.found

    def visit(self, node: str) -> None:
        self.number[node] = self.low[node] = len(self.number)
        self.stack.append(node)
        for target in sorted(self.graph[node]):
            if target not in self.graph:
                continue
            if target not in self.number:
                self.visit(target)
                self.low[node] = min(self.low[node], self.low[target])
            elif target in self.stack:
                self.low[node] = min(self.low[node], self.number[target])
        if self.low[node] == self.number[node]:
            at = self.stack.index(node)
            self.found.append(tuple(sorted(self.stack[at:])))
            del self.stack[at:]
