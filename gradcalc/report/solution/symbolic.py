"""Problems in letters: dimensions, the chain rule, Jacobians, closed forms, entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from gradcalc.algebra.formula.expr import (
    ONE,
    Apply,
    Expr,
    Symbol,
    add,
    mul,
    neg,
    number,
    rebuild,
    substitute,
)
from gradcalc.algebra.formula.expr import parts as all_parts
from gradcalc.algebra.formula.names import gradient_name, gradient_parts
from gradcalc.algebra.formula.shapes import Dim, Shape, size
from gradcalc.algebra.rewriting.entries import TooLongError, has_entries, indices
from gradcalc.algebra.rewriting.indexed_entries import (
    EntryPlace,
    EntryPlaces,
    NoEntriesError,
    index_letters,
    ordered,
    written_size,
)
from gradcalc.algebra.rewriting.simplify import transpose
from gradcalc.errors import width
from gradcalc.report.mathematics.unicode import Box, matrix
from gradcalc.report.page import Page
from gradcalc.report.steps.chain import Path, chain_rule, closed_form, paths
from gradcalc.report.steps.steps import Step
from gradcalc.report.steps.value_boxes import EQUALS, broken, equals
from gradcalc.report.steps.view import View

if TYPE_CHECKING:
    from gradcalc.engine.graph import Node
    from gradcalc.problem.names import Reference

DRAWN = 4
"""Rows and columns of a Jacobian that is drawn whole."""

MOST_ENTRIES = 24
"""Entries above which an indexed form is written once, for each i, j."""
LONGEST = 40
"""Parts of a sum above which it is not written out."""
ADDING = ("matmul", "dot", "sum", "mean", "norm")
INDENT = 5
GAP = 3


def drawn(view: View, node: Node, room: int) -> Box | None:
    """Return a Jacobian with its entries in letters; None where it is none, or is too wide."""
    if node.name not in view.diagonals and node.name not in view.problem.jacobians:
        return None
    if len(node.shape) != 2 or node.shape == (1, 1):
        return None
    places = [_places(dim) for dim in node.shape]
    try:
        rows = [[_cell(view, node.expr, row, column) for column in places[1]] for row in places[0]]
    except NoEntriesError:
        return None
    dots, down, both = ("…", "⋮", "⋱") if view.unicode else ("...", ":", "...")
    rows = [[dots if cell is None else cell for cell in row] for row in rows]
    for i, row in enumerate(places[0]):
        for j, column in enumerate(places[1]):
            if row is None:
                rows[i][j] = both if column is None else down
    box = matrix([[cell or "" for cell in row] for row in rows])
    return box if box.width <= room else None


def _places(dim: Dim) -> list[EntryPlace | None]:
    """Return the rows that are drawn, None for those that are left out."""
    if isinstance(dim, int) and dim <= DRAWN:
        return [number(at) for at in range(1, dim + 1)]
    last: EntryPlace = Symbol(dim) if isinstance(dim, str) else number(dim)
    return [number(1), number(2), None, last]


def _cell(view: View, expr: Expr, row: EntryPlace | None, column: EntryPlace | None) -> str | None:
    if row is None or column is None:
        return None
    return view.notation.line(rebuild(view.anywhere(expr, (row, column)), _common))


def _common(expr: Expr) -> Expr:
    """Write s − s·s as s (1 − s)."""
    if not isinstance(expr, Apply) or expr.op != "add" or len(expr.args) != 2:
        return expr
    first, second = expr.args
    inner = second.args[0] if isinstance(second, Apply) and second.op == "neg" else None
    if not isinstance(inner, Apply) or inner.op != "mul" or first not in inner.args:
        return expr
    rest = list(inner.args)
    rest.remove(first)
    return mul(first, add(ONE, neg(mul(*rest))))


def product(view: View, name: str) -> Expr | None:
    """Return a gradient as a product of Jacobians, in the order of their layout.

    denominator   ∂a/∂z Wᵀ ∂ŷ/∂z ∂L/∂ŷ, columns from right to left
    numerator     (∂L/∂ŷᵀ ∂ŷ/∂z W ∂a/∂z)ᵀ, rows from left to right
    None where there are no Jacobians, or several paths.
    """
    parts = gradient_parts(name)
    if parts is None or len(found := paths(view, parts[1])) != 1:
        return None
    forms: dict[str, Expr] = {}
    for node in view.problem.visible.backward:
        own = gradient_parts(node.name)
        if own is None or own[0] != view.problem.loss or own[1] not in found[0].names[2:]:
            continue
        form = substitute(_step(view, found[0], own[1], node.expr), forms)
        if node.name == name:
            return _in_order(form, _rows if view.numerator else _flat)
        if view.shape_of(node.expr) or not node.shape:  # one number for all entries keeps its name
            forms[node.name] = form
    return None


def _step(view: View, path: Path, name: str, expr: Expr) -> Expr:
    """Return a backward line as Jacobian times upstream gradient, where it has a Jacobian."""
    above = path.names[path.names.index(name) - 1]
    local = gradient_name(above, name)
    if local not in view.diagonals and local not in view.problem.jacobians:
        return expr
    upstream = Symbol(gradient_name(view.problem.loss, above))
    jacobian = Symbol(local)
    turned = Apply("transpose", (jacobian,)) if view.numerator else jacobian
    return Apply("matmul", (turned, upstream))


def _in_order(expr: Expr, write: Callable[[tuple[Expr, ...]], Expr]) -> Expr:
    """Return a formula with each product of three or more matrices written in an order."""
    if not isinstance(expr, Apply):
        return expr
    if expr.op == "matmul":
        return write(_chain(expr))
    return Apply(expr.op, tuple(_in_order(arg, write) for arg in expr.args), expr.attrs)


def _flat(factors: tuple[Expr, ...]) -> Expr:
    """Return A (B v) as (A B) v, which is written without brackets."""
    first, *others = factors
    for other in others:
        first = Apply("matmul", (first, other))
    return first


def _rows(factors: tuple[Expr, ...]) -> Expr:
    """Return A (B v) as (vᵀ Bᵀ Aᵀ)ᵀ."""
    *matrices, vector = factors
    row: Expr = Apply("transpose", (vector,))
    for each in reversed(matrices):
        row = Apply("matmul", (row, transpose(each)))
    return Apply("transpose", (row,))


def _chain(expr: Expr) -> tuple[Expr, ...]:
    if isinstance(expr, Apply) and expr.op == "matmul":
        return (*_chain(expr.args[0]), *_chain(expr.args[1]))
    return (expr,)


def links(view: View) -> list[tuple[str, Expr]]:
    """Return the Jacobian of each layer's sum by its input: ∂z⁽²⁾/∂a⁽¹⁾ = W⁽²⁾."""
    found = []
    by_units = view.problem.layout == "units_by_inputs"
    for layer in view.problem.layers:
        if layer.before in view.problem.data or len(view.shapes[layer.before]) != 1:
            continue
        weight = Symbol(layer.weight)
        whole = by_units == view.numerator
        jacobian: Expr = weight if whole else Apply("transpose", (weight,))
        found.append((gradient_name(layer.z, layer.before), jacobian))
    return found


