"""Random lines over the table of operations: any row, in any form of its arguments.

Which operands fit an operation is asked of the row's own rule of shapes, so that a new
row is drawn without being named here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, number
from gradcalc.algebra.formula.shapes import Shape, ShapeError
from gradcalc.algebra.formula.syntax import format
from gradcalc.algebra.operations.inference import LAYOUT, REDUCTIONS, shape_finder
from gradcalc.algebra.operations.operation import Operation
from gradcalc.algebra.operations.table import TABLE

ROWS = tuple(row for row in TABLE)
TRIES = 60
LETTERS = (*"xuvpqrABCDEFGHKMNOPQ", *(f"x{at}" for at in range(99)))
SIZES: tuple[Shape, ...] = ((), (1,), (2,), (3,), (4,), (5,), (2, 3), (3, 2), (3, 3), (1, 2))
SIZES += ((4, 4), (2, 2))
FRACTIONS = tuple(Number(Fraction(text), text) for text in ("0.1", "0.25", "0.5", "2", "1", "3"))


def value(random: Random, *, positive: bool = False) -> float:
    """Return a number as people choose them: short, now and then 0 or equal to another."""
    found = random.choice(
        [0.5, 1, 2, random.randint(1, 9) / 10, random.randint(1, 300) / 100, random.randint(0, 3)]
    )
    return found if positive or random.random() < 0.6 else -found


def array(random: Random, shape: Sequence[Any], *, positive: bool = False) -> Any:
    """Return numbers in rows as a file holds them."""
    if not shape:
        return value(random, positive=positive)
    return [array(random, shape[1:], positive=positive) for _ in range(int(shape[0]))]


@dataclass
class Lines:
    """Quantities, and lines over them that end in one number."""

    random: Random
    shapes: dict[str, Shape] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    operations: set[str] = field(default_factory=set)
    open: list[str] = field(default_factory=list)

    def line(self, expr: Expr, text: str | None = None) -> str:
        """Add a line and return its name."""
        name = f"h{len(self.texts) + 1}"
        self.shapes[name] = shape_finder(self.shapes, TABLE)(expr)
        self.texts.append(f"{name} = {text or format(expr)}")
        self.open.append(name)
        return name

    def apply(self, row: Operation) -> str | None:
        """Add a line that applies a row to what there is, or to new quantities."""
        for _ in range(TRIES):
            drawn = self.operands(row)
            attrs = self.parameters(row)
            operands: tuple[Expr, ...] = tuple(self.operand(shape) for shape in drawn)
            if row.name == "array":
                operands = tuple(self.random.choice(FRACTIONS) for _ in drawn)
            expr = Apply(row.name, operands, attrs)
            try:
                shape_finder(self._known(), TABLE)(expr)
            except (ShapeError, KeyError, ValueError):
                continue
            self._keep(expr)
            self.operations.add(row.name)
            return self.line(expr, self.called(row, expr))
        return None

    def operands(self, row: Operation) -> list[Shape]:
        """Return shapes of operands, those of the first one more often than others."""
        count = self.random.randint(2, 3) if row.variadic else len(row.params)
        first = self.random.choice(SIZES)
        more = [
            first if self.random.random() < 0.6 else self.random.choice(SIZES)
            for _ in range(count - 1)
        ]
        return [first, *more]

    def parameters(self, row: Operation) -> tuple[tuple[str, Number | Symbol], ...]:
        """Return some of the parameters that a row takes, in values of its kind."""
        random, found = self.random, dict[str, Number | Symbol]()
        layout = LAYOUT.get(row.name, ())
        options = tuple(name for name, _ in row.options)
        whole = (*row.whole, *options, *layout)
        for name in dict.fromkeys((*row.attributes, *options, *layout)):
            if random.random() < (0.7 if name in options else 0.4):
                if name == "keepdims":
                    found[name] = number(random.randint(0, 1))
                elif name in whole:
                    found[name] = number(random.choice([0, 1, 1, 2, 2, 3, -1]))
                else:
                    found[name] = random.choice(FRACTIONS)
        if row.kind == "loss" and row.reduction != "whole" and random.random() < 0.4:
            found["reduction"] = Symbol(random.choice(REDUCTIONS))
        return tuple(found.items())

    def operand(self, shape: Shape) -> Expr:
        """Return a name of this shape, now and then a formula over it; a new one at need."""
        known = [name for name, own in self._known().items() if own == shape]
        fresh = not known or (self.random.random() < 0.2 and len(self.data) < 8)
        if fresh:
            name = next(each for each in LETTERS if each not in self._known())
            self._drafts[name] = shape
        else:
            name = self.random.choice(known)
        inner: Expr = Symbol(name)
        kind = self.random.random()
        if kind < 0.1:
            return Apply("mul", (number(2), inner))
        if kind < 0.2:
            return Apply("add", (inner, number(1)))
        if kind < 0.25:
            return Apply(self.random.choice(("sin", "relu", "tanh", "neg")), (inner,))
        return inner

    _drafts: dict[str, Shape] = field(default_factory=dict)

    def _known(self) -> dict[str, Shape]:
        return {**self.shapes, **self._drafts}

    def _keep(self, expr: Expr) -> None:
        """Make quantities of the drafts that a formula reads, under their new names."""
        self._drafts = {k: v for k, v in self._drafts.items() if k in _names(expr)}
        self.shapes |= self._drafts
        self.data += self._drafts
        self._drafts = {}

    def called(self, row: Operation, expr: Apply) -> str | None:
        """Return a call by another name of the row, now and then."""
        aliases = [alias for alias in row.aliases if "(" not in alias]
        text = format(expr)
        if not aliases or self.random.random() < 0.7 or not text.startswith(f"{row.name}("):
            return None
        return self.random.choice(aliases) + text[len(row.name) :]

    def closed(self) -> None:
        """Add the last line, one number that all lines lead to."""
        read = " ".join(self.texts)
        ends = [name for name in self.open if read.count(name) == 1] or self.open[-1:]
        terms = []
        for name in ends:
            if not self.shapes[name]:
                terms.append(name)
            else:
                terms.append(
                    self.random.choice(
                        [f"sum({name})", f"mean({name})", f"sum({name}^2)", f"sum({name}*{name})"]
                    )
                )
        self.texts.append(f"L = {' + '.join(terms)}")
        self.shapes["L"] = ()


def _names(expr: Expr) -> set[str]:
    if isinstance(expr, Symbol):
        return {expr.name}
    return set().union(*map(_names, expr.args)) if isinstance(expr, Apply) else set()
