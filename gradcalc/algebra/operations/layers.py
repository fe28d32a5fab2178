"""Rows of the table: layers beyond the dense one, and how quantities are cut and joined.

A convolution lays the kernel over the operand as it is (cross-correlation), as frameworks
do. Dumoulin, Visin 2016 (arithmetic of convolutions); Ba, Kiros, Hinton 2016 (layer
normalisation); Ioffe, Szegedy 2015 (batch normalisation).
"""

from __future__ import annotations

from gradcalc.algebra.operations import layer_shapes as shapes
from gradcalc.algebra.operations.operation import Operation

_ZEROS = "zeros on each side of the operand; none, unless set"
_STEP = "places that the kernel is moved by; 1, unless set"
_POOL = (("stride", "places that the window is moved by; its size, unless set"),)
_SPREAD = "spread(g, stride=stride, rows=rows, columns=columns)"


def _convolution(name: str, kernel: str, words: str) -> Operation:
    columns = (("padding_columns", "zeros left and right; as padding, unless set"),)
    two = name == "conv2d"
    inner = ", padding_columns=full_columns" if two else ""
    outer = ", padding_columns=padding_columns" if two else ""
    return Operation(
        name,
        ("x", kernel),
        "layer",
        words,
        kernel=f"layers.{name}",
        rational="product",
        shape=shapes.convolved2 if two else shapes.convolved1,
        measures=shapes.of_convolution,
        vjp=(
            f"{name}({_SPREAD}, flip({kernel}), padding=full{inner})",
            f"{name}(x, {_SPREAD}, padding=padding{outer})",
        ),
        told=(
            f"x receives the full convolution of g: {name}(g, flip({kernel}), padding=m − 1 − p)",
            f"{kernel} receives what its entries met: {name}(x, g, padding=p)",
            f"for m entries of {kernel} on a side and padding p; with a stride s, s − 1 zeros"
            " stand between the entries of g",
        ),
        usage=(f"z = {name}(x, {kernel}) + b", f"z = {name}(x, {kernel}, padding=1, stride=2)"),
        options=(("padding", _ZEROS), *(columns if two else ()), ("stride", _STEP)),
        whole=("padding", "padding_columns", "stride"),
        aliases=("conv1d_valid", "correlate1d") if not two else ("correlate2d", "xcorr2d"),
        family="layers",
    )


def _deviation(axis: int) -> tuple[str, str]:
    """Return a formula minus its mean along an axis, and the root of its mean square."""
    mean = f"mean(x, axis={axis}, keepdims=1)"
    return f"(x - {mean})", f"sqrt(mean((x - {mean})^2, axis={axis}, keepdims=1) + eps)"


def _normalisation(name: str, axis: int, text: str) -> Operation:
    above, below = _deviation(axis)
    mean = f"mean({{}}, axis={axis}, keepdims=1)"
    return Operation(
        name,
        ("x",),
        "layer",
        text,
        shape=shapes.samples if axis == 0 else shapes.grid,
        definition=f"{above}/{below}",
        vjp=(f"(g - {mean.format('g')} - y*{mean.format('g*y')})/{below}",),
        defaults=(("eps", "1e-5"),),
        positive=("eps",),
        parameter_names=(("epsilon", "eps"),),
        aliases=(name.replace("norm", "normalization"), f"{name}1d")
        if axis == 0
        else (name.replace("norm", "normalization"),),
        family="layers",
    )


_UNPOOL = "unpool({}, x, size=size, stride=stride)"
_MASK = "max_mask(x, size=size, stride=stride)"
_SECOND = f"max_pool(where({_MASK} > 0, -1e300, x), size=size, stride=stride)"
_GAP = f"where({_UNPOOL.format('y == y')} > 0, {_UNPOOL.format(f'y - {_SECOND}')}, 1)"
_BACK = "reshape(g, rows=own_rows, columns=own_columns)"
_ALONG = "first=first, last=last, axis=along"

