"""Kinks, ties and zeros that are met in decimals, beside exact fractions."""

from __future__ import annotations

import numpy as np
import pytest

import gradcalc
from gradcalc.algebra.formula.syntax import parse
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Node
from tests.proof.many_decimals import examined

PROBLEMS = 80


@pytest.mark.parametrize("part", range(4))
def test_problems_that_meet_kinks_alone_and_in_a_class(part: int) -> None:
    """Every value is the float nearest to the exact one where something is zero or equal."""
    met = 0
    for seed in range(part, PROBLEMS, 4):
        kinks, faults = examined(seed)
        assert not faults, seed
        met += kinks > 0
    assert met >= PROBLEMS / 8


def test_floats_alone_miss_them() -> None:
    """What the problems ask for is not there for nothing: plain floats miss half of it."""
    node = Node("s", parse("x + y - z"), ())
    values = {"x": np.array(0.1), "y": np.array(0.2), "z": np.array(0.3)}
    shapes = dict.fromkeys(values, ())
    assert Program([node], shapes, TABLE, exact=False).run(values)["s"] != 0
    assert Program([node], shapes, TABLE).run(values)["s"] == 0


def test_what_is_small_but_not_zero_stays() -> None:
    """Decimals of many digits, and tiny ones, cancel to what is left of them."""
    solution = gradcalc.solve(
        gradcalc.load(
            "inputs: {a: 0.30000000000000004, b: 0.3, c: 1.00000000000000000001e-20, d: 1}\n"
            "equations: |\n  e = a - b\n  f = (d + c) - d\n  g = 1e-20*c\n"
            "  L = e + f + g\nfind: [dL/da]\n"
        )
    )
    assert float(solution.values["e"]) == 4e-17
    assert float(solution.values["f"]) == 1e-20
    assert float(solution.values["g"]) == 1e-40


def test_numbers_too_long_for_whole_floats() -> None:
    """Products of many digits are computed in floats, and in fractions where they cancel."""
    solution = gradcalc.solve(
        gradcalc.load(
            "inputs: {x: [0.12345678901, 0.98765432109], w: [1.2345678, -0.154320971]}\n"
            "constants: {c: 0.12345678901}\n"
            "equations: |\n  p = x*w\n  q = p*p*p\n  r = (q + c) - q\n"
            "  z = r - c\n  L = sum(relu(z))\nfind: [dL/dx]\n"
        )
    )
    assert not solution.values["z"].any()
    assert not solution.values["dL/dx"].any()


def test_equal_numbers_behind_a_curve() -> None:
    """Equal decimals are the same float, so that what reads them is equal as well."""
    solution = gradcalc.solve(
        gradcalc.load(
            "inputs: {x: [0.1, 0.2], y: 0.3}\n"
            "equations: |\n  L = abs(sigmoid(sum(x)) - sigmoid(y))\nfind: [dL/dx]\n"
        )
    )
    assert float(solution.values["L"]) == 0
    assert not solution.values["dL/dx"].any()


def test_rounded_values_are_decimals_again() -> None:
    solution = gradcalc.solve(
        gradcalc.load(
            "inputs: {x: 0.7, c: [0.1, 0.57]}\nrounding: {decimals: 2}\n"
            "equations: |\n  a = sigmoid(x)\n  z = a - sum(c)\n  L = relu(z)\nfind: [dL/dx]\n"
        )
    )
    assert float(solution.values["a"]) == 0.67
    assert float(solution.values["z"]) == 0
    assert float(solution.values["dL/dx"]) == 0


def test_a_student_has_the_same_numbers_whoever_sits_beside() -> None:
    """Classmates with many digits change nothing for the one with few."""
    nodes = [Node("s", parse("W @ x"), (2,)), Node("r", parse("relu(s)"), (2,))]
    shapes = {"W": (2, 3), "x": (3,)}
    program = Program(nodes, shapes, TABLE)
    generator = np.random.default_rng(0)
    x = np.array([[0.1, 0.2, 0.3], *generator.normal(size=(4, 3))])
    W = np.array([[[1.0, 1.0, -1.0], [0.7, 0.1, 0.3]], *generator.normal(size=(4, 2, 3))])
    together = program.run({"W": W, "x": x})
    for row in range(5):
        alone = program.run({"W": W[row], "x": x[row]})
        beside = program.run({"W": W[row : row + 1], "x": x[row : row + 1]})
        for name in ("s", "r"):
            assert np.array_equal(together[name][row], alone[name])
            assert np.array_equal(together[name][row], beside[name][0])
    assert together["s"][0, 0] == 0
