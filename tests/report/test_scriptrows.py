"""Rows of layers in scripts: every row, forward and backward, against the solution."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gradcalc.algebra.operations.layers import LAYERS
from gradcalc.problem.solution import Solution
from gradcalc.report.scripts.dialect import size_letters, size_text, size_value
from gradcalc.report.scripts.numpy_script import numpy_script
from gradcalc.report.scripts.torch_script import torch_script
from tests.report.scripts import assert_agrees, run
from tests.report.test_numpyscript import names_of, solved
from tests.report.test_torchscript import assert_descent, assert_gradients
from tests.shown import PROBLEMS

QUANTITIES = {
    "v": "[0.5, -1.5, 2, 0.25, 3, -0.75, 1.25]",
    "u": "[0.2, -0.4, 0.9]",
    "s": "1.5",
    "q": "0.4",
    "A": "[[0.5, -1, 2, 1], [3, 0.1, -2, 4], [1.5, 0.3, 0.7, -0.2], [2, -3, 0.6, 0.9]]",
    "B": "[[1, -0.5], [0.3, 2]]",
    "C": "[[1, -0.5, 0.7, 0.2], [0.3, 2, -1, 0.4]]",
    "c": "[3, 1, 3]",
    "d": "2",
}
EXPRESSIONS = (
    "conv1d(v, u)",
    "conv1d(v, u, padding=1)",
    "conv1d(v, u, padding=3, stride=2)",
    "conv1d(v, u, stride=3)",
    "conv2d(A, B)",
    "conv2d(A, B, padding=2)",
    "conv2d(A, B, padding=1, stride=2)",
    "conv2d(A, B, padding=0, padding_columns=1, stride=2)",
    "conv2d(A, C, padding=1)",
    "max_pool(v)",
    "max_pool(v, size=2, stride=3)",
    "max_pool(A)",
    "max_pool(A, size=1, stride=2)",
    "max_pool(A + 0*A, size=3)",
    "mean_pool(v, size=3)",
    "mean_pool(v, size=2, stride=3)",
    "mean_pool(A, size=3)",
    "layer_norm(v)",
    "layer_norm(A, eps=0.1)",
    "batch_norm(A)",
    "embed(A, c)",
    "embed(A, d)",
    "embed(u, c)",
    "embed(u, d)",
    "flatten(A)",
    "flatten(v)",
    "reshape(A, rows=2, columns=8)",
    "reshape(A, rows=16)",
    "reshape(A*A, rows=8, columns=2)",
    "concat(v, u, u)",
    "concat(A, C)",
    "concat(B, C, axis=1)",
    "concat(u, [1, 2])",
    "stack(u, u*u)",
    "stack(s, q, 2)",
    "stack(s, 2*sqrt(3), q)",
    "v[2]",
    "(v + v*v)[3]*s",
    "v[2:4]",
    "v[1:3]*u",
    "-v[7]^2",
    "A[2]",
    "A[:,2]",
    "A[2:3]",
    "A[:,1:2]",
    "A[2,3]*s",
    "A[1:2].T",
    "(A.T)[2]",
    "pick(A, index=2, axis=-1)",
    "part(A, first=2, last=3, axis=-1)",
    "place(u, first=2, of=5)",
    "place(C, first=2, of=5, axis=1)",
    "place(C, first=3, of=4)",
    "flip(v)",
    "flip(A*A)",
    "u*one_hot(d, of=3)",
    "A[1:3,1:3]*one_hot(c, of=3)",
    "spread(u, stride=2, rows=6)",
    "spread(B, stride=2, rows=3, columns=4)",
    "unpool(u, v, size=2)",
    "unpool(u, v, size=1, stride=3)",
    "unpool(B, A, size=2)",
    "unpool(B, A, size=1, stride=2)",
    "v*max_mask(v, size=2)",
    "A*max_mask(A, size=2, stride=2)",
    "v*max_mask(v*v, size=2, stride=3)",
)


def problem(expression: str) -> str:
    """Return a problem file that reads a row, and differentiates by what it reads."""
    words = "".join(sign if sign.isalnum() or sign == "_" else " " for sign in expression).split()
    read = [name for name in QUANTITIES if name in words]
    rows = "".join(f"  {name}: {QUANTITIES[name]}\n" for name in read)
    moved = ", ".join(f"dL/d{name}" for name in read if name not in "cd")
    return f"inputs:\n{rows}equations: |\n  h = {expression}\n  L = sum(h^3 + h)\nfind: [{moved}]\n"


def test_every_row_of_the_layers_is_written() -> None:
    texts = " ".join(EXPRESSIONS)
    spelled = {"pick": "v[2]", "part": "v[2:4]"}
    assert all(f"{row.name}(" in texts or row.name in spelled for row in LAYERS)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_numpy_computes_every_row_and_its_gradients(expression: str) -> None:
    solution = solved(problem(expression))
    assert assert_agrees(run(numpy_script(solution)), names_of(solution), solution) >= 3


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_autograd_finds_the_gradients_of_every_row(expression: str) -> None:
    solution = solved(problem(expression))
    assert_gradients(solution, torch_script(solution))


LETTERS = """\
inputs: {x: {shape: n}, u: {shape: m}, X: {shape: [n, 4]}}
targets: {y: {shape: m}}
equations: |
  c = concat(x, u)
  e = concat(u, X[:,3], x)
  L = sum(c^3) + sum(e^3) + sum(X[2:3]^2) + dot(u, y)
