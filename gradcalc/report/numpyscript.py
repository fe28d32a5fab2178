"""A problem as a NumPy script: the lines of the worked solution, to be run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from gradcalc.algebra.expr import Expr
from gradcalc.report.codedescent import update_formulas
from gradcalc.report.codeformula import FormulaWriter
from gradcalc.report.codelayout import array, assignment, band, quoted
from gradcalc.report.codenumpy import NUMPY
from gradcalc.report.coderounding import ROUNDING, rounded
from gradcalc.report.codescript import Script
from gradcalc.report.numpydescent import descent
from gradcalc.report.steps import Step

if TYPE_CHECKING:
    from gradcalc.problem.model import Data, Solution

OWN = ("np", "math", "rng", "rounded", "passes", "step", "rates")
"""Identifiers that a script uses itself."""


def numpy_script(solution: Solution) -> str:
    """Return the script: data, forward pass, backward pass, what is asked, training steps.

    A problem in letters gets sizes and random numbers. Raises ProblemError for a function
    without a formula.
    """
    script = Script(solution, NUMPY, OWN)
    script.refuse_unknown()
    passes = [step.formula for step in script.steps if step.formula is not None]
    writer = script.writer([*passes, *update_formulas(solution)])
    body = [*_data(script, writer)]
    for phase, title in (("forward", "Forward pass"), ("backward", "Backward pass")):
        body += [*band(title), *_lines(script, writer, script.lines(phase))]
    body += _answer(script, writer)
    body += descent(script, writer)
    functions = [line for op in writer.functions for line in ["", "", *_function(writer, op)]]
    rounding = solution.problem.rounding
    if rounding is not None:
        functions += ["", "", *ROUNDING[rounding.mode, rounding.significant is not None]]
    lines = script.heading("Forward and backward pass in NumPy")
    code = [line.partition("#")[0] for line in (*functions, *body)]
    if any("math." in line for line in code):
        lines += ["", "import math"]
    if any("np." in line for line in code):
        lines += ["", "import numpy as np"]
    return "\n".join([*lines, *functions, *([""] if functions else []), *body]) + "\n"


def _function(writer: FormulaWriter, op: str) -> list[str]:
    return writer.helper(op).split("\n")


def _data(script: Script, writer: FormulaWriter) -> list[str]:
    """Return what is known: numbers of the file, or random ones."""
    problem = script.problem
    found = band("Data" if script.numeric else "Sizes and random numbers: change them")
    found += script.sizes(writer)
    if not script.numeric:
        found.append("rng = np.random.default_rng(0)")
    for name, data in problem.data.items():
        found += _known(script, writer, name, data)
    for name in problem.upstream_names:
        found += _known(script, writer, name, problem.given[name])
    return found


def _known(script: Script, writer: FormulaWriter, name: str, data: Data) -> list[str]:
    if data.known:
        return array(writer.names[name], data.array, "np.array")
    rows = script.row_numbers(writer).get(name)
    if rows is not None:
        size = f", size={script.shape(writer, data.shape)}" if data.shape else ""
        return [f"{writer.names[name]} = rng.integers(1, {rows}{size})"]
    draw = "uniform" if script.random(data) else "normal"
    size = f"size={script.shape(writer, data.shape)}" if data.shape else ""
    return [f"{writer.names[name]} = rng.{draw}({size})"]


def _lines(script: Script, writer: FormulaWriter, steps: Iterable[Step]) -> list[str]:
    """Return the lines of a pass."""
    found: list[str] = []
    group = None
    for step in steps:
        assert step.formula is not None
        if step.group and step.group != group:
            found.append(f"# {step.group}")
        group = step.group
        found += _line(script, writer, step, step.formula)
    return found


def _line(script: Script, writer: FormulaWriter, step: Step, formula: Expr) -> list[str]:
    name = writer.names[step.name]
    terms = script.line(writer, step.shape, formula)
    if step.given:
        value = np.broadcast_to(script.problem.given[step.name].array, tuple(map(int, step.shape)))
        return array(name, value, "np.array", f"given; by the equations {' '.join(terms)}")
    return assignment(name, rounded(script.problem, step.name, terms))


def _answer(script: Script, writer: FormulaWriter) -> list[str]:
    found = band("Answer")
    for name, label, index in script.asked():
        place = f"[{', '.join(map(str, index))}]" if index else ""
        wide = not index and len(script.problem.visible.shapes.get(name, ())) > 1
        text = f"print({quoted(label + ' =')}, {writer.names[name]}{place}"
        found.append(text + (', sep="\\n")' if wide else ")"))
        found += script.warning(name)
    return found
