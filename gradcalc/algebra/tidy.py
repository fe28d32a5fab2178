"""The shortest form of a formula of numbers that a few sure steps lead to.

Every step keeps the value wherever both sides have one: like terms and powers are
gathered, exponentials multiplied, common factors and common denominators taken out of
sums, small products multiplied out, fractions split; the shortest of all is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import product as pairs
from math import gcd, lcm

from gradcalc.algebra.expr import (
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
from gradcalc.algebra.simplify import (
    MAX_POWER,
    Factors,
    decimal_text,
    product,
    rebuild_product,
    simplify,
)

MAX_TERMS = 24
MAX_SIZE = 400
MAX_EXPANDED = 6
ROUNDS = 4

Term = tuple[Number, Factors]


def tidy(expr: Expr) -> Expr:
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
    coefficient, factors = _gathered(plain)
    whole = _built(coefficient, factors)
    yield whole
    terms = _terms(plain)
    if 1 < len(terms) <= MAX_TERMS:
        yield from _sums(terms)
    yield from _taken_apart(coefficient, factors)
    expanded = _expanded(coefficient, factors)
    if expanded is not None:
        yield from _sums(expanded)


def _taken_apart(coefficient: Number, factors: Factors) -> Iterator[Expr]:
    """Yield products whose factors that are sums have given up their common factors."""
    total, merged = coefficient, Factors()
    for base, exponent in factors.items():
        whole = _small(exponent)
        inner = _terms(base) if whole else []
        if 1 < len(inner) <= MAX_TERMS:
            lead, outer, rest = _common(inner)
            if outer or lead != ONE:
                total = _product(total, number(lead.value ** int(exponent)))
                for one, power in outer.items():
                    _into(merged, one, power * exponent)
                _into(merged, rest, exponent)
                continue
        _into(merged, base, exponent)
    yield _built(total, merged)
    for base, exponent in factors.items():
        top = _terms(base)
        if exponent == 1 and 1 < len(top) <= MAX_TERMS:
            others = {one: power for one, power in factors.items() if one is not base}
            yield from _sums([_merged((coefficient, others), term) for term in top])


def _sums(terms: list[Term]) -> Iterator[Expr]:
    """Yield a sum as it is, with its common factors in front, and with its squares joined."""
    kept = _collected(terms)
    yield _added(kept)
    if len(kept) > 1:
        lead, outer, rest = _common(kept)
        inner = dict(outer)
        _into(inner, rest, Fraction(1))
        yield _built(lead, inner)
        again = _expanded(ONE, {rest: Fraction(1)})
        if again is not None:
            inner = dict(outer)
            multiplied = _collected(again)
            if not multiplied:
                yield ZERO
                return
            coefficient, more, last = _common(multiplied)
            for base, power in more.items():
                _into(inner, base, power)
            _into(inner, last, Fraction(1))
            yield _built(_product(lead, coefficient), inner)
            plain = dict(outer)
            _into(plain, _added(multiplied), Fraction(1))
            yield _built(lead, plain)


def _terms(expr: Expr) -> list[Term]:
    """Return the terms of a sum as coefficients and factors; one term for all else."""
    if isinstance(expr, Apply) and expr.op == "add":
        return [_gathered(term) for term in expr.args]
    return [_gathered(expr)]


def _gathered(expr: Expr) -> Term:
    """Return coefficient and factors, exponentials as powers of one base, roots as powers."""
    coefficient, factors = product(expr)
    merged = Factors()
    for base, exponent in factors.items():
        coefficient = _product(coefficient, _split(base, exponent, merged))
    for base in tuple(merged):
        sign = Apply("sign", (base,))
        if merged.get(base) == 1 and merged.get(sign) == 1:  # x sign x = |x|
            del merged[base], merged[sign]
            _into(merged, Apply("abs", (base,)), Fraction(1))
    return coefficient, merged


def _split(base: Expr, exponent: Fraction, into: Factors) -> Number:
    """Gather one power: an exponential by the terms of its exponent, a root as a half.

    Returns the number that a power of a product gives up.
    """
    if isinstance(base, Apply) and base.op == "exp":
        for part in _exponents(base.args[0]):
            inner, rest = product(part)
            lead = inner.value if rest else Fraction(1)
            unit = rebuild_product(ONE, rest) if rest else part
            _into(into, Apply("exp", (unit,)), exponent * lead)
    elif isinstance(base, Apply) and base.op == "sqrt":
        _into(into, base.args[0], exponent / 2)
    elif isinstance(base, Apply) and base.op == "abs" and exponent % 2 == 0:
        _into(into, base.args[0], exponent)
    elif isinstance(base, Apply) and base.op in ("mul", "div") and _small(exponent):
        lead_number, factors = _gathered(base)
        for one, power in factors.items():
            _into(into, one, power * exponent)
        return lead_number if exponent == 1 else number(lead_number.value ** int(exponent))
    else:
        _into(into, base, exponent)
    return ONE


def _small(exponent: Fraction) -> bool:
    return exponent.denominator == 1 and abs(exponent) <= MAX_POWER


def _exponents(expr: Expr) -> tuple[Expr, ...]:
    return expr.args if isinstance(expr, Apply) and expr.op == "add" else (expr,)


def _into(factors: Factors, base: Expr, exponent: Fraction) -> None:
    if base == ONE:
        return
    total = factors.get(base, Fraction(0)) + exponent
    if total:
        factors[base] = total
    else:
        factors.pop(base, None)


def _product(first: Number, second: Number) -> Number:
    if first.value == 1:
        return second
    if second.value == 1:
        return first
    value = first.value * second.value
    decimal = any("." in (n.text or "") for n in (first, second))
    return Number(value, decimal_text(value) if decimal else None)


def _merged(first: Term, second: Term) -> Term:
    factors = dict(first[1])
    for base, exponent in second[1].items():
        _into(factors, base, exponent)
    return _product(first[0], second[0]), factors


def _collected(terms: list[Term]) -> list[Term]:
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


def _common(terms: list[Term]) -> tuple[Number, Factors, Expr]:
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
            _into(left, base, -power)
        own = coefficient if lead == ONE else number(coefficient.value / lead.value)
        inner.append((own, left))
    return lead, outer, _added(inner)


def _added(terms: list[Term]) -> Expr:
    """Return terms as a sum, one that is not negative first."""
    ordered = sorted(terms, key=lambda term: term[0].value < 0)
    built = [_built(*term) for term in (ordered if terms[:1] != ordered[:1] else terms)]
    return add(*built) if built else ZERO


def _built(coefficient: Number, factors: Factors) -> Expr:
    """Return a product, powers of one exponential as one exponential, halves as roots."""
    made = Factors()
    exponents: list[Expr] = []
    for base, power in factors.items():
        if isinstance(base, Apply) and base.op == "exp":
            exponents.append(simplify(mul(number(power), base.args[0])))
        elif abs(power) == Fraction(1, 2):
            _into(made, Apply("sqrt", (base,)), power * 2)
        else:
            _into(made, base, power)
    if exponents:
        positive = [one for one in exponents if not _is_negative(one)]
        inner = simplify(add(*positive, *(one for one in exponents if _is_negative(one))))
        if inner != ZERO:
            flipped = simplify(neg(inner))
            if not made or flipped.size >= inner.size:
                made = {Apply("exp", (inner,)): Fraction(1), **made}
            else:
                _into(made, Apply("exp", (flipped,)), Fraction(-1))
    return rebuild_product(coefficient, made)


def _is_negative(expr: Expr) -> bool:
    return isinstance(expr, Apply) and expr.op == "neg"


def _expanded(coefficient: Number, factors: Factors) -> list[Term] | None:
    """Return a product multiplied out, or None where that is long."""
    total: list[Term] = [(coefficient, Factors())]
    changed = False
    for base, exponent in factors.items():
        inner = _terms(base)
        small = exponent.denominator == 1 and 0 < exponent <= MAX_EXPANDED
        if len(inner) == 1 or not small:
            total = [_merged(term, (ONE, {base: exponent})) for term in total]
            continue
        changed = True
        for _ in range(int(exponent)):
            total = _collected([_merged(a, b) for a, b in pairs(total, inner)])
            if len(total) > MAX_TERMS:
                return None
    if len(total) == 1 and not changed:
        ((coefficient, only),) = total
        sums = [base for base in only if isinstance(base, Apply) and base.op == "add"]
        return None if not sums else total
    deeper: list[Term] = []
    for number_, term in total:
        again = _expanded(number_, term) if changed and _multiplies(term) else None
        deeper += again if again is not None else [(number_, term)]
        if len(deeper) > MAX_TERMS:
            return None
    return _collected(deeper)


def _multiplies(factors: Factors) -> bool:
    return any(
        isinstance(base, Apply) and base.op == "add" and power > 0 and power.denominator == 1
        for base, power in factors.items()
    )


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
        if isinstance(part, Apply) and part.op == "add" and _is_negative(part.args[0]):
            at = next((i for i, arg in enumerate(part.args) if not _is_negative(arg)), None)
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


def rank(factor: Expr) -> int:
    """Return where a factor stands: numbers, names and their powers, sums, functions."""
    base = factor.args[0] if isinstance(factor, Apply) and factor.op == "pow" else factor
    if isinstance(base, Number):
        return 0
    if isinstance(base, Symbol):
        return 1
    return 2 if base.op in ("add", "sqrt", "abs") else 3
