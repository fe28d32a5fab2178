"""Nested functions of vectors: their entries are written out only where they can be read."""

from __future__ import annotations

import random
import resource

import pytest

import gradcalc
from gradcalc.algebra.formula.expr import Symbol
from gradcalc.algebra.formula.syntax import parse
from gradcalc.algebra.rewriting.entries import TooLongError
from gradcalc.report.solution.document import document
from gradcalc.report.solution.page import page
from gradcalc.report.steps.steps import LONGEST_ENTRY
from gradcalc.report.steps.view import View
from tests.hangs import bounded

VECTORS = ("softmax", "log_softmax", "layer_norm", "softmin", "normalize", "cumsum", "flip")
ENDS = ("mse({}, y)", "sum({})", "norm({})", "cross_entropy(softmax({}), y)", "amax({})")
MEMORY = 300_000  # kilobytes


def known(names: tuple[str, ...]) -> list[str]:
    """Return those of the names that are functions of a vector with a vector as value."""
    found = []
    for name in names:
        try:
            gradcalc.load(f"inputs: {{v: [1, 2]}}\nequations: z = {name}(v)\n")
        except gradcalc.ProblemError:
            continue
        found.append(name)
    return found


def text_of(names: list[str], end: str, size: int, letters: bool) -> str:
    formula = "v"
    for name in names:
        formula = f"{name}({formula})"
    v = "{shape: N}" if letters else str([(7 * i % 5) + 0.5 for i in range(size)])
    y = "{shape: N}" if letters else str([int(i == 1) for i in range(size)])
    target = "" if "y" not in end else f"targets: {{y: {y}}}\n"
    return f"inputs: {{v: {v}}}\n{target}equations: |\n  L = {end.format(formula)}\nfind: dL/dv\n"


FUNCTIONS = known(VECTORS)
CHOSEN = random.Random(3)
CASES = [
    text_of(
        CHOSEN.choices(FUNCTIONS, k=CHOSEN.choice((2, 3, 4))),
        CHOSEN.choice(ENDS),
        CHOSEN.choice((2, 3, 5, 6)),
        CHOSEN.random() < 0.2,
    )
    for _ in range(30)
]
CASES.append(text_of(["layer_norm", "softmax"], "mse({}, y)", 5, False))


@pytest.mark.parametrize("at", range(len(CASES)))
def test_nested_functions_are_written_in_bounded_time_and_memory(at: int) -> None:
    try:
        solution = gradcalc.solve(gradcalc.load(CASES[at]))
    except gradcalc.ProblemError:
        return
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with bounded():
        shown = page(View(solution), detail="entries", columns=80)
        document(View(solution), "entries")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert shown
    assert grown < MEMORY


def test_an_entry_that_is_too_long_is_said() -> None:
    solution = gradcalc.solve(gradcalc.load(CASES[-1]))
    found = {step.name: step for step in gradcalc.steps(solution, "entries")}
    assert any(step.unwritten and not step.entries for step in found.values())
    for step in found.values():
        assert all(entry.formula.size <= LONGEST_ENTRY for entry in step.entries)
    view = View(solution)
    with pytest.raises(TooLongError):
        view.entry(parse("layer_norm(layer_norm(layer_norm(v)))"), (0,), numbers=False)
    assert view.entry(Symbol("v"), (0,), numbers=False).size == 3
