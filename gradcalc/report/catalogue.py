"""The table of operations as pages: the list, and the sheet of one row."""

from __future__ import annotations

from collections.abc import Mapping

from gradcalc.algebra.expr import Apply, Expr, Symbol, substitute
from gradcalc.algebra.operations import Operation, Table, formula
from gradcalc.algebra.optimisers import OPTIMISERS
from gradcalc.algebra.shapes import Shape
from gradcalc.algebra.syntax import format
from gradcalc.errors import width
from gradcalc.report.boxes import Box, text
from gradcalc.report.layout import named
from gradcalc.report.notation import Notation
from gradcalc.report.page import Page, wrapped

KINDS = {
    "activation": "Activations",
    "loss": "Losses of a prediction y and a target t, one entry",
    "elementwise": "Functions, entry by entry",
    "arithmetic": "Arithmetic, entry by entry",
    "comparison": "Comparisons: 1 where they hold, otherwise 0",
    "reduction": "Sums and means",
    "matrix": "Vectors and matrices",
}
REDUCTIONS = {
    "sum": "summed over all entries",
    "mean": "averaged over all entries",
    "batchmean": "summed within a sample, averaged over the samples",
}
INTERNAL = ("expand", "fill", "array", "size", "entry")
RANKS = ("number", "vector", "matrix")
MARGIN = 14


def listing(page: Page, table: Table) -> None:
    """Write one line an operation, by kind."""
    page.title("Operations")
    for kind, heading in KINDS.items():
        rows = [row for row in table if row.kind == kind and row.name not in INTERNAL]
        if not rows:
            continue
        page.band(heading)
        widest = max(width(row.name) for row in rows)
        for row in rows:
            lead = row.name.ljust(widest)
            meaning = _meaning(page, table, row)
            if width(lead) + 4 + width(meaning) > page.columns:
                meaning = row.text
            page.lines.append(((f"  {lead}  ", "plain"), (meaning, "faint")))
    page.band("Optimisers, under descent:")
    widest = max(width(each.name) for each in OPTIMISERS)
    for each in OPTIMISERS:
        lead = f"  {each.name.ljust(widest)}  "
        for at, part in enumerate(wrapped(each.text, page.columns - width(lead))):
            page.lines.append(((lead if at == 0 else " " * width(lead), "plain"), (part, "faint")))
    page.blank()
    page.paragraph(
        "gradcalc ops NAME shows the formula, derivative, kinks and aliases of one.", 0, "note"
    )


def _meaning(page: Page, table: Table, row: Operation) -> str:
    if row.definition:
        return _notation(page, table, row).line(formula(row.definition))
    if row.kind in ("arithmetic", "comparison"):
        return f"{format(_example(row))}    {row.text}"
    return row.text


def sheet(page: Page, table: Table, call: Apply) -> None:
    """Write the sheet of one operation."""
    row = table[call.op]
    notation = _notation(page, table, row)
    value: dict[str, Expr] = {} if row.kind == "loss" else {row.output: Symbol("f")}
    params = ", ".join(notation.name(param) for param in row.params)
    page.title(f"{row.name}: {row.text}")
    page.blank()
    if row.definition:
        boxed(page, "Formula", named(f"f({params})", notation.whole(formula(row.definition))))
    if row.kind == "loss":
        field(page, "Entries", REDUCTIONS[row.reduction])
        field(page, "", "reduction= sets another: sum, mean or batchmean")
    d = "∂" if page.unicode else "d"
    for param, rule in zip(row.params, row.derivative or (), strict=False):
        if rule is not None:
            left = f"{d}f/{d}{notation.name(param)}"
            shown = (
                text("the product of the other factors")
                if rule == "others"
                else (notation.whole(substitute(formula(rule), value)))
            )
            boxed(page, "Derivative" if param == row.params[0] else "", named(left, shown))
    _products(page, table, row, value)
    if row.jacobian:
        field(page, "Jacobian", notation.line(substitute(formula(row.jacobian), value)))
    field(page, "Kink", row.kink_note)
    field(page, "Domain", ", ".join(notation.line(formula(rule)) for rule in row.domain))
    for name, default in row.defaults:
        field(page, "Parameter", f"{name} = {default}, unless set: {row.name}({name}={default})")
    field(page, "Aliases", ", ".join(row.aliases))
    field(page, "As asked", ", ".join(f"{key}={format(setting)}" for key, setting in call.attrs))
    page.blank()
    for label, usage in zip(("In a file", ""), _usages(row), strict=False):
        field(page, label, usage if page.unicode else usage.replace("…", "..."))


def _notation(page: Page, table: Table, row: Operation, ranks: tuple[int, ...] = ()) -> Notation:
    """Return a notation in which the symbols of a row have the shapes that it is read with."""
    plain = row.is_elementwise or row.kind == "loss"
    shape: Shape = () if plain else ("n",)
    shapes = dict.fromkeys((*row.params, row.output, "g", "f"), shape)
    if row.kind == "reduction":
        shapes |= {row.output: (), "f": (), "g": ()}
    for param, rank in zip(row.params, ranks, strict=False):
        shapes[param] = ("m", "n")[:rank]
    shapes |= dict.fromkeys(row.attributes, ())
    return Notation(shapes, unicode=page.unicode, table=table)


def _products(page: Page, table: Table, row: Operation, value: dict[str, Expr]) -> None:
    """Write what each operand receives for an upstream gradient g."""
    if row.vjp is None:
        return
    rules = row.vjp.items() if isinstance(row.vjp, Mapping) else [((), row.vjp)]
    label = "Backward"
    for ranks, texts in rules:
        notation = _notation(page, table, row, ranks)
        which = " times ".join(RANKS[rank] for rank in ranks)
        for param, rule in zip(row.params, texts, strict=False):
            if rule is not None:
                shown = notation.line(substitute(formula(rule), value))
                where = f"   ({which})" if which else ""
                field(page, label, f"{notation.name(param)} receives {shown}{where}")
                label = ""
    field(page, "", "where g is the gradient of the value")


def _example(row: Operation) -> Apply:
    params = row.params if not row.variadic else ("a", "b")
    return Apply(row.name, tuple(Symbol(param) for param in params))


def _usages(row: Operation) -> list[str]:
    """Return how an operation is written in a problem file."""
    setting = f"({row.defaults[0][0]}={row.defaults[0][1]})" if row.defaults else ""
    if row.kind == "activation":
        return [f"activations: [{row.name}{setting}, …]", f"a = {row.name}(z) under equations"]
    if row.kind == "loss":
        return [f"loss: {row.name}{setting}", f"L = {row.name}(yhat, y) under equations"]
    return [f"v = {format(_example(row))} under equations"]


def field(page: Page, label: str, content: str) -> None:
    """Write a labelled text, broken at blanks; nothing where there is none."""
    if content:
        lines = wrapped(content, page.columns - MARGIN)
        boxed(page, label, Box(tuple(line for line in lines)))


def boxed(page: Page, label: str, box: Box) -> None:
    """Write a box with its label on the baseline."""
    for at, row in enumerate(box.rows):
        lead = label if at == box.base else ""
        page.lines.append(((lead.ljust(MARGIN), "heading"), (row.rstrip(), "plain")))
