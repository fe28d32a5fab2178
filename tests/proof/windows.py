"""What the layers beyond the dense one mean, in plain loops over entries of any kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np

Entries = Any
Attrs = Mapping[str, Any]


def _int(attrs: Attrs, name: str, default: int) -> int:
    return int(attrs.get(name, default))


def convolution(x: Entries, kernel: Entries, attrs: Attrs) -> Entries:
    """Return Σ kernel[o] x[i s + o − p] for every place i of the kernel."""
    stride, first = _int(attrs, "stride", 1), _int(attrs, "padding", 0)
    paddings = (first, _int(attrs, "padding_columns", first))[: x.ndim]
    counts = [
        len(range(-p, n + p - k + 1, stride))
        for n, k, p in zip(x.shape, kernel.shape, paddings, strict=True)
    ]
    found = np.empty(counts, dtype=object)
    for place in np.ndindex(*counts):
        total: Any = 0
        for offset in np.ndindex(kernel.shape):
            spot = [i * stride + o - p for i, o, p in zip(place, offset, paddings, strict=True)]
            if all(0 <= at < n for at, n in zip(spot, x.shape, strict=True)):
                total = total + x[tuple(spot)] * kernel[offset]
        found[place] = total
    return found


def windows(x: Entries, attrs: Attrs) -> dict[tuple[int, ...], list[tuple[int, ...]]]:
    """Return the places of the entries of each window."""
    size = _int(attrs, "size", 2)
    step = _int(attrs, "stride", size)
    counts = [(n - size) // step + 1 for n in x.shape]
    return {
        place: [
            tuple(i * step + o for i, o in zip(place, offset, strict=True))
            for offset in product(range(size), repeat=x.ndim)
        ]
        for place in np.ndindex(*counts)
    }


def pool(x: Entries, attrs: Attrs, join: Callable[[list[Any]], Any]) -> Entries:
    cells = windows(x, attrs)
    found = np.empty([1 + max(place[at] for place in cells) for at in range(x.ndim)], dtype=object)
    for place, spots in cells.items():
        found[place] = join([x[spot] for spot in spots])
    return found


def mask(x: Entries, attrs: Attrs, real: Callable[[Any], Any]) -> Entries:
    found = np.zeros(x.shape, dtype=object)
    for spots in windows(x, attrs).values():
        found[max(spots, key=lambda spot: (real(x[spot]), [-i for i in spot]))] = 1
    return found


def unpool(v: Entries, x: Entries, attrs: Attrs) -> Entries:
    found = np.zeros(x.shape, dtype=object)
    for place, spots in windows(x, attrs).items():
        for spot in spots:
            found[spot] = v[place]
    return found


def spread(x: Entries, attrs: Attrs) -> Entries:
    stride = _int(attrs, "stride", 1)
    if stride == 1:
        return x
    found = np.zeros([int(attrs[name]) for name in ("rows", "columns")[: x.ndim]], dtype=object)
    for index in np.ndindex(x.shape):
        found[tuple(i * stride for i in index)] = x[index]
    return found


def place(x: Entries, attrs: Attrs) -> Entries:
    axis, first = _int(attrs, "axis", 0), _int(attrs, "first", 1)
    shape = list(x.shape)
    shape[axis] = _int(attrs, "of", 1)
    found = np.zeros(shape, dtype=object)
    for index in np.ndindex(x.shape):
        moved = list(index)
        moved[axis] += first - 1
        found[tuple(moved)] = x[index]
    return found


def normal(x: Entries, axis: int, eps: Any, sqrt: Callable[[Any], Any]) -> Entries:
    """Return x minus its mean over the root of its mean square, along an axis."""
    moved = np.moveaxis(x, axis, -1)
    found = np.empty(moved.shape, dtype=object)
    for index in np.ndindex(moved.shape[:-1]):
        row = list(moved[index])
        mean = sum(row[1:], row[0]) / len(row)
        apart = [entry - mean for entry in row]
        square = sum(((a * a) for a in apart), 0 * row[0]) / len(row)
        root = sqrt(square + eps)
        for at, entry in enumerate(apart):
            found[(*index, at)] = entry / root
    return np.moveaxis(found, -1, axis)


def layer(
    op: str,
    operands: list[Entries],
    attrs: Attrs,
    real: Callable[[Any], Any],
    sqrt: Callable[[Any], Any],
) -> Entries | None:
    """Return the value of a layer, None for other operations."""
    x = operands[0]
    axis = _int(attrs, "axis", 0)
    numbers: Callable[[Entries], Any] = np.vectorize(lambda entry: int(real(entry)) - 1, otypes="i")
    before = (slice(None),) * (axis % max(1, x.ndim))
    table: dict[str, Callable[[], Any]] = {
        "conv1d": lambda: convolution(x, operands[1], attrs),
        "conv2d": lambda: convolution(x, operands[1], attrs),
        "max_pool": lambda: pool(x, attrs, lambda entries: max(entries, key=real)),
        "mean_pool": lambda: pool(x, attrs, lambda e: sum(e[1:], e[0]) / len(e)),
        "max_mask": lambda: mask(x, attrs, real),
        "unpool": lambda: unpool(x, operands[1], attrs),
        "spread": lambda: spread(x, attrs),
        "flip": lambda: np.flip(x),
        "flatten": lambda: x.reshape(-1),
        "reshape": lambda: x.reshape([int(attrs[n]) for n in ("rows", "columns") if n in attrs]),
        "concat": lambda: np.concatenate(operands, axis=axis),
        "stack": lambda: np.stack(operands),
        "pick": lambda: x[(*before, int(attrs["index"]) - 1)],
        "part": lambda: x[(*before, slice(int(attrs["first"]) - 1, int(attrs["last"])))],
        "place": lambda: place(x, attrs),
        "embed": lambda: x[numbers(operands[1])],
        "one_hot": lambda: np.eye(int(attrs["of"]), dtype=int)[numbers(x)],
        "layer_norm": lambda: normal(x, -1, attrs.get("eps", 1e-5), sqrt),
        "batch_norm": lambda: normal(x, 0, attrs.get("eps", 1e-5), sqrt),
    }
    return np.asarray(table[op](), dtype=object) if op in table else None