def under_line(page: Page, view: View, step: Step, detail: str, indent: int) -> None:
    """Write what stands under a line: a Jacobian with its entries, any one entry."""
    if view.problem.numeric or step.formula is None:
        return
    if view.jacobians:
        lines = (*view.forward, *view.backward)
        node = next((node for node in lines if node.name == step.name), None)
        box = drawn(view, node, page.columns - indent - 6) if node is not None else None
        if box is not None:
            page.block(equals([box]), indent + 2)
    if detail == "entries" and not step.entries and not isinstance(step.formula, Symbol):
        for content, each in any_entry(view, step.name, step.formula, step.shape):
            _equation(page, content, [], each, indent + 2)


def any_entry(view: View, name: str, formula: Expr, shape: Shape) -> list[tuple[str, str]]:
    """Return the indexed form of a line and for which entries it holds; empty without one."""
    if size(shape) == 1 and not view.lettered(formula) and not _long(view, formula):
        return _written_out(view, name, formula, shape)
    letters = index_letters(view.taken)
    places = _letter_places(shape, letters)
    try:
        found = view.anywhere(formula, places, letters)
    except NoEntriesError:
        return []
    if not any(isinstance(place, Symbol) for place in places) and not _adds(found):
        return []
    line = f"{view.notation.placed(name, places)}{EQUALS}{view.notation.line(found)}"
    return [(line, _each(places))]


