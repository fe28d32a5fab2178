"""The training steps of a NumPy script: both passes as a function, and the loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from gradcalc.algebra.expr import Expr, symbols
from gradcalc.algebra.names import gradient_name
from gradcalc.algebra.optimisers import GRADIENT, PARAMETER, SETTINGS, STEP
from gradcalc.report.codeformula import Writer
from gradcalc.report.codelayout import assignment, band, folded, listed, quoted
from gradcalc.report.codenames import free
from gradcalc.report.coderounding import rounded
from gradcalc.report.codescript import Script

if TYPE_CHECKING:
    from gradcalc.problem.descent import Descent
    from gradcalc.problem.model import Solution

Letters: TypeAlias = dict[str | tuple[str, str], str]
_I = "    "


def update_formulas(solution: Solution) -> list[Expr]:
    """Return the formulas of a step, where there are numbers to move."""
    plan = solution.problem.descent if solution.values else None
    lines = plan.assignments if plan else ()
    return [each for line in lines for each in (line.expr, line.first) if each is not None]


def descent(script: Script, writer: Writer) -> list[str]:
    """Return the function of both passes and the loop of steps, none without `descent:`."""
    plan = script.problem.descent
    if plan is None or not script.numeric:
        return []
    found = band(f"{plan.optimiser.title}: {plan.steps} step{'s' if plan.steps > 1 else ''}")
    own = _letters(plan, writer)
    if not script.problem.upstream:
        found += _passes(script, writer, plan)
    found += _settings(plan, own)
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


def _passes(script: Script, writer: Writer, plan: Descent) -> list[str]:
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


def _letters(plan: Descent, writer: Writer) -> Letters:
    """Return identifiers of settings, of `t`, and of each letter of each parameter."""
    used = {*writer.names.values(), *writer.functions.values(), "np", "math", "step", "passes"}
    used.add("rates")
    found: Letters = {STEP: "step"}
    read = {
        name
        for line in plan.assignments
        for each in (line.expr, line.first)
        for name in (symbols(each) if each else ())
    }
    for row in SETTINGS:
        if row.letter in read:
            found[row.letter] = free(row.letter, used)
            used.add(found[row.letter])
    for name in plan.parameters:
        for letter in dict.fromkeys(line.name for line in plan.assignments):
            if letter != PARAMETER:
                found[name, letter] = free(f"{letter}_{writer.names[name]}", used)
                used.add(found[name, letter])
    return found


def _settings(plan: Descent, own: Letters) -> Iterator[str]:
    for row in SETTINGS:
        if row.letter in own and row.key in plan.settings:
            if row.letter == "eta" and len(plan.rates) > 1:
                rates = ", ".join(repr(cell.value) for cell in plan.rates)
                yield f"rates = [{rates}]"
            else:
                yield f"{own[row.letter]} = {plan.settings[row.key]!r}  # {row.text}"


def _update(
    script: Script, writer: Writer, plan: Descent, parameter: str, own: Letters
) -> Iterator[str]:
    """Yield the equations of a step for one parameter."""
    gradient = writer.names[gradient_name(plan.loss, parameter)]
    names = {letter: text for letter, text in own.items() if isinstance(letter, str)}
    names |= {GRADIENT: gradient, PARAMETER: writer.names[parameter]}
    names |= {
        key[1]: text for key, text in own.items() if isinstance(key, tuple) and key[0] == parameter
    }
    here = Writer(writer.dialect, writer.table, names, writer.functions)
    problem = script.problem
    for line in plan.assignments:
        key = parameter if line.name == PARAMETER else f"{line.name}:"
        terms = rounded(problem, key, here.terms(line.expr))
        name = names[line.name]
        if line.first is not None:
            first = " ".join(rounded(problem, key, here.terms(line.first)))
            terms = [f"{first} if step == 1 else {' '.join(terms)}"]
        yield from assignment(name, terms, indent=_I)
