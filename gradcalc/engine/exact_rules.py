"""How exact values go through the operations, by the kinds that the table names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, prod
from typing import Any

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Number
from gradcalc.algebra.formula.shapes import Shape, size
from gradcalc.algebra.operations.kernels import Array, Kernel, Mask
from gradcalc.algebra.operations.operation import Operation
from gradcalc.engine.exact_values import (
    LIMIT,
    ONE,
    Exact,
    Fractions,
    Lead,
    LongFractionError,
    common,
    decimals,
    floats,
    largest,
    largest_size,
    over,
    padded,
    times,
    written,
)

NEAR = 1e-11
"""Of the largest term: a sum or a difference below it has cancelled."""
ENTRIES, TERMS = 1024, 2**15
"""Entries of a value, and products in it, above which it is computed in floats only."""
FACTORS, EXPONENT = 8, 16


class ExactRule:
    """How exact numbers go through one operation; `kind` is the word of the table.

    ranks, rank: own ranks of the operands and of the value. terms: how many terms are added
    up in one of its entries.
    """

    __slots__ = ("apply", "kind", "rank", "ranks", "screen", "terms")

    def __init__(self, kind: str, ranks: Sequence[int], rank: int, terms: int = 1) -> None:
        self.kind, self.ranks, self.rank, self.terms = kind, tuple(ranks), rank, float(terms)
        self.apply: Callable[[Kernel, Sequence[Any], Sequence[Array]], Exact | None]
        self.apply = getattr(self, kind)
        self.screen: Callable[[Kernel, Sequence[Array], Array], Mask] | None = None
        if kind in ("sum", "mean") or (kind == "product" and terms > 1):
            self.screen = cancelled
        elif kind == "order":
            self.screen = self.tied if len(self.ranks) == 2 else self.crowded

    def value(
        self, kernel: Kernel, args: Sequence[Exact | None], values: Sequence[Array]
    ) -> tuple[Array, Exact | None]:
        """Return the floats of the operation and, where it is rational, its exact value."""
        exact = self.apply(kernel, args, values)
        if exact is None:
            return kernel(*values), None
        if exact.fits is True:
            return exact.value, exact
        value = kernel(*values)
        if exact.fits is not False:
            value = np.where(over(exact.fits, self.rank), exact.value, value)
        return self.screened(exact, kernel, values, value), exact

    def linear(
        self, kernel: Kernel, args: Sequence[Exact | None], values: Sequence[Array]
    ) -> Exact | None:
        """Follow entries of the operands that are moved, or get the other sign."""
        return self.combined(kernel, args, largest)

    def least(
        self, kernel: Kernel, args: Sequence[Exact | None], values: Sequence[Array]
    ) -> Exact | None:
        """Follow the smaller of two entries."""
        return self.combined(kernel, args, self.compared)

    def compared(self, bounds: Sequence[Lead]) -> Lead:
        """Return the largest of bounds: numbers that are compared are all to be exact."""
        bound = largest(bounds)
        if isinstance(bound, float):
            return bound if bound <= LIMIT else inf
        return np.where(bound > LIMIT, inf, bound)

    def sum(
        self, kernel: Kernel, args: Sequence[Exact | None], values: Sequence[Array]
    ) -> Exact | None:
        """Follow sums of entries of the operands."""
        return self.combined(kernel, args, self.added)

    def added(self, bounds: Sequence[Lead]) -> Lead:
        total = bounds[0]
        for bound in bounds[1:]:
            total = total + bound
        return total * self.terms

    def combined(
        self,
        kernel: Kernel,
        args: Sequence[Exact | None],
        bounded: Callable[[Sequence[Lead]], Lead],
    ) -> Exact | None:
        found = common(args)
        if found is None:
            return None
        numbers, denominator, bounds = found
        return self.fitted(kernel, args, numbers, denominator, bounded(bounds))

    def product(
        self, kernel: Kernel, args: Sequence[Exact | None], values: Sequence[Array]
    ) -> Exact | None:
        """Follow sums of products of one entry of each operand."""
        if len(args) > FACTORS or any(arg is None for arg in args):
            return None
        factors: Sequence[Exact] = args  # type: ignore[assignment]
        denominator, bound = self.multiplied(factors)
        if any(arg.numbers is None for arg in factors):
            return self.fitted(kernel, args, None, denominator, bound)
        if not (bound <= LIMIT if isinstance(bound, float) else (bound <= LIMIT).all()):
            for arg in factors:
                arg.tighten()
            denominator, bound = self.multiplied(factors)
        return self.fitted(kernel, args, [arg.numbers for arg in factors], denominator, bound)

    def multiplied(self, args: Sequence[Exact]) -> tuple[Lead, Lead]:
        """Return the denominator of a product, and the bound of its numbers."""
        denominator: Lead = ONE
        bound: Lead = self.terms
        for arg in args:
            bound = bound * arg.bound
            if arg.denominator is not ONE:
                denominator, bound = times(denominator, arg.denominator, bound)
        return denominator, bound

    def mean(
        self, kernel: Kernel, args: Sequence[Exact | None], values: Sequence[Array]
    ) -> Exact | None:
        """Follow means: the mean of n times the numbers is their sum."""
        (arg,) = args
        if arg is None:
            return None
        terms = self.terms
        bound = arg.bound * (terms * terms)
        denominator, bound = times(arg.denominator, int(terms), bound)
        numbers = None if arg.numbers is None else [arg.numbers * terms]
        return self.fitted(kernel, args, numbers, denominator, bound, room=terms)

    def first(
        self, kernel: Kernel, args: Sequence[Exact | None], values: Sequence[Array]
    ) -> Exact | None:
        """Follow entries of the first operand; the others say where they go."""
        rest = values[1:]
        rule = ExactRule("linear", self.ranks[:1], self.rank)
        found = rule.linear(lambda x: kernel(x, *rest), args[:1], values)
        if found is not None:
            plain = map(floats, rest, self.ranks[1:])
            found.made = kernel, (args[0], *plain)
        return found

    def choice(
        self, kernel: Kernel, args: Sequence[Exact | None], values: Sequence[Array]
    ) -> Exact | None:
        """Follow entries of the second or third operand, as the first says."""
        which = values[0]
        rule = ExactRule("linear", self.ranks[1:], self.rank)
        found = rule.linear(lambda a, b: kernel(which, a, b), args[1:], values)
        if found is not None:
            condition = floats(which, self.ranks[0])
            found.made = kernel, (condition, *args[1:])
        return found

    def whole(
        self, kernel: Kernel, args: Sequence[Exact | None], values: Sequence[Array]
    ) -> Exact | None:
        """Follow 0 and 1, which floats give exactly."""
        return Exact(kernel(*values), ONE, 1.0, self.rank)

    def order(
        self, kernel: Kernel, args: Sequence[Exact | None], values: Sequence[Array]
    ) -> Exact | None:
        """Follow 0 and 1 that depend on the order of entries."""
        found = common(args)
        if found is None:
            return self.whole(kernel, args, values)
        numbers, denominator, bounds = found
        exact = self.fitted(kernel, args, numbers, denominator, self.compared(bounds))
        if exact.fits is True:
            return Exact(exact.numbers, ONE, 1.0, self.rank)
        value = kernel(*values)
        if exact.fits is not False:
            value = np.where(over(exact.fits, self.rank), np.asarray(exact.numbers), value)
        return Exact(self.screened(exact, kernel, values, value), ONE, 1.0, self.rank)

    def step(
        self, kernel: Kernel, args: Sequence[Exact | None], values: Sequence[Array]
    ) -> Exact | None:
        """Follow 0, ½, 1 and −1 that depend on the signs of entries, which floats have."""
        return Exact(kernel(*values) * 2.0, 2, 2.0, self.rank)

    def quotient(
        self, kernel: Kernel, args: Sequence[Exact | None], values: Sequence[Array]
    ) -> Exact | None:
        """Follow quotients; those by one number are whole numbers over a denominator again."""
        above, below = args
        if above is None or below is None:
            return None
        found = None
        if above.numbers is not None and below.numbers is not None:
            found = self.by_number(above, below)
        if found is None:
            return self.fitted(kernel, args, None, ONE, above.bound + inf)
        found.made = kernel, (above, below)
        return found

    def by_number(self, above: Exact, below: Exact) -> Exact | None:
        by = below.numbers
        assert by is not None
        cut = by.ndim - below.rank
        lead = by.shape[:cut]
        if prod(by.shape[cut:]) != 1:
            return None
        bound: Lead = above.bound
        divisor: Lead
        factor: Lead
        if by.size > 1:
            flat = by.reshape(lead)
            divisor = np.where(flat == 0, 1, np.abs(flat)).astype(np.int64)
            factor = np.where(flat == 0, 0, np.copysign(below.denominator, flat))
            bound = np.where(flat == 0, inf, bound * np.abs(factor))
            bound = bound + np.where(np.isfinite(below.bound), 0.0, below.bound)
        else:
            number = int(by.item())
            if number == 0:
                return None
            divisor, factor = abs(number), float(below.denominator)
            bound, factor = bound * factor, factor if number > 0 else -factor
        denominator, bound = times(above.denominator, divisor, bound)
        own, rank = above.rank, self.rank

        def multiplied(x: Array) -> Array:
            wide = padded(x, own, rank)
            if wide.ndim < rank + len(lead):
                wide = wide.reshape((1,) * (rank + len(lead) - wide.ndim) + wide.shape)
            return np.asarray(wide * over(factor, rank))

        rule = ExactRule("linear", (own,), rank)
        return rule.fitted(multiplied, (above,), [above.numbers], denominator, bound)

    def power(
        self, kernel: Kernel, args: Sequence[Exact | None], values: Sequence[Array]
    ) -> Exact | None:
        """Follow powers whose exponent is one whole number."""
        base, by = args
        if base is None or by is None or by.numbers is None or by.numbers.size != 1:
            return None
        if by.numbers.ndim != by.rank or by.rank:
            return None
        exponent, rest = divmod(int(by.numbers.item()), by.denominator)
        if rest or abs(exponent) > EXPONENT:
            return None
        if exponent < 0 or base.numbers is None:
            return self.fitted(kernel, args, None, ONE, base.bound + inf)
        bound: Lead = 1.0
        denominator: Lead = ONE
        for _ in range(exponent):
            denominator, bound = times(denominator, base.denominator, bound * base.bound)
        if exponent == 0:
            bound = bound + np.where(np.isfinite(base.bound), 0.0, base.bound)
        raised = np.square if exponent == 2 else lambda x: np.power(x, float(exponent))
        rule = ExactRule("linear", (base.rank,), self.rank)
        found = rule.fitted(raised, (base,), [base.numbers], denominator, bound)
        found.made = kernel, (base, by)
        return found

    def fitted(
        self,
        kernel: Kernel,
        args: Sequence[Any],
        numbers: Sequence[Any] | None,
        denominator: Lead,
        bound: Lead,
        room: float = 1.0,
    ) -> Exact:
        """Return a value by its whole numbers where they are short enough.

        room: how much larger than the value its numbers are on the way.
        """
        made = kernel, args
        if numbers is None:
            return Exact(None, ONE, bound + inf, self.rank, made)
        if isinstance(bound, float):
            if not bound <= LIMIT:
                if bound < inf:
                    sizes = kernel(*[np.abs(each) for each in numbers])
                    bound = room * float(np.max(sizes, initial=1.0))
                if not bound <= LIMIT:
                    return Exact(None, ONE, inf, self.rank, made)
            return Exact(kernel(*numbers), denominator, bound, self.rank, made)
        fits = bound <= LIMIT
        if fits.all():
            return Exact(kernel(*numbers), denominator, bound, self.rank, made)
        sizes = kernel(*[np.abs(each) for each in numbers])
        tight = room * np.maximum(1.0, largest_size(sizes, self.rank))
        bound = np.where(np.isfinite(bound) & ~fits, tight, bound)
        bound = np.where(bound > LIMIT, inf, bound)
        fits = bound <= LIMIT
        if not fits.any():
            return Exact(None, ONE, bound, self.rank, made)
        found = Exact(kernel(*numbers), denominator, bound, self.rank, made)
        if not fits.all():
            found.numbers = np.where(over(fits, self.rank), np.asarray(found.numbers), 0.0)
            found.denominator = np.where(fits, denominator, 1)
            found.fits = fits
        return found

    def screened(
        self, exact: Exact, kernel: Kernel, values: Sequence[Array], value: Array
    ) -> Array:
        """Return floats, computed again in fractions where something cancels."""
        if self.screen is None:
            return value
        with np.errstate(all="ignore"):
            hit = self.screen(kernel, values, value)
        if not hit.any():
            return value
        value = np.array(value, dtype=float)
        lead = value.shape[: value.ndim - self.rank]
        rows = hit.reshape((*lead, -1)).any(axis=-1) & (np.asarray(exact.bound) == inf)
        places = np.flatnonzero(np.broadcast_to(rows, lead))
        if not places.size:
            return value
        try:
            found = Fractions(lead, places).of(exact)
            floats = np.array([float(each) for each in found.flat])
        except (LongFractionError, OverflowError, ZeroDivisionError, TypeError, ValueError):
            return value
        own = value.shape[len(lead) :]
        flat = value.reshape(-1, *own)
        flat[places] = floats.reshape(len(places), *own)
        return flat.reshape(value.shape)

    def tied(self, kernel: Kernel, values: Sequence[Array], value: Array) -> Mask:
        """Tell which entries of a comparison come from numbers that are all but equal."""
        a, b = (padded(x, rank, self.rank) for x, rank in zip(values, self.ranks, strict=True))
        gap = np.abs(a - b)
        near = (gap > 0) & (gap < NEAR * np.maximum(np.abs(a), np.abs(b)))
        return np.asarray(np.broadcast_to(near, value.shape))

    def crowded(self, kernel: Kernel, values: Sequence[Array], value: Array) -> Mask:
        """Tell which entries stand among numbers of which two are all but equal."""
        (x,) = values
        flat = np.sort(x.reshape(*x.shape[: x.ndim - self.ranks[0]], -1), axis=-1)
        gap = np.diff(flat, axis=-1)
        near = (gap > 0) & (gap < NEAR * np.maximum(np.abs(flat[..., 1:]), np.abs(flat[..., :-1])))
        found = near.any(axis=-1)
        return np.asarray(np.broadcast_to(over(np.asarray(found), self.rank), value.shape))


def cancelled(kernel: Kernel, values: Sequence[Array], value: Array) -> Mask:
    """Tell which entries of a sum are far below its terms."""
    scale = kernel(*[np.abs(each) for each in values])
    return np.asarray((np.abs(value) < NEAR * scale) & np.isfinite(scale))


def rewritten(old: Array, new: Array, exact: Exact | None, rank: int) -> Exact | None:
    """Return the value of a line some entries of which were rounded, or replaced.

    Where the line is no fraction, a student whose numbers have few digits all the same has
    decimals, and everyone else floats.
    """
    if new is old:
        return exact
    if exact is None:
        found = decimals(new, rank)
        if found is not None and not isinstance(found.bound, float):
            found.bound = np.where(found.bound == inf, np.nan, found.bound)
        return found
    changed = np.asarray(new != old)
    if not changed.any() and new.shape == old.shape:
        return exact
    put_in = written(np.where(changed, new, 0.0), rank)
    rule = ExactRule("choice", (rank, rank, rank), rank)
    return rule.choice(np.where, (None, put_in, exact), [changed])


def rule_of(
    expr: Apply, row: Operation | None, shapes: Sequence[Shape], shape: Shape
) -> ExactRule | None:
    """Return how exact numbers go through one operation; None for floats alone.

    row: None for a value that is put in every entry of a larger shape.
    """
    sizes = [size(each) for each in (*shapes, shape)]
    if any(count is None or count > ENTRIES for count in sizes):
        return None
    ranks = [len(each) for each in shapes]
    if row is None:
        return ExactRule("linear", ranks, len(shape))
    if not row.rational:
        return None
    terms = _terms(expr, row, shapes, shape)
    if terms * (size(shape) or 1) > TERMS:
        return None
    return ExactRule(row.rational, ranks, len(shape), terms)


def _terms(expr: Apply, row: Operation, shapes: Sequence[Shape], shape: Shape) -> int:
    """Return how many terms are added up in one entry of the value."""
    if expr.op in ("matmul", "dot"):
        return int(shapes[0][-1])
    if expr.op in ("conv1d", "conv2d"):
        return size(shapes[1]) or 1
    if expr.op == "mean_pool":
        wide = row.bind(expr)["size"]
        assert isinstance(wide, Number)
        return int(int(wide.value) ** len(shapes[0]))
    if expr.op in ("sum", "mean"):
        return (size(shapes[0]) or 1) // (size(shape) or 1)
    return 1
