"""A few words beside a line, where a reader would ask why."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, symbols
from gradcalc.algebra.formula.expr import parts as all_parts
from gradcalc.algebra.formula.names import GREEK, gradient_parts
from gradcalc.algebra.formula.shapes import Shape, size
from gradcalc.algebra.operations.operation import Operation
from gradcalc.report.mathematics.names import spelled
from gradcalc.report.steps.layer_remarks import (
    at_limit,
    beside,
    count_off,
    laid_over,
    looked_up,
    masked,
    turned,
)
from gradcalc.report.steps.view import View

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array
    from gradcalc.engine.graph import Node

MANY_UNITS = 6
OPPOSITE = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}
COUNTS = ("no", "one", "both", "all three", "all four")


def remark(view: View, node: Node, said: set[RemarkRule]) -> str | None:
    """Return the words for a line of either pass, or None where the formula says it all.

    `said` collects the rules that have spoken; what is general is said once.
    """
    if node.name in view.solution.fixed:
        return "given"
    gap = view.solution.gaps.get(node.name)
    if gap is not None:
        return _lettered(view, beside(view, gap))
    limit = at_limit(view, node)
    if limit is not None:
        return limit
    parts = gradient_parts(node.name)
    if parts is None or view.shapes.get(node.name) is None:
        rules: tuple[RemarkRule, ...] = (
            *(_rounded, _switched, _reduced, _case, _spread, _by_row),
            laid_over,
        )
    elif parts[0] == view.problem.loss:
        rules = (
            _rounded,
            _loss,
            _case,
            _passed_on,
            _paths,
            turned,
            looked_up,
            _outer,
            _bias,
            _column,
            _transposed,
            _chain,
        )
    else:
        rules = (_rounded, _kink, masked, _prime, _saved)
    for rule in rules:
        words = rule(view, node)
        if words and not (rule in said and rule in ONCE):
            said.add(rule)
            return _lettered(view, words)
    return None


def _lettered(view: View, words: str) -> str:
    """Return words in the letters of a page."""
    return words if view.unicode else spelled(words)


RemarkRule = Callable[[View, "Node"], str | None]


def shape_text(shape: Shape) -> str:
    """Return a shape as it is said in a remark: 2×3; a vector is a column."""
    if len(shape) < 2:
        return f"{shape[0] if shape else 1}×1"
    return "×".join(str(dim) for dim in shape)


# --- forward lines ----------------------------------------------------------------


def _rounded(view: View, node: Node) -> str | None:
    rounding = view.problem.rounding
    if rounding is None or node.name not in rounding.named:
        return None
    places = rounding.named[node.name]
    how = {"truncate": "cut off after", "half_up": "rounded to", "half_even": "rounded to"}
    return f"{how[rounding.mode]} {places} decimal{'' if places == 1 else 's'}"


def _row(view: View, node: Node) -> Operation | None:
    """Return the row of the operation that the line of a name applies."""
    expr = node.expr
    return view.problem.table[expr.op] if isinstance(expr, Apply) else None


def _switched(view: View, node: Node) -> str | None:
    """Say which units a rectifier switches off: `z₂, z₅ < 0: units 2, 5 off`."""
    row = _row(view, node)
    if row is None or not row.prime or node.name not in view.values:
        return None
    operand = node.expr.args[0] if isinstance(node.expr, Apply) else node.expr
    if not isinstance(operand, Symbol):
        return None
    value = view.values[operand.name]
    if row.name == "relu":
        return _units(view, operand.name, value, "≤", "<")
    below = np.flatnonzero(value < 0)
    if value.ndim != 1 or not 0 < len(below) <= MANY_UNITS:
        return None
    names = ", ".join(view.notation.entry_name(operand.name, (int(i),)) for i in below)
    return f"{names} < 0: the small slope"


def _units(view: View, name: str, value: Array, closed: str, below: str) -> str | None:
    off = np.flatnonzero(value <= 0)
    shown = view.notation.name(name)
    sign = below if not (value == 0).any() else closed
    total = value.size
    if value.ndim == 0:
        return f"{shown} {sign} 0: the unit is off" if len(off) else None
    if value.ndim > 1 or total > 2 * MANY_UNITS:
        return count_off(view, name, len(off)) if len(off) else "all units on"
    if not len(off):
        return f"{shown} > 0: {_all(total)} units on" if total > 1 else None
    if len(off) == total:
        return (
            f"{shown} {sign} 0: {_all(total)} units off"
            if total > 1
            else (f"{shown} {sign} 0: the unit is off")
        )
    if len(off) > MANY_UNITS:
        return count_off(view, name, len(off))
    names = ", ".join(view.notation.entry_name(name, (int(i),)) for i in off)
    numbers = ", ".join(str(i + 1) for i in off)
    return f"{names} {sign} 0: unit{'s' if len(off) > 1 else ''} {numbers} off"


def _all(count: int) -> str:
    return COUNTS[count] if count < len(COUNTS) else f"all {count}"


def _reduced(view: View, node: Node) -> str | None:
    """Say over what a loss of a batch is averaged or summed."""
    row = _row(view, node)
    if row is None or row.kind != "loss" or not isinstance(node.expr, Apply):
        return None
    shape = view.shape_of(node.expr.args[0])
    if len(shape) != 2 or not view.by_sample:
        return None
    return {
        "sum": f"summed over the {shape[0]} samples",
        "mean": f"mean of all {shape[0]}·{shape[1]} entries"
        if shape[1] != 1
        else f"mean over the {shape[0]} samples",
        "batchmean": f"mean over the {shape[0]} samples",
    }.get(view.reduction(node.expr))


def _case(view: View, node: Node) -> str | None:
    """Say which case of a formula of two cases holds."""
    formula = view.defined(node.expr)
    cases = [part for part in all_parts(formula) if isinstance(part, Apply) and part.op == "where"]
    if len(cases) != 1 or node.name not in view.values:
        return None
    condition = cases[0].args[0]
    if any(np.size(view.values[name]) != 1 for name in symbols(condition)):
        return None
    if not isinstance(condition, Apply) or condition.op not in OPPOSITE:
        return None
    if view.scalar(view.entry(condition, (), numbers=False)):
        return f"{view.notation.line(condition)}: first case"
    opposite = Apply(OPPOSITE[condition.op], condition.args)
    return f"{view.notation.line(opposite)}: second case"


def _spread(view: View, node: Node) -> str | None:
    """Say that a bias is added to each sample's row."""
    layer = next((layer for layer in view.problem.layers if layer.z == node.name), None)
    if layer is None or layer.bias is None or not view.is_batch(layer.bias):
        return None
    return f"one sample a row; {view.notation.name(layer.bias)} is added to each"


