"""The last lines of a derivation: the value of the function put back into its derivative.

f = 1/(1 + e⁻ˣ): e⁻ˣ/(1 + e⁻ˣ)² = 1/(1 + e⁻ˣ) − 1/(1 + e⁻ˣ)² = f − f² = f (1 − f).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from gradcalc.algebra.expr import ONE, Apply, Expr, add, mul, neg
from gradcalc.algebra.simplify import Factors, product, rebuild_product, simplify

Meaning = tuple[Expr, Expr]
"""A formula, and the name of its value."""


def split_fraction(expr: Expr) -> tuple[Expr, str] | None:
    """Return a fraction as a sum of simpler ones, and how that is done, or None.

    A sum over a product is split into its terms; e⁻ˣ over a power of
    1 + e⁻ˣ is split once it is written as (1 + e⁻ˣ) − 1.
    """
    coefficient, factors = product(expr)
    under = [base for base, power in factors.items() if power < 0]
    for base, power in factors.items():
        if power == 1 and _is_sum(base) and under:
            assert isinstance(base, Apply)
            rest = {one: p for one, p in factors.items() if one is not base}
            terms = [rebuild_product(*product(mul(term, _whole(rest)))) for term in base.args]
            return simplify(mul(coefficient, add(*terms))), "split the fraction"
    for base in under:
        if _is_sum(base) and factors[base] <= -1 and coefficient == ONE:
            assert isinstance(base, Apply)
            over = {one: p for one, p in factors.items() if p > 0}
            if over and rebuild_product(ONE, over) in base.args:
                return _with_zero(base, rebuild_product(ONE, over), factors)
    return None


def _with_zero(base: Apply, top: Expr, factors: Factors) -> tuple[Expr, str]:
    """Return u/Dⁿ as 1/Dⁿ⁻¹ − (D − u)/Dⁿ, where u is a term of D."""
    rest = add(*(term for term in base.args if term != top))
    below = {one: p for one, p in factors.items() if p < 0}
    first = rebuild_product(ONE, _plus(below, base, Fraction(1)))
    second = rebuild_product(*product(mul(rest, _whole(below))))
    return add(first, neg(second)), "add and subtract"


def _whole(factors: Factors) -> Expr:
    return rebuild_product(ONE, factors)


def _is_sum(expr: Expr) -> bool:
    return isinstance(expr, Apply) and expr.op == "add"


def put_back(expr: Expr, meanings: Sequence[Meaning]) -> Expr | None:
    """Return a sum of products with names for the formulas that stand in them, or None.

    None where a term keeps a denominator of these formulas, or nothing is found.
    """
    terms = expr.args if isinstance(expr, Apply) and expr.op == "add" else (expr,)
    found, changed = [], False
    for term in terms:
        coefficient, factors = product(term)
        names = Factors()
        for meaning, name in meanings:
            own, wanted = product(meaning)
            while wanted and all(_holds(factors, base, p) for base, p in wanted.items()):
                for base, power in wanted.items():
                    factors = _plus(factors, base, -power)
                names[name] = names.get(name, Fraction(0)) + 1
                if own != ONE:
                    coefficient, _ = product(Apply("div", (coefficient, own)))
                changed = True
        if any(p < 0 for base, p in factors.items() if _known(base, meanings)):
            return None
        found.append(rebuild_product(coefficient, {**names, **factors}))
    return add(*found) if changed else None


def _plus(factors: Factors, base: Expr, power: Fraction) -> Factors:
    total = factors.get(base, Fraction(0)) + power
    rest = {one: p for one, p in factors.items() if one != base}
    return {**rest, base: total} if total else rest


def _holds(factors: Factors, base: Expr, power: Fraction) -> bool:
    own = factors.get(base, Fraction(0))
    return own >= power if power > 0 else own <= power


def _known(base: Expr, meanings: Sequence[Meaning]) -> bool:
    return any(base in product(meaning)[1] for meaning, _ in meanings)
