"""The equations of an optimiser as lines of a script: settings, letters, one step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from gradcalc.algebra.expr import Expr, symbols
from gradcalc.algebra.optimisers import PARAMETER, SETTINGS, STEP
from gradcalc.report.codeformula import FormulaWriter
from gradcalc.report.codenames import free

if TYPE_CHECKING:
    from gradcalc.problem.descent import Descent
    from gradcalc.problem.model import Solution

ScriptLetters: TypeAlias = dict[str | tuple[str, str], str]
_WORDS = ("step", "passes", "rates", "rate")


def update_formulas(solution: Solution) -> list[Expr]:
    """Return the formulas of a step, where there are numbers to move."""
    plan = solution.problem.descent if solution.values else None
    lines = plan.assignments if plan else ()
    return [each for line in lines for each in (line.expr, line.first) if each is not None]


def letters_of(plan: Descent, writer: FormulaWriter, taken: Iterable[str]) -> ScriptLetters:
    """Return identifiers of settings, of `t`, and of each letter of each parameter."""
    used = {*writer.names.values(), *writer.functions.values(), *taken, *_WORDS}
    found: ScriptLetters = {STEP: "step"}
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


def setting_lines(plan: Descent, own: ScriptLetters) -> Iterator[str]:
    """Yield a line for each setting that an equation reads; the rates of all steps in a list."""
    for row in SETTINGS:
        if row.letter in own and row.key in plan.settings:
            if row.letter == "eta" and len(plan.rates) > 1:
                rates = ", ".join(repr(cell.value) for cell in plan.rates)
                yield f"rates = [{rates}]"
            else:
                yield f"{own[row.letter]} = {plan.settings[row.key]!r}  # {row.text}"


def step_equations(
    plan: Descent,
    writer: FormulaWriter,
    own: ScriptLetters,
    parameter: str,
    texts: Mapping[str, str],
    adjust: Callable[[str, list[str]], list[str]] = lambda _, terms: terms,
) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the equations of a step for one parameter: letter, its identifier, terms.

    texts: what stands for the parameter and for its gradient. adjust: what is made of the
    terms of a letter, to round them.
    """
    numbers = {letter: text for letter, text in own.items() if isinstance(letter, str)}
    state = {key[1]: text for key, text in own.items() if key[0] == parameter}
    names = {**state, **numbers, **texts}
    known = {*numbers}
    for line in plan.assignments:
        here = FormulaWriter(
            writer.dialect, writer.table, names, writer.functions, frozenset(known)
        )
        if here.is_number(line.expr):
            known.add(line.name)
        terms = adjust(line.name, here.terms(line.expr))
        if line.first is not None:
            first = " ".join(adjust(line.name, here.terms(line.first)))
            terms = [f"{first} if step == 1 else {' '.join(terms)}"]
        yield line.name, names[line.name], terms
