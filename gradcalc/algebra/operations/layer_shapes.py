"""Shapes of convolutions, poolings, parts of quantities and quantities put together.

Beside each shape rule stands what the products of the row need to know of the shapes.
Dimensions are numbers or letters; a letter can be added to, but has no stride.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gradcalc.algebra.formula.expr import Number, Symbol, number
from gradcalc.algebra.formula.shapes import (
    Attrs,
    Dim,
    Shape,
    ShapeError,
    axis_of,
    describe,
    integer,
    size,
)
from gradcalc.algebra.operations.inference import dimension

Measured = Mapping[str, Number | Symbol]

LARGEST = 10**6
AXES = ("rows", "columns")
_TERM = re.compile(r"([+-]?)(\d*)([^\W\d][\w/]*)|([+-]?\d+)")


def total(*terms: tuple[int, Dim]) -> Dim:
    """Return a sum of whole multiples of dimensions: N − 3 + 1 is N-2."""
    letters: dict[str, int] = {}
    constant = 0
    for factor, dim in terms:
        if isinstance(dim, int):
            constant += factor * dim
            continue
        for sign, count, letter, whole in _TERM.findall(dim):
            if letter:
                own = factor * int(f"{sign}{count or 1}")
                letters[letter] = letters.get(letter, 0) + own
            else:
                constant += factor * int(whole)
    kept = sorted((item for item in letters.items() if item[1]), key=lambda item: -item[1])
    if not kept:
        return constant
    signs = {1: "+", -1: "-"}
    text = "".join(f"{signs.get(count, f'{count:+}')}{letter}" for letter, count in kept)
    return (text + (f"{constant:+}" if constant else "")).removeprefix("+")


def letters_in(dim: str) -> tuple[str, ...]:
    """Return the letters of a sum of dimensions: 2N-K+1 and N/2 are made of N and K.

    >>> letters_in("2N-K+1"), letters_in("N/2")
    (('N', 'K'), ('N',))
    """
    return tuple(term[2].partition("/")[0] for term in _TERM.findall(dim) if term[2])


def counted(dim: str, sizes: Mapping[str, int]) -> int:
    """Return a sum of dimensions with numbers for its letters.

    >>> counted("2N-K+1", {"N": 5, "K": 3}), counted("N/2", {"N": 5})
    (8, 2)
    """
    found = 0
    for sign, count, letter, whole in _TERM.findall(dim):
        if not letter:
            found += int(whole)
            continue
        name, _, parts = letter.partition("/")
        found += int(f"{sign}{count or 1}") * (sizes[name] // int(parts or 1))
    return found


def _count(attrs: Attrs, name: str, least: int, default: int) -> int:
    """Return a parameter that counts something; raises ShapeError below the least."""
    value = integer(attrs.get(name))
    found = default if value is None else value
    if not least <= found <= LARGEST:
        raise ShapeError("use", f"{name} is a whole number from {least} to {LARGEST}")
    return found


# --- convolution ------------------------------------------------------------------


def _paddings(kernel: Shape, attrs: Attrs) -> tuple[Dim, ...]:
    """Return how many zeros stand on each side, by axis; less than 0 where entries are cut off."""
    first = attrs.get("padding", number(0))
    last = attrs.get("padding_columns", first) if len(kernel) == 2 else first
    found: list[Dim] = []
    for value, _ in zip((first, last), kernel, strict=False):
        dim = value.name if isinstance(value, Symbol) else int(value.value)
        found.append(dim)
    return tuple(found)


def _windows(dim: Dim, width: Dim, padding: Dim, stride: int) -> Dim:
    """Return in how many places a window fits, the last one where a stride ends short."""
    free = total((1, dim), (2, padding), (-1, width))
    if isinstance(free, int):
        if free < 0:
            raise ShapeError("convolve", f"a kernel of {width} does not fit into {dim}")
        return free // stride + 1
    if stride != 1:
        raise ShapeError("convolve", f"a stride needs numbers, and {dim} is a letter")
    return total((1, free), (1, 1))


def _convolved(shapes: tuple[Shape, ...], attrs: Attrs, rank: int) -> Shape:
    x, kernel = shapes
    if len(x) != rank or len(kernel) != rank:
        due = "two vectors" if rank == 1 else "two matrices"
        other = f"; conv{3 - rank}d takes {'matrices' if rank == 1 else 'vectors'}"
        raise ShapeError("convolve", f"it takes {due}{other}")
    stride = _count(attrs, "stride", 1, 1)
    paddings = _paddings(kernel, attrs)
    framed = size(tuple(total((1, d), (2, p)) for d, p in zip(x, paddings, strict=True)))
    most = max(LARGEST, 4 * (size(x) or 0), 4 * (size(kernel) or 0))
    if framed is not None and framed > most:
        label = f"{framed} entries with the padding, and at most {most} are computed"
        raise ShapeError("convolve", label)
    sides = zip(x, kernel, paddings, strict=True)
    return tuple(_windows(dim, width, padding, stride) for dim, width, padding in sides)


def convolved1(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of a kernel of one axis laid over a vector."""
    return _convolved(shapes, attrs, 1)


