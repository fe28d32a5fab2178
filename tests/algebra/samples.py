"""Applications of every row of the table to operands that fit, away from its kinks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product
from zlib import crc32

import numpy as np

from gradcalc.algebra.formula.expr import ONE, Apply, Number, Symbol, number, substitute
from gradcalc.algebra.formula.shapes import Shape, ShapeError
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.operation import Operation, applied, formula
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.evaluate import evaluate

SHAPES: tuple[Shape, ...] = ((), (3,), (2,), (2, 3), (3, 2), (2, 2), (1, 3))
HALF = Number(Fraction(1, 2))
ATTRS: Mapping[str, tuple[dict[str, Number | Symbol], ...]] = {
    "sum": (
        {},
        {"axis": number(0)},
        {"axis": number(-1)},
        {"axis": number(1), "keepdims": ONE},
        {"keepdims": ONE},
    ),
    "mean": ({}, {"axis": number(0)}, {"axis": number(-1), "keepdims": ONE}, {"keepdims": ONE}),
    "norm": ({}, {"axis": number(-1), "keepdims": ONE}, {"axis": number(0)}),
    "amax": ({}, {"axis": number(-1), "keepdims": ONE}, {"axis": number(0)}),
    "expand": ({"axis": number(0)}, {"axis": number(-1)}),
    "conv1d": (
        {},
        {"padding": ONE},
        {"stride": number(2)},
        {"padding": ONE, "stride": number(2)},
    ),
    "conv2d": (
        {},
        {"padding": ONE},
        {"padding": ONE, "stride": number(2)},
        {"padding": number(0), "padding_columns": ONE, "stride": ONE},
    ),
    "max_pool": ({}, {"size": ONE, "stride": number(2)}, {"stride": number(3)}),
    "max_mask": ({}, {"size": ONE, "stride": number(2)}, {"stride": number(3)}),
    "mean_pool": ({}, {"size": ONE, "stride": number(2)}, {"stride": number(3)}),
    "unpool": ({}, {"size": ONE, "stride": number(2)}, {"stride": number(3)}),
    "spread": ({"stride": number(2), "rows": number(4), "columns": number(3)}, {}),
    "layer_norm": ({"eps": HALF},),
    "batch_norm": ({"eps": HALF}, {"eps": number(1)}),
    "reshape": ({"rows": number(3)}, {"rows": number(3), "columns": number(2)}),
    "concat": ({}, {"axis": number(-1)}, {"axis": ONE}),
    "pick": ({"index": number(2)}, {"index": ONE, "axis": ONE}),
    "part": (
        {"first": number(2), "last": number(2)},
        {"first": ONE, "last": number(2), "axis": number(-1)},
    ),
    "place": (
        {"first": number(2), "of": number(4)},
        {"first": number(3), "of": number(6), "axis": ONE},
    ),
    "one_hot": ({"of": number(3)},),
    "fill": ({"rows": number(3)}, {"rows": number(2), "columns": number(3)}),
    "leaky_relu": ({}, {"alpha": number(2)}),
    "huber": ({}, {"delta": HALF}),
    "rrelu": ({}, {"upper": HALF}),
    "elu": ({}, {"alpha": HALF}),
    "celu": ({}, {"alpha": HALF}),
    "scaled_softplus": ({}, {"beta": number(3)}),
    "swish": ({}, {"beta": HALF}),
    "squareplus": ({}, {"b": number(1)}),
    "snake": ({}, {"a": number(2)}),
    "hardtanh": ({}, {"low": number(0), "high": HALF}),
    "hardsigmoid": ({}, {"alpha": HALF, "beta": number(0)}),
    "softshrink": ({}, {"lambda": ONE}),
    "hardshrink": ({}, {"lambda": ONE}),
    "threshold": ({}, {"theta": number(0), "value": HALF}),
    "tempered_softmax": ({}, {"tau": HALF}),
    "smooth_l1": ({}, {"beta": HALF}),
    "pinball": ({}, {"tau": Number(Fraction(9, 10))}),
    "hinge_embedding": ({}, {"margin": HALF}),
    "margin_ranking": ({}, {"margin": HALF}),
    "weighted_bce_with_logits": ({"w": number(3)},),
    "smoothed_cross_entropy": ({}, {"epsilon": HALF}),
    "multi_margin": ({}, {"p": number(2)}, {"margin": HALF}),
    "focal": ({}, {"alpha": HALF, "gamma": number(3)}),
    "cosine_embedding": ({}, {"margin": HALF}),
    "triplet": ({}, {"margin": number(3), "eps": HALF}),
}
REDUCTIONS = tuple({"reduction": Symbol(name)} for name in ("sum", "mean", "batchmean", "none"))


@dataclass(frozen=True)
class Sample:
    """One application to operands a0, a1, … with their values."""

    expr: Apply
    values: Mapping[str, Array]

    @property
    def row(self) -> Operation:
        """Return the row that is applied."""
        return TABLE[self.expr.op]

    @property
    def shapes(self) -> dict[str, Shape]:
        """Return the shapes of the operands."""
        return {name: value.shape for name, value in self.values.items()}

    @property
    def shape(self) -> Shape:
        """Return the shape of the value, by the row's rule."""
        attrs = {**self.row.attributes, **dict(self.expr.attrs)}
        return self.row.shape(tuple(self.shapes.values()), attrs)

    @property
    def value(self) -> Array:
        """Return the value of the application."""
        return evaluate(self.expr, self.values, self.shapes, TABLE)

    def at(self, text: str) -> Array:
        """Return the value of a formula of the row, which is elementwise."""
        bound = {**self.row.bind(self.expr), self.row.output: self.expr}
        return evaluate(substitute(formula(text), bound), self.values, self.shapes, TABLE)

    def __str__(self) -> str:
        shapes = ", ".join("×".join(map(str, shape)) or "number" for shape in self.shapes.values())
        attrs = ", ".join(
            f"{k}={getattr(v, 'name', getattr(v, 'value', v))}" for k, v in self.expr.attrs
        )
        return f"{self.expr.op}({shapes}{', ' * bool(attrs)}{attrs})"


