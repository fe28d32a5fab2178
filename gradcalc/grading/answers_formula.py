"""Read a formula that stands as an answer, its names made gradcalc's own."""

from __future__ import annotations

import re
import sys
from fractions import Fraction

from gradcalc.algebra.expr import Apply, Expr, Number, Symbol, number, parts, rebuild, symbols
from gradcalc.algebra.inference import resolve, shape_finder
from gradcalc.algebra.shapes import Shape, ShapeError
from gradcalc.algebra.syntax import parse
from gradcalc.errors import ProblemError
from gradcalc.grading.answers_names import Quantities
from gradcalc.problem.naming import Index, Reference

MAX_LENGTH = 1000
MAX_PICKED = 1000
_ENTRY = re.compile(r"([^\W\d_]+)_?([1-9])\Z")
_NUMBER = r"[-+−]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_LIST = re.compile(rf"(?<![\w\])])[\[(]\s*{_NUMBER}(?:[\s,;]+{_NUMBER})+\s*[\])]", re.ASCII)
_LARGEST = Fraction(sys.float_info.max)


def read_formula(text: str, quantities: Quantities) -> Expr:
    """Return the formula that a text spells, over gradcalc's names and the problem's letters.

    An entry is picked by products with a 1 among zeros, and `v @ w.T` of two vectors is
    their outer product, so that every reading of a formula can evaluate it. Raises
    ValueError with the reason for all that is not a formula of the problem's quantities.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a formula of more than {MAX_LENGTH} characters")
    try:
        expr = parse(_LIST.sub(_listed, text))
        found = {name: _meaning(name, quantities) for name in symbols(expr)}
        expr = rebuild(expr, lambda part: _ours(part, found, quantities))
        expr = _by_rank(resolve(expr, quantities.problem.table), quantities)
    except ProblemError as error:
        raise ValueError(_one_line(error)) from None
    if any(isinstance(part, Number) and abs(part.value) > _LARGEST for part in parts(expr)):
        raise ValueError("a number in the formula is larger than any that gradcalc computes with")
    return expr


def _listed(match: re.Match[str]) -> str:
    """Return a list of numbers with its commas: `[2 -1]` is no difference, `[1; 2]` a column.

    >>> _listed(re.match(r".*", "[1 2; 3 4]"))
    '[[1, 2], [3, 4]]'
    """
    rows = [re.findall(_NUMBER, row) for row in match[0].split(";")]
    if len(rows) > 1 and all(len(row) == 1 for row in rows):
        rows = [[cell for row in rows for cell in row]]
    lists = [f"[{', '.join(row)}]" for row in rows]
    return lists[0] if len(lists) == 1 else f"[{', '.join(lists)}]"


def _one_line(error: ProblemError) -> str:
    return f"{error.message}: {error.hint}" if error.hint else error.message


def _meaning(name: str, quantities: Quantities) -> Reference | None:
    """Return what a name in a formula stands for, None for a letter."""
    found = quantities.find(name)
    if isinstance(found, Reference):
        return found
    if name in quantities.letters:
        return None
    entry = _ENTRY.match(name)
    if entry is not None:  # x2 is the second entry of x, where nothing has this name
        inner = quantities.find(f"{entry[1]}[{entry[2]}]")
        if isinstance(inner, Reference):
            return inner
    raise ValueError(found)


def _ours(part: Expr, found: dict[str, Reference | None], quantities: Quantities) -> Expr:
    """Return one part of a formula with gradcalc's name, an entry picked."""
    if isinstance(part, Symbol) and (meant := found.get(part.name)) is not None:
        if meant.index is None:
            return Symbol(meant.name, part.place)
        return _picked(Symbol(meant.name, part.place), meant.index, quantities)
    if isinstance(part, Apply) and part.op == "entry":
        base, *at = part.args
        if not isinstance(base, Symbol):
            raise ValueError("entries of a formula are not read: name the entry of a quantity")
        if not all(isinstance(place, Number) for place in at):
            raise ValueError("an entry is named by whole numbers, counted from 1")
        text = f"{base.name}[{','.join(str(i.value) for i in at if isinstance(i, Number))}]"
        entry = quantities.find(text)
        if isinstance(entry, str):
            raise ValueError(entry)
        return _picked(base, entry.index, quantities) if entry.index is not None else base
    return part


def _by_rank(expr: Expr, quantities: Quantities) -> Expr:
    """Return a formula whose transposed vectors are read by rank, as in an equation."""
    shape_of = shape_finder(quantities.problem.visible.shapes, quantities.problem.table)

    def rank(part: Expr) -> int | None:
        try:
            return len(shape_of(part))
        except ShapeError:
            return None

    def row(part: Expr) -> Expr | None:
        """Return the vector or number that a part is the transpose of, or None."""
        if isinstance(part, Apply) and part.op == "transpose" and rank(part.args[0]) in (0, 1):
            return part.args[0]
        return None

    def change(part: Expr) -> Expr:
        if not isinstance(part, Apply) or part.op != "matmul":
            return part
        left, right = part.args
        if (vector := row(right)) is not None and rank(left) == rank(vector) == 1:
            return Apply("outer", (left, vector), (), part.place)
        if (vector := row(left)) is not None and rank(vector) == 1:
            op = "dot" if rank(right) == 1 else "matmul"
            return Apply(op, (vector, right), (), part.place)
        return part

    def plain(part: Expr) -> Expr:
        vector = row(part)
        return part if vector is None else vector

    return rebuild(rebuild(expr, change), plain)


def _picked(base: Symbol, index: Index, quantities: Quantities) -> Expr:
    """Return one entry of a quantity as a product with units: `dot(x, [0, 1])`."""
    shape = quantities.problem.visible.shapes[base.name]
    if len(shape) > 2 or any(isinstance(dim, str) or dim > MAX_PICKED for dim in shape):
        raise ValueError(f"entries of {base.name} are not read in a formula")
    row: Expr = base
    if len(shape) == 2:
        row = Apply("matmul", (_unit(index[0], shape[:1]), base), (), base.place)
    return Apply("dot", (row, _unit(index[-1], shape[-1:])), (), base.place)


def _unit(at: int, shape: Shape) -> Expr:
    return Apply("array", tuple(number(int(i == at)) for i in range(int(shape[0]))))
