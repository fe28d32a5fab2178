"""Formulas evaluated entry by entry for numbers of any kind, without gradcalc's kernels.

The kinds: floats, fractions (exact), complex numbers (complex step), and dual numbers
over each of these (forward mode). What an operation means is written here once more,
in plain Python; what is made of others by its definition means that, and stands beside
PyTorch in tests/algebra/test_torch.py.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, number
from gradcalc.algebra.operations.operation import applied
from gradcalc.algebra.operations.table import TABLE
from tests.proof import windows

Entries = Any
"""An array of objects."""


@dataclass(frozen=True, eq=False)
class Dual:
    """A value and its slope along one direction."""

    value: Any
    slope: Any

    def __add__(self, other: Any) -> Dual:
        other = dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other: Any) -> Dual:
        other = dual(other)
        slope = self.slope * other.value + self.value * other.slope
        return Dual(self.value * other.value, slope)

    def __truediv__(self, other: Any) -> Dual:
        other = dual(other)
        value = self.value / other.value
        return Dual(value, (self.slope - value * other.slope) / other.value)

    def __pow__(self, other: Any) -> Dual:
        other = dual(other)
        value = self.value**other.value
        slope = 0
        if other.value != 0 and self.slope != 0:
            slope = other.value * self.value ** (other.value - 1) * self.slope
        if other.slope != 0:
            slope += value * log(self.value) * other.slope
        return Dual(value, slope)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def __sub__(self, other: Any) -> Dual:
        return self + -dual(other)

    def __radd__(self, other: Any) -> Dual:
        return dual(other) + self

    def __rmul__(self, other: Any) -> Dual:
        return dual(other) * self

    def __rsub__(self, other: Any) -> Dual:
        return dual(other) - self

    def __rtruediv__(self, other: Any) -> Dual:
        return dual(other) / self

    def __rpow__(self, other: Any) -> Dual:
        return dual(other) ** self


def dual(x: Any) -> Dual:
    """Return a number as a dual number; a constant has slope 0."""
    return x if isinstance(x, Dual) else Dual(x, 0)


def real(x: Any) -> Any:
    """Return the real number that decides a comparison."""
    if isinstance(x, Dual):
        return real(x.value)
    return x.real if isinstance(x, complex) else x


def _function(
    plain: Callable[[Any], Any], wide: Callable[[Any], Any], slope: Callable[[Any, Any], Any]
) -> Callable[[Any], Any]:
    def call(x: Any) -> Any:
        if isinstance(x, Dual):
            value = call(x.value)
            return Dual(value, slope(x.value, value) * x.slope)
        return wide(x) if isinstance(x, complex) else plain(x)

    return call


exp = _function(math.exp, cmath.exp, lambda x, y: y)
log = _function(math.log, cmath.log, lambda x, y: 1 / x)
sqrt = _function(math.sqrt, cmath.sqrt, lambda x, y: 1 / (2 * y))
atan = _function(math.atan, np.arctan, lambda x, y: 1 / (1 + x * x))
erf = _function(
    math.erf,
    lambda z: complex(math.erf(z.real), 2 / math.sqrt(math.pi) * math.exp(-(z.real**2)) * z.imag),
    lambda x, y: 2 / math.sqrt(math.pi) * exp(-x * x),
)
sin: Callable[[Any], Any] = _function(math.sin, cmath.sin, lambda x, y: cos(x))
cos: Callable[[Any], Any] = _function(math.cos, cmath.cos, lambda x, y: -sin(x))


def sign(x: Any) -> int:
    return int(real(x) > 0) - int(real(x) < 0)


def step(x: Any) -> Fraction:
    return Fraction(sign(x) + 1, 2)


def pick(condition: Any, a: Any, b: Any) -> Any:
    return a if real(condition) else b


def product(factors: tuple[Any, ...]) -> Any:
    return math.prod(factors[1:], start=factors[0])


def huber(y: Any, t: Any, delta: Any) -> Any:
    inside = abs(real(y - t)) <= real(delta)
    return (y - t) ** 2 / 2 if inside else delta * (sign(y - t) * (y - t) - delta / 2)


ENTRY: dict[str, Callable[..., Any]] = {
    "add": lambda *x: sum(x[1:], x[0]),
    "mul": lambda *x: product(x),
    "neg": lambda x: -x,
    "div": lambda a, b: a / b,
    "pow": lambda x, n: x**n,
    "lt": lambda a, b: int(real(a) < real(b)),
    "le": lambda a, b: int(real(a) <= real(b)),
    "gt": lambda a, b: int(real(a) > real(b)),
    "ge": lambda a, b: int(real(a) >= real(b)),
    "eq": lambda a, b: int(real(a) == real(b)),
    "exp": exp,
    "log": log,
    "sqrt": sqrt,
    "abs": lambda x: sign(x) * x,
    "sign": sign,
    "heaviside": step,
    "sin": sin,
    "cos": cos,
    "arctan": atan,
    "erf": erf,
    "normal_cdf": lambda x: (1 + erf(x / math.sqrt(2))) / 2,
    "normal_pdf": lambda x: exp(-x * x / 2) / math.sqrt(2 * math.pi),
    "lncosh": lambda x: log((exp(x) + exp(-x)) / 2),
    "max": lambda a, b: a if real(a) > real(b) else b,
    "min": lambda a, b: a if real(a) < real(b) else b,
    "where": pick,
    "xlogy": lambda a, b: a * log(b),
    "xdivy": lambda a, b: a / b,
    "identity": lambda x: x,
    "sigmoid": lambda x: 1 / (1 + exp(-x)),
    "tanh": lambda x: (exp(x) - exp(-x)) / (exp(x) + exp(-x)),
    "relu": lambda x: pick(real(x) > 0, x, 0 * x),
    "leaky_relu": lambda x, alpha: pick(real(x) > 0, x, alpha * x),
    "softplus": lambda x: log(1 + exp(x)),
}
LOSS: dict[str, Callable[..., Any]] = {
    "squared_error": lambda y, t: (y - t) ** 2,
    "half_squared_error": lambda y, t: (y - t) ** 2 / 2,
    "mse": lambda y, t: (y - t) ** 2,
    "l1": lambda y, t: sign(y - t) * (y - t),
    "huber": huber,
    "hinge": lambda y, t: pick(real(t * y) < 1, 1 - t * y, 0 * y),
    "binary_cross_entropy": lambda y, t: -(t * log(y)) - (1 - t) * log(1 - y),
    "binary_cross_entropy_with_logits": lambda y, t: log(1 + exp(y)) - t * y,
    "cross_entropy": lambda y, t: -t * log(y),
}
REDUCTION = {
    "mse": "mean",
    "binary_cross_entropy": "batchmean",
    "binary_cross_entropy_with_logits": "batchmean",
    "cross_entropy": "batchmean",
    "softmax_cross_entropy": "batchmean",
}
CLASSES = ("cross_entropy", "softmax_cross_entropy")
PLAIN_DEFAULTS = {"alpha": Fraction(1, 100), "delta": Fraction(1)}


def spread(function: Callable[..., Any], *operands: Entries) -> Entries:
    """Return a function of numbers applied entry by entry."""
    found = np.frompyfunc(function, len(operands), 1)(*operands)
    return np.asarray(found, dtype=object)


def along(axis: int | None, x: Entries, keep: bool) -> Entries:
    return np.asarray(np.sum(x, axis=axis, keepdims=keep), dtype=object)


def softmax(x: Entries) -> Entries:
    e = spread(exp, x)
    return e / np.sum(e, axis=-1, keepdims=True)


def diagonal(x: Entries) -> Entries:
    return np.asarray([[a if i == j else 0 * a for j in range(len(x))] for i, a in enumerate(x)])


def whole(attrs: Mapping[str, Any], name: str) -> int | None:
    return int(attrs[name]) if name in attrs else None


def total(name: str, entries: Entries, reduction: str | None, shape: tuple[int, ...]) -> Entries:
    """Return the loss of all entries of a prediction of this shape."""
    row = TABLE[name]
    how = reduction or (REDUCTION.get(name, "sum") if name in LOSS else row.reduction)
    by_sample = name in CLASSES or row.per_sample
    if how == "whole":
        return entries
    if how == "none":
        return np.asarray(np.sum(entries, axis=-1) if by_sample and shape else entries)
    if by_sample and how == "mean":
        how = "batchmean"
    rows = shape[0] if len(shape) == 2 else 1
    divisor = {"sum": 1, "mean": math.prod(shape), "batchmean": rows}[how]
    return np.asarray(np.sum(entries) / divisor, dtype=object)


def sparsemax(x: Entries) -> Entries:
    """Return the projection on the simplex: each vector by trying every size of its support."""

    def project(vector: Entries) -> Entries:
        falling = sorted(vector, key=real, reverse=True)
        levels = [(sum(falling[1:k], falling[0]) - 1) / k for k in range(1, len(falling) + 1)]
        level = max(levels, key=real)
        return [x - level if real(x) > real(level) else 0 * x for x in vector]

    return np.asarray([project(row) for row in x] if x.ndim == 2 else project(x), dtype=object)


def largest(x: Entries, axis: int | None, keep: bool) -> Entries:
    moved = x.reshape(1, -1) if axis is None else np.moveaxis(x, axis, -1)
    found = np.empty(moved.shape[:-1], dtype=object)
    for index in np.ndindex(found.shape):
        found[index] = max(moved[index], key=real)
    if axis is None:
        return found.reshape((1,) * x.ndim if keep else ())
    return np.expand_dims(found, axis) if keep else found


def meaning(op: str, operands: list[Entries], attrs: Mapping[str, Any]) -> Entries:
    """Return the value of one operation."""
    if op in ENTRY or op in LOSS:
        function = ENTRY.get(op) or LOSS[op]
        extra = [attrs.get(k, v) for k, v in PLAIN_DEFAULTS.items() if takes(op, k)]
        entries = spread(lambda *x: function(*x, *extra), *operands)
        if op not in LOSS:
            return entries
        return total(op, entries, attrs.get("reduction"), operands[0].shape)
    if op == "softmax_cross_entropy":
        y, t = operands
        return total(op, -t * spread(log, softmax(y)), attrs.get("reduction"), y.shape)
    made = windows.layer(op, operands, attrs, real, sqrt)
    if made is not None:
        return made
    x = operands[0]
    axis, keep = whole(attrs, "axis"), bool(attrs.get("keepdims", 0))
    if op == "mean":
        added = along(axis, x, keep)
        return np.asarray(added * added.size / x.size, dtype=object)
    array: dict[str, Callable[[], Any]] = {
        "sum": lambda: along(axis, x, keep),
        "norm": lambda: spread(sqrt, along(axis, x * x, keep)),
        "amax": lambda: largest(x, axis, keep),
        "first_half": lambda: x[..., : x.shape[-1] // 2],
        "second_half": lambda: x[..., x.shape[-1] // 2 :],
        "join": lambda: np.concatenate(operands, axis=-1),
        "sparsemax": lambda: sparsemax(x),
        "matmul": lambda: x @ operands[1],
        "transpose": lambda: x.T,
        "outer": lambda: x[:, None] * operands[1][None, :],
        "dot": lambda: np.sum(x * operands[1]),
        "diag": lambda: diagonal(x),
        "expand": lambda: x if axis is None or keep else np.expand_dims(x, axis),
        "fill": lambda: np.broadcast_to(x, shape_of(attrs)),
        "array": lambda: np.stack(operands),
        "softmax": lambda: softmax(x),
        "log_softmax": lambda: spread(log, softmax(x)),
    }
    if op not in array:
        return defined(op, operands, attrs)
    return np.asarray(array[op](), dtype=object)


def takes(op: str, name: str) -> bool:
    return (op, name) in (("leaky_relu", "alpha"), ("huber", "delta"))


def shape_of(attrs: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(int(attrs[name]) for name in ("rows", "columns") if name in attrs)


def value(expr: Expr, operands: Mapping[str, Entries]) -> Entries:
    """Return the value of a formula for operands of any kind of number."""
    if isinstance(expr, Number):
        return np.asarray(expr.value, dtype=object)
    if isinstance(expr, Symbol):
        return operands[expr.name]
    attrs = {
        name: attr.value if isinstance(attr, Number) else attr.name for name, attr in expr.attrs
    }
    return meaning(expr.op, [value(arg, operands) for arg in expr.args], attrs)


def definition(expr: Apply, operands: Mapping[str, Entries]) -> Entries:
    """Return the value of an operation by the definition in its row of the table."""
    row = TABLE[expr.op]
    assert row.definition is not None
    attrs = {k: v.value if isinstance(v, Number) else v.name for k, v in expr.attrs}
    return defined(expr.op, [operands[arg.name] for arg in expr.args], attrs)  # type: ignore[union-attr]


def defined(op: str, operands: list[Entries], attrs: Mapping[str, Any]) -> Entries:
    """Return the same for values of the operands and parameters."""
    row = TABLE[op]
    assert row.definition is not None
    settings = {name: v.value for name, v in row.attributes.items() if isinstance(v, Number)}
    settings |= {name: v for name, v in attrs.items() if name != "reduction"}
    bound: dict[str, Entries] = {k: np.asarray(v, dtype=object) for k, v in settings.items()}
    bound |= dict(zip(row.params, operands, strict=True))
    text = applied(row.definition, {k: number(Fraction(v)) for k, v in settings.items()})
    found = value(text, bound)
    if row.kind != "loss":
        return found
    shape = operands[0].shape
    if found.ndim < len(shape) and row.reduction != "whole":
        found = np.broadcast_to(found, shape)
    return total(op, found, attrs.get("reduction"), shape)


def numbers(expr: Apply) -> dict[str, Number]:
    """Return the numeric parameters of an application, defaults included."""
    every = {**TABLE[expr.op].attributes, **dict(expr.attrs)}
    return {name: v for name, v in every.items() if isinstance(v, Number)}
