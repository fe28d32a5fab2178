"""What changes a number, in words: layout, loss, reduction, kinks, and whose numbers they are."""

from __future__ import annotations

from gradcalc.algebra.formula.expr import Apply
from gradcalc.algebra.formula.shapes import Shape, size
from gradcalc.engine.graph import Node
from gradcalc.errors import visible
from gradcalc.problem.model import Data, Problem
from gradcalc.problem.names import Reference
from gradcalc.report.mathematics.names import Lettering, spelled
from gradcalc.report.steps.view import View

UNREDUCED = {"none": "entry by entry", "whole": "over all entries"}

MOST = 12
"""Entries of a quantity, and names, that are written out."""


def conventions(view: View) -> dict[str, str]:
    """Return every convention in force by name, as `Read as` states them."""
    found = {
        "layout": _layout(view),
        "loss": _loss(view),
        "jacobians": _jacobians(view),
        "kinks": _kinks(view),
        "rounding": _rounding(view),
        "given": _given(view),
    }
    return {name: text if view.unicode else spelled(text) for name, text in found.items() if text}


def _layout(view: View) -> str:
    problem = view.problem
    if not problem.layers:
        return ""
    first = problem.layers[0]
    batch = len(view.shapes[first.before]) == 2
    bias = " + b" if any(layer.bias for layer in problem.layers) else ""
    start = "one sample a row: " if batch else ""
    if problem.layout == "inputs_by_units":
        product = "a W" if batch else f"{view.notation.transposed('W')} a"
        return f"{start}z = {product}{bias}, W is inputs × units"
    transposed = view.notation.transposed("W")
    return f"{start}z = {f'a {transposed}' if batch else 'W a'}{bias}, W is units × inputs"


def _jacobians(view: View) -> str:
    """Return the layout of Jacobians, where there are any to be seen."""
    if not view.jacobians or not (view.diagonals or view.problem.jacobians):
        return ""
    layout, entry = ("numerator", "∂aᵢ/∂zⱼ") if view.numerator else ("denominator", "∂aⱼ/∂zᵢ")
    return (
        f"Jacobians in {layout} layout: row i, column j of ∂a/∂z is {entry};"
        " a gradient of the loss has the shape of its variable"
    )


def _loss(view: View) -> str:
    """Return what each loss is, with its factor and its reduction."""
    lines = (_one_loss(view, node) for node in view.problem.visible.forward)
    return ";  ".join(line for line in lines if line)


def _one_loss(view: View, line: Node) -> str:
    if not isinstance(line.expr, Apply):
        return ""
    row = view.problem.table[line.expr.op]
    if row.kind != "loss":
        return ""
    shape = view.shape_of(line.expr.args[0])
    formula = f"{view.notation.name(line.name)} = {view.notation.line(view.defined(line.expr))}"
    if size(shape) == 1:
        return formula
    how = _reduction(view, line.expr, shape)
    return f"{row.name.replace('_', ' ')}{', ' * bool(how)}{how}: {formula}"


def _reduction(view: View, expr: Apply, shape: Shape) -> str:
    reduction = view.reduction(expr)
    batch = len(shape) == 2 and view.by_sample
    if reduction in UNREDUCED:
        by_sample = reduction == "none" and view.problem.table[expr.op].per_sample
        return "one number a sample" if by_sample else UNREDUCED[reduction]
    if reduction == "sum" and view.problem.table[expr.op].per_sample:
        return f"summed over the {shape[0]} samples" if batch else ""
    if batch and shape[1] == 1:
        return {"sum": f"summed over the {shape[0]} samples"}.get(
            reduction, f"mean over the {shape[0]} samples"
        )
    half = "with ½" if expr.op.startswith("half") else "no ½"
    square = f", {half}" if "squared_error" in expr.op else ""
    if reduction == "sum":
        where = "over all entries of all samples" if batch else "over the entries"
        return f"summed {where}{square}{', no mean' if square else ''}"
    if reduction == "mean":
        return (
            "mean over all entries"
            if not batch
            else (f"mean over all {shape[0]}·{shape[1]} entries")
        )
    if batch:
        return f"summed over a sample's entries, mean over the {shape[0]} samples"
    return f"summed over the entries of the one sample{square}"


def _kinks(view: View) -> str:
    notes: dict[str, None] = {}
    for node in view.problem.forward.nodes:
        if isinstance(node.expr, Apply):
            note = view.problem.table[node.expr.op].kink_note
            if note:
                row = view.problem.table[node.expr.op]
                notes[f"{row.name}: {note}" if note.startswith("the derivative") else note] = None
    return ";  ".join(notes)


def _rounding(view: View) -> str:
    rounding = view.problem.rounding
    if rounding is None:
        return ""
    how = {
        "half_up": "halves away from 0",
        "half_even": "halves to the even digit",
        "truncate": "cut off, not rounded",
    }[rounding.mode]
    if rounding.decimals is not None:
        return f"each value rounded to {rounding.decimals} decimals, {how}"
    if rounding.significant is not None:
        return f"each value rounded to {rounding.significant} significant digits, {how}"
    kinds: dict[int, list[str]] = {}
    for name, places in rounding.named.items():
        kinds.setdefault(places, []).append(view.notation.name(name))
    return (
        ", ".join(
            f"{', '.join(names)} rounded to {places} decimal{'' if places == 1 else 's'}"
            for places, names in kinds.items()
        )
        + f" ({how})"
    )


def _given(view: View) -> str:
    if not view.problem.given:
        return ""
    return (
        "given values are used as they stand"
        if view.solution.trusted
        else ("given values are set aside, the equations are used instead")
    )


def whose(problem: Problem, notation: Lettering) -> str | None:
    """Return whose numbers a problem has, None where all students have the same."""
    if problem.individual is None:
        return None
    names = _names(problem.individual.entries, problem, notation)
    if len(names) > MOST:
        names = [*names[: MOST - 1], f"{len(names) - MOST + 1} more"]
    drawn = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    verb = "are" if len(names) > 1 else "is"
    if problem.student is None:
        return f"the example of the file; {drawn} {verb} drawn for every student"
    return f"{visible(problem.student)}; {drawn} {verb} drawn for this student"


def own_numbers(problem: Problem, notation: Lettering) -> str | None:
    """Return the numbers that only this student has: `x = (0.5, 2), y = 1`."""
    if not problem.own:
        return None
    return ", ".join(_written(problem.data[name], notation) for name in problem.own)


def _names(entries: tuple[Reference, ...], problem: Problem, notation: Lettering) -> list[str]:
    """Return the names of what is drawn, a quantity of which all entries are as a whole."""
    found: dict[str, None] = {}
    for ref in entries:
        count = sum(other.name == ref.name for other in entries)
        whole = ref.index is None or count == problem.data[ref.name].array.size
        shown = notation.name(ref.name)
        if not whole and ref.index is not None:
            shown = notation.entry_name(ref.name, ref.index)
        found[shown] = None
    return list(found)


def _written(data: Data, notation: Lettering) -> str:
    name, value = notation.name(data.name), data.array
    if data.texts is None or value.size > MOST:
        return f"{name} ({value.size} numbers)"
    cells = [notation.number(text) for text in data.texts]
    if not value.shape:
        return f"{name} = {cells[0]}"
    wide = value.shape[-1]
    rows = [", ".join(cells[at : at + wide]) for at in range(0, len(cells), wide)]
    return f"{name} = ({'; '.join(rows)})"