def _written_out(view: View, name: str, formula: Expr, shape: Shape) -> list[tuple[str, str]]:
    """Return a line of one entry with its sums written out: out = v₁ h₁ + v₂ h₂ + c."""
    added = any(isinstance(p, Apply) and p.op in ADDING for p in all_parts(formula))
    if not added or not has_entries(formula, view.problem.table):
        return []
    try:
        found = ordered(view.entry(formula, (0,) * len(shape), numbers=False), view.fed)
    except TooLongError:
        return []
    shown = view.notation.entry_name(name, (0,) * len(shape))
    return [(f"{shown}{EQUALS}{view.notation.line(found)}", "")]


def _letter_places(shape: Shape, letters: Iterator[str]) -> EntryPlaces:
    """Return an index for each axis of a shape; an axis of one entry has the number 1."""
    return tuple(ONE if dim == 1 else Symbol(next(letters)) for dim in shape)


def _adds(expr: Expr) -> bool:
    return any(isinstance(part, Apply) and part.op == "total" for part in all_parts(expr))


def _each(places: EntryPlaces) -> str:
    names = [place.name for place in places if isinstance(place, Symbol)]
    return f"for each {', '.join(names)}" if names else ""


# --- the answer -------------------------------------------------------------------


def answers(page: Page, view: View, detail: str) -> bool:
    """Write each gradient as chain rule and in closed form; tell whether there is a chain."""
    problem = view.problem
    if problem.numeric or not any(chain_rule(view, ref.name) for ref in problem.find):
        return False
    if view.jacobians:
        _links(page, view)
    for at, ref in enumerate(problem.find):
        if at:
            page.blank()
        if ref.index is None:
            _gradient(page, view, ref.name, detail)
        else:
            _entry(page, view, ref)
    if any(ref.index is None for ref in problem.find):
        page.blank()
        page.paragraph(
            "First the chain rule, from the loss back; then the same in an order in which the "
            "shapes multiply.",
            INDENT,
        )
    return True


def forms(view: View, name: str) -> list[Expr]:
    """Return a gradient in forms whose shapes multiply: Jacobians, where shown; closed."""
    matrices = view.jacobians and (view.diagonals or view.problem.jacobians)
    found = [product(view, name) if matrices else None]
    found.append(closed_form(view, name))
    if found[-1] is None:
        found.append(next((n.expr for n in view.problem.visible.backward if n.name == name), None))
    return [form for form in found if form is not None]


def _gradient(page: Page, view: View, name: str, detail: str) -> None:
    shown = [view.notation.line(form) for form in forms(view, name)]
    chain = chain_rule(view, name)
    first, *rest = dict.fromkeys([chain, *shown] if chain else shown)
    content = view.notation.name(name) + EQUALS + first
    _equation(page, content, rest, view.notation.dimensions(view.problem.visible.shapes[name]))
    form = closed_form(view, name)
    if detail == "entries" and form is not None:
        for line, each in entries(view, name, form):
            _equation(page, line, [], each, INDENT + 2)


