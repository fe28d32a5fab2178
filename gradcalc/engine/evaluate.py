"""Evaluate lines of formulas with NumPy: one loop over one flat list of calls.

Lines are compiled once and run many times. A value may have leading axes before its
own shape (a class, a stack of perturbed copies); the evaluator aligns operands by
their own ranks, so that a class of 3 is never mistaken for a vector of 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import inf, isfinite
from typing import Any, Literal, TypeAlias

import numpy as np

from gradcalc.algebra import kernels, kernels_layers
from gradcalc.algebra.expr import ONE, ZERO, Apply, Expr, Number, Symbol
from gradcalc.algebra.inference import definition, shape_finder
from gradcalc.algebra.kernels import Array
from gradcalc.algebra.operations import Operation, Table
from gradcalc.algebra.shapes import Shape, axis_of, size
from gradcalc.algebra.table import TABLE
from gradcalc.engine.graph import Node

Kernel = Callable[..., Array]
Adjust = Callable[[str, Array], Array]
Mark: TypeAlias = Callable[["Call", tuple[Array, ...], Array], Array]
Fault: TypeAlias = Literal["raise", "ignore"]

SMALL = 4096
COMPARISONS = ("lt", "le", "gt", "ge", "eq")


class EvaluationError(Exception):
    """A line whose value is not a finite number."""

    def __init__(self, line: str, expr: Expr, reason: str, operands: tuple[Array, ...]) -> None:
        super().__init__(f"{line}: {reason}")
        self.line, self.expr, self.reason, self.operands = line, expr, reason, operands


@dataclass(frozen=True)
class Call:
    """One operation: `kernel` aligns operands with leading axes, `plain` has none."""

    kernel: Kernel
    plain: Kernel
    out: int
    args: tuple[int, ...]
    expr: Expr
    line: str


class Program:
    """Compiled lines: `run` turns the values of the inputs into all values."""

    def __init__(self, nodes: Iterable[Node], inputs: Mapping[str, Shape], table: Table) -> None:
        self.table = table
        self.shapes: dict[str, Shape] = dict(inputs)
        self.shape_of = shape_finder(self.shapes, table)
        self.slots: dict[Expr, int] = {}
        self.constants: list[tuple[int, Array]] = []
        self.steps: list[Call | tuple[str, int, int]] = []
        self.size = 0
        self.inputs = [(name, self.new(Symbol(name))) for name in inputs]
        self.ranks = {name: len(shape) for name, shape in inputs.items()}
        self.names: list[tuple[str, int]] = []
        self.line = ""
        for node in nodes:
            self.compile(node)
        self.calls, self.sources = self.direct()
        counts = {name: size(self.shapes[name]) or 0 for name, _ in self.names}
        self.large = [name for name, count in counts.items() if count > SMALL]
        self.small = [name for name, count in counts.items() if count <= SMALL]

    def new(self, expr: Expr) -> int:
        self.slots[expr] = self.size
        self.size += 1
        return self.size - 1

    def compile(self, node: Node) -> None:
        self.line = node.name
        if isinstance(node.expr, Number) and node.shape:
            slot = self.new(Apply("broadcast", (node.expr, Symbol(node.name))))
            constant = np.full(_numbers(node.shape), _float(node.expr.value))
            self.constants.append((slot, constant))
            value = slot
        else:
            value = self.stretched(node.expr, node.shape)
        self.shapes[node.name] = node.shape
        slot = self.new(Symbol(node.name))
        self.names.append((node.name, slot))
        self.steps.append((node.name, value, slot))

    def stretched(self, expr: Expr, shape: Shape) -> int:
        """Return where a formula stands in a shape that its own may be smaller than."""
        value, own = self.expression(expr), self.shape_of(expr)
        if own == shape:
            return value
        stretch = partial(_stretch, rank=len(own), shape=_numbers(shape))
        return self.call(stretch, stretch, (value,), Apply("broadcast", (expr,)))

    def call(self, kernel: Kernel, plain: Kernel, args: tuple[int, ...], expr: Expr) -> int:
        out = self.new(expr)
        self.steps.append(Call(kernel, plain, out, args, expr, self.line))
        return out

    def direct(self) -> tuple[list[tuple[Kernel, int, tuple[int, ...]]], dict[str, int]]:
        """Return the calls with names passed over, for runs that change no named value."""
        source: dict[int, int] = {}
        calls = []
        for step in self.steps:
            if isinstance(step, Call):
                args = tuple(source.get(arg, arg) for arg in step.args)
                calls.append((step.plain, step.out, args))
            else:
                source[step[2]] = source.get(step[1], step[1])
        return calls, {name: source[slot] for name, slot in self.names}

    def expression(self, expr: Expr) -> int:
        slot = self.slots.get(expr)
        if slot is not None:
            return slot
        if isinstance(expr, Number):
            slot = self.new(expr)
            self.constants.append((slot, np.asarray(_float(expr.value))))
            return slot
        assert isinstance(expr, Apply), f"{expr} has no value"
        row = self.table[expr.op]
        if row.kernel is None and not row.variadic:
            meaning = definition(expr, self.table, self.shape_of)
            assert meaning is not None
            slot = self.slots[expr] = self.stretched(meaning, self.shape_of(expr))
            return slot
        if expr.op == "where" and expr.args[1:] == (ONE, ZERO) and _compares(expr.args[0]):
            slot = self.slots[expr] = self.expression(expr.args[0])
            return slot
        args = tuple(self.expression(arg) for arg in expr.args)
        ranks = tuple(len(self.shape_of(arg)) for arg in expr.args)
        kernel = _kernel(expr, row, ranks)
        plain = _plain(expr, row, ranks)
        return self.call(kernel, plain, args, expr)

    def run(
        self,
        values: Mapping[str, Array],
        given: Mapping[str, Array] | None = None,
        adjust: Adjust | None = None,
        *,
        strict: bool = True,
        mark: Mark | None = None,
    ) -> dict[str, Array]:
        """Return the value of every name.

        given: values that stand in place of the computed ones.
        adjust: applied to each named value before it is read (rounding).
        strict: raise EvaluationError at the first value that is not finite; without it
            such a value is passed on, so that one of many leading entries harms no other.
        mark: what becomes of the value of an operation, in place of an error; see `gaps`.
        """
        strict = strict and mark is None
        slots: list[Any] = [None] * self.size
        for slot, constant in self.constants:
            slots[slot] = constant
        for name, slot in self.inputs:
            slots[slot] = values[name]
        fault: Fault = "raise" if strict else "ignore"
        with np.errstate(over=fault, divide=fault, invalid=fault, under="ignore"):
            if (
                given
                or adjust
                or mark
                or any(values[n].ndim != rank for n, rank in self.ranks.items())
            ):
                self.step_by_step(slots, given or {}, adjust, mark)
                sources = dict(self.names)
            else:
                self.straight(slots)
                sources = self.sources
        result = {name: np.asarray(slots[slot]) for name, slot in sources.items()}
        if strict:
            self.check_finite(result)
        return {name: slots[slot] for name, slot in self.inputs} | result

    def check_finite(self, values: Mapping[str, Array]) -> None:
        """Raise EvaluationError at the first value that is not finite.

        NumPy has raised at every operation that overflows but those of foreign code
        and threads, so one pass over all small values and Σ v² of each large one do.
        """
        small = np.concatenate([np.zeros(1), *(values[name] for name in self.small)], axis=None)
        with np.errstate(all="ignore"):
            flat = (values[name].ravel(order="K") for name in self.large)
            sums = [np.vdot(value, value) for value in flat]
        if not (np.isfinite(small).all() and all(map(isfinite, sums))):
            for name, value in values.items():
                if not np.isfinite(value).all():
                    raise EvaluationError(name, Symbol(name), "overflow", ())

    def straight(self, slots: list[Any]) -> None:
        """Make every call in turn: no leading axes, no given values, no rounding."""
        out, args = 0, tuple[int, ...]()
        try:
            for kernel, out, args in self.calls:
                slots[out] = kernel(*[slots[arg] for arg in args])
        except FloatingPointError as error:
            made = (step for step in self.steps if isinstance(step, Call))
            step = next(step for step in made if step.out == out)
            operands = tuple(slots[arg] for arg in args)
            raise EvaluationError(step.line, step.expr, str(error), operands) from None

    def step_by_step(
        self,
        slots: list[Any],
        given: Mapping[str, Array],
        adjust: Adjust | None,
        mark: Mark | None = None,
    ) -> None:
        """Make every call, operands aligned; put in given values and round named ones."""
        step: Call | tuple[str, int, int]
        for step in self.steps:
            if isinstance(step, Call):
                operands = tuple(slots[arg] for arg in step.args)
                try:
                    value = step.kernel(*operands)
                except FloatingPointError as error:
                    raise EvaluationError(step.line, step.expr, str(error), operands) from None
                slots[step.out] = mark(step, operands, value) if mark else value
                continue
            name, source, slot = step
            if name in given:
                slots[slot] = given[name]
            else:
                slots[slot] = adjust(name, slots[source]) if adjust else slots[source]


def _compares(expr: Expr) -> bool:
    return isinstance(expr, Apply) and expr.op in COMPARISONS


def _float(value: Fraction) -> float:
    """Return the nearest float; what is larger than all of them is infinite."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def _numbers(shape: Shape) -> tuple[int, ...]:
    return tuple(int(dim) for dim in shape)