find: [dL/dx, dL/du, dL/dX]
"""


def test_sizes_in_letters_are_computed_in_the_script() -> None:
    solution = solved(LETTERS)
    names, found = names_of(solution), run(numpy_script(solution))
    x, u, wide, y = (found[name] for name in ("x", "u", "X", "y"))
    due_x, due_u = 6 * x**2, 6 * u**2 + y
    due = np.zeros(wide.shape)
    due[:, 2] = 3 * wide[:, 2] ** 2
    due[1:3] += 2 * wide[1:3]
    for name, value in (("dL/dx", due_x), ("dL/du", due_u), ("dL/dX", due)):
        np.testing.assert_allclose(found[names[name]], value, rtol=1e-12)
    assert "n + m" in numpy_script(solution) or "m + n" in numpy_script(solution)
    pytest.importorskip("torch")
    run(torch_script(solution))


LOOKED_UP = """\
inputs: {E: {shape: [V, d]}, c: {shape: n}, k: {shape: []}}
weights: {u: {shape: m}, v: {shape: p}}
equations: |
  e = embed(E, c)
  h = conv1d(u, v)
  L = sum(e^2) + sum(one_hot(k, of=3)) + sum(h^2)
find: [dL/dE, dL/du, dL/dv]
"""


def test_random_numbers_of_rows_are_whole_and_sizes_fit() -> None:
    solution = solved(LOOKED_UP)
    found, names = run(numpy_script(solution)), names_of(solution)
    assert found["m"] >= found["p"]
    rows = np.asarray(found["c"])
    assert rows.min() >= 1 and rows.max() <= found["V"] and rows.dtype.kind == "i"
    due = np.zeros(found["E"].shape)
    np.add.at(due, rows - 1, 2 * found["E"][rows - 1])
    np.testing.assert_allclose(found[names["dL/dE"]], due, rtol=1e-12)
    pytest.importorskip("torch")
    own = run(torch_script(solution))
    rows = own["c"].numpy().astype(int)
    due = np.zeros(own["E"].shape)
    np.add.at(due, rows - 1, 2 * own["E"].detach().numpy()[rows - 1])
    np.testing.assert_allclose(own[names["dL/dE"]].numpy(), due, rtol=1e-12)


@pytest.mark.parametrize(
    ("dim", "more", "text", "letters"),
    [
        (3, -1, "2", []),
        ("n", 0, "n", ["n"]),
        ("n", -1, "n - 1", ["n"]),
        ("n+1", -1, "n", ["n"]),
        ("n+2m-3", 0, "n + 2 * m - 3", ["n", "m"]),
        ("N/2", 0, "N // 2", ["N"]),
        ("-n+m", 0, "-n + m", ["n", "m"]),
        ("λ+1", 0, "lam + 1", ["λ"]),
    ],
)
def test_sizes_are_written_as_python(
    dim: int | str, more: int, text: str, letters: list[str]
) -> None:
    names = {"n": "n", "m": "m", "N": "N", "λ": "lam"}
    assert size_text(dim, names, more) == text
    assert size_letters(dim) == letters
    sizes = {"n": 5, "m": 7, "N": 9, "λ": 2, "lam": 2}
    assert size_value(dim, sizes) + more == eval(text, dict(sizes))


TIED = "[[2, 2, 1, 1], [2, 2, 1, 1]]"
LOOPED = """\
inputs: {x: [[1, 2], [3, 4], [5, 6]]}
weights: {W: [[0.5, 1], [0.2, 0.3]], w: [0.1, 1]}
equations: |
  for t = 1..3:
    s[t] = dot(w, tanh(W @ x[t]))
  L = s[3]^2 + s[1]*s[2]
descent: {learning_rate: 0.1, steps: 3}
"""
WHOLE = {
    "of equal largest entries, the first": (
        f"inputs: {{x: {TIED}}}\nequations: |\n  p = max_pool(x)\n  L = sum(p^2)"
    ),
    "a number of a row has no slope": (
        "inputs: {E: [[2, 3], [1, 4]], c: [1, 2]}\n"
        "equations: |\n  p = embed(E, c)\n  L = sum(p^2)\nfind: dL/dc"
    ),
    "names of functions": (
        "inputs: {conv1d: [1, 2, 3, 4], np: [1, 2], F: 2, slice: [1, 3]}\n"
        "equations: |\n  h = conv1d(conv1d, np)\n  L = sum(h^2)*F + sum(conv1d(slice, np))"
    ),
    "steps of a loop": LOOPED,
}


@pytest.mark.parametrize("case", WHOLE)
def test_both_scripts_agree_where_rows_meet_the_rest(case: str) -> None:
    solution = solved(WHOLE[case])
    found = run(numpy_script(solution), "Answer")
    assert assert_agrees(found, names_of(solution), solution) >= 4
    assert_gradients(solution, torch_script(solution))
    if solution.training is not None:
        assert_descent(solution)


@pytest.mark.parametrize("write", [numpy_script, torch_script])
def test_scripts_of_rows_are_clean_and_formatted(
    write: Callable[[Solution], str], tmp_path: Path
) -> None:
    texts = [*map(problem, EXPRESSIONS), *WHOLE.values(), LETTERS, LOOKED_UP]
    lstm = next(path for path in PROBLEMS if path.stem == "lstm-cell")
    texts.append(f"{lstm.read_text(encoding='utf-8')}\ndescent: {{learning_rate: 0.1, steps: 3}}\n")
    for at, text in enumerate(texts):
        (tmp_path / f"script_{at}.py").write_text(write(solved(text)), encoding="utf-8")
    for call in (["check"], ["format", "--check"]):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *call, "--isolated", "--no-cache", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
