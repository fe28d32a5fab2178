"""NumPy functions for the rows whose plain formula overflows or that NumPy lacks.

Every kernel takes the operands' arrays and, by keyword, the row's parameters. Arrays
may have leading axes before their own shape; axes count from the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Indices: TypeAlias = npt.NDArray[np.intp]
Whole: TypeAlias = npt.NDArray[Any]
"""Whole numbers in any of NumPy's types of them."""
Kernel: TypeAlias = Callable[..., Array]
"""A NumPy function of one operation."""


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
