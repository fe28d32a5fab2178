"""Formulas of vectors, entry by entry: xᵢ, Σₖ, δᵢⱼ.

A symbol `x[k]` is entry k of the vector x; `sum_over(body, index=k)` is Σₖ body;
`norm_over(body, index=k)` is √(Σₖ body²); `delta(i, j)` is 1 where i = j and 0
elsewhere; `softmax_at(x[k])` is entry k of softmax(x), and `entries()` how many there
are. These parts stand in derivations only, never in a problem file.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from gradcalc.algebra.formula.expr import (
    ONE,
    ZERO,
    Apply,
    Expr,
    Number,
    Symbol,
    add,
    mul,
    number,
    parts,
    rebuild,
)
from gradcalc.algebra.operations.operation import Table, applied
from gradcalc.algebra.rewriting.simplify import product, rebuild_product, simplify
from gradcalc.errors import ProblemError, Source, Span

BOUND = ("k", "l", "m", "n", "p", "q")
"""Letters of the sums; i is the entry of the value, j the one differentiated by."""
VECTORIAL = ("sum", "mean", "norm", "dot", "matmul", "softmax", "log_softmax", "l2_normalize")
_ROWS = ("l2_normalize", "softmin")

ENTRIES = Apply("entries", ())
"""How many entries the vectors have."""


def entry(name: str, index: str) -> Symbol:
    """Return the entry of a vector at an index: a letter, or a number from 1."""
    return Symbol(f"{name}[{index}]")


def entry_parts(name: str) -> tuple[str, str] | None:
    """Return vector and index of an entry's name, or None for any other name."""
    if not name.endswith("]"):
        return None
    vector, _, index = name[:-1].partition("[")
    return vector, index


def sum_over(body: Expr, index: str) -> Expr:
    """Return Σ body over one index; the sum of 0 is 0."""
    return ZERO if body == ZERO else Apply("sum_over", (body,), (("index", Symbol(index)),))


def index_of(expr: Apply) -> str:
    """Return the letter that a sum runs over."""
    letter = expr.attr("index")
    assert isinstance(letter, Symbol)
    return letter.name


def delta(first: str, second: str) -> Expr:
    """Return δ of two indices, 1 where they are one letter."""
    return ONE if first == second else Apply("delta", (Symbol(first), Symbol(second)))


def reindexed(expr: Expr, old: str, new: str) -> Expr:
    """Return a formula at another index; sums over that index stay as they are."""
    if isinstance(expr, Number):
        return expr
    if isinstance(expr, Symbol):
        found = entry_parts(expr.name)
        return entry(found[0], new) if found and found[1] == old else expr
    if expr.op == "delta":
        names = [arg.name for arg in expr.args if isinstance(arg, Symbol)]
        return delta(*(new if name == old else name for name in names))
    if expr.op in ("sum_over", "norm_over") and index_of(expr) == old:
        return expr
    return Apply(expr.op, tuple(reindexed(arg, old, new) for arg in expr.args), expr.attrs)


def vectors_in(expr: Expr) -> tuple[str, ...]:
    """Return the names that a function of vectors reads: they are vectors."""
    found: dict[str, None] = {}
    for part in parts(expr):
        if isinstance(part, Apply) and part.op in (*VECTORIAL, *_ROWS):
            names = (p.name for arg in part.args for p in parts(arg) if isinstance(p, Symbol))
            found.update(dict.fromkeys(names))
    return tuple(found)


