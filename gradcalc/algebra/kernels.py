"""NumPy functions for the rows whose plain formula overflows or that NumPy lacks.

Every kernel takes the operands' arrays and, by keyword, the row's parameters. Arrays
may have leading axes before their own shape; axes count from the end.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]


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
    """Return a ln b, and 0 where a is 0, whatever b is."""
    return np.asarray(a * np.log(np.where(np.asarray(a) == 0, 1.0, b)))


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


def softmax(x: Array) -> Array:
    """Return e^x over its sum along the last axis, largest entry subtracted first."""
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return np.asarray(e / np.sum(e, axis=-1, keepdims=True))


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


def length(x: Array, axes: tuple[int, ...]) -> Array:
    """Return the Euclidean length over `axes`, scaled so that squares cannot overflow."""
    largest = np.max(np.abs(x), axis=axes, keepdims=True) if axes else np.abs(x)
    scale = np.where(largest > 0, largest, 1.0)
    return np.asarray(np.squeeze(scale, axes) * np.sqrt(np.sum((x / scale) ** 2, axis=axes)))


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
    return np.asarray(np.asarray(x[..., :, None] * np.eye(x.shape[-1])))
