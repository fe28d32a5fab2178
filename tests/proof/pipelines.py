"""Random pipelines of the structural operations of the table, in all forms of their arguments.

Structural is every row that is neither elementwise nor a loss: what sums, multiplies,
cuts, joins, moves or normalises whole quantities. A pipeline applies such rows to
inputs and to one another's values, and ends in one number: every value that no other
line reads, weighted entry by entry and added. Operands, parameters and values come
from the seed; a new row takes part as soon as the table has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

import numpy as np

from gradcalc.algebra.formula.expr import (
    Apply,
    Expr,
    Number,
    Symbol,
    add,
    apply,
    mul,
    number,
    substitute,
    symbols,
)
from gradcalc.algebra.formula.shapes import Shape, ShapeError
from gradcalc.algebra.formula.syntax import parse
from gradcalc.algebra.operations.inference import LAYOUT
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.operation import Operation
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.graph import Line

STRUCTURAL = tuple(
    row for row in TABLE if not row.is_elementwise and row.kind != "loss" and row.name != "array"
)
DIMENSIONS = (1, 2, 2, 3, 3, 4, 4, 6)
LARGEST = 60
TRIES = 4000
READERS = ("embed", "one_hot")
"""Rows whose last operand holds numbers of rows."""
ELEMENTWISE = ("tanh({})", "0.5*{}", "{0}*{0}", "1 - {}", "sigmoid({})", "-{}")
Drawing = Callable[[Random, tuple[Shape, ...]], int]


def _place(random: Random, shapes: tuple[Shape, ...]) -> int:
    return random.randint(1, max((int(dim) for shape in shapes for dim in shape), default=1))


def _dimension(random: Random, shapes: tuple[Shape, ...]) -> int:
    """Return a dimension that an operand has, a part of its number of entries, or a small one."""
    count = int(np.prod([int(dim) for dim in shapes[0]]))
    parts = [part for part in range(1, count + 1) if count % part == 0]
    return random.choice([*parts, *parts, count, random.randint(1, 7)])


PARAMETERS: Mapping[str, Drawing] = {
    "axis": lambda random, shapes: random.randint(-len(shapes[0]) - 1, len(shapes[0])),
    "keepdims": lambda random, shapes: random.randint(0, 1),
    "rows": _dimension,
    "columns": _dimension,
    "padding": lambda random, shapes: random.randint(0, 3),
    "padding_columns": lambda random, shapes: random.randint(0, 3),
    "stride": lambda random, shapes: random.randint(1, 4),
    "size": lambda random, shapes: random.randint(1, 3),
    "index": _place,
    "first": _place,
    "last": _place,
    "of": lambda random, shapes: random.randint(2, 7),
}
SPELLED = {"outer": "a @ b.T", "dot": "a.T @ b"}
SETTINGS: Mapping[str, tuple[str, ...]] = {"eps": ("1", "0.01", "1e-5"), "tau": ("0.5", "2")}
"""Parameters that are real numbers, and what they are set to."""


def parameters_of(row: Operation) -> tuple[str, ...]:
    """Return the names of all parameters that a call of a row may set."""
    options = [name for name, _ in row.options]
    return tuple(dict.fromkeys([*row.attributes, *LAYOUT.get(row.name, ()), *options]))


@dataclass(frozen=True)
class Pipeline:
    """Equations that end in one number L, values for what they read, and the rows applied.

    wanted: the inputs that L is differentiated by, all but the numbers of rows.
    """

    lines: tuple[Line, ...]
    values: Mapping[str, Array]
    wanted: tuple[str, ...]
    rows: tuple[str, ...]

    @property
    def shapes(self) -> dict[str, Shape]:
        """Return the shapes of all inputs."""
        return {name: value.shape for name, value in self.values.items()}


def pipeline(seed: int, rows: tuple[Operation, ...] | None = None) -> Pipeline:
    """Return the pipeline of a seed, of one to five rows that it draws or of these."""
    return _Draw(seed).pipeline(rows)


class _Draw:
    def __init__(self, seed: int) -> None:
        self.random, self.generator = Random(seed), np.random.default_rng(seed)
        self.shapes: dict[str, Shape] = {}
        self.values: dict[str, Array] = {}
        self.lines: list[Line] = []
        self.classes: list[str] = []

    def pipeline(self, rows: tuple[Operation, ...] | None) -> Pipeline:
        due = rows or tuple(self.random.choices(STRUCTURAL, k=self.random.randint(1, 5)))
        for row in due:
            self.line(self.applied(row))
        read = {name for line in self.lines for name in symbols(line.expr)}
        terms = [self.weighted(line.name) for line in self.lines if line.name not in read]
        self.lines.append(Line("L", add(*terms) if len(terms) > 1 else terms[0]))
        wanted = tuple(name for name in self.values if name not in self.classes)
        return Pipeline(
            tuple(self.lines), dict(self.values), wanted, tuple(row.name for row in due)
        )

    def line(self, made: tuple[Expr, Shape]) -> None:
        """Add a line of an application, now and then with a function of each entry around it."""
        expr, shape = made
        outer = expr
        if self.random.random() < 0.3:
            outer = parse(self.random.choice(ELEMENTWISE).format("v"))
            outer = _put(outer, expr)
        name = f"h{len(self.lines) + 1}"
        self.lines.append(Line(name, outer))
        self.shapes[name] = shape

    def weighted(self, name: str) -> Expr:
        """Return Σ of a value's entries, each with a weight of its own."""
        weight = f"k{name[1:]}"
        self.values[weight] = self.numbers(self.shapes[name])
        product = mul(Symbol(name), Symbol(weight))
        return apply("sum", product) if self.shapes[name] else product

    def numbers(self, shape: Shape) -> Array:
        return np.asarray(self.generator.uniform(-1.5, 1.5, tuple(map(int, shape))))

    def applied(self, row: Operation) -> tuple[Expr, Shape]:
        """Return the row applied to operands and parameters that fit."""
        width = self.random.randint(2, 3) if row.variadic else len(row.params)
        for _ in range(TRIES):
            shapes = self.operand_shapes(width)
            if row.name in READERS:
                shapes[-1] = shapes[-1][:1]
            attrs = self.parameters(row, tuple(shapes))
            try:
                shape = row.shape(tuple(shapes), {**row.attributes, **attrs})
            except (ShapeError, KeyError):
                continue
            if np.prod([int(dim) for dim in shape]) > LARGEST or len(shape) > 2:
                continue
            operands = [self.operand(shape) for shape in shapes]
            if row.name in READERS:
                of = int(shapes[0][0]) if row.name == "embed" else int(attrs["of"].value)
                operands[-1] = self.rows_read(shapes[-1], of)
            return self.spelled(row, tuple(operands), shapes, attrs), shape
        raise AssertionError(f"no operands for {row.name}")

    def spelled(
        self,
        row: Operation,
        operands: tuple[Expr, ...],
        shapes: list[Shape],
        attrs: Mapping[str, Number],
    ) -> Expr:
        """Return the application in one of the ways in which a file may write it."""
        if row.name in SPELLED and self.random.random() < 0.5:
            left, right = operands
            return substitute(parse(SPELLED[row.name]), {"a": left, "b": right})
        if row.name in ("pick", "part") and self.random.random() < 0.6:
            return _indexed(row, operands[0], len(shapes[0]), attrs)
        ours = {own: name for name, own in row.parameter_names}
        plain = [alias for alias in row.aliases if "(" not in alias]
        name = self.random.choice([row.name, row.name, *plain])
        turned = self.random.random() < 0.3
        return Apply(
            name,
            operands,
            tuple((ours.get(key, key) if turned else key, value) for key, value in attrs.items()),
        )

    def operand_shapes(self, width: int) -> list[Shape]:
        """Return shapes of operands: new ones, those of earlier values, or alike."""
        shapes: list[Shape] = []
        for _ in range(width):
            drawn = self.random.random()
            if self.shapes and drawn < 0.4:
                shapes.append(self.random.choice(list(self.shapes.values())[-3:]))
            elif shapes and drawn < 0.7:
                shapes.append(self.random.choice([shapes[0], shapes[0][::-1], shapes[0][-1:]]))
            else:
                rank = self.random.choice((0, 1, 1, 2, 2, 2))
                shapes.append(tuple(self.random.choices(DIMENSIONS, k=rank)))
        return shapes

    def parameters(self, row: Operation, shapes: tuple[Shape, ...]) -> dict[str, Number]:
        found: dict[str, Number] = {}
        for name in parameters_of(row):
            if self.random.random() < 0.35:
                continue
            if name in SETTINGS:
                value = parse(self.random.choice(SETTINGS[name]))
                assert isinstance(value, Number)
                found[name] = value
            else:
                found[name] = number(PARAMETERS[name](self.random, shapes))
        return found

    def operand(self, shape: Shape) -> Expr:
        """Return an earlier value, an input, a formula of one of them, or numbers written out."""
        known = [name for name, own in self.shapes.items() if own == shape]
        drawn = self.random.random()
        if drawn < 0.06:
            return _written(np.round(self.numbers(shape), 2))
        if not known or drawn < 0.25:
            name = f"x{len(self.values) + 1}"
            self.values[name], self.shapes[name] = self.numbers(shape), shape
            known = [name]
        operand: Expr = Symbol(self.random.choice(known[-2:]))
        if self.random.random() < 0.2:
            operand = _put(parse(self.random.choice(ELEMENTWISE).format("v")), operand)
        return operand

    def rows_read(self, shape: Shape, of: int) -> Expr:
        name = f"n{len(self.classes) + 1}"
        drawn = self.generator.integers(1, of + 1, tuple(map(int, shape)))
        self.values[name] = np.asarray(drawn, dtype=float)
        self.classes.append(name)
        return Symbol(name)


def _indexed(row: Operation, operand: Expr, rank: int, attrs: Mapping[str, Number]) -> Expr:
    """Return entries as an index takes them: v[2], v[2:4], v[:4], X[:,2]."""
    ends = [int(attrs[name].value) if name in attrs else 1 for name in row.attributes]
    text = f"{ends[0]}" if row.name == "pick" else f"{ends[0]}:{ends[1]}"
    text = text.removeprefix("1") if text.startswith("1:") else text
    column = rank == 2 and "axis" in attrs and attrs["axis"].value in (1, -1)
    return substitute(parse(f"v[{':,' if column else ''}{text}]"), {"v": operand})


def _put(outer: Expr, inner: Expr) -> Expr:
    return substitute(outer, {"v": inner})


def _written(values: Array) -> Expr:
    if values.ndim:
        return Apply("array", tuple(map(_written, values)))
    return parse(f"{float(values)}")
