"""Random formulas: of any form, of numbers only, and with shapes that fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, add, apply, mul, neg, number
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.operations.kernels import Array
from gradcalc.engine.graph import Line

NAMES = ("x", "y", "W1", "b1", "yhat", "L", "dx", "dy", "dL/dW1", "da1/dz1", "alpha", "T")
INFIX = ("div", "pow", "matmul", "lt", "le", "gt", "ge", "eq")
CALLS = ("relu", "sigmoid", "relu'", "max", "f", "dot", "diag", "sum")


def numbers() -> st.SearchStrategy[Number]:
    """Return exact numbers: whole, fractions, decimals as they were written."""
    whole = st.integers(-20, 20).map(number)
    fractions = st.fractions(-5, 5, max_denominator=12).map(number)
    decimals = st.decimals(-10, 10, places=2, allow_nan=False).map(_decimal)
    return whole | fractions | decimals


def _decimal(value: object) -> Number:
    return Number(Fraction(str(value)), str(value))


def expressions() -> st.SearchStrategy[Expr]:
    """Return formulas of every form, whether or not they mean anything."""
    leaves = st.sampled_from(NAMES).map(Symbol) | numbers()
    return st.recursive(leaves, _larger, max_leaves=12)


def _larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    many = st.lists(inner, min_size=2, max_size=4).map(tuple)
    indices = st.lists(st.integers(1, 9).map(number), min_size=1, max_size=2)
    attrs = st.lists(
        st.tuples(st.sampled_from(("alpha", "axis", "delta")), numbers() | st.just(Symbol("mean"))),
        max_size=2,
        unique_by=lambda pair: pair[0],
    ).map(tuple)
    return st.one_of(
        st.builds(Apply, st.sampled_from(("add", "mul")), many),
        st.builds(Apply, st.sampled_from(("neg", "transpose")), st.tuples(inner)),
        st.builds(Apply, st.sampled_from(INFIX), st.tuples(inner, inner)),
        st.builds(lambda base, at: Apply("entry", (base, *at)), inner, indices),
        st.builds(Apply, st.just("array"), st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Apply, st.sampled_from(CALLS), st.lists(inner, max_size=3).map(tuple), attrs),
    )


def scalars(names: tuple[str, ...] = ("x", "y", "t")) -> st.SearchStrategy[Expr]:
    """Return formulas of numbers, smooth and finite where the names are positive."""
    leaves = st.sampled_from(names).map(Symbol) | st.integers(1, 6).map(number)

    def larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        many = st.lists(inner, min_size=2, max_size=3)
        return st.one_of(
            many.map(lambda terms: add(*terms)),
            many.map(lambda factors: mul(*factors)),
            inner.map(neg),
            st.builds(lambda a, b: add(a, neg(b)), inner, inner),
            st.builds(lambda a, b: apply("div", a, add(number(2), apply("sin", b))), inner, inner),
            st.builds(lambda a, n: apply("pow", a, number(n)), inner, st.integers(0, 3)),
            inner.map(lambda a: apply("pow", apply("exp", apply("sin", a)), number(-2))),
            st.builds(apply, st.sampled_from(("sin", "tanh", "sigmoid")), inner),
        )

    return st.recursive(leaves, larger, max_leaves=10)


POOL: dict[Shape, tuple[str, ...]] = {
    (): ("s", "r"),
    (3,): ("u", "v"),
    (2,): ("p",),
    (2, 3): ("M", "N"),
    (3, 2): ("K",),
    (1, 3): ("R",),
}
SHAPES: dict[str, Shape] = {name: shape for shape, names in POOL.items() for name in names}
LETTERS = {2: "m", 3: "n"}
SMOOTH = ("sin", "cos", "tanh", "sigmoid", "softplus")
BENT = ("relu", "abs", "leaky_relu")


@dataclass(frozen=True)
class Example:
    """Equations that end in one number L, and values for what they read."""

    lines: tuple[Line, ...]
    values: Mapping[str, Array]

    @property
    def read(self) -> tuple[str, ...]:
        """Return the names of all inputs."""
        return tuple(self.values)


@st.composite
def examples(draw: st.DrawFn) -> Example:
    """Return equations with fan-out, shared names, broadcasting and matrix products."""
    pool = {shape: list(names) for shape, names in POOL.items()}
    lines = []
    for index in range(draw(st.integers(0, 3))):
        shape = draw(st.sampled_from(list(POOL)))
        lines.append(Line(f"h{index}", draw(shaped(shape, pool, 2))))
        pool[shape].append(f"h{index}")
    lines.append(Line("L", draw(shaped((), pool, 3))))
    generator = np.random.default_rng(draw(st.integers(0, 2**16)))
    values = {name: generator.uniform(-1.5, 1.5, tuple(shape)) for name, shape in SHAPES.items()}
    return Example(tuple(lines), values)


@st.composite
def shaped(draw: st.DrawFn, shape: Shape, pool: Mapping[Shape, list[str]], depth: int) -> Expr:
    """Return a formula of this own shape over the names of the pool."""

    def inner(own: Shape) -> Expr:
        return draw(shaped(own, pool, depth - 1))

    def leaf() -> Expr:
        return Symbol(draw(st.sampled_from(pool[shape])))

    if depth == 0:
        return leaf()
    kind = draw(st.sampled_from(("leaf", "unary", "binary", "stretched", "special", "special")))
    if kind == "leaf":
        return leaf()
    if kind == "unary":
        return _unary(
            draw(st.sampled_from((*SMOOTH, *BENT, "neg", "square", "root"))), inner(shape)
        )
    if kind == "binary":
        return _binary(
            draw(st.sampled_from(("add", "sub", "mul", "div", "max"))), inner(shape), inner(shape)
        )
    if kind == "stretched" and shape:
        smaller = draw(st.sampled_from([s for s in POOL if _stretches(s, shape)]))
        op = draw(st.sampled_from(("add", "sub", "mul", "div")))
        pair = [inner(shape), inner(smaller)]
        return _binary(op, *(pair if draw(st.booleans()) else reversed(pair)))
    return _special(draw, shape, inner)


def _stretches(shape: Shape, target: Shape) -> bool:
    return shape == target[len(target) - len(shape) :] or (target == (2, 3) and shape == (1, 3))


def _unary(op: str, x: Expr) -> Expr:
    if op == "neg":
        return neg(x)
    if op == "square":
        return apply("pow", x, number(2))
    if op == "root":
        return apply("sqrt", add(number(1), apply("pow", x, number(2))))
    return apply(op, x)


def _binary(op: str, a: Expr, b: Expr) -> Expr:
    if op == "sub":
        return add(a, neg(b))
    if op == "div":
        return apply("div", a, add(number(2), apply("sin", b)))
    return apply(op, a, b)


def _special(draw: st.DrawFn, shape: Shape, inner: object) -> Expr:
    """Return a sum, a product of vectors or matrices, or a function of vectors."""
    assert callable(inner)
    axis0, axis1 = number(0), number(1)
    choices: dict[Shape, list[object]] = {
        (): [
            lambda: apply("sum", inner((2, 3))),
            lambda: apply("mean", inner((3,))),
            lambda: apply("norm", inner((3, 2))),
            lambda: apply("dot", inner((3,)), inner((3,))),
            lambda: apply("matmul", inner((3,)), inner((3,))),
            lambda: apply("half_squared_error", inner((3,)), inner((3,))),
            lambda: apply("huber", inner((2, 3)), inner((2, 3)), delta=Number(Fraction(1, 2))),
            lambda: apply("softmax_cross_entropy", inner((2, 3)), inner((2, 3))),
            lambda: apply("mse", inner((2, 3)), inner((2, 3))),
        ],
        (3,): [
            lambda: apply("matmul", inner((3, 2)), inner((2,))),
            lambda: apply("matmul", inner((2,)), inner((2, 3))),
            lambda: apply("sum", inner((2, 3)), axis=axis0),
            lambda: apply("softmax", inner((3,))),
            lambda: apply("matmul", apply("diag", inner((3,))), inner((3,))),
        ],
        (2,): [
            lambda: apply("matmul", inner((2, 3)), inner((3,))),
            lambda: apply("mean", inner((2, 3)), axis=axis1),
            lambda: apply("matmul", inner((3,)), apply("transpose", inner((2, 3)))),
        ],
        (2, 3): [
            lambda: apply("outer", inner((2,)), inner((3,))),
            lambda: apply("transpose", inner((3, 2))),
            lambda: apply("softmax", inner((2, 3))),
            lambda: apply("log_softmax", inner((2, 3))),
            lambda: apply("matmul", inner((2, 3)), apply("matmul", inner((3, 2)), inner((2, 3)))),
        ],
        (3, 2): [
            lambda: apply("transpose", inner((2, 3))),
            lambda: apply("outer", inner((3,)), inner((2,))),
        ],
        (1, 3): [
            lambda: apply("sum", inner((2, 3)), axis=axis0, keepdims=number(1)),
            lambda: apply("softmax", inner((1, 3))),
        ],
    }
    chosen = draw(st.sampled_from(choices[shape]))
    assert callable(chosen)
    made = chosen()
    assert isinstance(made, Apply)
    return made
