"""Find the shape of a formula, and resolve the names and indices in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeAlias

from gradcalc.algebra.formula.expr import ONE, Apply, Expr, Number, Symbol, mul, number, rebuild
from gradcalc.algebra.formula.shapes import Dim, Shape, ShapeError, describe
from gradcalc.algebra.formula.syntax import format
from gradcalc.algebra.operations.operation import Operation, Table, applied
from gradcalc.errors import ProblemError, Span

Fail: TypeAlias = Callable[..., ProblemError]
"""Makes the error for a part of a formula: message, part, hint, label."""

MOST = 2

REDUCTIONS = ("sum", "mean", "batchmean", "none")
_REDUCED = {
    "sum_over_batch_size": "mean",
    "mean_with_sample_weight": "mean",
    "auto": "mean",
}
"""Reductions as Keras calls them."""
LAYOUT = {
    "sum": ("axis", "keepdims"),
    "mean": ("axis", "keepdims"),
    "norm": ("axis", "keepdims"),
    "amax": ("axis", "keepdims"),
    "expand": ("axis", "keepdims"),
    "fill": ("rows", "columns"),
}
"""Parameters that say which axes of an operand an operation takes or makes."""


WHOLE = ("axis", "rows", "columns")
"""Parameters that are whole numbers."""


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


def shape_finder(shapes: Mapping[str, Shape], table: Table) -> Callable[[Expr], Shape]:
    """Return a function that gives the own shape of any formula over these names."""
    known: dict[Expr, Shape] = {}

    def find(expr: Expr) -> Shape:
        if isinstance(expr, Number):
            return ()
        if isinstance(expr, Symbol):
            letter = expr.name not in shapes and any(expr.name in dims for dims in shapes.values())
            return () if letter else shapes[expr.name]  # a mean divides by the letter N
        shape = known.get(expr)
        if shape is None:
            row = table[expr.op]
            attrs = {**row.attributes, **dict(expr.attrs)}
            shape = known[expr] = row.shape(tuple(find(arg) for arg in expr.args), attrs)
        return shape

    return find


def resolve(expr: Expr, table: Table, span: Span | None = None) -> Expr:
    """Return the formula with the table's own names, parameters checked.

    Aliases become canonical names with their presets; functions of a problem file
    that are not elementwise are replaced by what they stand for. Raises
    ProblemError for unknown functions, operand counts and parameters.
    """

    def fail(message: str, part: Apply, hint: str | None = None, label: str = "") -> ProblemError:
        place = part.place or (0, span.length if span else 1)
        return ProblemError(message, span.within(*place) if span else None, label, hint)

    def change(part: Expr) -> Expr:
        if not isinstance(part, Apply):
            return part
        if part.op == "slice":
            return part
        if part.op == "entry":
            return taken(part, fail)
        if part.op == "array":
            return _checked_array(part, fail)
        found = table.resolve(part.op)
        if found is None:
            choices = table.refusal(part.op)
            if choices:
                raise fail(f"{part.op} means different things", part, choices)
            near = table.nearest(part.op)
            raise fail(
                f"{part.op} is not a function that gradcalc knows",
                part,
                f"did you mean {near}?"
                if near
                else "`gradcalc ops` lists the functions; `f(z) = …` in equations defines one",
            )
        found, row = variant(found, part.attrs, table)
        wanted = "2 or more" if row.variadic else str(len(row.params))
        if len(part.args) < 2 if row.variadic else len(part.args) != len(row.params):
            raise fail(
                f"{part.op} takes {wanted} operand{'' if wanted == '1' else 's'}"
                f" ({', '.join(row.params)}), {len(part.args)} given",
                part,
            )
        return Apply(found.op, part.args, parameters(part, found, row, fail), part.place)

    return rebuild(expr, change)


def variant(
    found: Apply, attrs: tuple[tuple[str, Number | Symbol], ...], table: Table
) -> tuple[Apply, Operation]:
    """Return the operation that is meant by a call with these parameters, and its row.

    A row names the rows that take further parameters: `softmax(temperature=2)`.
    """
    row = table[found.op]
    for name, other in row.variants:
        if name in dict(attrs):
            kept = tuple((key, value) for key, value in found.attrs if key == "reduction")
            return Apply(other, (), kept), table[other]
    return found, row


def _checked_array(part: Apply, fail: Fail) -> Expr:
    if part.op == "array" and not all(
        isinstance(arg, Number) or (isinstance(arg, Apply) and arg.op == "array")
        for arg in part.args
    ):
        raise fail("a list in an equation holds numbers only", part)
    return part


def parameters(
    part: Apply, found: Apply, row: Operation, fail: Fail
) -> tuple[tuple[str, Number | Symbol], ...]:
    """Return the parameters of a call under the row's own names, presets put in.

    `fail` makes the error for one that the row does not take, or not with this value.
    """
    allowed = list(row.attributes)
    if row.kind == "loss" and row.reduction != "whole":
        allowed.append("reduction")
    allowed += LAYOUT.get(row.name, ())
    allowed += [name for name, _ in row.options]
    ours = dict(row.parameter_names)
    given = {ours.get(name, name): _ours(name, value) for name, value in part.attrs}
    for name, value in given.items():
        if name not in allowed:
            takes = (
                f"{row.name} takes {', '.join(allowed)}"
                if allowed
                else (f"{row.name} takes no parameters")
            )
            raise fail(f"{name} is not a parameter of {row.name}", part, takes)
        if name == "reduction":
            if not isinstance(value, Symbol) or value.name not in REDUCTIONS:
                raise fail(
                    f"reduction={format(value)} is not known",
                    part,
                    "reduction is sum, mean, batchmean or none",
                )
        elif not isinstance(value, Number):
            raise fail(f"{name} takes a number", part)
        elif name in (*WHOLE, *row.whole) and value.value.denominator != 1:
            raise fail(f"{name} takes a whole number", part)
        elif name in row.whole and value.value < 0:
            raise fail(f"{name} of {row.name} is not below 0", part)
        elif name in row.positive and value.value <= 0:
            raise fail(f"{name} of {row.name} is to be larger than 0", part)
        elif name == "keepdims" and value.value not in (0, 1):
            raise fail("keepdims is 0 or 1", part)
    merged = {**dict(found.attrs), **given}
    return tuple((name, merged[name]) for name in allowed if name in merged)


def _ours(name: str, value: Number | Symbol) -> Number | Symbol:
    """Return a reduction as gradcalc calls it, and every other value as it is."""
    if name == "reduction" and isinstance(value, Symbol):
        return Symbol(_REDUCED.get(value.name, value.name))
    return value


def dimension(dim: Dim) -> Number | Symbol:
    """Return a dimension as a formula: a number or a letter."""
    return Symbol(dim) if isinstance(dim, str) else number(dim)


def count(shape: Shape) -> Expr:
    """Return the number of entries of a shape as a formula."""
    total, letters = 1, []
    for dim in shape:
        if isinstance(dim, str):
            letters.append(Symbol(dim))
        else:
            total *= dim
    if not letters:
        return number(total)
    return mul(*([number(total)] if total != 1 else []), *letters)


def fold_sizes(expr: Expr, shape_of: Callable[[Expr], Shape]) -> Expr:
    """Return `expr` with each `size(x)` replaced by the number of entries of x."""

    def change(part: Expr) -> Expr:
        if isinstance(part, Apply) and part.op == "size":
            return count(shape_of(part.args[0]))
        return part

    return rebuild(expr, change)


def reduction_of(expr: Apply, row: Operation, shape: Shape) -> str:
    """Return how a loss makes one number of its entries: sum, mean, batchmean, none, whole."""
    value = expr.attr("reduction")
    name = value.name if isinstance(value, Symbol) else row.reduction
    if row.per_sample and name == "mean":
        return "batchmean"
    return name


def reduction_factor(expr: Apply, row: Operation, shape: Shape) -> Expr:
    """Return the factor before the sum over all entries of a loss."""
    reduction = reduction_of(expr, row, shape)
    total: Expr = ONE
    if reduction == "mean":
        total = count(shape)
    elif reduction == "batchmean" and len(shape) == 2:
        total = count(shape[:1])
    if isinstance(total, Number):
        return Number(Fraction(1) / total.value)
    return Apply("div", (ONE, total))


def definition(expr: Apply, table: Table, shape_of: Callable[[Expr], Shape]) -> Expr | None:
    """Return what an application stands for, one level down, or None for a primitive.

    A loss becomes the factor of its reduction times the sum of its entries; without a
    reduction its entries, added within a sample where a sample has one loss.
    """
    row = table[expr.op]
    if row.definition is None:
        return None
    entry = applied(row.definition, row.bind(expr))
    if row.kind != "loss":
        return entry
    shape = shape_of(expr.args[0])
    reduction = reduction_of(expr, row, shape)
    if reduction == "whole" or (reduction == "none" and not (row.per_sample and shape)):
        return fold_sizes(entry, shape_of)
    if reduction == "none":
        return Apply("sum", (entry,), (("axis", number(-1)),))
    factor = reduction_factor(expr, row, shape)
    total: Expr = Apply("sum", (entry,))
    return total if factor == ONE else mul(factor, total)


def explain(error: ShapeError, expr: Apply, shapes: list[Shape]) -> tuple[str, str]:
    """Return message and label for operands that do not fit."""
    named = [
        f"{format(arg)} ({describe(shape)})" for arg, shape in zip(expr.args, shapes, strict=True)
    ]
    if len(named) == 2 and expr.op in ("matmul", "add", "mul", "div", "pow"):
        join = " by " if expr.op == "matmul" else " and "
        return f"cannot {error.verb} {join.join(named)}", error.label
    return f"cannot {error.verb} {', '.join(named)}", error.label
