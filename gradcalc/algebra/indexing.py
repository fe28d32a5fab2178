"""Read x[2], X[1,2], X[2:4] and X[:,2] as the operations that take these entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from gradcalc.algebra.expr import Apply, Expr, Number, Symbol, number
from gradcalc.algebra.syntax import format
from gradcalc.errors import ProblemError

Fail: TypeAlias = Callable[..., ProblemError]
"""Makes the error for a part of a formula: message, part, hint, label."""

MOST = 2


def taken(entry: Apply, fail: Fail) -> Expr:
    """Return what an index takes: `pick` one entry, row or column, `part` several.

    Raises the error that `fail` makes where a place is no whole number from 1.
    """
    base, *places = entry.args
    if len(places) > MOST:
        raise fail("more indices than a matrix has axes", entry, "X[1,2] is an entry of a matrix")
    ends = [_ends(place, entry, fail) for place in places]
    if len(ends) == 1 or isinstance(ends[0], int):
        for end in ends:
            base = _along(base, end, 0, entry)
        return base
    return _along(_along(base, ends[1], 1, entry), ends[0], 0, entry)


def _ends(place: Expr, entry: Apply, fail: Fail) -> int | tuple[int, int] | None:
    """Return one place, the first and the last of several, or None for all."""
    if not (isinstance(place, Apply) and place.op == "slice"):
        return _whole(place, entry, fail)
    first, last = place.args
    if first == last == Symbol(""):
        return None
    if last == Symbol(""):
        raise fail("the last entry is missing", entry, "x[2:4] are the entries 2, 3 and 4")
    return (1 if first == Symbol("") else _whole(first, entry, fail)), _whole(last, entry, fail)


def _whole(place: Expr, entry: Apply, fail: Fail) -> int:
    if isinstance(place, Number) and place.value.denominator == 1 and place.value >= 1:
        return int(place.value)
    if isinstance(place, Number):
        raise fail("an entry is named by whole numbers, counted from 1", entry)
    raise fail(
        f"{format(place)} is not a number here",
        entry,
        "entries count from 1: x[2]; `for t = 1..3:` above indented lines writes them for each t",
    )


def _along(base: Expr, ends: int | tuple[int, int] | None, axis: int, entry: Apply) -> Expr:
    if ends is None:
        return base
    along = ("axis", number(axis))
    if isinstance(ends, int):
        return Apply("pick", (base,), (("index", number(ends)), along), entry.place)
    first, last = map(number, ends)
    return Apply("part", (base,), (("first", first), ("last", last), along), entry.place)
