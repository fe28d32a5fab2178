"""Write products and derivatives by their limits where a problem's numbers need it.

0 ln 0 is 0, as everywhere in information theory (Cover, Thomas: Elements of Information
Theory, 2.1), and so is the derivative of 0^n by n > 0. A formula that is well defined at
the numbers of the problem stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, mul, parts, rebuild
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.algebra.operations.operation import Operation, Table
from gradcalc.engine.autodiff import Backward
from gradcalc.engine.graph import Graph, Line, Visible
from gradcalc.errors import ProblemError
from gradcalc.problem.model import Problem

if TYPE_CHECKING:
    from gradcalc.problem.undefined_lines import Evaluation

First: TypeAlias = Callable[[Sequence[Line], Table], Graph]
Second: TypeAlias = Callable[[Graph, Table], Backward]
Show: TypeAlias = Callable[[Graph, Backward, Table], Visible]


def with_limits(problem: Problem, first_pass: First, second_pass: Second, show: Show) -> Problem:
    """Return a problem with limits in place of formulas that have no value at its numbers.

    first_pass, second_pass: make the graphs of lines with a table; show: their visible lines.
    """
    if not problem.numeric or not _may_need(problem):
        return problem
    from gradcalc.problem.undefined_lines import run  # noqa: PLC0415 - most files need no NumPy

    def missing(of: Problem) -> Evaluation:
        start = {name: data.array for name, data in of.data.items()}
        start |= {name: of.given[name].array for name in of.upstream_names}
        given = {name: data.array for name, data in of.given.items() if name not in start}
        return run(of.program, of.loss, start, given)

    def changed(lines: Sequence[Line], table: Table) -> Problem:
        forward = first_pass(lines, table)
        backward = second_pass(forward, table)
        shown = show(forward, backward, table)
        return replace(
            problem,
            lines=tuple(lines),
            table=table,
            forward=forward,
            backward=backward,
            visible=shown,
        )

    try:
        before = missing(problem)
        if before.first is None:
            return problem
        found = problem
        lines = [replace(line, expr=_with_products(line.expr)) for line in problem.lines]
        if any(_takes_logarithm(problem, name) for name in before.faults):
            other = changed(lines, problem.table)
            after = missing(other)
            if after.missing < before.missing:
                found, before = other, after
        rows = list(_rows(found, before.faults))
        if rows:
            other = changed(found.lines, found.table.extended(rows))
            if missing(other).missing < before.missing:
                found = other
    except (OverflowError, ProblemError):  # told when the problem is solved
        return problem
    return found


def _may_need(problem: Problem) -> bool:
    """Tell whether some line has a formula with another form at its limit."""
    rows = (
        problem.table[node.expr.op]
        for node in problem.forward.nodes
        if isinstance(node.expr, Apply)
        and node.expr.op != "array"
        and not (node.expr.op == "pow" and isinstance(node.expr.args[1], Number))
    )
    return any(row.limits for row in rows) or any(
        _with_products(line.expr) != line.expr for line in problem.lines
    )


def _with_products(expr: Expr) -> Expr:
    """Return a formula with a ln b, which is 0 where a is 0, for products with a logarithm."""

    def change(part: Expr) -> Expr:
        if not isinstance(part, Apply) or part.op != "mul":
            return part
        logs = [arg for arg in part.args if isinstance(arg, Apply) and arg.op == "log"]
        rest = [arg for arg in part.args if not logs or arg is not logs[0]]
        if not logs or not any(isinstance(inner, Symbol) for arg in rest for inner in parts(arg)):
            return part
        return Apply("xlogy", (mul(*rest), logs[0].args[0]), (), part.place)

    return rebuild(expr, change)


def _takes_logarithm(problem: Problem, name: str) -> bool:
    node = problem.forward.node(name)
    return node is not None and isinstance(node.expr, Apply) and node.expr.op == "log"


def _rows(problem: Problem, faults: Iterable[str]) -> Iterator[Operation]:
    """Yield the rows whose derivatives are to be written by their limits, as they then are."""
    due: dict[str, set[int]] = {}
    for line in faults:
        of, by = gradient_parts(line) or ("", "")
        edges = [edge for edge in problem.backward.edges if edge.operand == by]
        names = [of] if of != problem.loss else [edge.node for edge in edges]
        for name in names:
            node = problem.forward.node(name)
            if node is not None and isinstance(node.expr, Apply):
                places = (at for at, arg in enumerate(node.expr.args) if arg == Symbol(by))
                due.setdefault(node.expr.op, set()).update(places)
    for op, taken in due.items():
        row = problem.table[op] if op != "array" else None
        if row is not None and row.limits and row.derivative is not None:
            pairs = enumerate(zip(row.derivative, row.limits, strict=True))
            texts = tuple(limit if at in taken and limit else own for at, (own, limit) in pairs)
            yield replace(row, derivative=texts)
