"""Sizes that a file names: bounded before anything is computed, and said with a way out."""

from __future__ import annotations

import pytest

import gradcalc
from gradcalc.errors import Source
from gradcalc.problem.reading.size_letters import read_sizes
from tests.hangs import bounded

HUGE = ("1000001", "3000000", "1000000000", "1000000000000000000", "-1", "-1000000000")
HEAD = "inputs: {x: [1, 2], A: [[1, 2], [3, 4]], k: [1, 1]}\ntargets: {y: 1}\nequations: |\n"
FORMULAS = (
    "conv1d(x, k, padding=N)",
    "conv1d(x, k, padding=N, stride=N)",
    "conv2d(A, A, padding=N)",
    "conv2d(A, A, padding=1, padding_columns=N)",
    "max_pool(x, size=N)",
    "max_pool(A, size=2, stride=N)",
    "reshape(A, rows=N, columns=2)",
    "fill(y, rows=N, columns=N)",
    "x[N]",
    "sum(A, axis=N)",
)
PARTS = (
    "descent: {learning_rate: 0.1, steps: N}",
    "rounding: {decimals: N}",
    "rounding: {significant: N}",
    "marking: {L: N}",
    "individual: {x: {from: 0, to: N, step: 1}}",
    "find: 'x[N]'",
)
FILES = (
    "inputs: {x: {shape: N}}\nequations: L = sum(x^2)\n",
    "inputs: {x: [1, 2]}\ntargets: {y: {class: 1, of: N}}\nequations: L = sum(y)*sum(x)\n",
    "inputs: {x: [1, 2]}\ntargets: {y: {class: N, of: 3}}\nequations: L = sum(y)*sum(x)\n",
    "inputs: {x: 1}\nequations: |\n  for t = 1..N:\n    h[t] = t*x\n",
)
WEIGHTS = "inputs: {x: [1, 2]}\nweights: {w: [3, 4]}\nequations: L = sum((w*x)^2)\n"
CASES = (
    *(f"{HEAD}  z = {formula}\n  L = sum(z)\n" for formula in FORMULAS),
    *(f"{WEIGHTS}{part}\n" for part in PARTS),
    *FILES,
)


@pytest.mark.parametrize("size", HUGE)
@pytest.mark.parametrize("at", range(len(CASES)))
def test_a_size_is_used_or_refused_in_its_place(at: int, size: str) -> None:
    try:
        with bounded():
            solution = gradcalc.solve(gradcalc.load(Source("p.yaml", CASES[at].replace("N", size))))
        assert all(value.size <= 4 * 10**6 for value in solution.values.values())
    except gradcalc.ProblemError as error:
        assert error.span is not None
        assert error.message
        assert error.span.line <= 6


def test_a_line_of_too_many_entries_is_told() -> None:
    text = HEAD + "  z = fill(y, rows=2000, columns=2000)\n  L = sum(z)\n"
    with pytest.raises(gradcalc.ProblemError, match="4000000 entries") as caught:
        gradcalc.load(Source("p.yaml", text))
    assert caught.value.span is not None
    assert caught.value.span.line == 4
    assert caught.value.hint is not None
    letters = "inputs: {x: {shape: [30000, 30000]}}\nequations: L = sum(x^2)\n"
    assert gradcalc.load(letters).loss == "L"


def test_a_number_for_a_letter_has_a_bound_that_is_said() -> None:
    assert read_sizes(["N=999999"]) == {"N": 999999}
    for text in ("N=1000000", "N=1000000000", "N=" + "9" * 30):
        with pytest.raises(gradcalc.ProblemError, match="is more than 999999"):
            read_sizes([text])
    for text in ("N=0", "N=-1", "N=1.5", "N="):
        with pytest.raises(gradcalc.ProblemError, match="is not a whole number from 1"):
            read_sizes([text])
