"""The training steps of a NumPy script: both passes as a function, and the loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gradcalc.algebra.expr import symbols
from gradcalc.algebra.names import gradient_name
from gradcalc.algebra.optimisers import GRADIENT, PARAMETER
from gradcalc.report.codedescent import ScriptLetters, letters_of, setting_lines, step_equations
from gradcalc.report.codeformula import FormulaWriter
from gradcalc.report.codelayout import assignment, band, folded, listed, quoted
from gradcalc.report.coderounding import rounded
from gradcalc.report.codescript import Script

if TYPE_CHECKING:
    from gradcalc.problem.descent import Descent

_I = "    "


def descent(script: Script, writer: FormulaWriter) -> list[str]:
    """Return the function of both passes and the loop of steps, none without `descent:`."""
    plan = script.problem.descent
    if plan is None or not script.numeric:
        return []
    found = band(f"{plan.optimiser.title}: {plan.steps} step{'s' if plan.steps > 1 else ''}")
    own = letters_of(plan, writer, ("np", "math"))
    if not script.problem.upstream:
        found += _passes(script, writer, plan)
    found += setting_lines(plan, own)
    for name in plan.parameters:
        for letter in plan.state:
            found.append(f"{own[name, letter]} = np.zeros_like({writer.names[name]})")
    found += ["", f"for step in range(1, {plan.steps + 1}):"]
    if len(plan.rates) > 1:
        found.append(f"{_I}{own['eta']} = rates[step - 1]")
    for name in plan.parameters:
        found += _update(script, writer, plan, name, own)
    if not script.problem.upstream:
        values = [plan.loss, *(gradient_name(plan.loss, name) for name in plan.parameters)]
        left = [writer.names[value] for value in values]
        right = ", ".join(writer.names[name] for name in plan.parameters)
        found += listed(left, _I, end=f" = passes({right})")
        loss = writer.names[plan.loss]
        label = quoted(f"{script.problem.names.shown(plan.loss)} =")
        found.append(f'{_I}print("step", step, {label}, {loss})')
    found.append("")
    for name in plan.parameters:
        label = quoted(f"{script.problem.names.shown(name)} =")
        found.append(f"print({label}, {writer.names[name]})")
    return found


def _passes(script: Script, writer: FormulaWriter, plan: Descent) -> list[str]:
    params = ", ".join(writer.names[name] for name in plan.parameters)
    values = [plan.loss, *(gradient_name(plan.loss, name) for name in plan.parameters)]
    found = ["", "", *folded(f"def passes({params})", "", ":")]
    read = {*values}
    for step in reversed(script.steps):
        read |= set(symbols(step.formula)) if step.name in read and step.formula else set()
    for step in (*script.lines("forward"), *script.lines("backward")):
        if step.name in read and step.formula is not None:
            terms = script.line(writer, step.shape, step.formula)
            terms = rounded(script.problem, step.name, terms)
            found += assignment(writer.names[step.name], terms, indent=_I)
    return [*found, *listed([writer.names[value] for value in values], _I, "return "), "", ""]


def _update(
    script: Script, writer: FormulaWriter, plan: Descent, parameter: str, own: ScriptLetters
) -> Iterator[str]:
    """Yield the equations of a step for one parameter."""
    gradient = writer.names[gradient_name(plan.loss, parameter)]
    texts = {GRADIENT: gradient, PARAMETER: writer.names[parameter]}

    def adjust(letter: str, terms: list[str]) -> list[str]:
        key = parameter if letter == PARAMETER else f"{letter}:"
        return rounded(script.problem, key, terms)

    for _, name, terms in step_equations(plan, writer, own, parameter, texts, adjust):
        yield from assignment(name, terms, indent=_I)
