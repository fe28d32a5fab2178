"""An answer that names itself, or what is worked out from it, is no answer."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradcalc.algebra.formula.expr import symbols
from gradcalc.cli import gradcalc
from gradcalc.errors import Source
from gradcalc.grading.answers.sheet import read_sheet
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.problem.model import Problem
from gradcalc.problem.reading.loader import load
from tests.grading.printed import random_problems

NUMBERS = load(
    "inputs: {x: [2, -1]}\ntargets: {y: 1}\n"
    "weights: {W1: [[0.5, 0.3], [0.1, 0.2]], b1: [0.1, 0.2], W2: [[0.4, 0.6]], b2: [0.3]}\n"
    "activations: [sigmoid, sigmoid]\nloss: half_squared_error\nnames: {a1: h, L: E}\n"
)
LETTERS = load(
    "inputs: {x: {shape: N}}\ntargets: {y: {shape: K}}\nunits: [M, K]\n"
    "activations: [sigmoid, identity]\nloss: squared_error\n"
)


def status(problem: Problem, line: str) -> tuple[str, str]:
    (verdict, *_) = check(problem, line).verdicts
    return verdict.status, verdict.reason or ""


@pytest.mark.parametrize("problem", [NUMBERS, LETTERS])
@pytest.mark.parametrize(
    "line",
    [
        *("z1 = z1", "z1 = 1*z1 + 0", "z1 = -(-z1)", "W1 = W1.T.T", "dL/dW1 = dW1"),
        *("dL/dz2 = delta2", "∂L/∂z⁽²⁾ = δ⁽²⁾", "dL/dz1 = 2*dL/dz1/2", "da1/dz1 = da1/dz1"),
        *("yhat = ŷ", "dL/dz1 = dL/db1", "dL/da1 = dL/dz1 / da1/dz1", "L = L"),
        *("a1 = (z2 - b2)", "dL/dyhat = dL/dz2", "z1 = z1 + 0*dL/dW1", "dL/da1 = dL/da1 * 1"),
    ],
)
def test_it_is_unreadable_with_the_reason(problem: Problem, line: str) -> None:
    found, reason = status(problem, line)
    assert found == "unreadable"
    assert "itself" in reason or "is worked out from" in reason


@pytest.mark.parametrize("line", ["h = h", "h = a1", "h[1] = a1[1]", "∂E/∂h = dL/da1", "E = L"])
def test_it_is_known_by_every_name(line: str) -> None:
    assert status(NUMBERS, line)[0] == "unreadable"


@pytest.mark.parametrize(
    "line",
    [
        *("z1 = W1 @ x + b1", "a1 = sigmoid(z1)", "dL/dyhat = yhat - y", "dL/db1 = dL/dz1"),
        *("dL/dz2 = dL/dyhat * dyhat/dz2", "dL/dz1 = (W2.T @ dz2) * a1 * (1 - a1)"),
        *("dL/dW2 = dL/db2 @ a1.T", "dL/dW1 = outer(delta1, x)", "da1/dz1 = a1*(1 - a1)"),
        "dL/db1 = delta1",
    ],
)
def test_formulas_of_lines_before_are_answers(line: str) -> None:
    assert status(NUMBERS, line) == ("correct", "")


def test_a_formula_beside_it_still_counts() -> None:
    assert status(NUMBERS, "z1 = W1 @ x + b1 = z1")[0] == "correct"
    assert status(NUMBERS, "z1 = z1 = 0.8 0.2")[0] == "correct"


def test_in_every_form_of_a_sheet(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(NUMBERS.source.text)
    for name, text in (
        ("a.txt", "dL/dz2 = δ₂\n"),
        ("a.yaml", "answers:\n  dL/dz2: delta2\n"),
        ("a.json", '{"dL/dz2": "delta2"}'),
    ):
        (tmp_path / name).write_text(text)
        result = CliRunner().invoke(
            gradcalc, ["check", str(path), str(tmp_path / name)], standalone_mode=False
        )
        assert "itself" in result.output
        assert result.return_value == 1
    result = CliRunner().invoke(gradcalc, ["check", str(path), "-a", "dL/dz2 = delta2"])
    assert "itself" in result.output
    (tmp_path / "c.csv").write_text("student_id,z1,dL/dz2\n1,z1,delta2\n2,0.8 0.2,-0.0957\n")
    result = CliRunner().invoke(
        gradcalc, ["grade", str(path), str(tmp_path / "c.csv")], standalone_mode=False
    )
    assert result.return_value == 1
    assert "3 unreadable cells" in " ".join(result.output.split())


def test_no_line_of_random_problems_is_given_by_itself_or_by_what_comes_of_it() -> None:
    chance = random.Random(4)
    for problem in random_problems(40, seed=9):
        lines = [*problem.visible.forward, *problem.visible.backward]
        for node in chance.sample(lines, min(4, len(lines))):
            below = {node.name}
            for other in lines:
                if below & set(symbols(other.expr)):
                    below.add(other.name)
            name = chance.choice(sorted(below))
            text = f"{node.name} = 0*sum({name}) + {node.name}\n{node.name} = 2*{name} - {name}\n"
            for answer in read_sheet(Source("a.txt", text), problem).answers:
                assert answer.formula is None, f"{problem.source.text}{text}"
                assert answer.reason is not None
