"""What the scripts of all libraries share: names, data, comments, rounding, an optimiser's step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, product
from textwrap import wrap
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Expr, Symbol, parts, symbols
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.operations.operation import Table
from gradcalc.algebra.optimisers import PARAMETER, SETTINGS, STEP
from gradcalc.engine.evaluate import EvaluationError
from gradcalc.errors import ProblemError
from gradcalc.problem.names import is_hidden
from gradcalc.problem.reading.equations import is_unknown
from gradcalc.problem.traps import traps
from gradcalc.report.scripts.code_layout import LINE, comment, quoted
from gradcalc.report.scripts.dialect import (
    Dialect,
    free,
    identifiers,
    needed,
    plain,
    size_letters,
    size_of,
    size_text,
    size_value,
)
from gradcalc.report.scripts.formulas import FormulaWriter
from gradcalc.report.steps.steps import Step, build_steps
from gradcalc.report.steps.view import View

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array
    from gradcalc.problem.model import Data, Descent, Problem
    from gradcalc.problem.solution import Solution

CLOSE = 1e-9
"""Relative to the value: what binary floats differ by without anything cancelling."""
MOST = 8
"""Lines that are named; more are counted."""

SIZES = (3, 4, 2, 5)
"""What the letters of a problem without numbers stand for, in turn."""
TRIES = 1000
"""How many other sizes are tried where a difference of these is no size: n − m + 1."""
_GENTLE = ("target",)

_DECIMALS = """\
def rounded(x, decimals):
    # {what}
    scaled = np.minimum(np.abs(x), 2.0**53) * 10.0**decimals
    near = np.copysign({whole} / 10.0**decimals, x)
    return np.where(scaled < 2.0**53, near, x)  # from there on no digit is left"""
_DIGITS = """\
def rounded(x, digits):
    # {what}
    magnitude = np.where(x == 0, 1.0, np.abs(x))
    places = digits - 1 - np.floor(np.log10(magnitude) + 1e-15)
    scale = 10.0 ** np.minimum(places, 308)
    scaled = np.abs(x) * scale
    near = np.copysign({whole} / scale, x)
    return np.where(places <= 308, near, x)  # 10**309 is no float"""
_MODES = {
    "half_up": ("np.floor(scaled + 0.5 + 1e-10)", "halves away from 0, as on paper"),
    "half_even": ("np.round(np.round(scaled, 9))", "halves to the even digit"),
    "truncate": ("np.floor(scaled + 1e-10)", "further digits cut off"),
}
ROUNDING = {
    (mode, significant): (_DIGITS if significant else _DECIMALS)
    .format(whole=whole, what=what)
    .split("\n")
    for mode, (whole, what) in _MODES.items()
    for significant in (False, True)
}
"""Mode, and whether significant digits are kept → the function."""

ScriptLetters: TypeAlias = dict[str | tuple[str, str], str]
_WORDS = ("step", "passes", "rates", "rate")


def said_of_floats(solution: Solution) -> list[str]:
    """Return a comment on the lines that floats compute differently; none where there are none."""
    names = missed(solution)
    if not names:
        return []
    shown = [solution.problem.names.shown(name) for name in names]
    listed = ", ".join(shown[:MOST])
    rest = f" and {len(shown) - MOST} more" if len(shown) > MOST else ""
    verb = "differs" if len(shown) == 1 else "differ"
    text = (
        "Floats are binary: 0.1 + 0.2 - 0.3 is not 0 in them. Where the page has an exact 0 or"
        f" a tie, a script can miss it; here {listed}{rest} {verb} from the page."
    )
    return [comment(line) for line in wrap(text, LINE - 2)]


def missed(solution: Solution) -> tuple[str, ...]:
    """Return the lines whose value in plain floats is another one, in their order."""
    problem = solution.problem
    if not solution.values:
        return ()
    floats = _in_floats(solution)
    old = {new: name for name, new in problem.visible.names.items()}
    named = [name for name in solution.values if not is_hidden(name)]
    return tuple(
        name
        for name in named
        if name not in problem.jacobians
        and old.get(name, name) in floats
        and _differ(np.asarray(solution.values[name]), floats[old.get(name, name)])
    )


