"""A printed substitution, parsed again, has the value that is printed beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gradcalc
from gradcalc.algebra.formula.expr import Apply, Expr, Number, rebuild
from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.engine.evaluate import evaluate
from gradcalc.report.steps.steps import build_steps
from gradcalc.report.steps.updates import update_steps
from gradcalc.report.steps.view import View
from tests.shown import PROBLEMS

UNITS = 12  # of the fifth digit: what rounded operands may add up to


def magnitude(expr: Expr) -> Expr:
    """Return a formula with every minus a plus: what its terms amount to."""

    def change(part: Expr) -> Expr:
        if isinstance(part, Number):
            return Number(abs(part.value))
        return part.args[0] if isinstance(part, Apply) and part.op == "neg" else part

    return rebuild(expr, change)


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
@pytest.mark.parametrize("detail", ["steps", "entries"])
def test_substitutions_have_the_value_beside_them(path: Path, detail: str) -> None:
    problem = gradcalc.load(path)
    seen = read_back(problem, detail)
    if problem.numeric and not problem.upstream:
        assert seen, "no line of this problem has numbers in it"


def read_back(problem: gradcalc.Problem, detail: str) -> int:
    """Check every substitution of a problem; return how many there were."""
    rounded = set(problem.rounding.named) if problem.rounding else set()
    view = View(gradcalc.solve(problem))
    seen = 0
    for step in (*build_steps(view, detail), *update_steps(view, detail)):
        if step.value is None or step.name in rounded:
            continue
        pairs = [(step.substitution, step.value), (step.worked, step.value)]
        pairs += [(entry.substitution, step.value[entry.index]) for entry in step.entries]
        for written, value in pairs:
            if written is None:
                continue
            text = format(written)
            again = parse(text)
            assert again == written, text
            found = evaluate(again, {}, {}, problem.table)
            try:
                scale = np.abs(evaluate(magnitude(again), {}, {}, problem.table))
            except Exception:  # a magnitude may leave the domain of a logarithm
                scale = np.abs(found)
            room = UNITS * 0.5e-4 * np.maximum(np.maximum(scale, np.abs(value)), 1e-3)
            shape = np.shape(value)
            own = (
                found.reshape(shape) if found.size == value.size else np.broadcast_to(found, shape)
            )
            assert (np.abs(own - value) <= room).all(), (step.name, text)
            seen += 1
    return seen
