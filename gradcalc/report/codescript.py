"""What the scripts of all libraries share: names, data, comments, what is printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, product
from typing import TYPE_CHECKING

from gradcalc.algebra.expr import Apply, Expr, Symbol, parts
from gradcalc.algebra.operations import Table
from gradcalc.algebra.shapes import Shape
from gradcalc.errors import ProblemError
from gradcalc.problem.traps import traps
from gradcalc.problem.unknown import is_unknown
from gradcalc.report.codecuts import size_letters, size_of, size_text, size_value
from gradcalc.report.codedialect import Dialect, needed, plain
from gradcalc.report.codefloats import said_of_floats
from gradcalc.report.codeformula import FormulaWriter
from gradcalc.report.codelayout import comment, quoted
from gradcalc.report.codenames import identifiers
from gradcalc.report.steps import Step, build_steps
from gradcalc.report.view import View

if TYPE_CHECKING:
    from gradcalc.problem.model import Data, Problem, Solution

SIZES = (3, 4, 2, 5)
"""What the letters of a problem without numbers stand for, in turn."""
TRIES = 1000
"""How many other sizes are tried where a difference of these is no size: n − m + 1."""
_GENTLE = ("target",)


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
