"""Gradients of all entries that were taken one by one: put together again, not added up."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.algebra.expr import Apply, Expr, Number, Symbol, number


def gathered(terms: Sequence[Expr]) -> Sequence[Expr]:
    """Return one term in place of several that put rows to all places, each once.

    place(a, first=1, of=3) + place(b, first=2, of=3) + place(c, first=3, of=3) is
    stack(a, b, c); columns stand side by side. Other terms stay as they are.
    """
    pieces = [piece for piece in map(_piece, terms) if piece is not None]
    if len(pieces) < max(2, len(terms)) or len({piece[1:3] for piece in pieces}) > 1:
        return terms
    pieces.sort(key=lambda piece: piece[0])
    _, of, axis, _ = pieces[0]
    if [piece[0] for piece in pieces] != list(range(1, of + 1)):
        return terms
    entries = [piece[-1] for piece in pieces]
    if axis == 0:
        return (Apply("stack", tuple(entry.args[0] for entry in entries)),)
    return (Apply("concat", tuple(entries), (("axis", number(axis)),)),)


def _piece(term: Expr) -> tuple[int, int, int, Apply] | None:
    """Return place, number of places, axis and entries of one row or column that is put back."""
    if not isinstance(term, Apply) or term.op != "place":
        return None
    first, of, axis = (_whole(term.attr(name)) for name in ("first", "of", "axis"))
    inner = term.args[0]
    if first is None or of is None or axis is None:
        return None
    if not isinstance(inner, Apply) or inner.op != "expand" or inner.attr("axis") != number(axis):
        return None
    return first, of, axis, inner


def _whole(value: Number | Symbol | None) -> int | None:
    return int(value.value) if isinstance(value, Number) else None