def _stretch(value: Array, rank: int, shape: tuple[int, ...]) -> Array:
    """Return a value of a smaller own shape in every entry of a larger one."""
    lead = value.shape[: value.ndim - rank]
    own = value.shape[value.ndim - rank :]
    padded = value.reshape(lead + (1,) * (len(shape) - rank) + own)
    return np.broadcast_to(padded, lead + shape)


def _pad(value: Array, rank: int, target: int) -> Array:
    """Return a value with ones between its leading axes and its own shape."""
    if value.ndim == rank:
        return value
    cut = value.ndim - rank
    return value.reshape(value.shape[:cut] + (1,) * (target - rank) + value.shape[cut:])


def _plain(expr: Apply, row: Operation, ranks: tuple[int, ...]) -> Kernel:
    """Return the function that computes one operation on operands without leading axes."""
    direct = _DIRECT.get((expr.op, ranks))
    if direct is not None and not expr.attrs:
        return direct
    special = _SPECIAL.get(expr.op)
    return special(expr, ranks) if special else _function(expr, row, ranks)


def _kernel(expr: Apply, row: Operation, ranks: tuple[int, ...]) -> Kernel:
    """Return the same for operands with leading axes, aligned behind them by own ranks."""
    special = _SPECIAL.get(expr.op)
    if special is not None:
        return special(expr, ranks)
    function = _function(expr, row, ranks)
    top = max(ranks)
    if not row.is_elementwise or all(rank == top for rank in ranks):
        return function
    return lambda *args: function(*(_pad(a, r, top) for a, r in zip(args, ranks, strict=True)))


