"""An evaluation error at the user's line: what has no value there, and a way out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gradcalc.algebra.derivation.rules import unguarded
from gradcalc.algebra.formula.expr import Apply, Symbol, parts, substitute, symbols
from gradcalc.algebra.formula.names import gradient_name, gradient_parts
from gradcalc.algebra.formula.shapes import Index, Shape
from gradcalc.algebra.formula.syntax import SIGN, format
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.operation import Table
from gradcalc.engine.autodiff import derivative
from gradcalc.engine.evaluate import EvaluationError, evaluate
from gradcalc.engine.graph import Graph, Node
from gradcalc.engine.operation_functions import kernel_of
from gradcalc.errors import ProblemError
from gradcalc.problem.model import Problem
from gradcalc.problem.names import is_hidden

_LOGITS: dict[tuple[str, ...], str] = {
    ("softmax", "cross_entropy"): "softmax_cross_entropy",
    ("sigmoid", "binary_cross_entropy"): "binary_cross_entropy_with_logits",
}
_LETTERS = ("u", "v", "w", "p", "q")

_PROBABILITIES = {
    "cross_entropy": ("softmax", "softmax_cross_entropy"),
    "binary_cross_entropy": ("sigmoid", "binary_cross_entropy_with_logits"),
}


# --- errors and reasons -----------------------------------------------------------------


def located(
    problem: Problem,
    error: EvaluationError,
    name: str | None = None,
    values: Mapping[str, Array] | None = None,
) -> ProblemError:
    """Return the error of a line without a value as one at its place in the file.

    name: the line with a name that has no value because of it, where it has none itself.
    values: of the lines before, NaN where they do not exist.
    """
    node = problem.forward.node(error.line) or problem.backward.graph.node(error.line)
    made = gradient_parts(error.line)
    if node is None and made:
        node = problem.forward.node(made[1])
    what, label = reason(problem, error, values or {})
    line = error.line
    if is_hidden(line) and name is not None:
        line = name
    elif is_hidden(line) and node is not None:
        # the hidden part of an equation: name the line that it stands in
        owners = (other.name for other in problem.forward.nodes if other.span == node.span)
        line = next((name for name in owners if not is_hidden(name)), problem.loss)
        line = gradient_name(problem.loss, line) if made and line != problem.loss else line
    derived = gradient_parts(line) and "overflow" not in error.reason
    return ProblemError(
        f"{line} does not exist: {what}" if derived else f"{line}: {what}",
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


def reason(
    problem: Problem, error: EvaluationError, values: Mapping[str, Array]
) -> tuple[str, str]:
    """Return in words what has no finite value, `log(0) has no value`, and what is wrong."""
    if error.reason.startswith("there is no"):
        return error.reason, "rows count from 1"
    expr, shown, at = error.expr, "", None
    if isinstance(expr, Apply) and error.operands and _by_entry(expr, problem.table):
        shown, at = _entry(expr, error.operands)
    plain = isinstance(expr, Symbol) or any(is_hidden(name) for name in symbols(expr))
    where = f", at entry [{','.join(str(i + 1) for i in at)}]" if at else ""
    named = shown or ("a value" if plain else format(expr))
    if "overflow" in error.reason:
        return f"{named} is too large to compute with", f"larger than 1.8e308{where}"
    what, label = f"{named} has no value", f"outside the domain of the function{where}"
    if "divide" in error.reason and isinstance(expr, Apply) and expr.op in ("div", "xdivy"):
        what, label = f"division by 0: {named}", f"the divisor is 0 here{where}"
    for node, operand in _derived(problem, error):
        slope = _no_slope(problem, node, operand, values, at)
        if slope:
            return slope, f"{what}{where}" if shown else label
    return what, label


def _by_entry(expr: Apply, table: Table) -> bool:
    return expr.op != "broadcast" and table[expr.op].is_elementwise


def _entry(expr: Apply, operands: tuple[Array, ...]) -> tuple[str, Index | None]:
    """Return the application with the numbers of the first entry that fails, and its index."""
    kernel = kernel_of(expr, tuple(np.ndim(value) for value in operands))
    with np.errstate(all="ignore"):
        result = np.asarray(kernel(*operands))
        known = ~np.any(
            [np.broadcast_to(np.isnan(each), result.shape) for each in operands], axis=0
        )
    bad = np.argwhere(~np.isfinite(result) & known)
    if not len(bad):
        return "", None
    at = tuple(int(i) for i in bad[0])
    picked = (float(np.broadcast_to(value, result.shape)[at]) for value in operands)
    shown = Apply(expr.op, tuple(Symbol(_short(value, expr.op)) for value in picked), expr.attrs)
    plain = unguarded(shown)
    if expr.op == "xlogy":  # the factor is not at fault
        plain = Apply("log", shown.args[1:])
    return format(plain), at if result.size > 1 else None


def _short(value: float, op: str) -> str:
    text = f"{value:.6g}"
    return f"({text})" if value < 0 and op in SIGN else text


# --- derivatives that do not exist ------------------------------------------------------


def _derived(problem: Problem, error: EvaluationError) -> list[tuple[Node, str]]:
    """Return the forward lines whose derivative a line takes, and by which operand."""
    made = gradient_parts(error.line)
    if made is None:
        return []
    edges = [edge for edge in problem.backward.edges if edge.operand == made[1]]
    if made[0] != problem.loss:
        names = [made[0]]
    else:
        ours = [edge.node for edge in edges if error.expr in parts(edge.contribution)]
        names = ours or [edge.node for edge in edges]
    nodes = [problem.forward.node(name) for name in names]
    return [(node, made[1]) for node in nodes if node is not None]


def _no_slope(
    problem: Problem, node: Node, operand: str, values: Mapping[str, Array], at: Index | None
) -> str | None:
    """Say that a function has no derivative at the numbers it is applied to, where it has none.

    at: the entry that is looked at.
    """
    expr, table = node.expr, problem.table
    if not isinstance(expr, Apply) or expr.op == "array" or table[expr.op].kind == "loss":
        return None
    row = table[expr.op]
    if not row.is_elementwise or row.variadic or any(n not in values for n in node.operands):
        return None
    index = expr.args.index(Symbol(operand))
    local = derivative(expr, index, row, Symbol(node.name), table)
    env = {name: _picked(values[name], at) for name in (*node.operands, node.name)}
    if any(value is None or not np.isfinite(value) for value in env.values()):
        return None
    numbers = {name: np.asarray(value) for name, value in env.items()}
    shapes: dict[str, Shape] = dict.fromkeys(env, ())
    try:
        evaluate(local, numbers, shapes, table)
    except EvaluationError as error:
        if "overflow" in error.reason:
            return None
        return _told(expr, operand, env)
    return None


def _picked(value: Array, at: Index | None) -> float | None:
    """Return the number of an entry, None where a value has none of that index."""
    if value.size == 1:
        return float(value.ravel()[0])
    fits = at is not None and value.ndim == len(at)
    if not fits or any(i >= n for i, n in zip(at or (), value.shape, strict=True)):
        return None
    return float(value[at or ()])


def _told(expr: Apply, operand: str, env: Mapping[str, float | None]) -> str:
    """Return `sqrt(u) has no derivative at u = 0`, hidden operands with letters of their own."""
    read = symbols(expr)
    free = [letter for letter in _LETTERS if letter not in env]
    names = {n: (free.pop(0) if is_hidden(n) and free else n) for n in read}
    shown = substitute(expr, {old: Symbol(new) for old, new in names.items()})
    at = ", ".join(f"{names[name]} = {env[name]:.6g}" for name in read)
    by = f" by {names[operand]}" if len(read) > 1 else ""
    return f"{format(unguarded(shown))} has no derivative{by} at {at}"


def domain_hint(forward: Graph, line: str) -> str | None:
    """Return a way out where the output in a cross-entropy is no probability."""
    ops = {node.name: node.expr.op for node in forward.nodes if isinstance(node.expr, Apply)}
    node = forward.node(line)
    if node is None or not node.operands:
        return None
    probability, logits = _PROBABILITIES.get(ops.get(line, ""), ("", ""))
    before = node.operands[0]
    if not probability or before != "yhat" or ops.get(before) in ("sigmoid", "softmax"):
        return None
    return f"{before} is to be a probability: use {probability} for the output, or loss: {logits}"
