"""The NumPy function of each operation, for operands with and without leading axes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import inf

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Number
from gradcalc.algebra.formula.shapes import Shape, axis_of
from gradcalc.algebra.operations import kernels
from gradcalc.algebra.operations.kernels import Array, Kernel
from gradcalc.algebra.operations.operation import Operation
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.exact_values import padded


def nearest(value: Fraction) -> float:
    """Return the nearest float; what is larger than all of them is infinite."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def whole_numbers(shape: Shape) -> tuple[int, ...]:
    return tuple(int(dim) for dim in shape)


def stretch(value: Array, rank: int, shape: tuple[int, ...]) -> Array:
    """Return a value of a smaller own shape in every entry of a larger one."""
    lead = value.shape[: value.ndim - rank]
    own = value.shape[value.ndim - rank :]
    padded = value.reshape(lead + (1,) * (len(shape) - rank) + own)
    return np.broadcast_to(padded, lead + shape)


def plain_kernel(expr: Apply, row: Operation, ranks: tuple[int, ...]) -> Kernel:
    """Return the function that computes one operation on operands without leading axes."""
    direct = _DIRECT.get((expr.op, ranks))
    if direct is not None and not expr.attrs:
        return direct
    special = _SPECIAL.get(expr.op)
    return special(expr, ranks) if special else _function(expr, row, ranks)


def aligned_kernel(expr: Apply, row: Operation, ranks: tuple[int, ...]) -> Kernel:
    """Return the same for operands with leading axes, aligned behind them by own ranks."""
    special = _SPECIAL.get(expr.op)
    if special is not None:
        return special(expr, ranks)
    function = _function(expr, row, ranks)
    top = max(ranks)
    if not row.is_elementwise or all(rank == top for rank in ranks):
        return function
    return lambda *args: function(*(padded(a, r, top) for a, r in zip(args, ranks, strict=True)))


def kernel_of(expr: Apply, ranks: tuple[int, ...]) -> Kernel:
    """Return the NumPy function of an elementwise operation of gradcalc's own table."""
    return aligned_kernel(expr, TABLE[expr.op], ranks)


def _function(expr: Apply, row: Operation, ranks: tuple[int, ...]) -> Kernel:
    folded = {"add": np.add, "mul": np.multiply}.get(expr.op)
    if folded is not None:
        return folded if len(ranks) == 2 else lambda first, *rest: _fold(folded, first, rest)
    assert row.kernel is not None
    module, _, attribute = row.kernel.partition(".")
    settings = {**row.attributes, **dict(expr.attrs)}
    numbers = {n: nearest(v.value) for n, v in settings.items() if isinstance(v, Number)}
    if module == "layers":
        whole = {name: int(value) for name, value in numbers.items()}
        return partial(getattr(kernels, attribute), ranks=ranks, **whole)
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
    return lambda c: stretch(c, ranks[0], shape)


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
