"""Exact values through every rational row of the table: whole numbers, fractions, floats."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from gradcalc.algebra.formula.expr import parts
from gradcalc.algebra.formula.syntax import parse
from gradcalc.algebra.operations.inference import resolve, shape_finder
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.evaluate import Call, Program
from gradcalc.engine.exact_rules import ENTRIES
from gradcalc.engine.exact_values import Exact, Fractions, _decimal, decimals, written
from gradcalc.engine.graph import Node

SHAPES = {
    "x": (4,),
    "u": (4,),
    "A": (2, 4),
    "B": (4, 2),
    "s": (),
    "c": (2,),
    "k": (2,),
    "K": (2, 2),
}
FORMULAS = {
    "add": ("x + u + x", "A + x"),
    "mul": ("x*u*s", "A*x"),
    "neg": ("-A",),
    "div": ("A/s", "x/3", "x/u", "s/u"),
    "pow": ("x^2", "u^3", "x^(0*s)", "u^-2"),
    "abs": ("abs(x)",),
    "sign": ("sign(x)",),
    "heaviside": ("heaviside(x - 0.1)",),
    "max": ("max(x, u)", "max(A, 0.3)"),
    "min": ("min(x, u)", "min(A, s/3)"),
    "where": ("where(x > u, x, s)", "where(x - u, A, 0)"),
    "xdivy": ("xdivy(x, u)", "xdivy(x - x, u)"),
    "lt": ("x < u",),
    "le": ("x <= u/3",),
    "gt": ("A > x",),
    "ge": ("x >= 0.3",),
    "eq": ("x == u",),
    "sum": ("sum(x)", "sum(A, axis=0)", "sum(A, axis=-1, keepdims=1)"),
    "mean": ("mean(x)", "mean(A, axis=-1)"),
    "amax": ("amax(x)", "amax(A, axis=-1)"),
    "matmul": ("A @ x", "A @ B", "u @ B", "x @ u"),
    "transpose": ("A.T",),
    "outer": ("outer(x, c)",),
    "dot": ("dot(x, u)",),
    "diag": ("diag(x)",),
    "expand": ("expand(sum(A, axis=0), axis=0)",),
    "fill": ("fill(s, rows=2, columns=3)",),
    "array": ("[[1, 2], [3, 4]]*K",),
    "first_half": ("first_half(x)",),
    "second_half": ("second_half(x)",),
    "join": ("join(x, u)",),
    "relu": ("relu(A)",),
    "conv1d": ("conv1d(x, k)", "conv1d(x, k, padding=1, stride=2)"),
    "conv2d": ("conv2d(A, K)", "conv2d(A, K, padding=1)"),
    "max_pool": ("max_pool(A, size=2)",),
    "mean_pool": ("mean_pool(A, size=2)",),
    "embed": ("embed(B, c)",),
    "flatten": ("flatten(A)",),
    "reshape": ("reshape(A, rows=4, columns=2)",),
    "concat": ("concat(x, c)", "concat(A, A, axis=1)"),
    "stack": ("stack(x, u)",),
    "pick": ("x[2]", "A[:,2]"),
    "part": ("x[2:3]", "A[:,1:2]"),
    "place": ("place(c, first=2, of=4)",),
    "flip": ("flip(A)",),
    "one_hot": ("one_hot(c, of=3) @ [0.1, 0.2, 0.3]",),
    "spread": ("spread(x, stride=2, rows=7)",),
    "unpool": ("unpool(max_pool(A, size=2), A, size=2)",),
    "max_mask": ("max_mask(A, size=2)",),
}


def drawn(seed: int) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(seed)
    values = {name: chance.integers(-6, 7, shape) / 10 for name, shape in SHAPES.items()}
    values["u"] = np.where(values["u"] == 0, 0.7, values["u"])
    values["s"] = np.asarray(0.3)
    return {**values, "c": np.array([2.0, 1.0])}


def compiled(text: str) -> Program:
    expr = resolve(parse(text), TABLE)
    shape = shape_finder(SHAPES, TABLE)(expr)
    used = {part.name for part in parts(expr) if hasattr(part, "name")}
    return Program([Node("v", expr, shape)], {n: SHAPES[n] for n in SHAPES if n in used}, TABLE)


def test_every_rational_row_is_tried() -> None:
    assert {row.name for row in TABLE if row.rational} == set(FORMULAS)


@pytest.mark.parametrize("text", [text for texts in FORMULAS.values() for text in texts])
def test_floats_whole_numbers_and_fractions_agree(text: str) -> None:
    """Each call gives what the fractions of its operands give, rounded once."""
    program = compiled(text)
    for seed in range(6):
        values = {name: drawn(seed)[name] for name, _ in program.inputs}
        slots: list[object] = [None] * program.size
        for slot, number in program.constants:
            slots[slot] = number
        for name, slot in program.inputs:
            slots[slot] = values[name]
        exact = program.leaves(values)
        program.step_by_step(slots, exact, {}, None)
        for step in program.steps:
            if not isinstance(step, Call) or exact[step.out] is None:
                continue
            args = [exact[arg] for arg in step.args]
            if step.rule is None or None in args or step.rule.kind in ("whole", "step"):
                continue
            made = exact[step.out].made  # type: ignore[union-attr]
            if made is None:
                made = step.kernel, args
            again = Fractions((), np.zeros(1, dtype=np.intp)).of(
                Exact(None, 1, np.inf, step.rule.rank, made)
            )
            floats = np.array([float(each) for each in again.flat]).reshape(again.shape)
            close = np.allclose(floats, np.asarray(slots[step.out]), rtol=1e-14, atol=0)
            assert close, (text, step.expr)
            if exact[step.out].fits is True:  # type: ignore[union-attr]
                assert np.array_equal(floats, np.asarray(slots[step.out])), (text, step.expr)


@pytest.mark.parametrize(
    ("value", "due"),
    [
        (0.1, Fraction(1, 10)),
        (1 / 3, Fraction(1, 3)),
        (-2 / 7, Fraction(-2, 7)),
        (5000000000 / 301397, Fraction(5000000000, 301397)),
        (0.30000000000000004, Fraction("0.30000000000000004")),
        (1e-20, Fraction(1, 10**20)),
        (123456789.123456, Fraction("123456789.123456")),
    ],
)
def test_the_number_that_a_float_stands_for(value: float, due: Fraction) -> None:
    assert _decimal(value) == due
    exact = written(np.array([value]), 1)
    if exact.numbers is not None:
        assert Fraction(int(exact.numbers[0]), exact.denominator) == due


@pytest.mark.parametrize("value", [np.inf, np.nan, 1e300, 1e-300, np.pi])
def test_what_is_no_short_number_has_no_whole_numbers(value: float) -> None:
    assert decimals(np.array([value, 0.5]), 1) is None
    found = decimals(np.array([[value], [0.5]]), 1)
    assert found is not None
    assert found.fits is not True
    assert found.bound[0] == np.inf


def test_large_arrays_are_floats() -> None:
    shapes = {"x": (ENTRIES + 1,), "y": (3,)}
    nodes = [Node("s", parse("sum(x)"), ()), Node("r", parse("sum(y)"), ())]
    program = Program(nodes, shapes, TABLE)
    rules = [step.rule for step in program.steps if isinstance(step, Call)]
    assert [rule is None for rule in rules] == [True, False]


def test_values_without_end_are_left_in_floats() -> None:
    """A square of a square of … has digits without end: the time does not run away."""
    nodes = [Node("v0", parse("x*x - x"), ())]
    nodes += [Node(f"v{n}", parse(f"v{n - 1}*v{n - 1} - v{n - 1}"), ()) for n in range(1, 60)]
    program = Program(nodes, {"x": ()}, TABLE)
    values = program.run({"x": np.array(0.123456789)}, strict=False)
    assert np.isfinite(values["v59"])
