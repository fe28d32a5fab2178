"""Random graphs of all operations of the table: operands of shapes that fit, values in reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

import numpy as np
from hypothesis import strategies as st

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, add, apply, mul, number
from gradcalc.algebra.formula.shapes import Shape, ShapeError
from gradcalc.algebra.formula.syntax import parse
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.operation import Operation
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.graph import Line
from tests.algebra.samples import ATTRS

ROWS = [row for row in TABLE if row.name != "array"]
INPUTS: Mapping[str, Shape] = {
    **{"s": (), "r": (), "o": (), "u": (3,), "v": (3,), "t": (3,), "p": (2,), "e": (2,)},
    **{"q": (5,), "w": (4,), "M": (2, 3), "N": (2, 3), "K": (2, 3), "A": (3, 2), "B": (2, 2)},
    **{"C": (4, 4), "D": (1, 3)},
}
CLASSES: Mapping[str, Shape] = {"c": (3,), "d": ()}
"""Numbers of rows, 1 or 2: what `embed` and `one_hot` read."""
POSITIVE = {"div", "pow", "xdivy", "xlogy", "log", "sqrt", "norm", "l2_normalize"}
TRIES = 2000


@dataclass(frozen=True)
class Drawn:
    """Equations that end in one number L, values for what they read, and the operations."""

    lines: tuple[Line, ...]
    values: Mapping[str, Array]
    rows: tuple[str, ...]


@st.composite
def graphs(draw: st.DrawFn) -> Drawn:
    """Return a graph of up to six operations, each fed by inputs and by earlier ones."""
    rows = draw(st.lists(st.sampled_from(ROWS), min_size=1, max_size=6))
    return graph(rows, draw(st.integers(0, 2**32)))


def graph(rows: list[Operation], seed: int) -> Drawn:
    """Return a graph of these operations; values, operands and parameters come from the seed."""
    random, generator = Random(seed), np.random.default_rng(seed)
    pool: dict[str, Shape] = dict(INPUTS)
    lines: list[Line] = []
    terms: list[Expr] = []
    for index, row in enumerate(rows):
        name = f"h{index}"
        made, shape = _applied(row, pool, random)
        lines += [Line(f"z{index}", made), Line(name, apply("tanh", Symbol(f"z{index}")))]
        pool[name] = shape
        weight = Number(number(random.randint(1, 9)).value / 4)
        terms.append(mul(weight, apply("sum", Symbol(name))))
    lines.append(Line("L", add(*terms) if len(terms) > 1 else terms[0]))
    values = {
        name: np.asarray(generator.uniform(-1.5, 1.5, tuple(map(int, shape))))
        for name, shape in INPUTS.items()
    }
    classes = {
        name: generator.integers(1, 3, tuple(map(int, shape))).astype(float)
        for name, shape in CLASSES.items()
    }
    return Drawn(tuple(lines), {**values, **classes}, tuple(row.name for row in rows))


def _applied(row: Operation, pool: Mapping[str, Shape], random: Random) -> tuple[Apply, Shape]:
    """Return the row applied to names that fit; the latest of them are the likeliest."""
    width = random.randint(2, 3) if row.variadic else len(row.params)
    names = list(pool)
    for _ in range(TRIES):
        picked = [_name(names, random) for _ in range(width)]
        shapes = [pool[name] for name in picked]
        if row.name in ("embed", "one_hot"):
            picked[-1] = random.choice(list(CLASSES))
            shapes[-1] = CLASSES[picked[-1]]
        elif random.random() < 0.7:  # most operations take operands of one shape
            alike = [name for name in names if pool[name] == shapes[0]]
            picked = random.sample(alike, min(width, len(alike)))
            shapes = [shapes[0] for _ in picked]
        if len(set(picked)) < width:  # rmse(x, x) is at a kink
            continue
        attrs = dict(random.choice(ATTRS.get(row.name, ({},))))
        if row.kind == "loss" and row.reduction != "whole" and random.random() < 0.5:
            attrs["reduction"] = Symbol(random.choice(("sum", "mean", "none")))
        try:
            shape = row.shape(tuple(shapes), {**row.attributes, **attrs})
        except ShapeError:
            continue
        operands = tuple(_operand(row, name) for name in picked)
        return Apply(row.name, operands, tuple(attrs.items())), shape
    raise AssertionError(f"no operands for {row.name}")


def _name(names: list[str], random: Random) -> str:
    return random.choice(names[-3:] if random.random() < 0.3 else names)


def _operand(row: Operation, name: str) -> Expr:
    """Return a name, squeezed between 0.1 and 0.9 where the row's domain has ends."""
    inside = row.name in POSITIVE or row.domain
    return parse(f"0.1 + 0.8*sigmoid({name})") if inside and name not in CLASSES else Symbol(name)
