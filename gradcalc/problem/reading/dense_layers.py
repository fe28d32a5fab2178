"""A layer is a macro: W1, b1 and an activation are two equations, with the shapes they need.

units_by_inputs (default)   z1 = W1 @ x + b1      a batch: z1 = x @ W1.T + b1
inputs_by_units             z1 = W1.T @ x + b1    a batch: z1 = x @ W1 + b1
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradcalc.algebra.formula.expr import Apply, Expr, Symbol, add
from gradcalc.algebra.formula.parser import DOTTED
from gradcalc.algebra.formula.shapes import Dim, ShapeError, describe
from gradcalc.algebra.formula.syntax import parse
from gradcalc.algebra.operations.inference import parameters, variant
from gradcalc.algebra.operations.operation import Table
from gradcalc.engine.graph import Line
from gradcalc.errors import ProblemError, Span, listed
from gradcalc.problem.model import Data, Layer, sized

_DOTTED = re.compile(rf"\s*{DOTTED}\s*\Z")

LAYOUTS = ("units_by_inputs", "inputs_by_units")
JACOBIAN_LAYOUTS = ("numerator", "denominator")
WEIGHT = re.compile(r"W([1-9]\d*)\Z")


def read_call(text: str, span: Span) -> Expr:
    """Return the call that a text spells; a name alone is a call without parameters.

    A name may have a framework in front, with dots. Raises ProblemError for a text that
    is no formula.
    """
    call = parse(f"{text}()" if _DOTTED.match(text) else text, span)
    if isinstance(call, Symbol):
        return Apply(call.name, (), (), (0, len(text)))
    if isinstance(call, Apply) and _DOTTED.match(text):
        return Apply(call.op, (), (), (0, len(text)))
    return call


@dataclass(frozen=True)
class Network:
    """The layers of a network and their equations."""

    layers: tuple[Layer, ...]
    lines: tuple[Line, ...]

    @property
    def output(self) -> str | None:
        """Return the name of the last layer's value, or None where there is no layer."""
        return self.layers[-1].after if self.layers else None


def activation(text: str, table: Table, span: Span) -> Apply:
    """Return the activation that a name or a call such as leaky_relu(alpha=0.1) means."""
    expr = read_call(text, span)
    found = table.resolve(expr.op) if isinstance(expr, Apply) else None
    row = table[found.op] if found else None
    learned = list(row.params[1:]) if row is not None and row.kind == "activation" else []
    if not isinstance(expr, Apply) or (expr.args and not learned):
        raise ProblemError(
            "an activation is a name, or a name with its parameters",
            span,
            hint="activations: [relu, leaky_relu(alpha=0.1), identity]",
        )
    if found is None or table[found.op].kind not in ("activation", "elementwise"):
        near = table.nearest(expr.op, ("activation", "elementwise"))
        known = [row.name for row in table if row.kind == "activation"]
        raise ProblemError(
            f"{expr.op} is not an activation that gradcalc knows",
            span.within(0, len(text)),
            hint=f"{expr.op} is a loss: write loss: {expr.op}"
            if found is not None and table[found.op].kind == "loss"
            else f"did you mean {near}?"
            if near
            else f"known are {listed(known)}",
        )
    found, row = variant(found, expr.attrs, table)

    def fail(message: str, part: Apply, hint: str | None = None, label: str = "") -> ProblemError:
        return ProblemError(message, span, label, hint)

    attrs = parameters(expr, found, row, fail)
    if row.kind == "activation" and (
        len(expr.args) != len(learned) or not all(isinstance(arg, Symbol) for arg in expr.args)
    ):
        names = ", ".join(learned)
        raise ProblemError(
            f"{row.name} takes {names}, which is learned" if learned else "operands are not due",
            span,
            hint=f"activations: [{row.name}(p), identity] with weights: {{p: 0.25}}",
        )
    return Apply(found.op, expr.args, attrs)