class Components:
    """Write a formula of vectors by its entries; raises ProblemError where that is impossible."""

    def __init__(self, vectors: tuple[str, ...], table: Table, span: Span | None = None) -> None:
        self.vectors, self.table, self.span = vectors, table, span
        self.letters = iter(BOUND)

    def has_entries(self, expr: Expr) -> bool:
        """Tell whether a formula is a vector."""
        if isinstance(expr, Symbol):
            return expr.name in self.vectors
        if isinstance(expr, Number) or expr.op in ("sum", "mean", "norm", "dot", "matmul"):
            return False
        return any(self.has_entries(arg) for arg in expr.args)

    def at(self, expr: Expr, index: str) -> Expr:
        """Return the entry of a formula at an index; a number is the same everywhere."""
        if isinstance(expr, Number):
            return expr
        if isinstance(expr, Symbol):
            return entry(expr.name, index) if expr.name in self.vectors else expr
        if expr.op in ("sum", "dot", "matmul", "mean"):
            return self.total(expr)
        if expr.op == "norm":
            return self.length(expr)
        if expr.op == "log_softmax":
            return Apply("log", (self.at(Apply("softmax", expr.args), index),))
        if expr.op == "softmax" and isinstance(expr.args[0], Symbol):
            return Apply("softmax_at", (self.at(expr.args[0], index),))
        if expr.op in ("softmax", *_ROWS):
            row = self.table[expr.op]
            return self.at(applied(row.definition or "", row.bind(expr)), index)
        if expr.op in ("expand", "fill"):
            return self.at(expr.args[0], index)
        row = self.table[expr.op]
        if not (row.is_elementwise or row.name.endswith("'")):
            raise self.refused(expr)
        return Apply(expr.op, tuple(self.at(arg, index) for arg in expr.args), expr.attrs)

    def total(self, expr: Apply) -> Expr:
        """Return a sum, a mean or a dot product as a sum over a letter of its own."""
        axis = expr.attr("axis")
        if isinstance(axis, Number) and axis.value not in (0, -1):
            raise self.refused(expr)
        if simplify(expr.args[0]) == ONE:
            return ENTRIES
        letter = self.letter()
        if not all(self.has_entries(arg) for arg in expr.args):
            raise self.refused(expr)
        body = mul(*(self.at(arg, letter) for arg in expr.args))
        whole = sum_over(body, letter)
        if expr.op == "mean":
            return Apply("div", (whole, ENTRIES))
        return whole

    def length(self, expr: Apply) -> Expr:
        """Return a norm over a letter of its own."""
        if not self.has_entries(expr.args[0]):
            raise self.refused(expr)
        letter = self.letter()
        body = self.at(expr.args[0], letter)
        return Apply("norm_over", (body,), (("index", Symbol(letter)),))

    def letter(self) -> str:
        found = next(self.letters, None)
        if found is None:
            raise ProblemError("a formula of more sums than letters are kept for", self.span)
        return found

    def refused(self, part: Apply) -> ProblemError:
        place = self.span or Span(Source("formula", ""), 1, 1)
        return ProblemError(
            f"{part.op} is not derived entry by entry here",
            place.within(*part.place) if part.place else self.span,
            hint="numbers, and vectors in sum, mean, norm, dot, softmax, log_softmax, are",
        )


def free_of(expr: Expr, letter: str) -> bool:
    """Tell whether a formula has no entry at this index."""
    if isinstance(expr, Apply) and expr.op in ("sum_over", "norm_over"):
        return index_of(expr) == letter or free_of(expr.args[0], letter)
    if isinstance(expr, Symbol):
        found = entry_parts(expr.name)
        return expr.name != letter and not (found and found[1] == letter)
    return isinstance(expr, Number) or all(free_of(arg, letter) for arg in expr.args)


def pulled(expr: Expr) -> Expr:
    """Return a formula in which what is free of the index of a sum stands before it."""

    def change(part: Expr) -> Expr:
        if not (isinstance(part, Apply) and part.op == "sum_over"):
            return part
        letter = index_of(part)
        coefficient, factors = product(part.args[0])
        outer = {base: power for base, power in factors.items() if free_of(base, letter)}
        inner = {base: power for base, power in factors.items() if base not in outer}
        if not inner:
            return rebuild_product(*product(mul(ENTRIES, part.args[0])))
        if not outer and coefficient == ONE:
            return part
        total = sum_over(rebuild_product(ONE, inner), letter)
        return rebuild_product(coefficient, {**outer, total: Fraction(1)})

    return rebuild(expr, change)


def spread(expr: Expr) -> Expr:
    """Return a formula with each sum of a product of a sum taken term by term."""

    def change(part: Expr) -> Expr:
        if not (isinstance(part, Apply) and part.op == "sum_over"):
            return part
        letter = index_of(part)
        coefficient, factors = product(part.args[0])
        for base, power in factors.items():
            if power == 1 and isinstance(base, Apply) and base.op == "add":
                rest = {one: p for one, p in factors.items() if one is not base}
                whole = rebuild_product(coefficient, rest)
                terms = (rebuild_product(*product(mul(whole, term))) for term in base.args)
                return add(*(change(sum_over(term, letter)) for term in terms))
        return part

    return rebuild(expr, change)


def unrolled(expr: Expr, places: Mapping[str, int], size: int) -> Expr:
    """Return a formula of entries as one of numbers: letters at `places`, sums written out."""
    if isinstance(expr, Number):
        return expr
    if isinstance(expr, Symbol):
        found = entry_parts(expr.name)
        return entry(found[0], str(places.get(found[1], found[1]))) if found else expr
    if expr.op in ("sum_over", "norm_over"):
        letter, (body,) = index_of(expr), expr.args
        every = [unrolled(body, {**places, letter: k}, size) for k in range(1, size + 1)]
        if expr.op == "sum_over":
            return add(*every)
        return Apply("sqrt", (add(*(Apply("pow", (one, number(2))) for one in every)),))
    if expr.op == "delta":
        first, second = (places.get(arg.name) for arg in expr.args if isinstance(arg, Symbol))
        return ONE if first == second else ZERO
    if expr.op == "entries":
        return number(size)
    if expr.op == "softmax_at":
        (own,) = expr.args
        assert isinstance(own, Symbol)
        vector, _ = entry_parts(own.name) or ("", "")
        every = [Apply("exp", (entry(vector, str(k)),)) for k in range(1, size + 1)]
        return Apply("div", (Apply("exp", (unrolled(own, places, size),)), add(*every)))
    return Apply(expr.op, tuple(unrolled(arg, places, size) for arg in expr.args), expr.attrs)
