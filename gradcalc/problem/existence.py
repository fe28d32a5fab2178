"""Say which lines have a value, and of those that have none where that begins, and why.

A line that reads one without a value has none either. Where the output itself has none,
no derivative of it exists. A file is refused only if nothing that it asks for exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from gradcalc.algebra.expr import Apply, Symbol, parts, substitute, symbols
from gradcalc.algebra.kernels import Array
from gradcalc.algebra.names import gradient_name, gradient_parts
from gradcalc.algebra.operations import Table
from gradcalc.algebra.rules import unguarded
from gradcalc.algebra.shapes import Shape
from gradcalc.algebra.syntax import SIGN, format
from gradcalc.engine.aligned import kernel_of
from gradcalc.engine.autodiff import derivative
from gradcalc.engine.evaluate import Adjust, EvaluationError, Program, evaluate
from gradcalc.engine.gaps import traced
from gradcalc.engine.graph import Node
from gradcalc.errors import ProblemError
from gradcalc.problem.loss import domain_hint
from gradcalc.problem.model import Gap, Problem
from gradcalc.problem.naming import Reference, is_hidden

_LOGITS: dict[tuple[str, ...], str] = {
    ("softmax", "cross_entropy"): "softmax_cross_entropy",
    ("sigmoid", "binary_cross_entropy"): "binary_cross_entropy_with_logits",
}
_LETTERS = ("u", "v", "w", "p", "q")
Index: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Evaluation:
    """The value of every line, NaN where it does not exist.

    faults: the lines at which that begins; first: the first of them, None where every
    value exists.
    """

    values: dict[str, Array]
    faults: Mapping[str, EvaluationError] = field(default_factory=dict)
    first: EvaluationError | None = None

    @property
    def missing(self) -> int:
        """Return how many entries of lines with names do not exist."""
        values = (value for name, value in self.values.items() if not is_hidden(name))
        return sum(int(np.isnan(value).sum()) for value in values)

    def absent(self, name: str) -> bool:
        """Tell whether some entry of a line has no value."""
        value = self.values.get(name)
        return value is not None and bool(np.isnan(value).any())

    def has(self, ref: Reference, name: str | None = None) -> bool:
        """Tell whether something of a quantity, or the entry that is meant, has a value."""
        value = self.values.get(name or ref.name)
        if value is None:
            return False
        own = value if ref.index is None else value[ref.index]
        return bool(np.isfinite(own).any()) or not np.size(own)


def run(
    program: Program,
    loss: str,
    start: Mapping[str, Array],
    given: Mapping[str, Array],
    adjust: Adjust | None = None,
) -> Evaluation:
    """Return the values of all lines; where the output has none, its derivatives have none."""
    try:
        return Evaluation(program.run(start, given, adjust))
    except EvaluationError as error:
        first = error
    values, faults = traced(program, start, given, adjust)
    own = values.get(loss)
    if own is not None and np.isnan(own).all():
        for name, value in values.items():
            made = gradient_parts(name)
            if made and made[0] == loss and name not in start and name not in given:
                values[name] = np.full(value.shape, np.nan)
    return Evaluation(
        values, faults, first if any(np.isnan(v).any() for v in values.values()) else None
    )


def refuse_nothing(
    problem: Problem, found: Evaluation, nodes: Iterable[Node], hint: str = ""
) -> None:
    """Raise ProblemError where nothing exists of what a problem asks for."""
    if found.first is None:
        return
    old = {new: name for name, new in problem.visible.names.items()}
    asked = [(ref, old.get(ref.name, ref.name)) for ref in problem.find]
    known = [(ref, name if name in found.values else ref.name) for ref, name in asked]
    if not known or not any(found.has(ref, name) for ref, name in known):
        error = located(problem, found.first, _sufferer(problem, found, nodes), found.values)
        error.hint = error.hint or hint or None
        raise error


def _sufferer(problem: Problem, found: Evaluation, nodes: Iterable[Node]) -> str | None:
    """Return the first line with a name that has no value."""
    names = problem.visible.names
    for node in nodes:
        if (not node.hidden or node.name in names) and found.absent(node.name):
            return names.get(node.name, node.name)
    return None


def gaps(problem: Problem, found: Evaluation, nodes: Iterable[Node]) -> dict[str, Gap]:
    """Return why each line with a name has no value in some entry, by the name that is shown."""
    if found.first is None:
        return {}
    return _Gaps(problem, found, {node.name: node for node in nodes}).all()


@dataclass(frozen=True)
class _Gaps:
    problem: Problem
    found: Evaluation
    lines: Mapping[str, Node]

    def all(self) -> dict[str, Gap]:
        result = {}
        for name, node in self.lines.items():
            shown = self.shown(name)
            if shown is not None and self.found.absent(name):
                missing = np.isnan(self.found.values[name])
                entries = tuple(tuple(int(i) for i in at) for at in np.argwhere(missing))
                on, why, label = self.cause(node)
                whole = bool(missing.all())
                result[shown] = Gap(shown, whole, entries if missing.ndim else (), on, why, label)
        return result

    def shown(self, name: str) -> str | None:
        """Return the name under which a line is shown, None for a hidden one."""
        new = self.problem.visible.names.get(name, name)
        return None if is_hidden(new) else new

    def cause(self, node: Node) -> tuple[str | None, str, str]:
        """Return the line that one rests on, or what is wrong in it itself."""
        error = self.found.faults.get(node.name)
        if error is not None:
            return (None, *reason(self.problem, error, self.found.values))
        for name in symbols(node.expr):
            if not self.found.absent(name):
                continue
            shown = self.shown(name)
            return (shown, "", "") if shown else self.cause(self.lines[name])
        return self.problem.loss, "", ""


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
