"""A tiny problem with each activation and each loss: solved, proved, shown, read back, marked."""

from __future__ import annotations

import numpy as np
import pytest

import gradcalc
from gradcalc.algebra.operations.operation import Operation
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.differences import LIMIT
from gradcalc.errors import width
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.grading.mistakes.library import RULES
from gradcalc.report.formats.text import text_document, write_document
from gradcalc.report.page import Page
from gradcalc.report.results.check import Told, check_document
from gradcalc.report.results.lint import lint_document
from gradcalc.report.results.wording import wording
from gradcalc.report.solution.page import page
from gradcalc.report.solution.record import solution_line
from gradcalc.report.steps.view import View
from tests.report.test_readback import read_back

ACTIVATIONS = [row for row in TABLE if row.kind == "activation"]
LOSSES = [row for row in TABLE if row.kind == "loss"]
NETWORK = """title: A layer and an output
inputs: {x: [1.2, -0.7]}
targets: {y: 0.3}
weights:
  W1: [[0.5, -0.4], [0.9, 1.1], [-0.6, 0.8], [0.3, 0.2]]
  b1: [0.1, -0.3, 0.2, 0.4]
  W2: [[WEIGHTS]]
EXTRA
activations: [ACTIVATION, identity]
loss: half_squared_error
"""


def network(row: Operation) -> str:
    halved = row.name == "glu"
    learned = row.name == "prelu"
    return (
        NETWORK.replace("[[WEIGHTS]]", "[[0.7, -0.2]]" if halved else "[[0.7, -0.2, 0.4, 1.3]]")
        .replace("EXTRA\n", "  p: [0.25, 0.2, 0.1, 0.3]\n" if learned else "")
        .replace(
            "ACTIVATION",
            {"prelu": "prelu(p)", "threshold": "threshold(theta=0)"}.get(row.name, row.name),
        )
    )


VALUES = {
    "y": "[0.2, 0.5, 0.3]",
    "a": "[0.8, -0.4, 1.1]",
    "b": "[0.3, 0.9, -0.2]",
    "p": "[0.7, 0.1, 0.9]",
    "n": "[0.6, -0.5, 1.4]",
    "t": "[0, 1, 0]",
    "v": "[0.5, 1.5, 0.8]",
}


def comparison(row: Operation, batch: bool = False) -> str:
    values = dict(VALUES)
    if row.family == "of a score, for targets −1 and 1":
        values["t"] = "[-1, 1, 1]"
    if "abs(t) > 0" in row.domain or "t > 0" in row.domain:
        values["t"] = "[0.3, 0.6, 0.1]"
    number = row.name == "cosine_embedding"
    if number:
        values["t"] = "1"
    data = {name: values[name] for name in row.params}
    if batch:
        data = {
            name: "[1, -1]" if number and name == "t" else f"[{text}, {text}]"
            for name, text in data.items()
        }
    inputs = ", ".join(f"{name}: {text}" for name, text in data.items() if name != "t")
    targets = f"targets: {{t: {data['t']}}}\n" if "t" in data else ""
    call = f"{row.name}({', '.join(row.params)})"
    wanted = ", ".join(f"dL/d{name}" for name in data if name != "t")
    return f"inputs: {{{inputs}}}\n{targets}equations: L = {call}\nfind: [{wanted}]\n"


def prove(text: str) -> gradcalc.Solution:
    problem = gradcalc.load(text)
    solution = gradcalc.solve(problem)
    assert solution.check is not None
    assert solution.check.failed == ()
    assert solution.check.max_error < LIMIT
    for detail in ("steps", "entries"):
        read_back(problem, detail)
    for columns, unicode in ((80, True), (40, False)):
        view = View(solution, unicode=unicode, jacobians=not unicode)
        rows = page(view, "entries", columns).plain().splitlines()
        assert rows
        assert max(map(width, rows)) <= columns
        assert unicode or all(row.isascii() for row in rows)
    assert solution_line(View(solution))
    return solution


def slips(solution: gradcalc.Solution) -> int:
    """Return how many mistakes the rules find a place for."""
    lines = lines_of(solution.problem)
    found = [slip for rule in RULES.values() for slip in rule.find(lines)]
    words = wording(lines)
    assert all(words.sentence(slip) for slip in found)
    return len(found)


@pytest.mark.parametrize("row", ACTIVATIONS, ids=lambda row: row.name)
def test_an_activation_in_a_network(row: Operation) -> None:
    solution = prove(network(row))
    assert np.any(solution.values["dL/dW1"])
    assert slips(solution)


@pytest.mark.parametrize("batch", [False, True], ids=["sample", "batch"])
@pytest.mark.parametrize("row", LOSSES, ids=lambda row: row.name)
def test_a_loss_of_an_equation(row: Operation, batch: bool) -> None:
    solution = prove(comparison(row, batch))
    assert slips(solution)


@pytest.mark.parametrize("row", [r for r in LOSSES if len(r.params) == 2], ids=lambda row: row.name)
def test_a_loss_of_a_network(row: Operation) -> None:
    last = "softmax" if row.domain else "identity"
    target = "[0.2, 0.7, 0.1]" if "t > 0" in row.domain or "abs" in str(row.domain) else "[0, 1, 0]"
    if row.family.startswith("of a score"):
        target = "[1, -1, 1]"
    text = (
        f"inputs: {{x: [1.2, -0.7]}}\ntargets: {{y: {target}}}\n"
        "weights: {W1: [[0.5, -0.4], [0.9, 1.1], [-0.6, 0.8]], b1: [0.1, -0.3, 0.2]}\n"
        f"activations: [{last}]\nloss: {row.name}\n"
    )
    assert prove(text).values["L"].shape == ()


@pytest.mark.parametrize("row", [*ACTIVATIONS, *LOSSES], ids=lambda row: row.name)
def test_a_wrong_answer_is_marked(row: Operation) -> None:
    """Mark a gradient with its sign turned round, and one that no rule explains."""
    activation = row.kind == "activation"
    problem = gradcalc.load(network(row) if activation else comparison(row))
    name = "dL/dW1" if activation else f"dL/d{row.params[0]}"
    right = gradcalc.solve(problem).values[name]
    assert np.any(right)
    for wrong in (-right, right + 0.123):
        rows = "; ".join(", ".join(f"{x:.6f}" for x in line) for line in np.atleast_2d(wrong))
        review = gradcalc.check(problem, f"{name} = {rows}")
        assert any(verdict.status == "incorrect" for verdict in review.verdicts)
        words = wording(review.lines)
        for columns in (40, 80):
            text = write_document(Page(columns), check_document(review, words, Told())).plain()
            assert max(map(width, text.splitlines())) <= columns
    assert text_document([lint_document(gradcalc.lint(problem), wording(review.lines))])