LAYERS = (
    _convolution("conv1d", "k", "a kernel laid over a vector at every place, products added"),
    _convolution("conv2d", "K", "a kernel laid over a matrix at every place, products added"),
    Operation(
        "max_pool",
        ("x",),
        "layer",
        "largest entry of each window of a vector or a matrix",
        told=("the largest entry of a window receives its g, the others 0",),
        usage=("p = max_pool(a, size=2)", "p = max_pool(a, size=2, stride=3)"),
        shape=shapes.pooled,
        measures=shapes.of_pooling,
        vjp=(f"{_MASK}*{_UNPOOL.format('g')}",),
        mask=_MASK,
        spread_out=_UNPOOL.format("g"),
        defaults=(("size", "2"),),
        options=_POOL,
        whole=("size", "stride"),
        kernel="layers.max_pool",
        kinks=(_GAP,),
        kink="of equal largest entries, the first takes the derivative",
        parameter_names=(("kernel_size", "size"), ("pool_size", "size")),
        aliases=("max_pool1d", "max_pool2d", "max_pooling1d", "max_pooling2d"),
        family="layers",
        rational="linear",
    ),
    Operation(
        "mean_pool",
        ("x",),
        "layer",
        "mean of each window of a vector or a matrix",
        told=("every entry of a window receives an equal share of its g",),
        usage=("p = mean_pool(a, size=2)",),
        shape=shapes.pooled,
        measures=shapes.of_pooling,
        vjp=(f"{_UNPOOL.format('g')}/count",),
        defaults=(("size", "2"),),
        options=_POOL,
        whole=("size", "stride"),
        kernel="layers.mean_pool",
        parameter_names=(("kernel_size", "size"), ("pool_size", "size")),
        aliases=(
            *("avg_pool", "avg_pool1d", "avg_pool2d", "average_pool", "mean_pool2d"),
            *("average_pooling1d", "average_pooling2d"),
        ),
        family="layers",
        rational="mean",
    ),
    _normalisation("layer_norm", -1, "a vector minus its mean, over its standard deviation"),
    _normalisation("batch_norm", 0, "the same over the samples of a batch, as in training"),
    Operation(
        "embed",
        ("E", "c"),
        "layer",
        "rows of a table by their numbers, counted from 1",
        told=(
            "a row of E receives g of every look-up that read it, added: one_hot(c)ᵀ g",
            "c receives nothing: it is a number of a row",
        ),
        usage=("e = embed(E, c)",),
        shape=shapes.looked_up,
        measures=shapes.of_table,
        vjp={
            (2, 1): ("one_hot(c, of=of).T @ g", "0*c"),
            (2, 0): ("outer(one_hot(c, of=of), g)", "0*c"),
            (1, 1): ("one_hot(c, of=of).T @ g", "0*c"),
            (1, 0): ("one_hot(c, of=of)*g", "0*c"),
        },
        kernel="layers.embed",
        aliases=("embedding", "embedding_lookup", "gather_rows"),
        family="layers",
        rational="first",
    ),
    Operation(
        "flatten",
        ("x",),
        "layer",
        "all entries as one vector, row by row",
        told=("x receives g in rows and columns again",),
        shape=shapes.flattened,
        measures=shapes.of_operand,
        vjp={(1,): ("g",), (2,): (_BACK,)},
        kernel="layers.flatten",
        aliases=("ravel",),
        family="entries in another order or place",
        rational="linear",
    ),
    Operation(
        "reshape",
        ("x",),
        "layer",
        "the same entries, row by row, in another shape",
        told=("x receives g in rows and columns again",),
        usage=("m = reshape(x, rows=2, columns=3)",),
        shape=shapes.reshaped,
        measures=shapes.of_operand,
        vjp={(0,): ("sum(g)",), (1,): (_BACK,), (2,): (_BACK,)},
        options=(
            ("rows", "rows of the value"),
            ("columns", "its columns; none: a vector"),
        ),
        kernel="layers.reshape",
        aliases=("view",),
        family="entries in another order or place",
        rational="linear",
    ),
    Operation(
        "concat",
        ("a",),
        "layer",
        "one after the other; matrices below one another, side by side with axis=1",
        told=("each operand receives its part of g: g[1:3], g[4:5]",),
        usage=("c = concat(a, u)", "c = concat(A, B, axis=1)"),
        shape=shapes.concatenated,
        measures=shapes.of_concatenation,
        vjp=(f"part(g, {_ALONG})",),
        options=(("axis", "0: below one another; 1: side by side"),),
        variadic=True,
        kernel="layers.concat",
        aliases=("concatenate", "cat"),
        family="entries in another order or place",
        rational="linear",
    ),
    Operation(
        "stack",
        ("a",),
        "layer",
        "vectors as the rows of a matrix, numbers as a vector",
        told=("each operand receives its row of g",),
        usage=("X = stack(h1, h2, h3)",),
        shape=shapes.stacked,
        measures=shapes.of_stack,
        vjp=("pick(g, index=at, axis=0)",),
        variadic=True,
        kernel="layers.stack",
        aliases=("vstack",),
        family="entries in another order or place",
        rational="linear",
    ),
    Operation(
        "pick",
        ("x",),
        "layer",
        "one entry of a vector, one row or column of a matrix: x[2], X[2], X[:,2]",
        told=("x receives g where the entry was taken, 0 elsewhere",),
        usage=("h = x[2]", "h = X[1,2] + X[:,3]"),
        shape=shapes.picked,
        measures=shapes.of_part,
        vjp=("place(expand(g, axis=along), first=index, of=of, axis=along)",),
        defaults=(("index", "1"),),
        options=(("axis", "0: a row; 1: a column"),),
        whole=("index",),
        kernel="layers.pick",
        family="entries in another order or place",
        rational="linear",
    ),
    Operation(
        "part",
        ("x",),
        "layer",
        "entries of a vector, rows or columns of a matrix: x[2:4], X[2:4], X[:,2:4]",
        told=("x receives g where the entries were taken, 0 elsewhere",),
        usage=("h = x[2:4]", "h = X[:,1:2]"),
        shape=shapes.part,
        measures=shapes.of_part,
        vjp=("place(g, first=first, of=of, axis=along)",),
        defaults=(("first", "1"), ("last", "1")),
        options=(("axis", "0: rows; 1: columns"),),
        whole=("first", "last"),
        kernel="layers.part",
        family="entries in another order or place",
        rational="linear",
    ),
    Operation(
        "place",
        ("x",),
        "layer",
        "entries put back where they were taken from, zeros elsewhere",
        shape=shapes.placed,
        measures=shapes.of_place,
        vjp=(f"part(g, {_ALONG})",),
        defaults=(("first", "1"), ("of", "1")),
        options=(("axis", "0: rows; 1: columns"),),
        whole=("first", "of"),
        kernel="layers.place",
        family="entries in another order or place",
        rational="linear",
    ),
    Operation(
        "flip",
        ("x",),
        "layer",
        "a vector back to front; a matrix upside down and back to front",
        shape=shapes.grid,
        vjp=("flip(g)",),
        kernel="layers.flip",
        family="entries in another order or place",
        rational="linear",
    ),
    Operation(
        "one_hot",
        ("c",),
        "layer",
        "class numbers, counted from 1, as vectors of 0 with one 1",
        told=("c receives nothing",),
        usage=("y = one_hot(c, of=4)",),
        shape=shapes.one_hot,
        vjp=("0*c",),
        options=(("of", "the number of classes"),),
        whole=("of",),
        kernel="layers.one_hot",
        family="entries in another order or place",
        rational="whole",
    ),
    Operation(
        "spread",
        ("x",),
        "layer",
        "entries with the zeros of a stride between them",
        shape=shapes.spread,
        vjp={
            (1,): ("conv1d(g, [1], stride=stride)",),
            (2,): ("conv2d(g, [[1]], stride=stride)",),
        },
        options=(("stride", ""), ("rows", ""), ("columns", "")),
        whole=("stride",),
        kernel="layers.spread",
        rational="linear",
    ),
    Operation(
        "unpool",
        ("v", "x"),
        "layer",
        "each number put to every entry of its window in x",
        shape=shapes.unpooled,
        kernel="layers.unpool",
        measures=shapes.of_pooling,
        vjp=("mean_pool(g, size=size, stride=stride)*count", "0*x"),
        defaults=(("size", "2"),),
        options=_POOL,
        whole=("size", "stride"),
        rational="first",
    ),
    Operation(
        "max_mask",
        ("x",),
        "layer",
        "1 where an entry is the largest of its window, the first of equal ones",
        shape=shapes.masked,
        kernel="layers.max_mask",
        defaults=(("size", "2"),),
        options=_POOL,
        whole=("size", "stride"),
        vjp=("0*x",),
        rational="order",
    ),
)