def kernel_of(expr: Apply, ranks: tuple[int, ...]) -> Kernel:
    """Return the NumPy function of an elementwise operation of gradcalc's own table."""
    return _kernel(expr, TABLE[expr.op], ranks)


def _function(expr: Apply, row: Operation, ranks: tuple[int, ...]) -> Kernel:
    folded = {"add": np.add, "mul": np.multiply}.get(expr.op)
    if folded is not None:
        return folded if len(ranks) == 2 else lambda first, *rest: _fold(folded, first, rest)
    assert row.kernel is not None
    module, _, attribute = row.kernel.partition(".")
    settings = {**row.attributes, **dict(expr.attrs)}
    numbers = {n: _float(v.value) for n, v in settings.items() if isinstance(v, Number)}
    if module == "layers":
        whole = {name: int(value) for name, value in numbers.items()}
        return partial(getattr(kernels_layers, attribute), ranks=ranks, **whole)
    found: Kernel = getattr(kernels if module == "kernels" else np, attribute)
    return partial(found, **numbers) if numbers else found


def _fold(function: Kernel, first: Array, rest: tuple[Array, ...]) -> Array:
    for value in rest:
        first = function(first, value)
    return first


def _axes(expr: Apply, rank: int) -> tuple[int, ...]:
    axis = axis_of(dict(expr.attrs), rank)
    return tuple(range(-rank, 0)) if axis is None else (axis,)


