"""Every structural row in PyTorch: those of `test_torch`, and what the backward pass is made of."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from gradcalc.algebra.formula.expr import Apply, Number
from gradcalc.algebra.formula.syntax import parse
from tests.algebra.test_torch import sparsemax
from tests.proof.test_torch import HERE, model, whole

torch = pytest.importorskip("torch")
F = torch.nn.functional
Tensor = Any


def pooling(expr: Apply) -> tuple[int, int]:
    """Return size and stride of a pooling."""
    size = whole(expr, "size", 2)
    return size, whole(expr, "stride", size)


def windows(expr: Apply, x: Tensor) -> list[tuple[Any, ...]]:
    """Return the index of each window of a vector or a matrix."""
    size, stride = pooling(expr)
    starts = (range(0, dim - size + 1, stride) for dim in x.shape)
    return [tuple(slice(at, at + size) for at in corner) for corner in product(*starts)]


def spread(expr: Apply, x: Tensor) -> Tensor:
    stride = whole(expr, "stride", 1)
    if stride == 1:
        return x * 1
    due = [whole(expr, name, 0) for name in ("rows", "columns")][: x.dim()]
    found = torch.zeros(due, dtype=x.dtype)
    found[(slice(None, None, stride),) * x.dim()] = x
    return found


def unpool(expr: Apply, v: Tensor, x: Tensor) -> Tensor:
    found = torch.zeros(x.shape, dtype=x.dtype)
    for window, value in zip(windows(expr, x), v.flatten(), strict=True):
        found[window] = value
    return found


def max_mask(expr: Apply, x: Tensor) -> Tensor:
    found = torch.zeros(x.shape, dtype=x.dtype)
    for window in windows(expr, x):
        entries = x[window].detach()
        mask = torch.zeros(entries.numel(), dtype=x.dtype)
        mask[int(entries.argmax())] = 1
        found[window] = mask.reshape(entries.shape)
    return found


def place(expr: Apply, x: Tensor) -> Tensor:
    axis, first = whole(expr, "axis", 0) % x.dim(), whole(expr, "first", 1)
    shape = list(x.shape)
    shape[axis] = whole(expr, "of", 1)
    return (
        torch.zeros(shape, dtype=x.dtype)
        .narrow(axis, 0, shape[axis])
        .slice_scatter(x, axis, first - 1, first - 1 + x.shape[axis])
    )


def amax(expr: Apply, x: Tensor) -> Tensor:
    keep = expr.attr("keepdims") is not None
    axes = (whole(expr, "axis", 0),) if expr.attr("axis") else tuple(range(x.dim()))
    return torch.amax(x, axes, keepdim=keep)


ROWS: dict[str, Callable[..., Tensor]] = {
    "amax": amax,
    "first_half": lambda _, x: x.chunk(2, dim=-1)[0],
    "second_half": lambda _, x: x.chunk(2, dim=-1)[1],
    "join": lambda _, a, b: torch.cat([a, b], dim=-1),
    "spread": spread,
    "unpool": unpool,
    "max_mask": max_mask,
    "place": place,
    "tempered_softmax": lambda e, x: F.softmax(x / _tau(e), dim=-1),
    "softmin": lambda _, x: F.softmin(x, dim=-1),
    "sparsemax": lambda _, x: sparsemax(x),
    "glu": lambda _, x: F.glu(x),
    "l2_normalize": lambda _, x: F.normalize(x, dim=-1),
}
KNOWN = {*ROWS, *HERE}


def _tau(expr: Apply) -> float:
    value = expr.attr("tau")
    return float(value.value) if isinstance(value, Number) else 1.0


def value(expr: Apply, *operands: Tensor) -> Tensor:
    """Return the value of one operation, computed by PyTorch alone."""
    kept = tuple(item for item in expr.attrs if item != ("keepdims", parse("0")))
    plain = Apply(expr.op, expr.args, kept)
    return ROWS[expr.op](plain, *operands) if expr.op in ROWS else model(plain, *operands)
