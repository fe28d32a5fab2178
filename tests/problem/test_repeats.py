"""Repeated lines are the lines written out, under names that can be asked for."""

from __future__ import annotations

import numpy as np
import pytest

import gradcalc
from gradcalc.algebra.formula.syntax import format

CELL = """
inputs: {x: [1, -0.5, 2], h0: 0.5}
targets: {y: 0.8}
weights: {w: 0.6, u: 0.8, b: 0.1}
equations: |
  for t = 1..3:
    # a comment between
    z[t] = w*h[t-1] + u*x[t] + b

    h[t] = tanh(z[t])
  L = half_squared_error(h[3], y)
"""
WRITTEN = """
inputs: {x: [1, -0.5, 2], h0: 0.5}
targets: {y: 0.8}
weights: {w: 0.6, u: 0.8, b: 0.1}
equations: |
  z1 = w*h0 + u*x[1] + b
  h1 = tanh(z1)
  z2 = w*h1 + u*x[2] + b
  h2 = tanh(z2)
  z3 = w*h2 + u*x[3] + b
  h3 = tanh(z3)
  L = half_squared_error(h3, y)
"""


def test_repeated_lines_are_the_lines_written_out() -> None:
    repeated, written = gradcalc.load(CELL), gradcalc.load(WRITTEN)
    assert [(line.name, line.expr) for line in repeated.lines] == [
        (line.name, line.expr) for line in written.lines
    ]
    one, other = gradcalc.solve(repeated).values, gradcalc.solve(written).values
    assert all(np.array_equal(one[name], other[name]) for name in other)


@pytest.mark.parametrize("header", ["for t = 1..3:", "for t in 1..3:", "repeat t = 1 to 3"])
def test_spellings_of_the_header(header: str) -> None:
    found = gradcalc.load(CELL.replace("for t = 1..3:", header))
    assert [line.name for line in found.lines][:2] == ["z1", "h1"]


def test_steps_can_go_backwards_and_several_blocks_follow_one_another() -> None:
    text = """
inputs: {x: [1, 2, 3], f0: 1, b4: 2}
equations: |
  for t = 1..3:
    f[t] = f[t-1]*x[t]
  for t = 3..1:
    b[t] = b[t+1] + t*x[t]
  s = f[1]*b[1] + f[3]*b[3]
"""
    values = gradcalc.solve(gradcalc.load(text)).values
    assert [float(values[name]) for name in ("f1", "f2", "f3")] == [1, 2, 6]
    assert [float(values[name]) for name in ("b3", "b2", "b1")] == [11, 15, 16]
    assert values["s"] == 16 + 66


def test_gradients_of_inputs_that_were_taken_row_by_row_are_put_together() -> None:
    text = CELL.replace("equations: |", "find: [dL/dx, dL/dw]\nequations: |")
    problem = gradcalc.load(text)
    line = next(node for node in problem.visible.backward if node.name == "dL/dx")
    assert format(line.expr).startswith("stack(")
    solution = gradcalc.solve(problem)
    assert solution.check is not None
    assert solution.check.failed == ()
    assert solution.values["dL/dx"].shape == (3,)


def test_shared_weights_get_the_sum_over_the_steps() -> None:
    values = gradcalc.solve(gradcalc.load(CELL)).values
    due = sum(values[f"dL/dz{t}"] * values[f"h{t - 1}"] for t in (1, 2, 3))
    np.testing.assert_allclose(values["dL/dw"], due, rtol=1e-14)


def test_two_to_the_hundred_paths_take_no_longer_than_a_hundred_lines() -> None:
    text = """
inputs: {h0: 0.3}
equations: |
  for t = 1..100:
    h[t] = h[t-1]/2 + sin(h[t-1])/2
find: dh100/dh0
"""
    values = gradcalc.solve(gradcalc.load(text)).values
    slope, h = 1.0, 0.3
    for _ in range(100):
        slope *= 0.5 + 0.5 * np.cos(h)
        h = h / 2 + np.sin(h) / 2
    np.testing.assert_allclose(values["dh100/dh0"], slope, rtol=1e-12)


def test_a_student_answers_by_the_names_of_steps() -> None:
    solution = gradcalc.solve(gradcalc.load(CELL))
    z2 = float(solution.values["z2"])
    review = gradcalc.check(gradcalc.load(CELL), f"z2 = {z2:.6f}")
    found = [verdict.status for verdict in review.verdicts if verdict.status != "missing"]
    assert found == ["correct"]
