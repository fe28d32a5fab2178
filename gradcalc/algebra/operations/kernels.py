"""NumPy functions for rows whose plain formula overflows or that NumPy lacks, and for layers.

Every kernel takes the operands' arrays and, by keyword, the row's parameters. Arrays
may have leading axes before their own shape; axes count from the end.

Every kernel takes the operands' arrays and, by keyword, their own ranks and the row's
parameters. Arrays may have leading axes before their own shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Indices: TypeAlias = npt.NDArray[np.intp]
Whole: TypeAlias = npt.NDArray[Any]
"""Whole numbers in any of NumPy's types of them."""
Kernel: TypeAlias = Callable[..., Array]
"""A NumPy function of one operation."""

Ranks = tuple[int, ...]


def lt(a: Array, b: Array) -> Array:
    """Return 1 where a < b, otherwise 0."""
    return np.less(a, b).astype(float)


def le(a: Array, b: Array) -> Array:
    """Return 1 where a ≤ b, otherwise 0."""
    return np.less_equal(a, b).astype(float)


def gt(a: Array, b: Array) -> Array:
    """Return 1 where a > b, otherwise 0."""
    return np.greater(a, b).astype(float)


def ge(a: Array, b: Array) -> Array:
    """Return 1 where a ≥ b, otherwise 0."""
    return np.greater_equal(a, b).astype(float)


def eq(a: Array, b: Array) -> Array:
    """Return 1 where a = b, otherwise 0."""
    return np.equal(a, b).astype(float)


def heaviside(x: Array) -> Array:
    """Return 0 below 0, ½ at 0, 1 above."""
    return np.heaviside(x, 0.5)


def where(c: Array, a: Array, b: Array) -> Array:
    """Return a where c is not 0, otherwise b."""
    return np.where(np.asarray(c) != 0, a, b)


def xlogy(a: Array, b: Array) -> Array:
    """Return a ln b, and 0 where a is 0 and b is not negative."""
    limit = (np.asarray(a) == 0) & (np.asarray(b) >= 0)
    return np.asarray(a * np.log(np.where(limit, 1.0, b)))


def xdivy(a: Array, b: Array) -> Array:
    """Return a / b, and 0 where a is 0, whatever b is."""
    return np.asarray(a / np.where(np.asarray(a) == 0, 1.0, b))


def relu(x: Array) -> Array:
    """Return max(0, x)."""
    return np.maximum(x, 0.0)


def sigmoid(x: Array) -> Array:
    """Return 1/(1 + e^−x) without overflow on either side."""
    e = np.exp(-np.abs(x))
    return np.where(np.asarray(x) >= 0, 1.0, e) / (1.0 + e)


def softplus(x: Array) -> Array:
    """Return ln(1 + e^x) without overflow."""
    return np.logaddexp(0.0, x)


def scaled_softplus(x: Array, beta: float) -> Array:
    """Return ln(1 + e^βx) / β without overflow."""
    return np.asarray(np.logaddexp(0.0, beta * x) / beta)


def elu(x: Array, alpha: float) -> Array:
    """Return x above 0, otherwise α (e^x − 1)."""
    return np.where(np.asarray(x) > 0, x, alpha * np.expm1(np.minimum(x, 0.0)))


def selu(x: Array, scale: float, rate: float) -> Array:
    """Return scale x above 0, otherwise rate (e^x − 1)."""
    return np.where(np.asarray(x) > 0, scale * x, rate * np.expm1(np.minimum(x, 0.0)))


def celu(x: Array, alpha: float) -> Array:
    """Return x above 0, otherwise α (e^(x/α) − 1)."""
    return np.where(np.asarray(x) > 0, x, alpha * np.expm1(np.minimum(x, 0.0) / alpha))


def log_cosh(x: Array) -> Array:
    """Return ln cosh x without overflow."""
    size = np.abs(x)
    return np.asarray(size + np.log1p(np.exp(-2.0 * size)) - np.log(2.0))


_ERFC = np.frompyfunc(math.erfc, 1, 1)


def erf(x: Array) -> Array:
    """Return the error function, by the C library: NumPy has none."""
    return np.asarray(1.0 - np.asarray(_ERFC(x), dtype=float))


def normal_cdf(x: Array) -> Array:
    """Return the distribution function of the normal distribution, exact in both tails."""
    return np.asarray(0.5 * np.asarray(_ERFC(-np.asarray(x) / math.sqrt(2.0)), dtype=float))


def normal_pdf(x: Array) -> Array:
    """Return the density of the normal distribution."""
    return np.asarray(np.exp(-0.5 * np.square(x)) / math.sqrt(2.0 * math.pi))


