"""Shapes of quantities, over numbers and letters, and the rules of the operations.

A dimension is a whole number or a letter (`N`). A rule takes the own shapes of the
operands and gives that of the result, or raises ShapeError with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from gradcalc.algebra.formula.expr import Number, Symbol

Dim: TypeAlias = int | str
Shape: TypeAlias = tuple[Dim, ...]
Index: TypeAlias = tuple[int, ...]
"""Where an entry stands, counted from 0; () for a number."""
Attrs: TypeAlias = Mapping[str, Number | Symbol]
ShapeRule: TypeAlias = Callable[[tuple[Shape, ...], Attrs], Shape]


class ShapeError(Exception):
    """Operands that do not fit; `label` says why, in the words of the shapes."""

    def __init__(self, verb: str, label: str = "", hint: str | None = None) -> None:
        super().__init__(verb)
        self.verb = verb
        self.label = label
        self.hint = hint


def describe(shape: Shape) -> str:
    """Return a shape in words: `2×3`, `2 entries`, `a number`."""
    if not shape:
        return "a number"
    if len(shape) == 1:
        return "1 entry" if shape[0] == 1 else f"{shape[0]} entries"
    return "×".join(str(dim) for dim in shape)


def size(shape: Shape) -> int | None:
    """Return the number of entries, or None where a dimension is a letter."""
    total = 1
    for dim in shape:
        if isinstance(dim, str):
            return None
        total *= dim
    return total


def integer(value: Number | Symbol | None) -> int | None:
    """Return an attribute as a whole number, or None where it is absent."""
    if isinstance(value, Number) and value.value.denominator == 1:
        return int(value.value)
    return None


def broadcast(first: Shape, second: Shape) -> Shape:
    """Return the common shape of two elementwise operands.

    A number goes with everything, a shorter shape must be the end of the longer
    one, and in shapes of one length an entry 1 stretches. Nothing else stretches:
    3 entries and 3×1 are refused and not spread to 3×3.
    """
    if len(first) < len(second):
        first, second = second, first
    if second and len(second) < len(first) and first[len(first) - len(second) :] != second:
        raise ShapeError("combine", f"{describe(first)} and {describe(second)}")
    padded = first[: len(first) - len(second)] + second
    dims: list[Dim] = []
    for a, b in zip(first, padded, strict=True):
        if a not in (b, 1) and b != 1:
            raise ShapeError("combine", f"{describe(first)} and {describe(second)}")
        dims.append(b if a == 1 else a)
    return tuple(dims)


def elementwise(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of an elementwise operation: that of all operands together."""
    result: Shape = ()
    for shape in shapes:
        result = broadcast(result, shape)
    return result