def _keeps(expr: Apply) -> bool:
    keep = expr.attr("keepdims")
    return isinstance(keep, Number) and keep.value == 1


def _sum(expr: Apply, ranks: tuple[int, ...]) -> Kernel:
    axes, keep = _axes(expr, ranks[0]), _keeps(expr)
    return lambda x: kernels.total(x, axes, keep)


def _mean(expr: Apply, ranks: tuple[int, ...]) -> Kernel:
    axes, keep = _axes(expr, ranks[0]), _keeps(expr)
    return lambda x: kernels.average(x, axes, keep)


def _norm(expr: Apply, ranks: tuple[int, ...]) -> Kernel:
    axes, keep = _axes(expr, ranks[0]), _keeps(expr)
    return lambda x: kernels.length(x, axes, keep)


def _amax(expr: Apply, ranks: tuple[int, ...]) -> Kernel:
    axes, keep = _axes(expr, ranks[0]), _keeps(expr)
    return lambda x: np.max(x, axis=axes, keepdims=keep)


def _matmul(expr: Apply, ranks: tuple[int, ...]) -> Kernel:
    left, right = ranks
    return lambda a, b: kernels.matmul(a, b, (left, right))


def _transpose(expr: Apply, ranks: tuple[int, ...]) -> Kernel:
    return lambda a: kernels.transpose(a, ranks[0])


def _expand(expr: Apply, ranks: tuple[int, ...]) -> Kernel:
    if expr.attr("axis") is None or _keeps(expr):
        return lambda x: x
    axis = axis_of(dict(expr.attrs), ranks[0] + 1)
    assert axis is not None
    return lambda x: np.expand_dims(x, axis)


def _fill(expr: Apply, ranks: tuple[int, ...]) -> Kernel:
    shape = tuple(int(dim.value) for _, dim in expr.attrs if isinstance(dim, Number))
    return lambda c: _stretch(c, ranks[0], shape)


def _array(expr: Apply, ranks: tuple[int, ...]) -> Kernel:
    return lambda *items: np.stack(items, axis=-(ranks[0] + 1))


_SPECIAL: dict[str, Callable[[Apply, tuple[int, ...]], Kernel]] = {
    "sum": _sum,
    "mean": _mean,
    "norm": _norm,
    "amax": _amax,
    "matmul": _matmul,
    "transpose": _transpose,
    "expand": _expand,
    "fill": _fill,
    "array": _array,
}


_DIRECT: dict[tuple[str, tuple[int, ...]], Kernel] = {
    ("matmul", (2, 2)): np.matmul,
    ("matmul", (2, 1)): np.matmul,
    ("matmul", (1, 2)): np.matmul,
    ("transpose", (2,)): np.transpose,
    ("outer", (1, 1)): np.multiply.outer,
    ("sum", (1,)): np.add.reduce,
    ("sum", (2,)): partial(np.add.reduce, axis=None),
}
"""NumPy's own functions for operands without leading axes, by own ranks."""


def evaluate(
    expr: Expr, values: Mapping[str, Array], shapes: Mapping[str, Shape], table: Table
) -> Array:
    """Return the value of one formula; see `Program.run`."""
    shape = shape_finder(shapes, table)(expr)
    return Program([Node("value", expr, shape)], shapes, table).run(values)["value"]
