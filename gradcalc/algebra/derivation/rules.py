"""The rules of differentiation, one at a time, as they are applied on a board.

A derivative that is still to be worked out is the part `derivative(g, x)` of a
formula. `Rules.applied` works out one such part by the rule that its outermost
operation asks for; sums, constant factors, constants and dx/dx = 1 are worked out on
the way, so that every step shows one rule.
"""

from __future__ import annotations

from collections.abc import Mapping

from gradcalc.algebra.derivation.components import delta, entry_parts, index_of, sum_over
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
    parts,
    rebuild,
    substitute,
)
from gradcalc.algebra.operations.operation import Operation, Table, applied, formula
from gradcalc.algebra.rewriting.simplify import product
from gradcalc.algebra.rewriting.terms import rank

NAMES: Mapping[str, str] = {
    "exp": "exponential",
    "log": "logarithm",
    "sqrt": "square root",
    "sin": "sine",
    "cos": "cosine",
    "arctan": "arctangent",
    "abs": "absolute value",
}
QUIET = ("sum rule", "constant factor", "constant", "dx/dx = 1", "minus")
"""Rules that are not worth a step of their own."""
LARGER: Mapping[str, str] = {"max": "gt", "min": "lt"}
FLAT = ("lt", "le", "gt", "ge", "eq", "sign", "heaviside")


def pending(expr: Expr, by: str) -> Apply:
    """Return the derivative of a formula by a name, still to be worked out."""
    return Apply("derivative", (expr, Symbol(by)))


def is_pending(expr: Expr) -> bool:
    """Tell whether a part is a derivative still to be worked out."""
    return isinstance(expr, Apply) and expr.op == "derivative"


def times(*factors: Expr) -> Expr:
    """Return a product without factors 1, its sign and numbers in front, as one fraction."""
    for at, factor in enumerate(factors):
        if isinstance(factor, Apply) and factor.op == "div":
            top, bottom = factor.args
            return over(times(*factors[:at], top, *factors[at + 1 :]), bottom)
    numbers, kept = [ONE], list[Expr]()
    for factor in factors:
        bare = factor
        while isinstance(bare, Apply) and bare.op == "neg":
            numbers.append(number(-1))
            bare = bare.args[0]
        inner = bare.args if isinstance(bare, Apply) and bare.op == "mul" else (bare,)
        for one in inner:
            if isinstance(one, Number):
                numbers.append(one)
            else:
                kept.append(one)
    coefficient, _ = product(mul(*numbers))
    kept.sort(key=rank)
    if coefficient.value == 0:
        return ZERO
    text = coefficient.text
    size = Number(abs(coefficient.value), text.lstrip("-") if text else None)
    if size != ONE or not kept:
        kept.insert(0, size)
    return neg(mul(*kept)) if coefficient.value < 0 else mul(*kept)


def plus(*terms: Expr) -> Expr:
    """Return a sum without terms 0."""
    kept: list[Expr] = []
    for term in terms:
        inner = term.args if isinstance(term, Apply) and term.op == "add" else (term,)
        kept += [one for one in inner if one != ZERO]
    return add(*kept) if kept else ZERO


def over(top: Expr, bottom: Expr) -> Expr:
    """Return a quotient; 0 over anything is 0, and a minus stands in front."""
    if top == ZERO:
        return ZERO
    if isinstance(top, Apply) and top.op == "neg":
        return neg(over(top.args[0], bottom))
    if isinstance(top, Number) and top.value < 0:
        return neg(over(number(-top.value), bottom))
    if isinstance(top, Number) and isinstance(bottom, Number) and bottom.value:
        return product(Apply("div", (top, bottom)))[0]
    if isinstance(top, Apply) and top.op == "div":
        return over(top.args[0], times(top.args[1], bottom))
    return Apply("div", (top, bottom))


def unguarded(expr: Expr) -> Expr:
    """Return a formula with a ln b and a/b for the kinds of them that are 0 where a is."""

    def change(part: Expr) -> Expr:
        if isinstance(part, Apply) and part.op == "xdivy":
            return Apply("div", part.args)
        if isinstance(part, Apply) and part.op == "xlogy":
            return mul(part.args[0], Apply("log", part.args[1:]))
        return part

    return rebuild(expr, change)


