"""Draw the numbers of a network at random, so that they can be worked by hand.

Unit by unit, weights are drawn anew until the unit is away from the kinks of its
activation and not saturated; targets until the loss has a derivative there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import fsum
from random import Random

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Expr, Symbol, substitute
from gradcalc.algebra.formula.syntax import format
from gradcalc.algebra.operations.inference import fold_sizes
from gradcalc.algebra.operations.operation import Operation, formula
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.evaluate import EvaluationError, Program
from gradcalc.engine.gradient_check import kinks_of
from gradcalc.engine.graph import Node

ROWS = 4000
SATURATED, NO_ERROR = 0.1, 0.02
LARGEST, SMALLEST = 0.95, 0.01
LOGITS = (
    "softmax_cross_entropy",
    "smoothed_cross_entropy",
    "binary_cross_entropy_with_logits",
    "weighted_bce_with_logits",
    "focal",
)
BINARY = ("binary_cross_entropy", "weighted_bce", "focal")


@dataclass(frozen=True)
class Settings:
    """What a problem file is made from, checked: layer sizes, functions, digits, seed.

    why: the reason for the output's activation where the call did not name it.
    """

    sizes: tuple[int, ...]
    activations: tuple[Apply, ...]
    loss: Apply
    decimals: int
    seed: int
    why: str = ""

    @property
    def margin(self) -> float:
        """Return how far every unit stays away from a kink."""
        return max(0.1, 3 * 10.0 ** -max(self.decimals, 1))

    @property
    def call(self) -> str:
        """Return the arguments that make the same file again."""
        named = self.activations if not self.why else self.activations[:-1][:1]
        options = {
            "--layers": ",".join(map(str, self.sizes)),
            "--activation": ",".join(written(each) for each in named),
            "--loss": written(self.loss),
            "--decimals": str(self.decimals),
            "--seed": str(self.seed),
        }
        return " ".join(
            f"{option} '{text}'" if "(" in text else f"{option} {text}"
            for option, text in options.items()
            if text
        )


def written(call: Apply) -> str:
    """Return a function as a file names it: `relu`, `leaky_relu(alpha=0.1)`."""
    return format(call) if call.attrs else call.op


@dataclass
class NetworkNumbers:
    """All numbers of one file, in units of the last decimal where they are weights."""

    inputs: list[Decimal]
    weights: list[list[list[Decimal]]]
    biases: list[list[Decimal]]
    targets: list[Decimal]


class NoNumbersError(Exception):
    """No numbers were found that keep every promise; drawing starts anew."""


class ScalarFunction:
    """An activation or a loss of numbers: value, derivative, kinks, at one place."""

    def __init__(self, call: Apply) -> None:
        row = TABLE[call.op]
        self.names = row.params
        own = Apply(call.op, tuple(Symbol(name) for name in row.params), call.attrs)
        self.bent = bool(row.kinks)
        lines = [("slope", _slope(row, own))]
        if row.kind != "loss":
            lines.append(("value", own))
        lines += [(f"kink{i}", kink) for i, kink in enumerate(kinks_of(own, TABLE))]
        nodes = [Node(name, expr, ()) for name, expr in lines]
        self.program = Program(nodes, dict.fromkeys(row.params, ()), TABLE, exact=False)

    def at(self, *values: float) -> tuple[float, float, float]:
        """Return value, derivative, and the distance from the nearest kink."""
        env = {name: np.asarray(v) for name, v in zip(self.names, values, strict=True)}
        found = {name: float(value) for name, value in self.program.run(env).items()}
        kinks = [abs(found[name]) for name in found if name.startswith("kink")]
        return found.get("value", 0.0), found["slope"], min(kinks, default=np.inf)


def _slope(row: Operation, own: Apply) -> Expr:
    assert row.derivative is not None and row.derivative[0] is not None
    slope = substitute(formula(row.derivative[0]), {**row.bind(own), row.output: own})
    return fold_sizes(slope, lambda _: ())


class Attempt:
    """One attempt at numbers for a network."""

    def __init__(self, made: Settings, rng: Random) -> None:
        self.made, self.rng = made, rng
        whole = made.decimals == 0
        self.unit = Decimal(1).scaleb(-made.decimals)
        sizes = range(1, 4 if whole else 10**made.decimals)
        self.weights = [n * self.unit for n in sizes if made.decimals < 2 or n % 10]
        inputs = "1 2 3 -1 -2 -3" if whole else "1 2 -1 0.5 -2 3 -0.5 1.5"
        self.inputs = [Decimal(text) for text in inputs.split()]

    def numbers(self) -> NetworkNumbers:
        """Return numbers that keep every promise; raises NoNumbersError where none are found."""
        made = self.made
        x = self.several(self.inputs, made.sizes[0])
        before = [float(number) for number in x]
        found = NetworkNumbers(x, [], [], [])
        for layer, (size, call) in enumerate(zip(made.sizes[1:], made.activations, strict=True)):
            last = layer == len(made.activations) - 1
            weight, bias, z = self.layer(before, size, call, last)
            found.weights.append(weight)
            found.biases.append(bias)
            before = self.activated(z, call)
        found.targets = self.targets(before)
        return found

    def several(self, pool: Sequence[Decimal], count: int) -> list[Decimal]:
        """Return numbers of a pool, each once where there are enough."""
        if count <= len(pool):
            return self.rng.sample(pool, count)
        return [self.rng.choice(pool) for _ in range(count)]

    def layer(
        self, before: list[float], size: int, call: Apply, last: bool
    ) -> tuple[list[list[Decimal]], list[Decimal], list[float]]:
        """Return weights, biases and pre-activations of one layer."""
        function = None if TABLE[call.op].vjp is not None else ScalarFunction(call)
        off = self.switched_off(size) if function and function.bent and not last else set()
        weight: list[list[Decimal]] = []
        bias: list[Decimal] = []
        z: list[float] = []
        largest = self.largest(call, last)
        for index in range(size):
            side = 0 if function is None or not function.bent else -1 if index in off else 1
            for attempt in range(ROWS):
                row = self.row(len(before))
                b = self.row(1)[0]
                total = fsum([*(float(w) * a for w, a in zip(row, before, strict=True)), float(b)])
                new = row not in weight or attempt > ROWS // 10  # one input has few rows
                if new and self.fits(total, function, side, largest):
                    break
            else:
                raise NoNumbersError
            weight.append(row)
            bias.append(b)
            z.append(total)
        if size > 1 and weight == [list(column) for column in zip(*weight, strict=True)]:
            raise NoNumbersError  # a lost transpose would not show
        return weight, bias, z

    def largest(self, call: Apply, last: bool) -> float:
        """Return how large a pre-activation may be."""
        if TABLE[call.op].vjp is not None or (last and self.made.loss.op in LOGITS):
            return 2.0
        if TABLE[call.op].kinks or call.op == "identity":
            return 8.0 if self.made.decimals == 0 else 4.0
        return 2.5

    def switched_off(self, size: int) -> set[int]:
        """Return the units that are to lie below the kink, where there are two or more."""
        count = self.rng.randint(1, max(1, size // 3)) if size > 1 else 0
        return set(self.rng.sample(range(size), count))

    def row(self, count: int) -> list[Decimal]:
        """Return weights of either sign, none of them 0."""
        return [w * self.rng.choice((1, -1)) for w in self.several(self.weights, count)]

    def fits(self, z: float, function: ScalarFunction | None, side: int, largest: float) -> bool:
        """Tell whether a unit is away from kinks, on its side of them, and not saturated."""
        if not SMALLEST < abs(z) <= largest or z * side < 0:
            return False
        if function is None:
            return True
        try:
            _, slope, distance = function.at(z)
        except EvaluationError:
            return False
        return distance >= self.made.margin and (side < 0 or abs(slope) >= SATURATED)

    def activated(self, z: list[float], call: Apply) -> list[float]:
        """Return what a layer hands on; a softmax that is all but sure is refused."""
        row = TABLE[call.op]
        if row.vjp is None:
            function = ScalarFunction(call)
            return [function.at(number)[0] for number in z]
        node = Node("a", Apply(call.op, (Symbol("z"),), call.attrs), (len(z),))
        values = Program([node], {"z": (len(z),)}, TABLE).run({"z": np.array(z)})["a"].tolist()
        if call.op == "softmax" and max(values) > LARGEST:
            raise NoNumbersError
        return [float(value) for value in values]

    def targets(self, outputs: list[float]) -> list[Decimal]:
        """Return targets that fit the loss, each with a derivative that is not 0."""
        loss, last = self.made.loss, self.made.activations[-1].op
        kind = TABLE[loss.op]
        hot = [Decimal(0)] * len(outputs)
        hot[self.rng.randrange(len(outputs))] = Decimal(1)
        if kind.per_sample:
            return hot
        function = ScalarFunction(loss)
        if last == "softmax" and all(
            self.differs(function, y, t) for y, t in zip(outputs, hot, strict=True)
        ):
            return hot
        return [self.target(function, y, last) for y in outputs]

    def target(self, function: ScalarFunction, y: float, last: str) -> Decimal:
        for pool in _pools(self.made.loss.op, last):
            fitting = [Decimal(t) for t in pool.split() if self.differs(function, y, Decimal(t))]
            if fitting:
                return self.rng.choice(fitting)
        raise NoNumbersError

    def differs(self, function: ScalarFunction, y: float, t: Decimal) -> bool:
        try:
            _, slope, distance = function.at(y, float(t))
        except EvaluationError:  # this target is outside of the domain of the loss
            return False
        return abs(slope) >= NO_ERROR and distance >= self.made.margin


def _pools(loss: str, last: str) -> Iterator[str]:
    """Yield the targets to choose from, better ones first."""
    signs = TABLE[loss].family == TABLE["hinge"].family
    if signs:
        yield "1 -1"
    elif loss.startswith(BINARY) or last in ("sigmoid", "softmax"):
        yield "0 1"
    elif last == "tanh":
        yield "1 -1 0.5 -0.5"
    else:
        yield "1 2 -1 0.5 3 -2"
    if not signs and not loss.startswith(BINARY):
        yield "0.5 1.5 -0.5 4 -4"
