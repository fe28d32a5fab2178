"""Write a formula as a textbook would: constants folded, like terms together.

Every rule keeps the value; a rule that would change the shape under a sum or a
matrix product puts the shape back with `fill`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import chain

from gradcalc.algebra.formula.expr import (
    ONE,
    ZERO,
    Apply,
    Expr,
    Number,
    Symbol,
    add,
    mul,
    neg,
    number,
    rebuild,
)
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.operations.inference import count, dimension
from gradcalc.algebra.operations.layers import LAYERS
from gradcalc.algebra.operations.smooth_activations import VECTORS
from gradcalc.algebra.operations.table import LOSSES

Factors = dict[Expr, Fraction]
ShapeOf = Callable[[Expr], Shape]
BILINEAR = ("matmul", "outer", "dot")
REDUCTIONS = ("sum", "mean", "norm", "amax")
WHOLE = (
    *BILINEAR,
    *REDUCTIONS,
    *("transpose", "diag", "expand", "first_half", "second_half", "join"),
    *(row.name for row in (*VECTORS, *LOSSES, *LAYERS)),
)
"""Operations that read the shape of an operand, not only its entries."""
MAX_POWER = 64


def simplify(
    expr: Expr, shape_of: ShapeOf | None = None, replace: Mapping[str, Expr] | None = None
) -> Expr:
    """Return an equal formula in textbook form.

    `shape_of` gives own shapes (everything is a number where it is absent).
    `replace` stands for names, all at once and simplified as well; a name keeps its shape.
    """
    return _Simplifier(shape_of or (lambda _: ()), replace or {}).visit(expr)


class _Simplifier:
    def __init__(self, shape_of: ShapeOf, replace: Mapping[str, Expr]) -> None:
        self.shape_of = shape_of
        self.replace = replace
        self.plain = _Simplifier(shape_of, {}) if replace else self
        self.done: dict[Expr, Expr] = {}

    def visit(self, expr: Expr) -> Expr:
        if isinstance(expr, Number):
            return expr
        known = self.done.get(expr)
        if known is None:
            if isinstance(expr, Symbol):
                new = self.replace.get(expr.name)
                known = expr if new is None else self.plain.visit(new)
            else:
                known = self.rule(expr)
            self.done[expr] = known
        return known

    def rule(self, expr: Apply) -> Expr:
        args = tuple(self.visit(arg) for arg in expr.args)
        if expr.op in ("add", "mul", "div", "neg", "pow"):
            return rebuild_product(*product(Apply(expr.op, args)))
        if expr.op in WHOLE:
            pairs = zip(expr.args, args, strict=True)
            exact = expr.op not in REDUCTIONS or bool(expr.attrs)
            args = tuple(self.keep_shape(old, new, exact) for old, new in pairs)
        if expr.op == "sum":
            return self.sum(Apply("sum", args, expr.attrs))
        if expr.op == "expand" and (not expr.attrs or dict(expr.attrs).get("keepdims") == ONE):
            return args[0]
        if expr.op == "spread" and expr.attr("stride") in (None, ONE):
            return args[0]
        if expr.op == "transpose":
            return transpose(args[0])
        if expr.op in BILINEAR:
            return bilinear(Apply(expr.op, args))
        return Apply(expr.op, args, expr.attrs, expr.place)

    def keep_shape(self, old: Expr, new: Expr, exact: bool) -> Expr:
        """Return `new` stretched to the shape of `old` where it has become smaller."""
        shape, smaller = self.shape_of(old), self.shape_of(new)
        if smaller == shape or (not exact and _size(smaller) == _size(shape)):
            return new
        names = zip(("rows", "columns"), (dimension(dim) for dim in shape), strict=False)
        return Apply("fill", (new,), tuple(names))

    def sum(self, expr: Apply) -> Expr:
        inner = expr.args[0]
        coefficient, factors = product(inner)
        filled = isinstance(inner, Apply) and inner.op == "fill" and not expr.attrs
        if filled and isinstance(inner, Apply) and not self.shape_of(inner.args[0]):
            return self.visit(mul(count(self.shape_of(inner)), inner.args[0]))
        if coefficient == ONE or not factors:
            return expr
        rest = Apply("sum", (rebuild_product(ONE, factors),), expr.attrs)
        return rebuild_product(coefficient, {rest: Fraction(1)})


def _size(shape: Shape) -> tuple[object, ...]:
    return tuple(dim for dim in shape if dim != 1)


def decimal_text(value: Fraction) -> str | None:
    """Return a finite decimal as text, or None where the expansion does not end."""
    bottom = value.denominator
    places = 0
    while bottom % 10 == 0:
        bottom //= 10
        places += 1
    for prime in (2, 5):
        while bottom % prime == 0:
            bottom //= prime
            places += 1
    if bottom != 1 or places > 30:
        return None
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    text = digits[:-places] + "." + digits[-places:].rstrip("0") if places else digits
    return ("-" if value < 0 else "") + text.rstrip(".")


def _combine(first: Number, second: Number, value: Fraction) -> Number:
    """Return a computed constant: decimal where one of its sources was."""
    if value in (first.value, second.value) and (first if value == first.value else second).text:
        return first if value == first.value else second
    decimal = any("." in (n.text or "") or "e" in (n.text or "").lower() for n in (first, second))
    return Number(value, decimal_text(value) if decimal and value.denominator != 1 else None)


def product(expr: Expr) -> tuple[Number, Factors]:
    """Return a formula as coefficient and factors with their exponents."""
    if isinstance(expr, Number):
        return expr, {}
    if isinstance(expr, Apply):
        if expr.op == "neg":
            coefficient, factors = product(expr.args[0])
            return _times(coefficient, number(-1)), factors
        if expr.op == "mul":
            total, merged = ONE, Factors()
            for arg in expr.args:
                coefficient, factors = product(arg)
                total = _times(total, coefficient)
                _merge(merged, factors, 1)
            return total, merged
        if expr.op == "div":
            top, merged = product(expr.args[0])
            bottom, factors = product(expr.args[1])
            if bottom.value:
                merged = dict(merged)
                _merge(merged, factors, -1)
                return _combine(top, bottom, top.value / bottom.value), merged
        if expr.op == "pow":
            return _power(expr)
        if expr.op == "add":
            total_sum = collect(expr.args)
            if not (isinstance(total_sum, Apply) and total_sum.op == "add"):
                return product(total_sum)
            return ONE, {total_sum: Fraction(1)}
    return ONE, {expr: Fraction(1)}


def _times(first: Number, second: Number) -> Number:
    if first.value == 1:
        return second
    if second.value == 1:
        return first
    return _combine(first, second, first.value * second.value)


def _merge(into: Factors, factors: Factors, sign: int) -> None:
    for base, exponent in factors.items():
        total = into.get(base, Fraction(0)) + sign * exponent
        if total:
            into[base] = total
        else:
            into.pop(base, None)


def _power(expr: Apply) -> tuple[Number, Factors]:
    base, exponent = expr.args
    if not isinstance(exponent, Number):
        return ONE, {expr: Fraction(1)}
    power = exponent.value
    if power == 0:
        return ONE, {}
    if isinstance(base, Number):
        if power.denominator == 1 and abs(power) <= MAX_POWER and (base.value or power > 0):
            return _combine(base, base, base.value ** int(power)), {}
        return ONE, {expr: Fraction(1)}
    coefficient, factors = product(base)
    if power.denominator == 1 and coefficient == ONE and len(factors) == 1:
        ((inner, own),) = factors.items()
        if own.denominator == 1:
            return ONE, {inner: own * power}
    return ONE, {rebuild_product(coefficient, factors): power}


def rebuild_product(coefficient: Number, factors: Factors) -> Expr:
    """Return coefficient and factors as a formula: number, atoms, then sums."""
    if coefficient.value == 0:
        return ZERO
    ordered = sorted(factors.items(), key=lambda item: _is_sum(item[0]))
    over = [_raised(base, exponent) for base, exponent in ordered if exponent > 0]
    under = [_raised(base, -exponent) for base, exponent in ordered if exponent < 0]
    positive = _absolute(coefficient)
    negative = coefficient.value < 0
    if negative and positive == ONE and len(over) == 1 and not under:
        flipped = _flip(over[0])
        if flipped is not None:
            return flipped
    if under and not over and "." not in (positive.text or "") and positive.value.denominator != 1:
        under.insert(0, number(positive.value.denominator))
        positive = number(positive.value.numerator)
    if positive != ONE or not over:
        over.insert(0, positive)
    result = mul(*over)
    if under:
        result = Apply("div", (result, mul(*under)))
    return neg(result) if negative else result


def _flip(expr: Expr) -> Expr | None:
    """Return −(a − b) as b − a, or None for other sums."""
    if not (isinstance(expr, Apply) and expr.op == "add" and len(expr.args) == 2):
        return None
    first, second = expr.args
    if isinstance(second, Apply) and second.op == "neg" and not _negative(first):
        return add(second.args[0], neg(first))
    return None


def _negative(expr: Expr) -> bool:
    if isinstance(expr, Number):
        return expr.value < 0
    return isinstance(expr, Apply) and expr.op == "neg"


def _absolute(value: Number) -> Number:
    if value.value >= 0:
        return value
    return Number(-value.value, value.text[1:] if value.text else None)


def _is_sum(base: Expr) -> bool:
    return isinstance(base, Apply) and base.op == "add"


def _raised(base: Expr, exponent: Fraction) -> Expr:
    if exponent == 1:
        return base
    return Apply("pow", (base, number(exponent)))


def collect(terms: tuple[Expr, ...]) -> Expr:
    """Return the sum of the terms: like terms together, numbers folded."""
    totals: dict[frozenset[tuple[Expr, Fraction]], tuple[Number, Factors]] = {}
    pending = list(reversed(terms))
    while pending:
        term = pending.pop()
        coefficient, factors = product(term)
        if len(factors) == 1 and abs(coefficient.value) == 1:
            ((base, exponent),) = factors.items()
            if exponent == 1 and isinstance(base, Apply) and base.op == "add":
                inner = base.args if coefficient.value == 1 else tuple(map(neg, base.args))
                pending.extend(reversed(inner))
                continue
        key = frozenset(factors.items())
        if key in totals:
            old = totals[key][0]
            coefficient = _combine(old, coefficient, old.value + coefficient.value)
        totals[key] = coefficient, factors
    kept = [rebuild_product(total, factors) for total, factors in totals.values() if total.value]
    return add(*kept) if kept else ZERO


def transpose(expr: Expr) -> Expr:
    """Return the transpose with products turned round: (A B)ᵀ = Bᵀ Aᵀ."""
    if isinstance(expr, Apply):
        if expr.op == "transpose":
            return expr.args[0]
        if expr.op == "matmul":
            return Apply("matmul", (transpose(expr.args[1]), transpose(expr.args[0])))
        if expr.op == "outer":
            return Apply("outer", expr.args[::-1])
    return Apply("transpose", (expr,))


def bilinear(expr: Apply) -> Expr:
    """Return a product of vectors or matrices with its numeric factors in front."""
    first, left = product(expr.args[0])
    second, right = product(expr.args[1])
    coefficient = _times(first, second)
    if coefficient == ONE or not left or not right:
        return expr
    inner = Apply(expr.op, (rebuild_product(ONE, left), rebuild_product(ONE, right)))
    return rebuild_product(coefficient, {inner: Fraction(1)})


def tidy(expr: Expr) -> Expr:
    """Return a formula over numbers as it is written: 8 − 10, no sum in a sum, no −0."""

    def change(part: Expr) -> Expr:
        if not isinstance(part, Apply):
            return part
        if part.op == "neg":
            inner = part.args[0]
            if isinstance(inner, Number) and inner.value > 0:
                return Number(-inner.value, f"-{inner.text}" if inner.text else None)
            if isinstance(inner, Apply) and inner.op in ("div", "xdivy", "mul", "xlogy"):
                first = inner.args[0]
                return inner if isinstance(first, Number) and first.value == 0 else part
            return part
        if part.op == "add":
            nested = (
                arg.args if isinstance(arg, Apply) and arg.op == "add" else (arg,)
                for arg in part.args
            )
            first, *rest = chain.from_iterable(nested)
            return Apply("add", (_zero(first), *map(_minus_zero, rest)))
        return Apply(part.op, tuple(map(_zero, part.args)), part.attrs)

    return _zero(rebuild(expr, change))


def _zero(expr: Expr) -> Expr:
    """Return 0 for −0."""
    return Number(Fraction(0)) if _is_minus_zero(expr) else expr


def _minus_zero(expr: Expr) -> Expr:
    """Return −0 as a number, for `0.1 − 0`."""
    return Number(Fraction(0), "-0") if _is_minus_zero(expr) else expr


def _is_minus_zero(expr: Expr) -> bool:
    inner = expr.args[0] if isinstance(expr, Apply) and expr.op == "neg" else None
    return isinstance(inner, Number) and inner.value == 0