def _in_floats(solution: Solution) -> Mapping[str, Array]:
    problem: Problem = solution.problem
    start = {name: data.array for name, data in problem.data.items()}
    start |= {name: problem.given[name].array for name in problem.upstream_names}
    fixed = {name: problem.given[name].array for name in solution.fixed if name not in start}
    try:
        return problem.compiled(exact=False).run(start, fixed, problem.rounding)
    except EvaluationError:
        return {}


def _differ(exact: Array, floats: Array) -> bool:
    gap = np.abs(exact - floats)
    return bool((gap > CLOSE * np.abs(exact)).any())


@dataclass(frozen=True)
class Script:
    """A problem as it is to be written in one dialect.

    own: identifiers that the script uses itself. written: the problem in other formulas,
    where those of the page are not the library's.
    """

    solution: Solution
    dialect: Dialect
    own: tuple[str, ...]
    written: Problem | None = None

    @property
    def problem(self) -> Problem:
        """Return the problem that the script computes."""
        return self.written or self.solution.problem

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Return the lines of the worked solution."""
        return build_steps(View(self.solution), "brief")

    @cached_property
    def view(self) -> View:
        """Return the solution as it is written."""
        return View(replace(self.solution, problem=self.problem))

    @property
    def numeric(self) -> bool:
        """Tell whether the problem has numbers."""
        return bool(self.solution.values)

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """Return the letters that stand for sizes."""
        dims = (dim for data in self.problem.data.values() for dim in data.shape)
        return tuple(dict.fromkeys(letter for dim in dims for letter in size_letters(dim)))

    @cached_property
    def table(self) -> Table:
        """Return the operations of the problem."""
        return self.problem.table

    def refuse_unknown(self) -> None:
        """Refuse a function without a formula: a script has nothing to compute it with."""
        for node in self.problem.forward.nodes:
            for part in parts(node.expr):
                if is_unknown(part, self.table) and isinstance(part, Apply):
                    raise ProblemError(
                        f"this problem cannot be a script: {part.op} has no formula",
                        node.span,
                        hint=f"give it one, {part.op}(z) = …",
                    )

    def lines(self, phase: str) -> list[Step]:
        """Return the steps of a phase."""
        return [step for step in self.steps if step.phase == phase]

    def helpers(self, exprs: Iterable[Expr]) -> dict[str, str]:
        """Return the functions that the script defines: operation → name."""
        ops = needed((plain(expr) for expr in exprs), self.dialect, self.table)
        shown = [(op, f"{op[:-1]}_prime" if op.endswith("'") else op) for op in ops]
        return identifiers(shown, self.own)

    def names(self, functions: Iterable[str]) -> dict[str, str]:
        """Return the identifiers of all quantities, the author's letters first."""
        shown = self.problem.names.shown
        known = (step.name for step in self.steps)
        lines = (node.name for node in self.problem.visible.forward)
        every = [(name, shown(name)) for name in dict.fromkeys((*known, *lines))]
        sizes = [(letter, letter) for letter in self.letters]
        return identifiers([*sizes, *every], {*self.own, *functions})

    def writer(self, exprs: Sequence[Expr]) -> FormulaWriter:
        """Return the writer of the script's formulas."""
        functions = self.helpers(exprs)
        names = self.names(functions.values())
        return FormulaWriter(self.dialect, self.table, names, functions, frozenset(self.letters))

    def shape(self, writer: FormulaWriter, shape: Shape) -> str:
        """Return a shape as a tuple."""
        sizes = [size_text(dim, writer.names) for dim in shape]
        return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"

    def line(self, writer: FormulaWriter, shape: Shape, formula: Expr) -> list[str]:
        """Return a formula in terms, stretched to the shape of its line."""
        formula = plain(formula)
        number = writer.is_number(formula)
        terms = [writer.array_of(formula)] if number else writer.terms(formula)
        if self.view.shape_of(formula) == shape:
            return terms
        return [self.dialect.stretch.format(" ".join(terms), self.shape(writer, shape))]

    def heading(self, kind: str) -> list[str]:
        """Return the first lines: fixed words, then what the file says, as comments."""
        found = [f'"""{kind}, written by gradcalc."""', ""]
        said = [self.problem.title, self.problem.cite or ""]
        told = said_of_floats(self.solution)
        return [*found, *(comment(text) for text in (*said, *self.warnings()) if text), *told]

    def warnings(self) -> Iterator[str]:
        """Yield what was probably not meant, and which lines have no value, whatever is given."""
        for trap in traps(self.solution.problem):
            yield f"Warning: {trap.text}"
        known = {step.name for step in self.steps}
        for name, gap in self.solution.gaps.items():
            if name in known:
                yield f"{self.problem.names.shown(name)} does not exist {gap.told}"

    def warning(self, name: str) -> list[str]:
        """Return the line that says of what is asked that it has no value, where it has none."""
        gap = self.solution.gaps.get(name)
        if gap is None:
            return []
        label = self.problem.names.shown(name)
        return [f"print({quoted(f'{label} does not exist {gap.where}')})"]

    def sizes(self, writer: FormulaWriter) -> list[str]:
        """Return what the letters of a problem without numbers stand for."""
        in_turn = [SIZES[at % len(SIZES)] for at in range(len(self.letters))]
        others = islice(product(SIZES, repeat=len(self.letters)), TRIES)
        shapes = self.problem.visible.shapes.values()
        dims = {dim for shape in shapes for dim in shape if {*size_letters(dim)} <= {*self.letters}}
        for sizes in (in_turn, *others):
            found = dict(zip(self.letters, sizes, strict=True))
            if all(size_value(dim, found) > 0 for dim in dims):
                in_turn = [*sizes]
                break
        pairs = zip(self.letters, in_turn, strict=True)
        return [f"{writer.names[letter]} = {size}" for letter, size in pairs]

    def row_numbers(self, writer: FormulaWriter) -> dict[str, str]:
        """Return the quantities that are numbers of rows or classes, and how many there are."""
        found = {}
        for node in self.problem.forward.nodes:
            for part in parts(node.expr):
                if isinstance(part, Apply) and part.op in ("embed", "one_hot"):
                    read = part.args[-1]
                    of = part.attr("of") if part.op == "one_hot" else None
                    rows = self.view.shape_of(part.args[0])[0] if of is None else size_of(of)
                    if isinstance(read, Symbol):
                        found[read.name] = size_text(rows, writer.names, 1)
        return found

    def asked(self) -> list[tuple[str, str, tuple[int, ...] | None]]:
        """Return what is asked for: name, label, entry."""
        names = self.problem.names
        found = []
        known = {step.name for step in self.steps}
        for ref in self.problem.find:
            own = names.shown_entry(ref.name, ref.index) if ref.index is not None else None
            label = names.shown(ref.name)
            if ref.index is not None:
                label = own or f"{label}[{','.join(str(i + 1) for i in ref.index)}]"
            if ref.name in known:
                found.append((ref.name, label, ref.index))
        return found

    def random(self, data: Data) -> bool:
        """Tell whether a quantity is drawn between 0 and 1, where any loss has a value."""
        return data.role in _GENTLE


def rounded(problem: Problem, name: str, terms: list[str]) -> list[str]:
    """Return the terms of a line, rounded where the problem rounds its name."""
    rounding = problem.rounding
    if rounding is None or name in problem.visible.names.values():  # of a part of an equation
        return terms
    places = rounding.named.get(name, rounding.decimals)
    places = rounding.significant if places is None else places
    return terms if places is None else [f"rounded({' '.join(terms)}, {places})"]


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
