"""Evaluate lines of formulas with NumPy: one loop over one flat list of calls.

Lines are compiled once and run many times. A value may have leading axes before its
own shape (a class, a stack of perturbed copies); the evaluator aligns operands by
their own ranks, so that a class of 3 is never mistaken for a vector of 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import isfinite
from typing import Any, Literal, TypeAlias

import numpy as np

from gradcalc.algebra.formula.expr import ONE, ZERO, Apply, Expr, Number, Symbol
from gradcalc.algebra.formula.shapes import Shape, size
from gradcalc.algebra.operations.inference import definition, shape_finder
from gradcalc.algebra.operations.kernels import Array, Kernel
from gradcalc.algebra.operations.operation import Operation, Table
from gradcalc.engine.exact_rules import ENTRIES, ExactRule, rewritten, rule_of
from gradcalc.engine.exact_values import Exact, constant, written
from gradcalc.engine.graph import Node
from gradcalc.engine.operation_functions import (
    aligned_kernel,
    nearest,
    plain_kernel,
    stretch,
    whole_numbers,
)

Adjust = Callable[[str, Array], Array]
Mark: TypeAlias = Callable[["Call", tuple[Array, ...], Array], Array]
Fault: TypeAlias = Literal["raise", "ignore"]

SMALL = 4096
COMPARISONS = ("lt", "le", "gt", "ge", "eq")


class EvaluationError(Exception):
    """A line whose value is not a finite number."""

    def __init__(self, line: str, expr: Expr, reason: str, operands: tuple[Array, ...]) -> None:
        super().__init__(f"{line}: {reason}")
        self.line, self.expr, self.reason, self.operands = line, expr, reason, operands


@dataclass(frozen=True)
class Call:
    """One operation: `kernel` aligns operands with leading axes, `plain` has none."""

    kernel: Kernel
    plain: Kernel
    out: int
    args: tuple[int, ...]
    expr: Expr
    line: str
    rule: ExactRule | None = None


class Program:
    """Compiled lines: `run` turns the values of the inputs into all values.

    exact: whether values that are rational are the floats nearest to their exact values;
        see `gradcalc.engine.exact_values`. Copies that are moved a little need no such care.
    spelled: inputs whose entries are known as fractions, in row order, beside the array
        that stands for them.
    """

    def __init__(
        self,
        nodes: Iterable[Node],
        inputs: Mapping[str, Shape],
        table: Table,
        *,
        exact: bool = True,
        spelled: Mapping[str, tuple[Array, Sequence[Fraction]]] | None = None,
    ) -> None:
        self.table, self.exact = table, exact
        self.shapes: dict[str, Shape] = dict(inputs)
        self.shape_of = shape_finder(self.shapes, table)
        self.slots: dict[Expr, int] = {}
        self.constants: list[tuple[int, Array]] = []
        self.numbers: list[tuple[int, Exact]] = []
        self.read: dict[int, tuple[Array, Exact]] = {}
        self.steps: list[Call | tuple[str, int, int]] = []
        self.size = 0
        self.inputs = [(name, self.new(Symbol(name))) for name in inputs]
        self.ranks = {name: len(shape) for name, shape in inputs.items()}
        for name, (array, entries) in (spelled or {}).items():
            if name in self.ranks and exact:
                known = written(array, self.ranks[name], entries)
                self.read[self.slots[Symbol(name)]] = array, known
        self.names: list[tuple[str, int]] = []
        self.line = ""
        for node in nodes:
            self.compile(node)
        self.calls, self.sources = self.direct()
        counts = {name: size(self.shapes[name]) or 0 for name, _ in self.names}
        self.large = [name for name, count in counts.items() if count > SMALL]
        self.small = [name for name, count in counts.items() if count <= SMALL]

    def new(self, expr: Expr) -> int:
        self.slots[expr] = self.size
        self.size += 1
        return self.size - 1

    def compile(self, node: Node) -> None:
        self.line = node.name
        if isinstance(node.expr, Number) and node.shape:
            slot = self.new(Apply("broadcast", (node.expr, Symbol(node.name))))
            self.number(slot, node.expr.value, whole_numbers(node.shape))
            value = slot
        else:
            value = self.stretched(node.expr, node.shape)
        self.shapes[node.name] = node.shape
        slot = self.new(Symbol(node.name))
        self.names.append((node.name, slot))
        self.steps.append((node.name, value, slot))

    def stretched(self, expr: Expr, shape: Shape) -> int:
        """Return where a formula stands in a shape that its own may be smaller than."""
        value, own = self.expression(expr), self.shape_of(expr)
        if own == shape:
            return value
        wide = partial(stretch, rank=len(own), shape=whole_numbers(shape))
        broadcast = Apply("broadcast", (expr,))
        rule = self.rule(broadcast, None, (own,), shape)
        return self.call(wide, wide, (value,), broadcast, rule)

    def number(self, slot: int, value: Fraction, shape: tuple[int, ...]) -> None:
        """Put a number of a formula in a slot."""
        self.constants.append((slot, np.full(shape, nearest(value))))
        self.numbers.append((slot, constant(value, shape)))

    def rule(
        self, expr: Apply, row: Operation | None, shapes: Sequence[Shape], shape: Shape
    ) -> ExactRule | None:
        return rule_of(expr, row, shapes, shape) if self.exact else None

    def call(
        self,
        kernel: Kernel,
        plain: Kernel,
        args: tuple[int, ...],
        expr: Expr,
        rule: ExactRule | None,
    ) -> int:
        out = self.new(expr)
        self.steps.append(Call(kernel, plain, out, args, expr, self.line, rule))
        return out

    def direct(
        self,
    ) -> tuple[list[tuple[Kernel, int, tuple[int, ...], ExactRule | None]], dict[str, int]]:
        """Return the calls with names passed over, for runs that change no named value."""
        source: dict[int, int] = {}
        calls = []
        for step in self.steps:
            if isinstance(step, Call):
                args = tuple(source.get(arg, arg) for arg in step.args)
                calls.append((step.plain, step.out, args, step.rule))
            else:
                source[step[2]] = source.get(step[1], step[1])
        return calls, {name: source[slot] for name, slot in self.names}

    def expression(self, expr: Expr) -> int:
        slot = self.slots.get(expr)
        if slot is not None:
            return slot
        if isinstance(expr, Number):
            slot = self.new(expr)
            self.number(slot, expr.value, ())
            return slot
        assert isinstance(expr, Apply), f"{expr} has no value"
        row = self.table[expr.op]
        if row.kernel is None and not row.variadic:
            meaning = definition(expr, self.table, self.shape_of)
            assert meaning is not None
            slot = self.slots[expr] = self.stretched(meaning, self.shape_of(expr))
            return slot
        if expr.op == "where" and expr.args[1:] == (ONE, ZERO) and _compares(expr.args[0]):
            slot = self.slots[expr] = self.expression(expr.args[0])
            return slot
        args = tuple(self.expression(arg) for arg in expr.args)
        shapes = tuple(self.shape_of(arg) for arg in expr.args)
        ranks = tuple(map(len, shapes))
        kernel = aligned_kernel(expr, row, ranks)
        plain = plain_kernel(expr, row, ranks)
        rule = self.rule(expr, row, shapes, self.shape_of(expr))
        return self.call(kernel, plain, args, expr, rule)

    def run(
        self,
        values: Mapping[str, Array],
        given: Mapping[str, Array] | None = None,
        adjust: Adjust | None = None,
        *,
        strict: bool = True,
        mark: Mark | None = None,
    ) -> dict[str, Array]:
        """Return the value of every name.

        given: values that stand in place of the computed ones.
        adjust: applied to each named value before it is read (rounding).
        strict: raise EvaluationError at the first value that is not finite; without it
            such a value is passed on, so that one of many leading entries harms no other.
        mark: what becomes of the value of an operation, in place of an error; see `gaps`.
        """
        strict = strict and mark is None
        slots: list[Any] = [None] * self.size
        for slot, number in self.constants:
            slots[slot] = number
        for name, slot in self.inputs:
            slots[slot] = values[name]
        fault: Fault = "raise" if strict else "ignore"
        with np.errstate(over=fault, divide=fault, invalid=fault, under="ignore"):
            exact = self.leaves(values)
            if (
                given
                or adjust
                or mark
                or any(values[n].ndim != rank for n, rank in self.ranks.items())
            ):
                self.step_by_step(slots, exact, given or {}, adjust, mark)
                sources = dict(self.names)
            else:
                self.straight(slots, exact)
                sources = self.sources
        result = {name: np.asarray(slots[slot]) for name, slot in sources.items()}
        if strict:
            self.check_finite(result)
        return {name: slots[slot] for name, slot in self.inputs} | result

    def check_finite(self, values: Mapping[str, Array]) -> None:
        """Raise EvaluationError at the first value that is not finite.

        NumPy has raised at every operation that overflows but those of foreign code
        and threads, so one pass over all small values and Σ v² of each large one do.
        """
        small = np.concatenate([np.zeros(1), *(values[name] for name in self.small)], axis=None)
        with np.errstate(all="ignore"):
            flat = (values[name].ravel(order="K") for name in self.large)
            sums = [np.vdot(value, value) for value in flat]
        if not (np.isfinite(small).all() and all(map(isfinite, sums))):
            for name, value in values.items():
                if not np.isfinite(value).all():
                    raise EvaluationError(name, Symbol(name), "overflow", ())

    def leaves(self, values: Mapping[str, Array]) -> list[Exact | None]:
        """Return the exact values of what is handed in and of the numbers of formulas."""
        exact: list[Exact | None] = [None] * self.size
        if not self.exact:
            return exact
        for slot, number in self.numbers:
            exact[slot] = number
        for name, slot in self.inputs:
            if (size(self.shapes[name]) or 0) > ENTRIES:
                continue
            value, known = values[name], self.read.get(slot)
            if known is None or known[0] is not value:
                known = value, written(value, self.ranks[name])
                if not value.flags.writeable:
                    self.read[slot] = known
            exact[slot] = known[1]
        return exact

    def straight(self, slots: list[Any], exact: list[Exact | None]) -> None:
        """Make every call in turn: no leading axes, no given values, no rounding."""
        out, args = 0, tuple[int, ...]()
        try:
            for kernel, out, args, rule in self.calls:
                if rule is None:
                    slots[out] = kernel(*[slots[arg] for arg in args])
                else:
                    own, operands = [exact[arg] for arg in args], [slots[arg] for arg in args]
                    slots[out], exact[out] = rule.value(kernel, own, operands)
        except FloatingPointError as error:
            made = (step for step in self.steps if isinstance(step, Call))
            step = next(step for step in made if step.out == out)
            values = tuple(slots[arg] for arg in args)
            raise EvaluationError(step.line, step.expr, str(error), values) from None

    def step_by_step(
        self,
        slots: list[Any],
        exact: list[Exact | None],
        given: Mapping[str, Array],
        adjust: Adjust | None,
        mark: Mark | None = None,
    ) -> None:
        """Make every call, operands aligned; put in given values and round named ones."""
        step: Call | tuple[str, int, int]
        for step in self.steps:
            if isinstance(step, Call):
                operands = tuple(slots[arg] for arg in step.args)
                number: Exact | None = None
                try:
                    if step.rule is None:
                        value = step.kernel(*operands)
                    else:
                        own = [exact[arg] for arg in step.args]
                        value, number = step.rule.value(step.kernel, own, operands)
                except FloatingPointError as error:
                    raise EvaluationError(step.line, step.expr, str(error), operands) from None
                if mark:
                    value = mark(step, operands, value)
                    number = number and number.where(value)
                slots[step.out], exact[step.out] = value, number
                continue
            name, source, slot = step
            value = slots[source]
            slots[slot] = given[name] if name in given else adjust(name, value) if adjust else value
            if self.exact:
                exact[slot] = self.put_in(name, value, slots[slot], exact[source], name in given)

    def put_in(
        self, name: str, old: Array, new: Array, exact: Exact | None, given: bool
    ) -> Exact | None:
        """Return the exact value of a line that is given, rounded, or left as it is."""
        if new is not old and (size(self.shapes[name]) or 0) > ENTRIES:
            return None
        rank = len(self.shapes[name])
        return written(new, rank) if given else rewritten(old, new, exact, rank)


def _compares(expr: Expr) -> bool:
    return isinstance(expr, Apply) and expr.op in COMPARISONS


def evaluate(
    expr: Expr, values: Mapping[str, Array], shapes: Mapping[str, Shape], table: Table
) -> Array:
    """Return the value of one formula; see `Program.run`."""
    shape = shape_finder(shapes, table)(expr)
    return Program([Node("value", expr, shape)], shapes, table).run(values)["value"]