class Rules:
    """The rules for one variable; `used` gathers the names of those applied."""

    def __init__(self, by: str, table: Table) -> None:
        self.by, self.table = by, table
        self.used: list[str] = []
        self.vector, self.index = entry_parts(by) or ("", "")

    def depends(self, expr: Expr) -> bool:
        """Tell whether a formula changes with the variable."""
        for part in parts(expr):
            if isinstance(part, Symbol):
                found = entry_parts(part.name)
                if part.name == self.by or (found and self.vector and found[0] == self.vector):
                    return True
        return False

    def note(self, name: str) -> None:
        if name not in self.used:
            self.used.append(name)

    def started(self, expr: Expr) -> Expr:
        """Return the derivative of a part: worked out where that is quiet, else pending."""
        if isinstance(expr, Number | Symbol) or not self.depends(expr):
            return self.leaf(expr)
        if expr.op == "neg":
            return times(number(-1), self.started(expr.args[0]))
        if expr.op == "add":
            self.note("sum rule")
            return plus(*(self.started(arg) for arg in expr.args))
        if expr.op == "mul":
            moving = [arg for arg in expr.args if self.depends(arg)]
            if len(moving) == 1:
                self.note("constant factor")
                still = [arg for arg in expr.args if arg is not moving[0]]
                return times(*still, self.started(moving[0]))
        if expr.op == "div" and not self.depends(expr.args[1]):
            self.note("constant factor")
            return over(self.started(expr.args[0]), expr.args[1])
        if expr.op == "sum_over":
            self.note("sum rule")
            return sum_over(self.started(expr.args[0]), index_of(expr))
        if expr.op in FLAT:
            self.note("constant between its jumps")
            return ZERO
        return pending(expr, self.by)

    def leaf(self, expr: Expr) -> Expr:
        if isinstance(expr, Symbol):
            if expr.name == self.by:
                self.note("dx/dx = 1")
                return ONE
            found = entry_parts(expr.name)
            if found and self.vector and found[0] == self.vector:
                self.note(self.spelled("∂{}/∂{} = δ", found[1]))
                return delta(found[1], self.index)
        return ZERO

    def spelled(self, text: str, index: str) -> str:
        return text.format(f"{self.vector}[{index}]", f"{self.vector}[{self.index}]") + (
            f"[{index}{self.index}]"
        )

    def applied(self, part: Apply) -> Expr:
        """Return a pending derivative after the one rule that its operation asks for."""
        inner = part.args[0]
        assert isinstance(inner, Apply)
        special = getattr(self, f"_{inner.op}", None)
        result: Expr = special(inner) if special else self.function(inner)
        return result

    def chain(self, outer: Expr, inner: Expr) -> Expr:
        """Return outer′ times the derivative of what stands inside."""
        if isinstance(inner, Symbol):
            return times(outer, self.leaf(inner))
        self.note("chain rule")
        return times(outer, self.started(inner))

    def _mul(self, expr: Apply) -> Expr:
        self.note("product rule")
        terms = []
        for at, arg in enumerate(expr.args):
            if self.depends(arg):
                others = expr.args[:at] + expr.args[at + 1 :]
                terms.append(times(*others, self.started(arg)))
        return plus(*terms)

    def _div(self, expr: Apply) -> Expr:
        top, bottom = expr.args
        square = Apply("pow", (bottom, number(2)))
        if not self.depends(top):
            self.note("reciprocal rule")
            return over(times(number(-1), top, self.started(bottom)), square)
        self.note("quotient rule")
        first, second = times(bottom, self.started(top)), times(top, self.started(bottom))
        return over(plus(first, times(number(-1), second)), square)

    def _pow(self, expr: Apply) -> Expr:
        base, exponent = expr.args
        if not self.depends(exponent):
            self.note("power rule")
            if isinstance(exponent, Number):
                less: Expr = number(exponent.value - 1)
            else:
                less = add(exponent, number(-1))
            lower = base if less == ONE else Apply("pow", (base, less))
            outer = times(exponent, ONE if less == ZERO else lower)
            return self.chain(outer, base)
        if not self.depends(base):
            self.note("exponential")
            return self.chain(times(expr, Apply("log", (base,))), exponent)
        self.note("power as e^(n ln x)")
        return times(expr, pending(mul(exponent, Apply("log", (base,))), self.by))

    def _where(self, expr: Apply) -> Expr:
        self.note("case by case")
        condition, yes, no = expr.args
        first, second = self.started(yes), self.started(no)
        return first if first == second else Apply("where", (condition, first, second))

    def _max(self, expr: Apply) -> Expr:
        first, second = expr.args
        if not self.depends(first):
            first, second = second, first
        condition = Apply(LARGER[expr.op], (first, second))
        return self._where(Apply("where", (condition, first, second)))

    _min = _max

    def _norm_over(self, expr: Apply) -> Expr:
        self.note("length")
        (body,), letter = expr.args, index_of(expr)
        return over(sum_over(times(body, self.started(body)), letter), expr)

    def _softmax_at(self, expr: Apply) -> Expr:
        (own,) = expr.args
        assert isinstance(own, Symbol)
        _, index = entry_parts(own.name) or ("", "")
        self.note("derivative of softmax")
        at = Apply("softmax_at", (Symbol(self.by),))
        return times(expr, add(delta(index, self.index), neg(at)))

    def function(self, expr: Apply) -> Expr:
        """Apply the derivative that the table has for a function, and the chain rule."""
        row = self.table[expr.op]
        if row.derivative is None:
            self.note(f"definition of {row.symbol or row.name}")
            return self.started(applied(row.definition or "0", row.bind(expr)))
        self.note(NAMES.get(expr.op, f"derivative of {row.symbol or row.name}"))
        terms = []
        for index, arg in enumerate(expr.args):
            if self.depends(arg):
                terms.append(self.chain(local(expr, index, row), arg))
        return plus(*terms)


def local(expr: Apply, index: int, row: Operation) -> Expr:
    """Return the derivative of one application by one of its operands, as the table has it."""
    assert row.derivative is not None
    text = row.derivative[index] or "0"
    return substitute(formula(text), {**row.bind(expr), row.output: expr})