def _by_row(view: View, node: Node) -> str | None:
    row = _row(view, node)
    batch = row is not None and row.jacobian is not None and len(node.shape) == 2
    return "row by row: each sample by itself" if batch else None


def _step_function(view: View, node: Node) -> str | None:
    if any(isinstance(part, Apply) and part.op == "heaviside" for part in all_parts(node.expr)):
        return "H: 1 above 0, ½ at 0, otherwise 0" if view.unicode else None
    return None


# --- local derivatives ------------------------------------------------------------


def _kink(view: View, node: Node) -> str | None:
    check, parts = view.solution.check, gradient_parts(node.name)
    if check is None or parts is None:
        return None
    at = [kink for kink in check.kinks if kink.partition("[")[0] == parts[1]]
    forward = view.line(parts[0])
    row = _row(view, forward) if forward else None
    if not at or row is None or not row.kink_note:
        return None
    if view.shapes[parts[1]] and len(at) <= MANY_UNITS:
        places = (kink.partition("[")[2].rstrip("]") for kink in at)
        named = ", ".join(
            view.notation.entry_name(parts[1], tuple(int(i) - 1 for i in place.split(",")))
            for place in places
        )
    else:
        named = view.notation.name(parts[1])
    return f"{named} on the kink: {row.kink_note}"


