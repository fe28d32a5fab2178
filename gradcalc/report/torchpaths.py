"""Which quantities autograd follows, and through which lines its gradients reach them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradcalc.algebra.expr import ZERO, Apply, Expr, Symbol
from gradcalc.algebra.names import gradient_parts
from gradcalc.algebra.operations import Table
from gradcalc.report.codedialect import is_own, meaning
from gradcalc.report.torchkinks import DETACH

if TYPE_CHECKING:
    from gradcalc.problem.model import Problem

_BLIND = ("lt", "le", "gt", "ge", "eq", "heaviside", "one_hot", "max_mask", DETACH)
"""Operations through whose values PyTorch passes no gradient, not even 0."""
_FOLLOWED = {"where": slice(1, None), "embed": slice(0, 1), "unpool": slice(0, 1)}
"""Operations that pass one to some of their operands only."""


@dataclass(frozen=True)
class Paths:
    """What autograd is told to follow.

    moved: quantities of the file that it follows. carried: lines computed from what it
    follows. leaves: lines that are not, and that it follows from there. reached: what the
    loss depends on. flat: names whose gradient is 0, or that no gradient reaches.
    """

    moved: frozenset[str]
    carried: frozenset[str]
    leaves: frozenset[str]
    reached: frozenset[str]
    flat: frozenset[str]


def paths_of(
    problem: Problem,
    followed: Mapping[str, Expr],
    wanted: frozenset[str],
    parameters: frozenset[str],
    fixed: Collection[str],
) -> Paths:
    """Return what autograd has to follow for the gradients by the wanted names.

    followed: the lines as they are written, whose terms may have cancelled. parameters:
    those of the model, which it follows in any case. fixed: lines and gradients whose
    given value is in force.
    """
    lines = {name: _read(expr, problem.table) for name, expr in followed.items()}
    reached = _backwards(lines, set(problem.upstream or (problem.loss,)))
    zero = {
        pair[1]
        for node in problem.visible.backward
        if (pair := gradient_parts(node.name)) and pair[0] == problem.loss
        if node.expr == ZERO and node.name not in fixed
    }
    flat = frozenset(name for name in wanted if name in zero or name not in reached)
    sought = wanted - flat
    moved = {name for name in problem.data if name in sought}
    moved |= set(problem.descent.parameters) if problem.descent else set()
    for name in sought:
        above = _backwards(lines, {name}) & {*problem.data}
        if not above & (moved | parameters):
            moved |= above
    carried: set[str] = set()
    leaves: set[str] = set()
    for name, read in lines.items():
        if read & (moved | parameters | carried | leaves):
            carried.add(name)
        elif name in sought:
            leaves.add(name)
    return Paths(
        frozenset(moved - parameters), frozenset(carried), frozenset(leaves), reached, flat
    )


def _backwards(lines: dict[str, set[str]], ends: set[str]) -> frozenset[str]:
    """Return the names that some ends are computed from, the ends among them."""
    found = {*ends}
    for name in reversed(lines):
        if name in found:
            found |= lines[name]
    return frozenset(found)


def _read(expr: Expr, table: Table) -> set[str]:
    """Return the names that a formula passes a gradient on to."""
    return {*_names(expr, table)}


def _names(expr: Expr, table: Table) -> Iterator[str]:
    if isinstance(expr, Symbol):
        yield expr.name
    if not isinstance(expr, Apply) or expr.op in _BLIND:
        return
    args = expr.args[_FOLLOWED.get(expr.op, slice(None))]
    row = table[expr.op]
    if not is_own(row) and row.definition is not None and row.kind != "loss":
        passed = _read(meaning(row), table)
        args = tuple(
            arg for param, arg in zip(row.params, expr.args, strict=True) if param in passed
        )
    for arg in args:
        yield from _names(arg, table)