def samples(row: Operation) -> tuple[Sample, ...]:
    """Return applications to operands of all shapes that the row takes."""
    return _samples(row.name)


@cache
def _samples(name: str) -> tuple[Sample, ...]:
    return tuple(_applications(TABLE[name]))


def _applications(row: Operation) -> Iterator[Sample]:
    width = 3 if row.variadic else len(row.params)
    choices = SHAPES if width < 3 else SHAPES[:4]
    attrs = ATTRS.get(row.name, ({},))
    if row.kind == "loss" and row.reduction != "whole":
        attrs = tuple({**own, **reduction} for own in attrs for reduction in ({}, *REDUCTIONS))
    for shapes, own in product(product(choices, repeat=width), attrs):
        try:
            row.shape(shapes, {**row.attributes, **own})
        except ShapeError:
            continue
        names = [f"a{i}" for i in range(width)]
        expr = Apply(row.name, tuple(map(Symbol, names)), tuple(own.items()))
        values = dict(zip(names, _points(row, shapes, own), strict=True))
        yield Sample(expr, values)


def _points(
    row: Operation, shapes: tuple[Shape, ...], own: Mapping[str, Number | Symbol]
) -> list[Array]:
    """Return random operands inside the row's domain, 0.01 away from its kinks."""
    generator = np.random.default_rng(crc32(f"{row.name}{shapes}".encode()))
    for _ in range(4000):
        drawn = [np.asarray(_draw(row, generator, shape)) for shape in shapes]
        if row.name == "where":
            drawn[0] = np.asarray(drawn[0] > 0, dtype=float)
        if row.name in ("embed", "one_hot"):
            rows = drawn[0].shape[0] if row.name == "embed" else 3
            drawn[-1] = np.asarray(generator.integers(1, rows + 1, drawn[-1].shape), dtype=float)
        if _inside(row, drawn, own):
            return drawn
    raise AssertionError(f"no operands for {row.name}")


def _draw(row: Operation, generator: np.random.Generator, shape: Shape) -> Array:
    low, high = (0.05, 0.95) if "y < 1" in row.domain else (0.1, 2.0) if row.domain else (-2.0, 2.0)
    return generator.uniform(low, high, tuple(int(dim) for dim in shape))


def _inside(row: Operation, drawn: list[Array], own: Mapping[str, Number | Symbol]) -> bool:
    names = dict(zip(row.params, drawn, strict=False))
    value = Apply(row.name, tuple(map(Symbol, row.params)), tuple(own.items()))
    bound = {**row.attributes, **own, row.output: value}
    shapes = {name: value.shape for name, value in names.items()}

    def at(text: str) -> Array:
        return evaluate(applied(text, bound), names, shapes, TABLE)

    return all(np.all(at(text) == 1) for text in row.domain) and all(
        np.all(np.abs(at(text)) > 0.01) for text in row.kinks
    )
