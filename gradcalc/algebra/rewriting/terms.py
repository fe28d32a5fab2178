"""Sums and products in pieces: coefficients, factors with their exponents, terms.

Exponentials are powers of one base, e²ˣ of eˣ, and roots are powers of a half, so that
like factors meet; `built` and `added` make formulas of the pieces again.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product as pairs
from math import gcd, lcm

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
)
from gradcalc.algebra.rewriting.simplify import (
    MAX_POWER,
    Factors,
    decimal_text,
    product,
    rebuild_product,
    simplify,
)

MAX_TERMS = 24
MAX_EXPANDED = 6

Term = tuple[Number, Factors]


def terms_of(expr: Expr) -> list[Term]:
    """Return the terms of a sum as coefficients and factors; one term for all else."""
    if isinstance(expr, Apply) and expr.op == "add":
        return [gathered(term) for term in expr.args]
    return [gathered(expr)]


def gathered(expr: Expr) -> Term:
    """Return coefficient and factors, exponentials as powers of one base, roots as powers."""
    coefficient, factors = product(expr)
    total = Factors()
    for base, exponent in factors.items():
        coefficient = times_numbers(coefficient, _split(base, exponent, total))
    for base in tuple(total):
        sign = Apply("sign", (base,))
        if total.get(base) == 1 and total.get(sign) == 1:  # x sign x = |x|
            del total[base], total[sign]
            into(total, Apply("abs", (base,)), Fraction(1))
    return coefficient, total


def _split(base: Expr, exponent: Fraction, taken: Factors) -> Number:
    """Gather one power: an exponential by the terms of its exponent, a root as a half.

    Returns the number that a power of a product gives up.
    """
    if isinstance(base, Apply) and base.op == "exp":
        for part in _exponents(base.args[0]):
            inner, rest = product(part)
            lead = inner.value if rest else Fraction(1)
            unit = rebuild_product(ONE, rest) if rest else part
            into(taken, Apply("exp", (unit,)), exponent * lead)
    elif isinstance(base, Apply) and base.op == "sqrt":
        into(taken, base.args[0], exponent / 2)
    elif isinstance(base, Apply) and base.op == "abs" and exponent % 2 == 0:
        into(taken, base.args[0], exponent)
    elif isinstance(base, Apply) and base.op in ("mul", "div") and small(exponent):
        lead_number, factors = gathered(base)
        for one, power in factors.items():
            into(taken, one, power * exponent)
        return lead_number if exponent == 1 else number(lead_number.value ** int(exponent))
    else:
        into(taken, base, exponent)
    return ONE


def small(exponent: Fraction) -> bool:
    """Tell whether an exponent is a whole number that is worth multiplying out."""
    return exponent.denominator == 1 and abs(exponent) <= MAX_POWER


def _exponents(expr: Expr) -> tuple[Expr, ...]:
    return expr.args if isinstance(expr, Apply) and expr.op == "add" else (expr,)


def into(factors: Factors, base: Expr, exponent: Fraction) -> None:
    """Multiply factors by a power of a base; what cancels goes."""
    if base == ONE:
        return
    total = factors.get(base, Fraction(0)) + exponent
    if total:
        factors[base] = total
    else:
        factors.pop(base, None)


def times_numbers(first: Number, second: Number) -> Number:
    """Return the product of two numbers, as a decimal where one of them is."""
    if first.value == 1:
        return second
    if second.value == 1:
        return first
    value = first.value * second.value
    decimal = any("." in (n.text or "") for n in (first, second))
    return Number(value, decimal_text(value) if decimal else None)


def merged(first: Term, second: Term) -> Term:
    """Return the product of two terms."""
    factors = dict(first[1])
    for base, exponent in second[1].items():
        into(factors, base, exponent)
    return times_numbers(first[0], second[0]), factors


def collected(terms: list[Term]) -> list[Term]:
    """Return like terms together."""
    found: dict[frozenset[tuple[Expr, Fraction]], Term] = {}
    for coefficient, factors in terms:
        key = frozenset(factors.items())
        total = coefficient
        if key in found:
            before = found[key][0]
            value = before.value + coefficient.value
            decimal = any("." in (n.text or "") for n in (before, coefficient))
            total = Number(value, decimal_text(value) if decimal else None)
        found[key] = total, factors
    return [term for term in found.values() if term[0].value]


def common(terms: list[Term]) -> tuple[Number, Factors, Expr]:
    """Return the number and the factors common to all terms, and the sum that is left."""
    bases = dict.fromkeys(base for _, factors in terms for base in factors)
    outer = Factors()
    for base in bases:
        least = min(factors.get(base, Fraction(0)) for _, factors in terms)
        if least:
            outer[base] = least
    values = [coefficient.value for coefficient, _ in terms]
    exact = not any("." in (coefficient.text or "") for coefficient, _ in terms)
    lead = ONE
    if exact:
        top = gcd(*(value.numerator for value in values))
        lead = number(Fraction(top, lcm(*(value.denominator for value in values))))
    if values[0] < 0 and all(value < 0 for value in values):
        lead = number(-lead.value)
    inner = []
    for coefficient, factors in terms:
        left = dict(factors)
        for base, power in outer.items():
            into(left, base, -power)
        own = coefficient if lead == ONE else number(coefficient.value / lead.value)
        inner.append((own, left))
    return lead, outer, added(inner)


def added(terms: list[Term]) -> Expr:
    """Return terms as a sum, one that is not negative first."""
    ordered = sorted(terms, key=lambda term: term[0].value < 0)
    summands = [built(*term) for term in (ordered if terms[:1] != ordered[:1] else terms)]
    return add(*summands) if summands else ZERO


def built(coefficient: Number, factors: Factors) -> Expr:
    """Return a product, powers of one exponential as one exponential, halves as roots."""
    made = Factors()
    exponents: list[Expr] = []
    for base, power in factors.items():
        if isinstance(base, Apply) and base.op == "exp":
            exponents.append(simplify(mul(number(power), base.args[0])))
        elif abs(power) == Fraction(1, 2):
            into(made, Apply("sqrt", (base,)), power * 2)
        else:
            into(made, base, power)
    if exponents:
        positive = [one for one in exponents if not is_negative(one)]
        inner = simplify(add(*positive, *(one for one in exponents if is_negative(one))))
        if inner != ZERO:
            flipped = simplify(neg(inner))
            if not made or flipped.size >= inner.size:
                made = {Apply("exp", (inner,)): Fraction(1), **made}
            else:
                into(made, Apply("exp", (flipped,)), Fraction(-1))
    return rebuild_product(coefficient, made)


def is_negative(expr: Expr) -> bool:
    """Tell whether a formula begins with a minus."""
    return isinstance(expr, Apply) and expr.op == "neg"


def expanded(coefficient: Number, factors: Factors) -> list[Term] | None:
    """Return a product multiplied out, or None where that is long."""
    total: list[Term] = [(coefficient, Factors())]
    changed = False
    for base, exponent in factors.items():
        inner = terms_of(base)
        small = exponent.denominator == 1 and 0 < exponent <= MAX_EXPANDED
        if len(inner) == 1 or not small:
            total = [merged(term, (ONE, {base: exponent})) for term in total]
            continue
        changed = True
        for _ in range(int(exponent)):
            total = collected([merged(a, b) for a, b in pairs(total, inner)])
            if len(total) > MAX_TERMS:
                return None
    if len(total) == 1 and not changed:
        ((coefficient, only),) = total
        sums = [base for base in only if isinstance(base, Apply) and base.op == "add"]
        return None if not sums else total
    deeper: list[Term] = []
    for number_, term in total:
        again = expanded(number_, term) if changed and _multiplies(term) else None
        deeper += again if again is not None else [(number_, term)]
        if len(deeper) > MAX_TERMS:
            return None
    return collected(deeper)


def _multiplies(factors: Factors) -> bool:
    return any(
        isinstance(base, Apply) and base.op == "add" and power > 0 and power.denominator == 1
        for base, power in factors.items()
    )


def rank(factor: Expr) -> int:
    """Return where a factor stands: numbers, names and their powers, sums, functions."""
    base = factor.args[0] if isinstance(factor, Apply) and factor.op == "pow" else factor
    if isinstance(base, Number):
        return 0
    if isinstance(base, Symbol):
        return 1
    return 2 if base.op in ("add", "sqrt", "abs") else 3