def network(
    data: Mapping[str, Data],
    start: str,
    activations: Sequence[tuple[Apply, Span]],
    layout: str,
    has_loss: bool,
    table: Table,
) -> Network:
    """Return layers and equations; checks that the shapes chain.

    Raises ProblemError for a missing layer, a transposed weight, units that disagree.
    """
    batch = len(data[start].shape) == 2
    before, width, came_from = start, data[start].shape[-1] if data[start].shape else 1, start
    layers: list[Layer] = []
    lines: list[Line] = []
    for index, (function, span) in enumerate(activations, start=1):
        weight, bias = data[f"W{index}"], data.get(f"b{index}")
        width = _units(weight, width, data[came_from], layout)
        if bias is not None:
            _check_bias(bias, weight, width)
        last = index == len(activations)
        z, after = f"z{index}", "yhat" if last and has_loss else f"a{index}"
        total: Expr = _product(weight.name, before, batch, layout)
        if bias is not None:
            total = add(total, Symbol(bias.name))
        lines.append(Line(z, total, weight.span))
        args = (Symbol(z), *function.args)
        lines.append(Line(after, Apply(function.op, args, function.attrs), span))
        width = _handed_on(function, width, table)
        name = bias.name if bias else None
        layers.append(Layer(index, weight.name, name, before, z, after, function.op))
        before, came_from = after, weight.name
    return Network(tuple(layers), tuple(lines))


def _handed_on(function: Apply, width: Dim, table: Table) -> Dim:
    """Return how many values a layer hands on: a gated layer half of its units."""
    row = table[function.op]
    try:
        return row.shape(((width,),), dict(function.attrs))[-1] if row.vjp is not None else width
    except ShapeError:  # reported with the line of this layer
        return width


def _product(weight: str, before: str, batch: bool, layout: str) -> Expr:
    w, x = Symbol(weight), Symbol(before)
    turned = Apply("transpose", (w,))
    if layout == "inputs_by_units":
        return Apply("matmul", (x, w)) if batch else Apply("matmul", (turned, x))
    return Apply("matmul", (x, turned)) if batch else Apply("matmul", (w, x))


def _units(weight: Data, width: Dim, source: Data, layout: str) -> Dim:
    """Return the number of units of a layer, once its weight fits what `source` makes."""
    if len(weight.shape) != 2:
        raise ProblemError(
            f"{sized(weight.name, weight.shape)}; the weight of a layer is a matrix",
            weight.span,
            hint="a layer of one unit has one row: [[0.1, 0.2]]",
        )
    by_units = layout == "units_by_inputs"
    units, inputs = weight.shape if by_units else weight.shape[::-1]
    if inputs == width:
        return units
    if source.role == "input" and source.shape == (inputs, 1):
        raise ProblemError(
            f"{source.name} is {describe(source.shape)}: {inputs} samples of one number each",
            source.span,
            f"{weight.name} (line {weight.span.line}) takes {inputs} numbers a sample",
            f"write one sample as a list, {source.name}: {_as_list(source)}",
        )
    fed = f"{source.name} (line {source.span.line}) gives {width}"
    shape, turned = describe(weight.shape), describe(weight.shape[::-1])
    wanted = f"{'columns' if by_units else 'rows'} are inputs"
    hint = (
        f"rows are units, columns inputs: {_due(width, 'column')}"
        if by_units
        else f"rows are inputs, columns units: {_due(width, 'row')}"
    )
    if units == width:
        other = LAYOUTS[1] if by_units else LAYOUTS[0]
        hint = (
            f"{weight.name} looks transposed: write it as {turned}, or set weights_layout: {other}"
        )
    raise ProblemError(
        f"{weight.name} is {shape} and does not fit its {width} input{'s' if width != 1 else ''}",
        weight.span,
        f"{wanted}; {fed}",
        hint,
    )


def _due(count: Dim, what: str) -> str:
    return f"{count} {what} is due" if count == 1 else f"{count} {what}s are due"


def _as_list(column: Data) -> str:
    """Return a column's numbers as a list; many of them cut short."""
    texts = column.texts or ()
    return f"[{', '.join(texts)}]" if 0 < len(texts) <= 6 else "[1, 2, …]"


def _check_bias(bias: Data, weight: Data, units: Dim) -> None:
    """Check that a bias is a number, or has one entry a unit."""
    if bias.shape in ((), (1,), (units,)):
        if bias.shape == (1,) and units != 1:
            raise ProblemError(
                f"{bias.name} is a list of 1 entry, the layer has {units} units",
                bias.span,
                hint=f"without brackets, {bias.name} is one number shared by the layer",
            )
        return
    raise ProblemError(
        f"{sized(bias.name, bias.shape)}, {weight.name} (line {weight.span.line})"
        f" makes {units} unit{'s' if units != 1 else ''}",
        bias.span,
        "one number a unit is due",
    )
