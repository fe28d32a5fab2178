"""Solve a problem: evaluate both passes and check every backward line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from gradcalc.algebra.kernels import Array
from gradcalc.engine.gaps import tolerant
from gradcalc.engine.graph import Node
from gradcalc.engine.rounding import Rounding
from gradcalc.errors import ProblemError
from gradcalc.problem.existence import Evaluation, gaps, refuse_nothing, run
from gradcalc.problem.model import Comparison, Gap, Problem, Solution
from gradcalc.problem.training import train

Given: TypeAlias = Literal["trust", "recompute", "fail"]


class SolvedValues(Mapping[str, Array]):
    """Values by name; a Jacobian is built when it is read."""

    def __init__(self, ready: dict[str, Array], late: dict[str, Callable[[], Array]]) -> None:
        self._ready, self._late = ready, late
        self._names = (*ready, *late)

    def __getitem__(self, name: str) -> Array:
        if name not in self._ready:
            self._ready[name] = self._late[name]()
        return self._ready[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def solve(problem: Problem, given: Given = "trust") -> Solution:
    r"""Return all values of both passes, checked against central differences.

    given: `trust` uses the file's given values, `recompute` what the equations make
    of the inputs, `fail` refuses values that contradict the equations.

    What does not exist is NaN, and the solution's `gaps` say why. Raises ProblemError, at
    the line of the file where that begins, if nothing exists of what is asked for.

    >>> from gradcalc.problem.loader import load
    >>> solution = solve(load("inputs: {x: 3}\nequations: y = x^2\n"))
    >>> float(solution.values["dy/dx"])
    6.0
    """
    if not problem.numeric:
        return Solution(problem, {})
    start = {name: data.array for name, data in problem.data.items()}
    start |= {name: problem.given[name].array for name in problem.upstream_names}
    fixed = {name: data.array for name, data in problem.given.items() if name not in start}
    trusted = {} if given == "recompute" else fixed
    unrounded = _run(problem, start, trusted, rounded=False)
    found = _run(problem, start, trusted, rounded=True) if problem.rounding else unrounded
    nodes = (*problem.forward.nodes, *problem.backward.graph.nodes)
    more = "unrounded it has a value; keep more digits under rounding"
    refuse_nothing(problem, found, nodes, "" if unrounded.first else more)
    exact, values = unrounded.values, found.values
    recomputed = _run(problem, start, {}, rounded=False).values if fixed else None
    as_given = exact
    if trusted is not fixed:
        as_given = _run(problem, start, fixed, rounded=False).values
    comparisons = tuple(
        Comparison(name, fixed[name], _computed(problem, name, as_given), (recomputed or {})[name])
        for name in fixed
    )
    if given == "fail":
        _refuse(problem, comparisons)
    proof = None
    if problem.backward.edges:
        proof = problem.proof.run(exact)
        checked = tuple(name for name in proof.unchecked if not unrounded.absent(name))
        proof = replace(proof, unchecked=checked)
    return Solution(
        problem,
        _named(problem, values, rounded=True),
        _named(problem, exact) if problem.rounding else None,
        _named(problem, recomputed) if recomputed is not None else None,
        comparisons,
        proof,
        trusted=given != "recompute",
        gaps=_gaps(problem, found, unrounded, nodes),
        train=train,
    )


def _gaps(
    problem: Problem, found: Evaluation, unrounded: Evaluation, nodes: Sequence[Node]
) -> dict[str, Gap]:
    """Return why lines have no value; where only rounding is to blame, that is said, too."""
    old = {new: name for name, new in problem.visible.names.items()}

    def told(gap: Gap) -> Gap:
        rounds = gap.on is None and not unrounded.absent(old.get(gap.name, gap.name))
        return replace(gap, why=f"{gap.why}; unrounded it exists") if rounds else gap

    return {name: told(gap) for name, gap in gaps(problem, found, nodes).items()}


def inner(solution: Solution) -> Mapping[str, Array]:
    """Return the values in force of all lines, those without a name included."""
    problem = solution.problem
    start = {name: data.array for name, data in problem.data.items()}
    start |= {name: problem.given[name].array for name in problem.upstream_names}
    fixed = {n: problem.given[n].array for n in solution.fixed if n not in start}
    return _run(problem, start, fixed, rounded=True).values


def without(solution: Solution, name: str) -> Mapping[str, Array]:
    """Return all values with one given value computed instead, the others trusted."""
    problem = solution.problem
    upstream = problem.upstream_names
    start = {known: data.array for known, data in problem.data.items()}
    start |= {known: problem.given[known].array for known in upstream}
    kept = [known for known in problem.given if known != name and known not in upstream]
    given = {
        known: np.broadcast_to(problem.given[known].array, solution.values[known].shape)
        for known in kept
    }
    return _named(problem, _run(problem, start, given, rounded=True).values, rounded=True)


def _run(
    problem: Problem, start: Mapping[str, Array], given: Mapping[str, Array], *, rounded: bool
) -> Evaluation:
    try:
        adjust = problem.rounding if rounded else None
        return run(problem.program, problem.loss, start, given, adjust)
    except OverflowError:  # numbers of the formulas, multiplied exactly, exceed a float
        node = problem.forward.node(problem.loss)
        raise ProblemError(
            "the numbers of the equations are too large to compute with",
            node.span if node else None,
            "larger than 1.8e308",
        ) from None


def _computed(problem: Problem, name: str, values: Mapping[str, Array]) -> Array:
    """Return what the line of a given value makes of the operands in force."""
    node = problem.forward.node(name) or problem.backward.graph.node(name)
    assert node is not None
    shapes = {**problem.forward.shapes, **problem.backward.graph.shapes}
    known = {key: shapes[key] for key in values if key in shapes and key != name}
    value = tolerant(node, values, known, problem.table)
    return np.broadcast_to(value, tuple(int(dim) for dim in node.shape))


def _refuse(problem: Problem, comparisons: tuple[Comparison, ...]) -> None:
    for comparison in comparisons:
        if comparison.differs:
            text = np.array2string(comparison.computed, separator=", ", precision=6)
            raise ProblemError(
                f"the given {comparison.name} contradicts the equations",
                problem.given[comparison.name].span,
                f"the equations give {text}",
                "--given trust uses it as it stands, --given recompute does without",
            )


def _named(problem: Problem, values: Mapping[str, Array], *, rounded: bool = False) -> SolvedValues:
    """Return the named values in the order of the solution, read-only and without −0.

    rounded: whether they are; a Jacobian then is, too.
    """
    rounding = problem.rounding if rounded else None
    ready: dict[str, Array] = {}
    renamed = {new: old for old, new in problem.visible.names.items()}
    late: dict[str, Callable[[], Array]] = {}
    for name in problem.named:
        if name in problem.jacobians:
            late[name] = _jacobian(problem, name, values, rounding)
            continue
        value = np.asarray(np.add(values[renamed.get(name, name)], 0.0))
        value.flags.writeable = False
        ready[name] = value
    own = f"d{problem.loss}/d{problem.loss}"
    if own in values and own not in ready:
        ready[own] = values[own]
    return SolvedValues(ready, late)


def _jacobian(
    problem: Problem, name: str, values: Mapping[str, Array], rounding: Rounding | None
) -> Callable[[], Array]:
    node = problem.backward.graph.node(name)
    assert node is not None
    shapes = problem.forward.shapes

    def made() -> Array:
        value = tolerant(node, values, shapes, problem.table)
        return value if rounding is None else rounding(name, value)

    return made
