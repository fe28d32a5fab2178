"""Networks with kinks and no curves, both passes in exact fractions, loop by loop.

Nothing here comes from gradcalc. Each number carries the size of what was added to
make it, which bounds how far a float may be from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

Value: TypeAlias = "Sized"
Matrix: TypeAlias = list[list[Value]]


@dataclass(frozen=True)
class Sized:
    """An exact number and the sum of the sizes of all terms that made it."""

    exact: Fraction
    size: Fraction

    def __add__(self, other: Sized) -> Sized:
        return Sized(self.exact + other.exact, self.size + other.size)

    def __sub__(self, other: Sized) -> Sized:
        return Sized(self.exact - other.exact, self.size + other.size)

    def __mul__(self, other: Sized) -> Sized:
        return Sized(self.exact * other.exact, self.size * other.size)

    def __neg__(self) -> Sized:
        return Sized(-self.exact, self.size)


def sized(value: Fraction | int | str) -> Sized:
    """Return a number as it is written."""
    exact = Fraction(value)
    return Sized(exact, abs(exact))


ZERO, ONE, HALF = sized(0), sized(1), sized(Fraction(1, 2))


def total(terms: list[Value]) -> Value:
    """Return the sum of the terms."""
    found = ZERO
    for term in terms:
        found = found + term
    return found


Pair: TypeAlias = tuple[Value, Value]


def identity(z: Value, alpha: Value) -> Pair:
    """Return value and derivative of the identity."""
    return z, ONE


def relu(z: Value, alpha: Value) -> Pair:
    """Return value and derivative of ReLU; the derivative at 0 is 0."""
    return (z, ONE) if z.exact > 0 else (ZERO, ZERO)


def leaky_relu(z: Value, alpha: Value) -> Pair:
    """Return value and derivative of LeakyReLU; the derivative at 0 is α."""
    return (z, ONE) if z.exact > 0 else (alpha * z, alpha)


def absolute(z: Value, alpha: Value) -> Pair:
    """Return value and derivative of |z|; the derivative at 0 is 0."""
    if z.exact == 0:
        return ZERO, ZERO
    return (z, ONE) if z.exact > 0 else (-z, -ONE)


ACTIVATIONS: dict[str, Callable[[Value, Value], Pair]] = {
    "identity": identity,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "abs": absolute,
}


def squared(y: Value, t: Value, delta: Value) -> Pair:
    """Return value and derivative of (y − t)²."""
    return (y - t) * (y - t), sized(2) * (y - t)


def half_squared(y: Value, t: Value, delta: Value) -> Pair:
    """Return value and derivative of ½ (y − t)²."""
    return HALF * (y - t) * (y - t), y - t


def l1(y: Value, t: Value, delta: Value) -> Pair:
    """Return value and derivative of |y − t|; the derivative where equal is 0."""
    return absolute(y - t, ZERO)


def huber(y: Value, t: Value, delta: Value) -> Pair:
    """Return value and derivative of the Huber loss."""
    e = y - t
    if abs(e.exact) <= delta.exact:
        return HALF * e * e, e
    length, slope = absolute(e, ZERO)
    return delta * (length - HALF * delta), delta * slope


def hinge(y: Value, t: Value, delta: Value) -> Pair:
    """Return value and derivative of max(0, 1 − t y); the derivative at the margin is 0."""
    margin = ONE - t * y
    return (margin, -t) if margin.exact > 0 else (ZERO, ZERO)


LOSSES: dict[str, tuple[Callable[[Value, Value, Value], Pair], str]] = {
    "squared_error": (squared, "sum"),
    "half_squared_error": (half_squared, "sum"),
    "mse": (squared, "mean"),
    "l1": (l1, "sum"),
    "huber": (huber, "sum"),
    "hinge": (hinge, "sum"),
}


@dataclass(frozen=True)
class Layer:
    """One layer: rows of units, a bias a unit, the name of an activation."""

    weight: Matrix
    bias: list[Value]
    activation: str


@dataclass(frozen=True)
class Network:
    """Layers, samples as rows, targets as rows, and a loss with its parameters."""

    layers: list[Layer]
    inputs: Matrix
    targets: Matrix
    loss: str
    reduction: str
    alpha: Value
    delta: Value

    def divisor(self) -> int:
        """Return by what the sum of the entries' losses is divided."""
        how = self.reduction or LOSSES[self.loss][1]
        rows = len(self.targets)
        return {"sum": 1, "mean": rows * len(self.targets[0]), "batchmean": rows}[how]

    def passes(self) -> tuple[dict[str, Matrix], list[Fraction]]:
        """Return all values as rows of samples, and how far each kink was."""
        found: dict[str, Matrix] = {}
        kinks: list[Fraction] = []
        for sample, target in zip(self.inputs, self.targets, strict=True):
            self.one(sample, target, found, kinks)
        return found, kinks

    def one(
        self,
        sample: list[Value],
        target: list[Value],
        found: dict[str, Matrix],
        kinks: list[Fraction],
    ) -> None:
        """Add both passes of one sample to what was found."""
        before, slopes = [sample], []
        for number, layer in enumerate(self.layers, start=1):
            z = [
                total([w * x for w, x in zip(row, before[-1], strict=True)]) + b
                for row, b in zip(layer.weight, layer.bias, strict=True)
            ]
            pairs = [ACTIVATIONS[layer.activation](entry, self.alpha) for entry in z]
            if layer.activation != "identity":
                kinks += [abs(entry.exact) for entry in z]
            before.append([value for value, _ in pairs])
            slopes.append([slope for _, slope in pairs])
            found.setdefault(f"z{number}", []).append(z)
            last = number == len(self.layers)
            found.setdefault("yhat" if last else f"a{number}", []).append(before[-1])
        entry = LOSSES[self.loss][0]
        factor = sized(Fraction(1, self.divisor()))
        pairs = [entry(y, t, self.delta) for y, t in zip(before[-1], target, strict=True)]
        kinks += [self.distance(y, t) for y, t in zip(before[-1], target, strict=True)]
        add(found, "L", [[factor * total([value for value, _ in pairs])]])
        upstream = [factor * slope for _, slope in pairs]
        for number in range(len(self.layers), 0, -1):
            name = "yhat" if number == len(self.layers) else f"a{number}"
            found.setdefault(f"dL/d{name}", []).append(upstream)
            delta = [g * s for g, s in zip(upstream, slopes[number - 1], strict=True)]
            found.setdefault(f"dL/dz{number}", []).append(delta)
            weight = self.layers[number - 1].weight
            add(found, f"dL/dW{number}", [[d * x for x in before[number - 1]] for d in delta])
            add(found, f"dL/db{number}", [delta])
            columns = range(len(weight[0]))
            upstream = [
                total([weight[unit][i] * d for unit, d in enumerate(delta)]) for i in columns
            ]

    def distance(self, y: Value, t: Value) -> Fraction:
        """Return how far an entry of the loss is from its kink."""
        gap = abs(y.exact - t.exact)
        if self.loss == "l1":
            return gap
        if self.loss == "huber":
            return abs(gap - self.delta.exact)
        return abs(1 - t.exact * y.exact) if self.loss == "hinge" else Fraction(1)


def add(found: dict[str, Matrix], name: str, rows: Matrix) -> None:
    """Add a sample's part of a sum over samples."""
    old = found.get(name)
    found[name] = (
        rows
        if old is None
        else [
            [a + b for a, b in zip(one, other, strict=True)]
            for one, other in zip(old, rows, strict=True)
        ]
    )
