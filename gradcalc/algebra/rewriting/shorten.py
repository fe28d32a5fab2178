"""The shortest form of a formula of numbers that a few sure steps lead to.

Every step keeps the value wherever both sides have one: like terms and powers are
gathered, exponentials multiplied, common factors and common denominators taken out of
sums, small products multiplied out, fractions split; the shortest of all is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from gradcalc.algebra.formula.expr import (
    ONE,
    ZERO,
    Apply,
    Expr,
    Number,
    add,
    mul,
    neg,
    number,
    rebuild,
)
from gradcalc.algebra.rewriting.simplify import Factors, simplify
from gradcalc.algebra.rewriting.terms import (
    MAX_TERMS,
    Term,
    added,
    built,
    collected,
    common,
    expanded,
    gathered,
    into,
    is_negative,
    merged,
    rank,
    small,
    terms_of,
    times_numbers,
)

MAX_SIZE = 400
ROUNDS = 4


def shorten(expr: Expr) -> Expr:
    """Return an equal formula, as short as the steps of this module make it."""
    best = simplify(expr)
    if best.size > MAX_SIZE:
        return best
    for _ in range(ROUNDS):
        shorter = rebuild(best, _shortest)
        if shorter == best:
            break
        best = shorter
    return _dressed(best)


@lru_cache(maxsize=4096)
def _shortest(expr: Expr) -> Expr:
    """Return the shortest of the forms of one part."""
    if not isinstance(expr, Apply):
        return expr
    if expr.op == "where":
        return _cases(expr)
    if expr.op in ("exp", "log", "sqrt", "sign", "abs", "sin", "cos", "tanh"):
        return _function(expr)
    if expr.op not in ("add", "mul", "div", "pow", "neg"):
        return expr
    best = min([expr, *_forms(expr)], key=_cost)
    return best if _cost(best) < _cost(expr) else expr


def _cost(expr: Expr) -> tuple[int, int]:
    return expr.size, expr.depth


def _forms(expr: Expr) -> Iterator[Expr]:
    """Yield forms of equal value of a sum, product, quotient or power."""
    plain = simplify(expr)
    yield plain
    coefficient, factors = gathered(plain)
    whole = built(coefficient, factors)
    yield whole
    terms = terms_of(plain)
    if 1 < len(terms) <= MAX_TERMS:
        yield from _sums(terms)
    yield from _taken_apart(coefficient, factors)
    longer = expanded(coefficient, factors)
    if longer is not None:
        yield from _sums(longer)


def _taken_apart(coefficient: Number, factors: Factors) -> Iterator[Expr]:
    """Yield products whose factors that are sums have given up their common factors."""
    total, kept = coefficient, Factors()
    for base, exponent in factors.items():
        whole = small(exponent)
        inner = terms_of(base) if whole else []
        if 1 < len(inner) <= MAX_TERMS:
            lead, outer, rest = common(inner)
            if outer or lead != ONE:
                total = times_numbers(total, number(lead.value ** int(exponent)))
                for one, power in outer.items():
                    into(kept, one, power * exponent)
                into(kept, rest, exponent)
                continue
        into(kept, base, exponent)
    yield built(total, kept)
    for base, exponent in factors.items():
        top = terms_of(base)
        if exponent == 1 and 1 < len(top) <= MAX_TERMS:
            others = {one: power for one, power in factors.items() if one is not base}
            yield from _sums([merged((coefficient, others), term) for term in top])


def _sums(terms: list[Term]) -> Iterator[Expr]:
    """Yield a sum as it is, with its common factors in front, and with its squares joined."""
    kept = collected(terms)
    yield added(kept)
    if len(kept) > 1:
        lead, outer, rest = common(kept)
        inner = dict(outer)
        into(inner, rest, Fraction(1))
        yield built(lead, inner)
        again = expanded(ONE, {rest: Fraction(1)})
        if again is not None:
            inner = dict(outer)
            multiplied = collected(again)
            if not multiplied:
                yield ZERO
                return
            coefficient, more, last = common(multiplied)
            for base, power in more.items():
                into(inner, base, power)
            into(inner, last, Fraction(1))
            yield built(times_numbers(lead, coefficient), inner)
            plain = dict(outer)
            into(plain, added(multiplied), Fraction(1))
            yield built(lead, plain)


def _cases(expr: Apply) -> Expr:
    condition, yes, no = expr.args
    if yes == no:
        return yes
    return Apply("where", (condition, yes, no))


def _function(expr: Apply) -> Expr:
    """Return a function without what undoes it: ln e^u = u, e^(ln u) = u."""
    (inner,) = expr.args
    if isinstance(inner, Apply):
        if (expr.op, inner.op) in (("exp", "log"), ("log", "exp")):
            return inner.args[0]
        if inner.op == "neg" and expr.op in ("sin", "tanh", "sign"):
            return neg(Apply(expr.op, inner.args))
        if inner.op == "neg" and expr.op in ("cos", "abs"):
            return Apply(expr.op, inner.args)
    if expr.op in ("exp", "cos") and inner == ZERO:
        return ONE
    if expr.op in ("sin", "tanh", "sqrt") and inner == ZERO:
        return ZERO
    if expr.op == "log" and inner == ONE:
        return ZERO
    if expr.op == "sqrt" and inner == ONE:
        return ONE
    return expr


def _dressed(expr: Expr) -> Expr:
    """Return a formula whose sums begin without a minus, and whose products with names."""

    def change(part: Expr) -> Expr:
        if isinstance(part, Apply) and part.op == "add" and is_negative(part.args[0]):
            at = next((i for i, arg in enumerate(part.args) if not is_negative(arg)), None)
            if at is not None and not isinstance(part.args[at], Number):
                return add(part.args[at], *part.args[:at], *part.args[at + 1 :])
        if isinstance(part, Apply) and part.op == "mul":
            return mul(*sorted(part.args, key=rank))
        if isinstance(part, Apply) and part.op == "div":
            return _over_exponential(part)
        return part

    return rebuild(expr, change)


def _over_exponential(expr: Apply) -> Expr:
    """Return a quotient by eᵘ alone as a product with e⁻ᵘ."""
    top, bottom = expr.args
    if not (isinstance(bottom, Apply) and bottom.op == "exp"):
        return expr
    inverse = Apply("exp", (simplify(neg(bottom.args[0])),))
    if top == ONE:
        return inverse
    factors = top.args if isinstance(top, Apply) and top.op == "mul" else (top,)
    return mul(*sorted((*factors, inverse), key=rank))