def _prime(view: View, node: Node) -> str | None:
    """Explain f′: `1 where z > 0, otherwise 0`, or which units are on."""
    expr = node.expr
    while isinstance(expr, Apply) and not expr.op.endswith("'") and len(expr.args) == 1:
        expr = expr.args[0]
    if isinstance(expr, Apply) and expr.op == "mul" and len(expr.args) == 2:
        return _scaled_prime(view, *expr.args)
    if not isinstance(expr, Apply) or not expr.op.endswith("'"):
        return None
    row = view.problem.table[expr.op[:-1]]
    operand = expr.args[0]
    if not isinstance(operand, Symbol) or not row.when:
        return None
    shown = view.notation.name(operand.name)
    value = view.values.get(operand.name)
    if value is not None and operand.name in view.solution.fixed:
        return _units(view, operand.name, value, "=", "=")
    when = row.when.format(shown)
    settings = {**row.attributes, **dict(expr.attrs)}
    for key, setting in settings.items():
        when = when.replace(GREEK.get(key, key), view.notation.line(setting))
    return when


def _scaled_prime(view: View, factor: Expr, prime: Expr) -> str | None:
    """Explain 5 ReLU′: 5 where z > 0, otherwise 0."""
    if not isinstance(factor, Number) or not isinstance(prime, Apply) or prime.op != "relu'":
        return None
    operand = prime.args[0]
    if not isinstance(operand, Symbol) or operand.name in view.solution.fixed:
        return None
    shown = view.notation.number(factor)
    return f"{shown} where {view.notation.name(operand.name)} > 0, otherwise 0"


def _saved(view: View, node: Node) -> str | None:
    """Say that a derivative is written in the output: σ′ = σ (1 − σ)."""
    parts = gradient_parts(node.name)
    forward = view.line(parts[0]) if parts else None
    row = _row(view, forward) if forward else None
    if parts is None or row is None:
        return None
    if row.jacobian:
        return "each output depends on each input"
    written = {"sigmoid": "σ′ = σ (1 − σ)", "tanh": "tanh′ = 1 − tanh²"}
    return written.get(row.name) if parts[0] in symbols(node.expr) else None


# --- gradients --------------------------------------------------------------------


def _loss(view: View, node: Node) -> str | None:
    """Say how the derivative of a loss comes about."""
    parts = gradient_parts(node.name)
    line = view.line(view.problem.loss)
    row = _row(view, line) if line else None
    if row is None or row.kind != "loss" or parts is None or line is None:
        return None
    assert isinstance(line.expr, Apply)
    operand = line.expr.args[0]
    if not isinstance(operand, Symbol) or operand.name != parts[1]:
        return None
    if len(view.contributions(parts[1])) > 1:
        return None
    target = line.expr.args[1]
    entry, other = (_letter(view, e) for e in (operand, target))
    vector = bool(view.shapes[parts[1]]) and view.shapes[parts[1]] != (1,)
    words = {
        "squared_error": f"{entry} occurs in one square, ({entry} − {other})²"
        if vector
        else "the 2 comes down from the square",
        "half_squared_error": "the 2 of the square cancels the ½",
        "mse": _mean_of_squares(view, operand.name),
        "softmax_cross_entropy": "softmax and logarithm cancel: what is left is an error",
        "l1": "the sign of the error",
        "hinge": None,
    }
    return words.get(row.name)


def _mean_of_squares(view: View, prediction: str) -> str:
    count = size(view.shapes[prediction])
    if count == 1:
        return "the 2 comes down from the square"
    if count == 2:
        return "the 2 of the square cancels the mean's ½"
    return f"2 from the square, 1/{count or 'n'} from the mean"


def _letter(view: View, expr: Expr) -> str:
    if not isinstance(expr, Symbol):
        return view.notation.line(expr)
    name = view.notation.name(expr.name)
    if not view.unicode:
        return f"{name}[i]"
    return name + "ᵢ" if len(view.shapes[expr.name]) == 1 else name + "ᵢⱼ"


def _passed_on(view: View, node: Node) -> str | None:
    """Explain a gradient that is another one as it is."""
    parts = gradient_parts(node.name)
    if parts is None or not isinstance(node.expr, Symbol):
        return None
    before = gradient_parts(node.expr.name)
    if before is None:
        return None
    line = view.line(before[1])
    name = view.notation.name
    if before[1] == parts[1]:
        return f"{name(parts[0])} moves as {name(before[0])} does"
    if line is None:
        return None
    if _row(view, line) and isinstance(line.expr, Apply) and line.expr.op == "identity":
        return f"no activation: {name(before[1])} = {name(parts[1])}"
    return f"{name(before[1])} moves as {name(parts[1])} does"


