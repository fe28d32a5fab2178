"""NumPy functions of the layers: convolution, pooling, parts, and what is put together.

Every kernel takes the operands' arrays and, by keyword, their own ranks and the row's
parameters. Arrays may have leading axes before their own shape.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from gradcalc.algebra.kernels import Array

Ranks = tuple[int, ...]


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
