"""How entries that are taken from a quantity are written: x₂, X₁₂, X[:,3], x[2:4]."""

from __future__ import annotations

from gradcalc.algebra.expr import Apply, Expr, Number, Symbol

HIDDEN = {
    "": ("axis", "keepdims"),
    "concat": ("keepdims",),
    "spread": ("rows", "columns"),
}
"""Parameters that are not printed, by operation; under the empty name those of all others."""


def shown_attrs(expr: Apply) -> list[tuple[str, Number | Symbol]]:
    """Return the parameters of an application that are printed."""
    hidden = HIDDEN.get(expr.op, HIDDEN[""])
    return [(key, value) for key, value in expr.attrs if key not in hidden]


def whole(expr: Apply, name: str) -> int:
    """Return a parameter that is a whole number; 0 where there is none."""
    value = expr.attr(name)
    return int(value.value) if isinstance(value, Number) else 0


def entry_of(expr: Apply) -> tuple[str, tuple[int, ...]] | None:
    """Return the quantity and the place that `pick` takes, None for a column or a formula.

    A place is counted from 0: of X[1,2] it is (0, 1), of the row X[2] it is (1,).
    """
    places: list[int] = []
    part: Expr = expr
    while isinstance(part, Apply) and part.op == "pick" and whole(part, "axis") == 0:
        places.insert(0, whole(part, "index") - 1)
        part = part.args[0]
    return (part.name, tuple(places)) if isinstance(part, Symbol) and places else None


def brackets_of(expr: Apply) -> str:
    """Return what stands behind a quantity where entries are taken: [2:4], [:,3]."""
    first, last = whole(expr, "first"), whole(expr, "last")
    place = f"{first}:{last}" if expr.op == "part" else str(whole(expr, "index"))
    return f"[{':,' * whole(expr, 'axis')}{place}]"
