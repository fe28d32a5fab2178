"""Solve a problem: evaluate both passes and check every backward line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, TypeAlias

import numpy as np

from gradcalc.algebra.expr import Apply, Symbol, symbols
from gradcalc.algebra.kernels import Array
from gradcalc.algebra.names import gradient_name, gradient_parts
from gradcalc.algebra.operations import Table
from gradcalc.algebra.syntax import SIGN, format
from gradcalc.algebra.table import TABLE
from gradcalc.engine.evaluate import EvaluationError, evaluate, kernel_of
from gradcalc.engine.graph import Node
from gradcalc.engine.rounding import Rounding
from gradcalc.errors import ProblemError
from gradcalc.problem.loss import domain_hint
from gradcalc.problem.model import Comparison, Problem, Solution
from gradcalc.problem.naming import is_hidden

_LOGITS: dict[tuple[str, ...], str] = {
    ("softmax", "cross_entropy"): "softmax_cross_entropy",
    ("sigmoid", "binary_cross_entropy"): "binary_cross_entropy_with_logits",
}
Given: TypeAlias = Literal["trust", "recompute", "fail"]


class Values(Mapping[str, Array]):
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

    Raises ProblemError at the line of the file where a value is not a finite number.

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
    exact = _run(problem, start, trusted, rounded=False)
    values = _rounded(problem, start, trusted) if problem.rounding else exact
    recomputed = _run(problem, start, {}, rounded=False) if fixed else None
    as_given = exact if trusted is fixed else _run(problem, start, fixed, rounded=False)
    comparisons = tuple(
        Comparison(name, fixed[name], _computed(problem, name, as_given), (recomputed or {})[name])
        for name in fixed
    )
    if given == "fail":
        _refuse(problem, comparisons)
    proof = None
    if problem.backward.edges:
        proof = problem.proof.run(exact)
    return Solution(
        problem,
        _named(problem, values, rounded=True),
        _named(problem, exact) if problem.rounding else None,
        _named(problem, recomputed) if recomputed is not None else None,
        comparisons,
        proof,
        trusted=given != "recompute",
    )


def _rounded(
    problem: Problem, start: Mapping[str, Array], given: Mapping[str, Array]
) -> dict[str, Array]:
    """Return the rounded values; an error says that they, not the exact ones, have no value."""
    try:
        return _run(problem, start, given, rounded=True)
    except ProblemError as error:
        error.hint = error.hint or "unrounded it has a value; keep more digits under rounding"
        raise


def inner(solution: Solution) -> Mapping[str, Array]:
    """Return the values in force of all lines, those without a name included."""
    problem = solution.problem
    start = {name: data.array for name, data in problem.data.items()}
    start |= {name: problem.given[name].array for name in problem.upstream_names}
    fixed = {n: problem.given[n].array for n in solution.fixed if n not in start}
    return _run(problem, start, fixed, rounded=True)


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
    return _named(problem, _run(problem, start, given, rounded=True), rounded=True)


def _run(
    problem: Problem, start: Mapping[str, Array], given: Mapping[str, Array], *, rounded: bool
) -> dict[str, Array]:
    try:
        return problem.program.run(start, given, problem.rounding if rounded else None)
    except EvaluationError as error:
        raise located(problem, error) from None
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
    value = evaluate(node.expr, values, known, problem.table)
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


def _named(problem: Problem, values: Mapping[str, Array], *, rounded: bool = False) -> Values:
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
    return Values(ready, late)


def _jacobian(
    problem: Problem, name: str, values: Mapping[str, Array], rounding: Rounding | None
) -> Callable[[], Array]:
    node = problem.backward.graph.node(name)
    assert node is not None
    expr, shapes = node.expr, problem.forward.shapes

    def made() -> Array:
        value = evaluate(expr, values, shapes, problem.table)
        return value if rounding is None else rounding(name, value)

    return made


def located(problem: Problem, error: EvaluationError) -> ProblemError:
    """Return the error of a line without a value as one at its place in the file."""
    node = problem.forward.node(error.line) or problem.backward.graph.node(error.line)
    parts = gradient_parts(error.line)
    if node is None and parts:
        node = problem.forward.node(parts[1])
    what, label = _reason(error, problem.table)
    line = error.line
    if is_hidden(line) and node is not None:
        # the hidden part of an equation: name the line that it stands in
        owners = (other.name for other in problem.forward.nodes if other.span == node.span)
        line = next((name for name in owners if not is_hidden(name)), problem.loss)
        line = gradient_name(problem.loss, line) if parts else line
    return ProblemError(
        f"{line}: {what}",
        node.span if node else None,
        label,
        _way_out(problem, node) or domain_hint(problem.forward, error.line),
    )


def _way_out(problem: Problem, node: Node | None) -> str | None:
    """Return a hint for a cross-entropy whose prediction has come to 0 or 1 exactly."""
    before = problem.forward.node(node.operands[0]) if node and node.operands else None
    if node is None or before is None:
        return None
    ops = tuple(each.expr.op for each in (before, node) if isinstance(each.expr, Apply))
    loss = _LOGITS.get(ops)
    return f"{before.name} is 0 or 1 to the last digit; {loss} takes logits" if loss else None


def _reason(error: EvaluationError, table: Table) -> tuple[str, str]:
    """Return in words what has no finite value: `log(0) has no value`."""
    if error.reason.startswith("there is no"):
        return error.reason, "rows count from 1"
    kind = (
        "overflow"
        if "overflow" in error.reason
        else ("divide" if "divide" in error.reason else "invalid")
    )
    expr, shown, entry = error.expr, "", ""
    if isinstance(expr, Apply) and error.operands and table[expr.op].is_elementwise:
        shown, entry = _entry(expr, error.operands)
    plain = isinstance(expr, Symbol) or any(is_hidden(name) for name in symbols(expr))
    where = f", at entry {entry}" if entry else ""
    named = shown or ("a value" if plain else format(expr))
    if kind == "overflow":
        return f"{named} is too large to compute with", f"larger than 1.8e308{where}"
    if kind == "divide" and isinstance(expr, Apply) and expr.op in ("div", "xdivy"):
        return f"division by 0: {named}", f"the divisor is 0 here{where}"
    return f"{named} has no value", f"outside the domain of the function{where}"


def _entry(expr: Apply, operands: tuple[Array, ...]) -> tuple[str, str]:
    """Return the application with the numbers of the first entry that fails, and its index."""
    kernel = kernel_of(expr, tuple(np.ndim(value) for value in operands))
    with np.errstate(all="ignore"):
        result = np.asarray(kernel(*operands))
    bad = np.argwhere(~np.isfinite(result))
    if not len(bad):
        return "", ""
    at = tuple(bad[0])
    picked = (float(np.broadcast_to(value, result.shape)[at]) for value in operands)
    shown = Apply(expr.op, tuple(Symbol(_short(value, expr.op)) for value in picked), expr.attrs)
    written_out = TABLE[expr.op].expand(shown) if expr.op in ("xlogy", "xdivy") else None
    index = f"[{','.join(str(i + 1) for i in at)}]" if result.size > 1 else ""
    return format(written_out or shown), index


def _short(value: float, op: str) -> str:
    text = f"{value:.6g}"
    return f"({text})" if value < 0 and op in SIGN else text