def softmax(x: Array) -> Array:
    """Return e^x over its sum along the last axis, largest entry subtracted first."""
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return np.asarray(e / np.sum(e, axis=-1, keepdims=True))


def tempered_softmax(x: Array, tau: float) -> Array:
    """Return softmax(x/τ) along the last axis."""
    return softmax(np.asarray(x / tau))


def softmin(x: Array) -> Array:
    """Return softmax(−x) along the last axis."""
    return softmax(np.negative(x))


def sparsemax(x: Array) -> Array:
    """Return the nearest point whose entries along the last axis are ≥ 0 and add up to 1."""
    shifted = x - np.max(x, axis=-1, keepdims=True)
    falling = -np.sort(-shifted, axis=-1)
    above = np.cumsum(falling, axis=-1) - 1.0
    count = np.arange(1, x.shape[-1] + 1)
    kept = np.sum(count * falling > above, axis=-1, keepdims=True)
    level = np.take_along_axis(above, kept - 1, axis=-1) / kept
    return np.asarray(np.maximum(shifted - level, 0.0))


def log_softmax(x: Array) -> Array:
    """Return ln softmax(x) along the last axis without overflow."""
    shifted = x - np.max(x, axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True)))


def total(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """Return the sum over `axes`."""
    return np.asarray(np.sum(x, axis=axes, keepdims=keepdims))


def average(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """Return the mean over `axes`."""
    return np.asarray(np.mean(x, axis=axes, keepdims=keepdims))


def length(x: Array, axes: tuple[int, ...], keepdims: bool = False) -> Array:
    """Return the Euclidean length over `axes`, scaled so that squares cannot overflow."""
    largest = np.max(np.abs(x), axis=axes, keepdims=True) if axes else np.abs(x)
    scale = np.where(largest > 0, largest, 1.0)
    root = np.sqrt(np.sum((x / scale) ** 2, axis=axes, keepdims=True))
    return np.asarray(scale * root if keepdims else np.squeeze(scale * root, axes))


def first_half(x: Array) -> Array:
    """Return the first half of the entries along the last axis."""
    return x[..., : x.shape[-1] // 2]


def second_half(x: Array) -> Array:
    """Return the second half of the entries along the last axis."""
    return x[..., x.shape[-1] // 2 :]


def join(a: Array, b: Array) -> Array:
    """Return a and then b along the last axis."""
    lead = np.broadcast_shapes(a.shape[:-1], b.shape[:-1])
    both = (np.broadcast_to(each, (*lead, each.shape[-1])) for each in (a, b))
    return np.concatenate(tuple(both), axis=-1)


def matmul(a: Array, b: Array, ranks: tuple[int, int]) -> Array:
    """Return the matrix product of operands of own ranks 1 or 2."""
    if ranks == (2, 2):
        return np.asarray(np.matmul(a, b))
    if ranks == (2, 1):
        return np.asarray(
            a @ b if a.ndim == 2 and b.ndim == 1 else np.matmul(a, b[..., None])[..., 0]
        )
    if ranks == (1, 2):
        return np.asarray(np.matmul(a[..., None, :], b)[..., 0, :])
    return dot(a, b)


def transpose(a: Array, rank: int) -> Array:
    """Return the transpose of an operand of own rank 2; a vector as it is."""
    return np.asarray(np.swapaxes(a, -1, -2) if rank == 2 else a)


def outer(a: Array, b: Array) -> Array:
    """Return a bᵀ."""
    return np.asarray(np.asarray(a[..., :, None] * b[..., None, :]))


def dot(a: Array, b: Array) -> Array:
    """Return aᵀ b."""
    return np.asarray(np.asarray(np.sum(a * b, axis=-1)))


def diag(x: Array) -> Array:
    """Return the diagonal matrix with the entries of x."""
    return np.asarray(np.asarray(x[..., :, None] * np.eye(x.shape[-1], dtype=x.dtype)))


def stand_in(*operands: Array, phase: float) -> Array:
    """Return a smooth function, sin(u + phase) + u/2, for one that has no formula.

    u = Σ (1 + i/3) aᵢ. Formulas with such a function are compared with its values.
    """
    inner = _mixed(operands)
    return np.asarray(np.sin(inner + phase) + inner / 2)


def stand_in_slope(*operands: Array, phase: float, index: float) -> Array:
    """Return the derivative of `stand_in` by the operand at `index`."""
    return np.asarray((1 + index / 3) * (np.cos(_mixed(operands) + phase) + 1 / 2))


def _mixed(operands: tuple[Array, ...]) -> Array:
    total: Array = np.asarray(operands[0], dtype=float)
    for index, operand in enumerate(operands[1:], 1):
        total = total + (1 + index / 3) * operand
    return total


def _last(*cuts: slice) -> Any:
    """Return an index of the last axes, all entries of those before."""
    return (Ellipsis, *cuts)


def _framed(x: Array, paddings: tuple[int, ...]) -> Array:
    """Return the operand with zeros around its last axes, or without its outer entries."""
    if not any(paddings):
        return x
    if min(paddings) < 0:
        x = x[_last(*(slice(max(0, -p), min(0, p) or None) for p in paddings))]
        return _framed(x, tuple(max(0, p) for p in paddings))
    lead = x.ndim - len(paddings)
    return np.pad(x, [(0, 0)] * lead + [(width, width) for width in paddings])


def _windows(x: Array, sizes: tuple[int, ...], stride: int) -> Array:
    """Return the windows of the last axes: (leading, places, entries of a window)."""
    axes = tuple(range(-len(sizes), 0))
    every = (slice(None, None, stride),) * len(sizes)
    found = sliding_window_view(x, sizes, axis=axes)
    return np.asarray(found[_last(*every, *(slice(None),) * len(sizes))])


def conv1d(x: Array, k: Array, ranks: Ranks, padding: int = 0, stride: int = 1) -> Array:
    """Return Σᵢ kᵢ x at every place of the kernel."""
    windows = _windows(_framed(x, (padding,)), k.shape[-1:], stride)
    return np.asarray(np.einsum("...oi,...i->...o", windows, k))


def conv2d(
    x: Array,
    k: Array,
    ranks: Ranks,
    padding: int = 0,
    padding_columns: int | None = None,
    stride: int = 1,
) -> Array:
    """Return Σᵢⱼ kᵢⱼ x at every place of the kernel."""
    paddings = padding, padding if padding_columns is None else padding_columns
    windows = _windows(_framed(x, paddings), k.shape[-2:], stride)
    return np.asarray(np.einsum("...opij,...ij->...op", windows, k))


def flip(x: Array, ranks: Ranks) -> Array:
    """Return the entries in reverse order along every own axis."""
    return np.asarray(x[_last(*(slice(None, None, -1),) * ranks[0])])


def spread(
    x: Array, ranks: Ranks, stride: int = 1, rows: int | None = None, columns: int | None = None
) -> Array:
    """Return the entries with stride − 1 zeros between them, in rows × columns."""
    if stride == 1:
        return x
    dims = (rows, columns)[: ranks[0]]
    found = np.zeros((*x.shape[: x.ndim - ranks[0]], *(dim or 1 for dim in dims)), dtype=x.dtype)
    found[_last(*(slice(None, None, stride),) * ranks[0])] = x
    return found


def max_pool(x: Array, ranks: Ranks, size: int, stride: int | None = None) -> Array:
    """Return the largest entry of each window."""
    windows = _windows(x, (size,) * ranks[0], stride or size)
    return np.asarray(np.max(windows, axis=tuple(range(-ranks[0], 0))))


def mean_pool(x: Array, ranks: Ranks, size: int, stride: int | None = None) -> Array:
    """Return the mean of each window."""
    windows = _windows(x, (size,) * ranks[0], stride or size)
    return np.asarray(np.mean(windows, axis=tuple(range(-ranks[0], 0))))


def max_mask(x: Array, ranks: Ranks, size: int, stride: int | None = None) -> Array:
    """Return 1 at the first largest entry of each window, otherwise 0."""
    rank, step = ranks[0], stride or size
    windows = _windows(x, (size,) * rank, step)
    flat = windows.reshape(*windows.shape[: windows.ndim - rank], size**rank)
    largest = np.argmax(flat, axis=-1)
    found = np.zeros(x.shape)
    for at, offset in enumerate(product(range(size), repeat=rank)):
        _cells(found, offset, step, largest.shape[largest.ndim - rank :])[...] = largest == at
    return found


def unpool(v: Array, x: Array, ranks: Ranks, size: int, stride: int | None = None) -> Array:
    """Return each number of v in every entry of its window in x, zeros between windows."""
    rank, step = ranks[0], stride or size
    lead = np.broadcast_shapes(v.shape[: v.ndim - rank], x.shape[: x.ndim - rank])
    found = np.zeros((*lead, *x.shape[x.ndim - rank :]), dtype=v.dtype)
    for offset in product(range(size), repeat=rank):
        _cells(found, offset, step, v.shape[v.ndim - rank :])[...] = v
    return found


def _cells(x: Array, offset: tuple[int, ...], step: int, places: tuple[int, ...]) -> Array:
    """Return the entries at one offset of every window, as a view."""
    cut = (
        slice(start, start + (count - 1) * step + 1, step)
        for start, count in zip(offset, places, strict=True)
    )
    return np.asarray(x[_last(*cut)])


def flatten(x: Array, ranks: Ranks) -> Array:
    """Return all entries as one vector, row by row."""
    return x.reshape(*x.shape[: x.ndim - ranks[0]], -1)


def reshape(x: Array, ranks: Ranks, rows: int = 1, columns: int | None = None) -> Array:
    """Return the entries, row by row, in rows × columns."""
    dims = (rows,) if columns is None else (rows, columns)
    return x.reshape(*x.shape[: x.ndim - ranks[0]], *dims)


def _led(operands: tuple[Array, ...], ranks: Ranks) -> tuple[Array, ...]:
    """Return the operands with the same leading axes."""
    pairs = tuple((x, x.ndim - rank) for x, rank in zip(operands, ranks, strict=True))
    if not any(cut for _, cut in pairs):
        return operands
    lead = np.broadcast_shapes(*(x.shape[:cut] for x, cut in pairs))
    return tuple(np.broadcast_to(x, (*lead, *x.shape[cut:])) for x, cut in pairs)


def _along(axis: int, rank: int) -> int:
    """Return an axis counted from the end."""
    return axis - rank if axis >= 0 else axis


def concat(*operands: Array, ranks: Ranks, axis: int = 0) -> Array:
    """Return the operands one after the other along an axis."""
    return np.concatenate(_led(operands, ranks), axis=_along(axis, ranks[0]))


def stack(*operands: Array, ranks: Ranks) -> Array:
    """Return the operands as rows."""
    return np.stack(_led(operands, ranks), axis=-(ranks[0] + 1))


def pick(x: Array, ranks: Ranks, index: int, axis: int = 0) -> Array:
    """Return one entry along an axis, counted from 1."""
    return np.asarray(np.take(x, index - 1, axis=_along(axis, ranks[0])))


def part(x: Array, ranks: Ranks, first: int, last: int, axis: int = 0) -> Array:
    """Return the entries from first to last along an axis, counted from 1."""
    behind = -_along(axis, ranks[0]) - 1
    return np.asarray(x[_last(slice(first - 1, last), *(slice(None),) * behind)])


def place(x: Array, ranks: Ranks, first: int, of: int, axis: int = 0) -> Array:
    """Return zeros with the entries of x from `first` on along an axis."""
    at = x.ndim + _along(axis, ranks[0])
    found = np.zeros((*x.shape[:at], of, *x.shape[at + 1 :]), dtype=x.dtype)
    behind = (slice(None),) * (x.ndim - at - 1)
    found[_last(slice(first - 1, first - 1 + x.shape[at]), *behind)] = x
    return found


def embed(table: Array, numbers: Array, ranks: Ranks) -> Array:
    """Return the rows of a table by their numbers, counted from 1.

    Raises FloatingPointError for a number without a row, as NumPy does for 0/0; where
    such errors are ignored the row is not a number.
    """
    rank, count = ranks
    rows = table.shape[table.ndim - rank]
    known = (numbers == np.floor(numbers)) & (numbers >= 1) & (numbers <= rows)
    if not known.all() and np.geterr()["invalid"] == "raise":
        bad = float(np.asarray(numbers)[~known].flat[0])
        raise FloatingPointError(f"there is no row {bad:g} in a table of {rows}")
    at = np.where(known, numbers, 1).astype(int) - 1
    if table.ndim == rank and numbers.ndim == count:
        found = table[at]
    else:
        wide = table if rank == 2 else table[..., None]
        spot = (at if count == 1 else at[..., None])[..., None]
        lead = max(wide.ndim, spot.ndim)
        wide, spot = (each.reshape((1,) * (lead - each.ndim) + each.shape) for each in (wide, spot))
        found = np.take_along_axis(wide, spot.astype(int), axis=-2)
        found = found if rank == 2 else found[..., 0]
        found = found if count == 1 else found.squeeze(axis=-2 if rank == 2 else -1)
    if known.all():
        return np.asarray(found)
    lost = ~known if rank == 1 else ~known[..., None]
    return np.where(lost, np.nan, found)


def one_hot(c: Array, ranks: Ranks, of: int) -> Array:
    """Return a vector of 0 with a 1 at each number, counted from 1."""
    return np.equal(c[..., None], np.arange(1, of + 1)).astype(float)