def _entry(page: Page, view: View, ref: Reference) -> None:
    form = closed_form(view, ref.name)
    assert ref.index is not None
    name = view.notation.entry_name(ref.name, ref.index)
    if form is None or not has_entries(form, view.problem.table):
        page.text(name, "plain", INDENT)
        return
    try:
        found = ordered(view.entry(form, ref.index, numbers=False), view.fed)
    except TooLongError:
        page.text(name, "plain", INDENT)
        return
    _equation(page, f"{name}{EQUALS}{view.notation.line(found)}", [], "")


def entries(view: View, name: str, form: Expr) -> list[tuple[str, str]]:
    """Return a closed form by its entries: each of a few, or any one."""
    shape = view.problem.visible.shapes[name]
    count = size(shape)
    if count is None or count > MOST_ENTRIES or _long(view, form):
        return any_entry(view, name, form, shape)
    if count == 1 or not has_entries(form, view.problem.table):
        return []
    found = []
    for index in indices(shape):
        try:
            entry = ordered(view.entry(form, index, numbers=False), view.fed)
        except (NoEntriesError, TooLongError):
            return []
        shown = view.notation.entry_name(name, index)
        found.append((f"{shown}{EQUALS}{view.notation.line(entry)}", ""))
    return found


def _long(view: View, form: Expr) -> bool:
    """Tell whether an entry of a formula is too long with its sums written out."""
    return not view.lettered(form) and written_size(form, view.shape_of) >= LONGEST


def _links(page: Page, view: View) -> None:
    """Write the Jacobians of the layers' sums, and why that by W is no matrix."""
    found = [
        f"{view.notation.name(name)}{EQUALS}{view.notation.line(expr)}"
        f"   {view.notation.dimensions(view.shape_of(expr))}"
        for name, expr in links(view)
    ]
    for content in found:
        page.text(content, "plain", INDENT)
    layers = [layer for layer in view.problem.layers if len(view.shapes[layer.before]) == 1]
    if layers:
        _by_weight(page, view, layers[0].z, layers[0].weight, layers[0].before)
    if found or layers:
        page.blank()


def _by_weight(page: Page, view: View, z: str, weight: str, before: str) -> None:
    letters = index_letters(view.taken)
    i, j = Symbol(next(letters)), Symbol(next(letters))
    by_units = view.problem.layout == "units_by_inputs"
    own = view.notation
    axes = "×".join(str(dim) for dim in (*view.shapes[z], *view.shapes[weight]))
    d = "∂" if view.unicode else "d"
    local = f"{d}{own.placed(z, (i,))}/{d}{own.placed(weight, (i, j) if by_units else (j, i))}"
    page.paragraph(
        f"{d}{own.name(z)}/{d}{own.name(weight)} has three axes, {axes}: "
        f"{local}{EQUALS}{own.placed(before, (j,))}, and 0 for other units. "
        f"So it multiplies as an outer product with {own.name(before)}.",
        INDENT,
    )


def _equation(
    page: Page, content: str, others: Sequence[str], end: str, indent: int = INDENT
) -> None:
    """Write `a = b`, each further form under it, and a few words flush right at the end."""
    lead = " " * content.index(EQUALS)
    lines = [content, *(lead + EQUALS + other for other in others)]
    room = page.columns - indent
    for at, line in enumerate(lines):
        rows = (
            broken(line, room) if at == 0 or len(lead) < room // 2 else broken(line.strip(), room)
        )
        for row in rows[:-1]:
            page.text(row, "plain", indent)
        gap = room - width(rows[-1]) - width(end)
        if at < len(lines) - 1 or not end:
            page.text(rows[-1], "plain", indent)
        elif gap >= GAP:
            page.lines.append(((" " * indent + rows[-1] + " " * gap, "plain"), (end, "note")))
        else:
            page.text(rows[-1], "plain", indent)
            page.text(end, "note", max(indent, page.columns - width(end)))