def same(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of the first operand."""
    return shapes[0]


def vector(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of a function along the last axis, which must be there."""
    if not shapes[0]:
        raise ShapeError("apply a function of vectors to", "a number has no entries")
    return shapes[0]


def scalar(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of a number."""
    return ()


def _unreduced(attrs: Attrs) -> bool:
    return attrs.get("reduction") == Symbol("none")


def loss(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return a number, once all operands have the same shape; the shape without reduction.

    A number goes with one entry, and has its shape.
    """
    prediction, *others = shapes
    for target in others:
        if size(prediction) != 1 or size(target) != 1:
            _alike(prediction, target)
    return max(shapes, key=len) if _unreduced(attrs) else ()


def row_loss(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the same as `loss`; without reduction one number a sample."""
    loss(shapes, attrs)
    return shapes[0][:-1] if _unreduced(attrs) else ()


def _alike(prediction: Shape, target: Shape) -> None:
    if prediction != target:
        raise ShapeError(
            "compare", f"the prediction has {describe(prediction)}, the target {describe(target)}"
        )


def sample_loss(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return a number, once all operands are vectors or rows of one length.

    Without reduction there is one number a sample.
    """
    if not shapes[0]:
        raise ShapeError("compare", "vectors are due, and the prediction is a number")
    for target in shapes[1:]:
        _alike(shapes[0], target)
    return shapes[0][:-1] if _unreduced(attrs) else ()


def pair_loss(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the same for two vectors a sample and a target that is one number a sample."""
    first, second, target = shapes
    found = sample_loss((first, second), attrs)
    if target != first[:-1]:
        due = describe(first[:-1])
        raise ShapeError("compare", f"the target has {describe(target)}, due is {due}")
    return found


def class_loss(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return a number, once prediction and target are vectors or rows of one length."""
    if not shapes[0]:
        raise ShapeError("compare", "a class each needs an entry, and the prediction is a number")
    if shapes[0][-1] == 1:
        raise ShapeError(
            "compare",
            "one entry is one class; two or more are due",
            "for one output, binary_cross_entropy takes a probability,"
            " binary_cross_entropy_with_logits a score",
        )
    return sample_loss(shapes, attrs)


def halved(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape with the last axis cut in two."""
    *before, last = vector(shapes, attrs)
    if isinstance(last, int) and last % 2:
        raise ShapeError("halve", f"{last} entries have no halves")
    return (*before, last // 2 if isinstance(last, int) else f"{last}/2")


def joined(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of two operands of one shape, one after the other along the last axis."""
    first, second = shapes
    if not first or first != second:
        raise ShapeError("join", f"{describe(first)} and {describe(second)}")
    *before, last = first
    if isinstance(last, int):
        return (*before, 2 * last)
    return (*before, last[:-2] if last.endswith("/2") else f"2{last}")


def axis_of(attrs: Attrs, rank: int) -> int | None:
    """Return the reduced axis counted from the end (−1 is the last), None for all."""
    axis = integer(attrs.get("axis"))
    if axis is None:
        return None
    if not -rank <= axis < rank:
        raise ShapeError("reduce", f"there is no axis {axis} in {rank} axes")
    return axis - rank if axis >= 0 else axis


def reduced(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape that a sum or a mean leaves."""
    (shape,) = shapes
    axis = axis_of(attrs, len(shape))
    keep = integer(attrs.get("keepdims")) == 1
    if axis is None:
        return (1,) * len(shape) if keep else ()
    at = len(shape) + axis
    return shape[:at] + ((1,) if keep else ()) + shape[at + 1 :]


def expanded(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape with the reduced axis put back as 1 (what `reduced` left out)."""
    (shape,) = shapes
    if attrs.get("axis") is None or integer(attrs.get("keepdims")) == 1:
        return shape
    axis = axis_of(attrs, len(shape) + 1)
    assert axis is not None
    at = len(shape) + 1 + axis
    return (*shape[:at], 1, *shape[at:])


def matmul(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of a matrix product by the ranks of its operands."""
    a, b = shapes
    if not a or not b:
        raise ShapeError("multiply", "@ takes vectors and matrices; * multiplies by a number")
    if len(a) > 2 or len(b) > 2:
        raise ShapeError("multiply", "@ takes vectors and matrices")
    inner = b[0] if len(b) == 1 else b[-2]
    if a[-1] != inner:
        needs = "1 entry" if a[-1] == 1 else f"{a[-1]} entries"
        wants = f"{needs} are needed" if len(b) == 1 else f"{a[-1]} rows are needed"
        has = describe(b) if len(b) == 1 else f"{inner}"
        raise ShapeError("multiply", f"{wants}, there are {has.removesuffix(' entries')}")
    return a[:-1] + (b[1:] if len(b) == 2 else ())


def transposed(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of the transpose; a vector keeps its shape."""
    (shape,) = shapes
    if len(shape) > 2:
        raise ShapeError("transpose", "a transpose is that of a matrix")
    return shape[::-1]


def outer(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return rows × columns of the outer product of two vectors."""
    a, b = shapes
    if len(a) != 1 or len(b) != 1:
        raise ShapeError("take the outer product of", "it is that of two vectors")
    return (a[0], b[0])


def dot(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return a number, once both operands are vectors of one length."""
    a, b = shapes
    if len(a) != 1 or a != b:
        raise ShapeError("take the dot product of", f"{describe(a)} and {describe(b)}")
    return ()


def diagonal(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the square shape of a diagonal matrix."""
    (shape,) = shapes
    if len(shape) != 1:
        raise ShapeError("make a diagonal matrix of", "it is that of a vector")
    return (shape[0], shape[0])


def filled(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape that `rows` and `columns` name, into which the operand must fit."""
    dims = [attrs[name] for name in ("rows", "columns") if name in attrs]
    shape = tuple(dim.name if isinstance(dim, Symbol) else int(dim.value) for dim in dims)
    if (
        any(isinstance(dim, int) and dim < 1 for dim in shape)
        or broadcast(shape, shapes[0]) != shape
    ):
        raise ShapeError("fill", f"{describe(shapes[0])} into {describe(shape)}")
    return shape


def stacked(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of an array written out: as many rows as it has items."""
    if any(shape != shapes[0] for shape in shapes):
        raise ShapeError("stack", "the rows differ in length")
    return (len(shapes), *shapes[0])