def convolved2(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of a kernel of two axes laid over a matrix."""
    return _convolved(shapes, attrs, 2)


def of_convolution(shapes: tuple[Shape, ...], attrs: Attrs, index: int) -> Measured:
    """Return the padding of the full convolution, and the places a stride of 1 would have."""
    x, kernel = shapes
    paddings = _paddings(kernel, attrs)
    found: dict[str, Number | Symbol] = {}
    full = [total((1, w), (-1, p), (-1, 1)) for w, p in zip(kernel, paddings, strict=True)]
    if any(dim != 0 for dim in full):
        found["full"] = dimension(full[0])
    if full[-1] != full[0]:
        found["full_columns"] = dimension(full[-1])
    if _count(attrs, "stride", 1, 1) != 1:
        sides = zip(AXES, x, kernel, paddings, strict=False)
        found |= {name: dimension(_windows(d, w, p, 1)) for name, d, w, p in sides}
    return found


def spread(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return `rows` and `columns`, which are to hold every entry with its zeros."""
    (shape,) = shapes
    stride = _count(attrs, "stride", 1, 1)
    if not 1 <= len(shape) <= len(AXES):
        raise ShapeError("spread", "it takes a vector or a matrix")
    if stride == 1:
        return shape
    due = tuple(integer(attrs.get(name)) or 0 for name in AXES[: len(shape)])
    for dim, room in zip(shape, due, strict=True):
        if isinstance(dim, str) or (room - 1) // stride + 1 != dim:
            raise ShapeError("spread", f"{describe(shape)} with a stride of {stride} in {room}")
    return due


def grid(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of a vector or a matrix as it is."""
    (shape,) = shapes
    if not 1 <= len(shape) <= len(AXES):
        raise ShapeError("turn", "it takes a vector or a matrix")
    return shape


# --- pooling ----------------------------------------------------------------------


def pooled(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return one entry a window; windows do not overlap."""
    shape = shapes[0]
    if not 1 <= len(shape) <= len(AXES):
        raise ShapeError("pool", "it takes a vector or a matrix")
    wide = _count(attrs, "size", 1, 2)
    stride = _count(attrs, "stride", 1, wide)
    if stride < wide:
        raise ShapeError(
            "pool",
            f"windows of {wide} moved by {stride} overlap",
            "a stride is the size of the window, or more",
        )
    found: list[Dim] = []
    for dim in shape:
        if isinstance(dim, str):
            found.append(f"{dim}/{stride}")
        elif dim < wide:
            raise ShapeError("pool", f"a window of {wide} does not fit into {dim}")
        else:
            found.append((dim - wide) // stride + 1)
    return tuple(found)


def of_pooling(shapes: tuple[Shape, ...], attrs: Attrs, index: int) -> Measured:
    """Return the number of entries of a window."""
    return {"count": number(_count(attrs, "size", 1, 2) ** len(shapes[0]))}


def masked(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of the operand, once its windows fit."""
    pooled(shapes, attrs)
    return shapes[0]


def unpooled(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of the second operand, whose windows are the entries of the first."""
    values, x = shapes
    if pooled((x,), attrs) != values:
        raise ShapeError("unpool", f"{describe(values)} into {describe(x)}")
    return x


# --- entries in another order -----------------------------------------------------


def flattened(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of one vector of all entries."""
    (shape,) = shapes
    if not shape:
        raise ShapeError("flatten", "a number has no entries")
    count = size(shape)
    if count is not None:
        return (count,)
    letters = [dim for dim in shape if dim != 1]
    if len(letters) > 1:
        raise ShapeError("flatten", f"{describe(shape)} has letters")
    return tuple(letters)


def reshaped(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return `rows` and `columns`, which hold as many entries as the operand has."""
    (shape,) = shapes
    due: list[Dim] = []
    for name in AXES:
        value = attrs.get(name)
        if value is not None:
            dim = value.name if isinstance(value, Symbol) else int(value.value)
            due.append(dim)
    if "rows" not in attrs:
        raise ShapeError("reshape", "rows is missing", "reshape(x, rows=2, columns=3)")
    if sorted(map(str, due)) != sorted(map(str, shape)) and size(shape) != size(tuple(due)):
        raise ShapeError("reshape", f"{describe(shape)} into {describe(tuple(due))}")
    if any(isinstance(dim, int) and dim < 1 for dim in due):
        raise ShapeError("reshape", "rows and columns are whole numbers from 1")
    return tuple(due)


def of_operand(shapes: tuple[Shape, ...], attrs: Attrs, index: int) -> Measured:
    """Return rows and columns of the operand, under names that are no parameters of a call."""
    return {f"own_{axis}": dimension(dim) for axis, dim in zip(AXES, shapes[0], strict=False)}


# --- parts, and what is put together ----------------------------------------------


def _axis(attrs: Attrs, shape: Shape, verb: str) -> int:
    """Return the axis that is meant, counted from 0; the first where none is given."""
    if not shape:
        raise ShapeError(verb, "a number has no entries")
    axis = axis_of(attrs, len(shape)) if "axis" in attrs else -len(shape)
    assert axis is not None
    return len(shape) + axis


def _within(place: int, dim: Dim, verb: str) -> None:
    if place < 1 or (isinstance(dim, int) and place > dim):
        hint = "entries count from 1" if place < 1 else None
        raise ShapeError(verb, f"there are {dim}", hint)


def concatenated(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of operands one after the other along an axis, the first if none is said."""
    first, *others = shapes
    axis = _axis(attrs, first, "concatenate")
    for other in others:
        if len(other) != len(first) or any(
            a != b for at, (a, b) in enumerate(zip(first, other, strict=True)) if at != axis
        ):
            raise ShapeError("concatenate", " and ".join(map(describe, shapes)))
    joined = total(*((1, shape[axis]) for shape in shapes))
    return (*first[:axis], joined, *first[axis + 1 :])


def of_concatenation(shapes: tuple[Shape, ...], attrs: Attrs, index: int) -> Measured:
    """Return where the operand at an index begins and ends."""
    axis = _axis(attrs, shapes[0], "concatenate")
    before = total((0, 0), *((1, shape[axis]) for shape in shapes[:index]))
    return {
        "first": dimension(total((1, before), (1, 1))),
        "last": dimension(total((1, before), (1, shapes[index][axis]))),
        "along": number(axis),
    }


def stacked(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return operands of one shape as the rows of a matrix, numbers as a vector."""
    if any(shape != shapes[0] for shape in shapes):
        raise ShapeError("stack", " and ".join(map(describe, shapes)))
    if len(shapes[0]) > 1:
        raise ShapeError("stack", "it takes numbers or vectors")
    return (len(shapes), *shapes[0])


def of_stack(shapes: tuple[Shape, ...], attrs: Attrs, index: int) -> Measured:
    """Return the row that the operand at an index becomes."""
    return {"at": number(index + 1)}


def picked(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape without the axis along which one entry is taken."""
    (shape,) = shapes
    place = integer(attrs.get("index"))
    verb = f"take entry {place} of"
    axis = _axis(attrs, shape, verb)
    if place is not None:
        _within(place, shape[axis], verb)
    return shape[:axis] + shape[axis + 1 :]


def part(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of the entries `first` to `last` along an axis, both counted in."""
    (shape,) = shapes
    first, last = attrs["first"], attrs["last"]
    ends = tuple(end.name if isinstance(end, Symbol) else int(end.value) for end in (first, last))
    verb = f"take entries {ends[0]} to {ends[1]} of"
    axis = _axis(attrs, shape, verb)
    for end in ends:
        if isinstance(end, int):
            _within(end, shape[axis], verb)
    count = total((1, ends[1]), (-1, ends[0]), (1, 1))
    if isinstance(count, int) and count < 1:
        raise ShapeError(verb, "the last is before the first")
    return (*shape[:axis], count, *shape[axis + 1 :])


def of_part(shapes: tuple[Shape, ...], attrs: Attrs, index: int) -> Measured:
    """Return how many entries there are along the axis of a part, and that axis."""
    axis = _axis(attrs, shapes[0], "take")
    return {"of": dimension(shapes[0][axis]), "along": number(axis)}


def placed(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape with `of` entries along an axis, those of the operand from `first` on."""
    (shape,) = shapes
    axis = _axis(attrs, shape, "place")
    value = attrs["of"]
    of = value.name if isinstance(value, Symbol) else _count(attrs, "of", 1, 1)
    place = attrs.get("first")
    first = None if isinstance(place, Symbol) else _count(attrs, "first", 1, 1)
    last = total((1, first or 1), (1, shape[axis]), (-1, 1))
    if isinstance(last, int) and isinstance(of, int) and last > of:
        raise ShapeError("place", f"{describe(shape)} from entry {first} on into {of}")
    return (*shape[:axis], of, *shape[axis + 1 :])


def of_place(shapes: tuple[Shape, ...], attrs: Attrs, index: int) -> Measured:
    """Return where what was placed ends."""
    axis = _axis(attrs, shapes[0], "place")
    first = integer(attrs.get("first")) or 1
    return {
        "last": dimension(total((1, first), (1, shapes[0][axis]), (-1, 1))),
        "along": number(axis),
    }


def looked_up(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return one row of the table for each number."""
    table, numbers = shapes
    if not 1 <= len(table) <= len(AXES) or len(numbers) > 1 or len(table) + len(numbers) > 3:
        raise ShapeError("look up", "rows of a matrix, by a number or a vector of numbers")
    return (*numbers, *table[1:])


def of_table(shapes: tuple[Shape, ...], attrs: Attrs, index: int) -> Measured:
    """Return the number of rows of a table."""
    return {"of": dimension(shapes[0][0])}


def one_hot(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return a row of `of` entries for each number."""
    (shape,) = shapes
    value = attrs.get("of")
    if value is None:
        raise ShapeError("write as 0 and 1", "of is missing", "one_hot(c, of=4)")
    if len(shape) > 1:
        raise ShapeError("write as 0 and 1", "it takes a number or a vector of numbers")
    return (*shape, value.name if isinstance(value, Symbol) else _count(attrs, "of", 1, 1))


def samples(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """Return the shape of a batch, one sample a row."""
    (shape,) = shapes
    if len(shape) != len(AXES):
        raise ShapeError("normalise", "a batch is due: a matrix, one sample a row")
    return shape
