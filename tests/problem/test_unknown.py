"""Functions without a formula: the chain rule in letters, and answers with g′."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import gradcalc
from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.algebra.operations.operation import Table
from gradcalc.algebra.operations.table import TABLE
from gradcalc.cli.check import command
from gradcalc.engine.typed_formula import values_of
from gradcalc.problem.reading.equations import unknown_rows

CHAIN = """
equations: |
  g(w)
  x = g(w)
  y = sigmoid(x)
find: dy/dw
"""


def solved(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "p.yaml"
    path.write_text(text, encoding="utf-8")
    problem = gradcalc.load(path)
    nodes = (*problem.visible.forward, *problem.visible.backward)
    return {node.name: format(node.expr) for node in nodes}


def test_an_inner_function_inside_a_formula(tmp_path: Path) -> None:
    text = "equations: |\n  g(w)\n  y = (g(w) - t)^2\nfind: [dy/dw, dy/dt]\n"
    assert "g'(w)" in " ".join(solved(tmp_path, text).values())


def test_partial_derivatives_of_a_function_of_two(tmp_path: Path) -> None:
    text = "equations: |\n  g(u, v)\n  y = sigmoid(g(u, v))\nfind: [dy/du, dy/dv]\n"
    found = " ".join(solved(tmp_path, text).values())
    assert "g_u(u, v)" in found
    assert "g_v(u, v)" in found


def test_two_such_functions_one_in_the_other(tmp_path: Path) -> None:
    text = "equations: |\n  f(z)\n  g(w)\n  x = g(w)\n  y = f(x)\nfind: dy/dw\n"
    found = solved(tmp_path, text)
    assert found["dx/dw"] == "g'(w)"
    assert found["dy/dx"] == "f'(x)"


@pytest.mark.parametrize("params", [("w",), ("w", "x"), ("w", "x", "b")])
def test_what_stands_in_has_the_derivatives_it_should(params: tuple[str, ...]) -> None:
    table: Table = TABLE.extended(unknown_rows("g", params))
    generator = np.random.default_rng(0)
    points = {name: generator.uniform(-2, 2, 30) for name in params}
    for name, derivative in zip(params, table["g"].derivative or (), strict=True):
        ends = [
            values_of(parse(f"g({', '.join(params)})"), {**points, name: points[name] + h}, table)
            for h in (1e-6, -1e-6)
        ]
        slope = values_of(parse(derivative or ""), points, table)
        np.testing.assert_allclose((ends[0] - ends[1]) / 2e-6, slope, atol=1e-8)


def test_two_functions_are_not_the_same() -> None:
    table = TABLE.extended([*unknown_rows("g", ("w",)), *unknown_rows("h", ("w",))])
    points = {"w": np.linspace(-1, 1, 9)}
    first, second = (values_of(parse(f"{name}(w)"), points, table) for name in "gh")
    assert np.max(np.abs(first - second)) > 0.01


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("dy/dw = y*(1 - y)*g'(w)", 0),
        ("dy/dw = sigmoid(g(w))*(1 - sigmoid(g(w)))*g'(w)", 0),
        ("dy/dw = y*(1 - y)", 1),
        ("dy/dw = y*(1 - y)*g(w)", 1),
        ("dy/dw = g'(w)", 1),
    ],
)
def test_answers_with_the_inner_derivative(answer: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(CHAIN, encoding="utf-8")
    (tmp_path / "mine.txt").write_text(answer + "\n", encoding="utf-8")
    arguments = [str(tmp_path / "p.yaml"), str(tmp_path / "mine.txt")]
    assert CliRunner().invoke(command, arguments, standalone_mode=False).return_value == code
