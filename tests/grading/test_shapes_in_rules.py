"""Rules that put one thing for another keep its shape: files in which that matters."""

from __future__ import annotations

import pytest

import gradcalc
from gradcalc.algebra.operations.inference import shape_finder
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.grading.mistakes.rule import stretches

PICKED = """
inputs: {v: [3, 1]}
targets: {y: [0.5, 1]}
equations: E = (v[1]-y[1])^2
"""
SLICED = """
inputs: {v: [3, 1, 2]}
targets: {y: [0.5, 1, 2]}
equations: E = sum((v[2:3]-y[1:2])^2)
"""
OWN_FUNCTION = """
inputs: {z: [0.3, -0.4]}
targets: {t: [1, 0]}
equations: |
  f(z) = sin(z)+z^3
  L = squared_error(f(z), t)
"""
OWN_FUNCTION_OF_Y = """
inputs: {u: [0.3, -0.4]}
targets: {t: [1, 0]}
equations: |
  f(y) = y^2 + 1
  h = f(u)
  L = mse(h, t)
"""
STRIDE = """
inputs: {x: [1, 2, 3, 4, 5]}
weights: {k: [-1, 2, 0]}
equations: |
  L = sum(conv1d(x, k, padding=1, stride=2))
"""
POOLED = """
inputs: {x: [[1, 2, 3, 5], [3, 4, 2, 1]]}
weights: {K: [[1, -1], [2, 0.5]]}
equations: |
  L = mean(mean_pool(conv2d(x, K, padding=1), size=2))
"""
"""Hidden lines whose gradient is one number for all their entries."""
TWICE = """
weights: {x: [[1, 2, 3], [3, 0.5, 1]]}
equations: |
  l = softmax_cross_entropy(x, x, reduction=none)
  L = sum(l^2)
"""
SEVERAL = """
weights: {C: [2, 0.9, -0.5]}
equations: |
  L = C @ (2*C)
find: ['C[3]', L]
options: {a: -1, b: 2}
"""
FILES = {
    "an entry": PICKED,
    "a slice": SLICED,
    "a function of the file": OWN_FUNCTION,
    "its operand is called as an output": OWN_FUNCTION_OF_Y,
    "a stride": STRIDE,
    "pooling": POOLED,
    "a loss of a thing and itself": TWICE,
    "several are asked for": SEVERAL,
}
every_file = pytest.mark.parametrize("text", FILES.values(), ids=FILES)


@every_file
def test_mistakes_are_found_in_it(text: str) -> None:
    gradcalc.lint(gradcalc.load(text))


@every_file
def test_a_wrong_answer_to_any_line_is_judged(text: str) -> None:
    problem = gradcalc.load(text)
    solution = gradcalc.solve(problem)
    for name, value in solution.values.items():
        if name in problem.data or name == f"d{problem.loss}/d{problem.loss}":
            continue
        typed = " ".join(f"{x:.6g}" for x in (value.ravel() * 1.7 + 0.31).tolist())
        review = gradcalc.check(problem, f"{name} = {typed}")
        assert not any(verdict.status == "unreadable" for verdict in review.verdicts), name
        assert any(not verdict.right for verdict in review.verdicts), name


@every_file
def test_a_line_written_out_has_its_shape(text: str) -> None:
    lines = lines_of(gradcalc.load(text))
    find = shape_finder(lines.shapes, lines.problem.table)
    for node in lines.nodes:
        assert stretches(find(lines.written_out(node.name)), node.shape), node.name


def test_the_target_put_to_0_is_a_mistake_of_an_entry() -> None:
    problem = gradcalc.load(PICKED)
    review = gradcalc.check(problem, "dE/dv = 6 0")
    assert [finding.ids for finding in review.findings] == [("loss-target-dropped",)]


@pytest.mark.parametrize("typed", ["7 10.1; 6 3.5; 5 2.2", "7 10.1 6 3.5", "7", "7 10.1"])
@pytest.mark.parametrize("before", ["", "A = 1 2; 0.5 1\n"])
def test_an_answer_of_another_shape_is_judged(typed: str, before: str) -> None:
    problem = gradcalc.load(
        "inputs: {x: [[1, 2, 3], [3, 4, 1.5]]}\n"
        "weights: {A: [[1, 2], [0.5, 1]]}\n"
        "equations: |\n  h = A @ x\n  L = sum(h^2)\n"
    )
    review = gradcalc.check(problem, f"{before}h = {typed}\ndL/dh = {typed}\n")
    assert {v.status for v in review.verdicts if v.name != "A"} == {"incorrect"}
