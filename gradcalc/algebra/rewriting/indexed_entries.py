"""One entry of a formula whose sizes are letters: sums over k, entries at i, j.

An entry is `entry(W, i, k)` as in problem files; a sum over an axis is `total(term)` with
the attributes `over`, the index, and `count`, how far it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import chain
from typing import TypeAlias

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
    symbols,
)
from gradcalc.algebra.formula.shapes import Dim, Shape, axis_of, size
from gradcalc.algebra.operations.inference import definition, dimension
from gradcalc.algebra.operations.operation import Table
from gradcalc.algebra.operations.smooth_activations import VECTORS

EntryPlace: TypeAlias = Number | Symbol
EntryPlaces: TypeAlias = tuple[EntryPlace, ...]
LETTERS = "ijklmnprstuv"
SUMS = ("sum", "mean", "norm")


class NoEntriesError(Exception):
    """A formula with an operation that has no entries of its own."""


def index_letters(taken: Collection[str]) -> Iterator[str]:
    """Return the letters for indices that name nothing else, i, j, k first.

    >>> "".join(index_letters({"j"}))[:3]
    'ikl'
    """
    return (letter for letter in LETTERS if letter not in taken)


def indexed(
    expr: Expr,
    places: EntryPlaces,
    shape_of: Callable[[Expr], Shape],
    table: Table,
    letters: Iterator[str],
) -> Expr:
    """Return the entry of a formula at these places, counted from 1 or letters.

    letters: names for the indices of sums. Raises NoEntriesError where an operation
    cannot be written entry by entry.
    """
    return ordered(_Indexed(shape_of, table, letters).at(expr, places))


def written_size(expr: Expr, shape_of: Callable[[Expr], Shape]) -> int:
    """Return about how many parts an entry of a formula has with its sums written out."""
    if not isinstance(expr, Apply):
        return 1
    inner = sum(written_size(arg, shape_of) for arg in expr.args)
    shape = shape_of(expr.args[0]) if expr.args else ()
    if expr.op in (*SUMS, "amax"):
        return inner * (size(shape) or 1)
    if expr.op in ("matmul", "dot", *(row.name for row in VECTORS)):
        return inner * (size(shape[-1:]) or 1)
    return 1 + inner


class _Indexed:
    def __init__(
        self, shape_of: Callable[[Expr], Shape], table: Table, letters: Iterator[str]
    ) -> None:
        self.shape_of, self.table, self.letters = shape_of, table, letters

    def at(self, expr: Expr, places: EntryPlaces) -> Expr:
        if isinstance(expr, Number):
            return expr
        places = self.fitted(self.shape_of(expr), places)
        if isinstance(expr, Symbol):
            return Apply("entry", (expr, *places)) if places else expr
        rule = getattr(self, f"_{expr.op}", None)
        if rule is not None:
            found: Expr = rule(expr, places)
            return found
        if expr.op in SUMS:
            return self.reduced(expr, places)
        if self.table[expr.op].is_elementwise:
            return Apply(expr.op, tuple(self.at(arg, places) for arg in expr.args), expr.attrs)
        meaning = definition(expr, self.table, self.shape_of)
        if meaning is None:
            raise NoEntriesError(expr.op)
        return self.at(meaning, places)

    def fitted(self, shape: Shape, places: EntryPlaces) -> EntryPlaces:
        """Return the places of a stretched operand: its last axes, 1 where it has one entry."""
        missing = len(shape) - len(places)
        own = places[-missing:] if missing < 0 else (ONE,) * missing + places
        own = own if shape else ()
        return tuple(ONE if dim == 1 else at for dim, at in zip(shape, own, strict=True))

    def total(self, count: Dim, term: Callable[[EntryPlace], Expr]) -> Expr:
        """Return the sum of a term over an axis; of one entry the term itself."""
        if count == 1:
            return term(ONE)
        letter = next(self.letters, None)
        if letter is None:
            raise NoEntriesError("sum")
        return total(term(Symbol(letter)), Symbol(letter), dimension(count))

    def reduced(self, expr: Apply, places: EntryPlaces) -> Expr:
        """Return the entry of a sum, a mean or a length, over all axes or one."""
        inner = expr.args[0]
        shape = self.shape_of(inner)
        axis = axis_of(dict(expr.attrs), len(shape))
        over = range(len(shape)) if axis is None else (len(shape) + axis,)
        rest = (
            places
            if len(places) < len(shape)
            else tuple(place for at, place in enumerate(places) if at not in over)
        )

        def inside(chosen: tuple[EntryPlace, ...]) -> Expr:
            if len(chosen) < len(over):
                dim = shape[over[len(chosen)]]
                return self.total(dim, lambda place: inside((*chosen, place)))
            taken, left = iter(chosen), iter(rest)
            full = tuple(next(taken) if at in over else next(left) for at in range(len(shape)))
            term = self.at(inner, full)
            return Apply("pow", (term, number(2))) if expr.op == "norm" else term

        found = inside(())
        if expr.op == "norm":
            return Apply("sqrt", (found,))
        if expr.op == "mean":
            counts = [
                Symbol(n) if isinstance(n, str) else number(n) for n in (shape[a] for a in over)
            ]
            return Apply("div", (found, mul(*counts)))
        return found

    def _matmul(self, expr: Apply, places: EntryPlaces) -> Expr:
        a, b = expr.args
        left, right = self.shape_of(a), self.shape_of(b)
        row, column = places[: len(left) - 1], places[len(left) - 1 :]

        def term(k: EntryPlace) -> Expr:
            other = self.at(b, (k, *column) if len(right) == 2 else (k,))
            return mul(self.at(a, (*row, k)), other)

        return self.total(left[-1], term)

    def _dot(self, expr: Apply, places: EntryPlaces) -> Expr:
        a, b = expr.args
        return self.total(self.shape_of(a)[0], lambda k: mul(self.at(a, (k,)), self.at(b, (k,))))

    def _outer(self, expr: Apply, places: EntryPlaces) -> Expr:
        a, b = expr.args
        return mul(self.at(a, places[:1]), self.at(b, places[1:]))

    def _transpose(self, expr: Apply, places: EntryPlaces) -> Expr:
        return self.at(expr.args[0], places[::-1])

    def _diag(self, expr: Apply, places: EntryPlaces) -> Expr:
        """Return the entry of a diagonal matrix: 0 beside the diagonal."""
        first, second = places
        if first == second:
            return self.at(expr.args[0], (first,))
        if isinstance(first, Symbol) and isinstance(second, Symbol):
            raise NoEntriesError("diag")
        return ZERO

    def _expand(self, expr: Apply, places: EntryPlaces) -> Expr:
        inner = self.shape_of(expr.args[0])
        axis = axis_of(dict(expr.attrs), len(places))
        if axis is None or len(inner) == len(places):
            return self.at(expr.args[0], places)
        at = len(places) + axis
        return self.at(expr.args[0], places[:at] + places[at + 1 :])

    def _fill(self, expr: Apply, places: EntryPlaces) -> Expr:
        return self.at(expr.args[0], places)

    def _array(self, expr: Apply, places: EntryPlaces) -> Expr:
        raise NoEntriesError("array")

    _first_half = _second_half = _join = _amax = _array


def total(term: Expr, letter: Symbol, count: EntryPlace) -> Expr:
    """Return a sum over an index, with the factors that do not read it in front."""
    if isinstance(term, Apply) and term.op == "neg":
        return Apply("neg", (total(term.args[0], letter, count),))
    factors = _factors(term)
    free = [each for each in factors if letter.name not in symbols(each)]
    bound = [each for each in factors if letter.name in symbols(each)]
    if not bound:
        return mul(*free, count)
    inner = Apply("total", (mul(*bound),), (("over", letter), ("count", count)))
    return mul(*free, inner)


def _factors(expr: Expr) -> tuple[Expr, ...]:
    if isinstance(expr, Apply) and expr.op == "mul":
        return tuple(chain.from_iterable(map(_factors, expr.args)))
    return (expr,)


def ordered(expr: Expr, last: Collection[str] = ()) -> Expr:
    """Return an indexed formula as it is written: numbers first, errors next, sums last.

    last: names whose entries come after other factors, as x in δᵢ xⱼ.
    """
    if not isinstance(expr, Apply) or expr.op == "entry":
        return expr
    args = tuple(ordered(arg, last) for arg in expr.args)
    if expr.op == "mul":
        factors = chain.from_iterable(map(_factors, args))
        kept = [each for each in factors if each != ONE]
        kept.sort(key=lambda each: _order(each, last))
        return mul(*kept) if kept else ONE
    if expr.op == "add":
        terms = [arg for arg in args if arg != ZERO]
        return add(*terms) if terms else ZERO
    return Apply(expr.op, args, expr.attrs)


def _order(factor: Expr, last: Collection[str]) -> int:
    if isinstance(factor, Number):
        return 0
    if not isinstance(factor, Apply):
        return 3 if factor.name in last else 2
    if factor.op == "entry":
        return 3 if set(symbols(factor)) & set(last) else 2
    if factor.op == "add":
        return 2 if isinstance(factor.args[0], Number) else 1
    return {"div": 1, "total": 4}.get(factor.op, 2)