def _paths(view: View, node: Node) -> str | None:
    parts = gradient_parts(node.name)
    count = len(view.contributions(parts[1])) if parts else 0
    if parts is None or count < 2 or not isinstance(node.expr, Apply) or node.expr.op != "add":
        return None
    name = view.notation.name(parts[1])
    if parts[1] in view.problem.data:
        lines = view.problem.visible.forward
        places = sum(_occurrences(node.expr, parts[1]) for node in lines)
        often = {1: "in several ways", 2: "twice"}.get(places, f"{places} times")
        return f"{name} occurs {often}: the parts add"
    return f"{count} paths lead from {name}: their gradients add"


def _occurrences(expr: Expr, name: str) -> int:
    if isinstance(expr, Symbol):
        return expr.name == name
    return sum(_occurrences(arg, name) for arg in expr.args) if isinstance(expr, Apply) else 0


def _outer(view: View, node: Node) -> str | None:
    """Say why the product of a gradient and an input has the shape of W."""
    parts, expr = gradient_parts(node.name), node.expr
    if parts is None or not isinstance(expr, Apply):
        return None
    own = view.notation.name(parts[1])
    if expr.op == "outer":
        a, b = (view.shape_of(arg) for arg in expr.args)
        return f"{shape_text(a)} times 1×{b[0]}" + _shape_of(view, own)
    if expr.op == "matmul" and len(node.shape) == 2 and view.is_batch(parts[1]):
        a, b = (view.shape_of(arg) for arg in expr.args)
        inner = a[-1]
        return f"the sum over the {inner} samples, {shape_text(node.shape)} as {own}"
    return None


def _bias(view: View, node: Node) -> str | None:
    parts, expr = gradient_parts(node.name), node.expr
    if parts is None or not isinstance(expr, Apply) or expr.op != "sum":
        return None
    inner = view.shape_of(expr.args[0])
    if not isinstance(expr.args[0], Symbol):
        return None
    if expr.attr("axis") is not None:
        own = view.notation.name(parts[1])
        return f"{own} is in all {inner[0]} rows: their sum" if view.is_batch(parts[1]) else None
    if len(inner) == 1 and inner != (1,):
        return f"one {view.notation.name(parts[1])} for all {inner[0]} units: their sum"
    return None


def _column(view: View, node: Node) -> str | None:
    """Say why the transpose of a single row is a column."""
    parts, expr = gradient_parts(node.name), node.expr
    if parts is None or not isinstance(expr, Apply) or expr.op != "matmul" or len(node.shape) != 1:
        return None
    left = expr.args[0]
    shape = view.shape_of(left)
    if not isinstance(left, Apply) or left.op != "transpose" or 1 not in shape:
        return None
    own = view.notation.name(parts[1])
    return f"{shape_text(shape)} times {shape[1]}×1" + _shape_of(view, own)


def _shape_of(view: View, name: str) -> str:
    """Return whose shape a product has; a page in letters shows the dimension instead."""
    return f", the shape of {name}" if view.problem.numeric else ""


def _transposed(view: View, node: Node) -> str | None:
    """Say what a transposed weight does on the way back."""
    parts, expr = gradient_parts(node.name), node.expr
    if parts is None or not isinstance(expr, Apply) or expr.op != "matmul" or len(node.shape) != 1:
        return None
    left = expr.args[0]
    if not {layer.weight for layer in view.problem.layers}.intersection(symbols(left)):
        return None
    if isinstance(left, Apply) and left.op == "transpose":
        return "unit j feeds column j: column becomes row"
    return f"row j of {view.notation.line(left)} is what unit j feeds"


def _chain(view: View, node: Node) -> str | None:
    """Name the chain rule where a gradient meets a local derivative."""
    expr = node.expr
    if isinstance(expr, Apply) and expr.op == "mul" and len(expr.args) == 2:
        names = [gradient_parts(arg.name) for arg in expr.args if isinstance(arg, Symbol)]
        if len(names) == 2 and None not in names and node.shape and node.shape != (1,):
            return "chain rule, entry by entry"
    return None


ONCE = (_chain, _passed_on, _transposed, _saved, _prime, _spread, _by_row, _step_function)
