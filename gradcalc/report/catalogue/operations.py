"""The table of operations as documents: the list, and the sheet of one operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gradcalc.algebra.derivation.derivation import row_derivation
from gradcalc.algebra.formula.expr import ONE, Apply, Expr, Symbol, rebuild, substitute
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import format
from gradcalc.algebra.operations.operation import Operation, Table, applied, formula, slopes_at_kink
from gradcalc.algebra.optimisers import OPTIMISERS
from gradcalc.algebra.rewriting.simplify import simplify
from gradcalc.report.blocks import (
    Document,
    DocumentBlock,
    Either,
    Equation,
    Facts,
    PagePlace,
    Paragraph,
    Section,
    Text,
)
from gradcalc.report.catalogue.chain_rule import chain_blocks
from gradcalc.report.catalogue.derivations import derivation_blocks
from gradcalc.report.catalogue.formula import call_of, formula_of, name_of, slope_of
from gradcalc.report.catalogue.sheet import Rows, sheet
from gradcalc.report.mathematics.names import spelled
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.mathematics.tree import Math

KINDS = {
    "activation": "Activations",
    "loss": "Losses of a prediction y and a target t, one entry",
    "elementwise": "Functions, entry by entry",
    "arithmetic": "Arithmetic, entry by entry",
    "comparison": "Comparisons: 1 where they hold, otherwise 0",
    "reduction": "Sums and means",
    "matrix": "Vectors and matrices",
    "layer": "Layers, and entries taken, joined and moved",
}
REDUCTIONS = {
    "sum": "summed over all entries",
    "mean": "averaged over all entries",
    "batchmean": "summed within a sample, averaged over the samples",
    "whole": "one number as it stands",
}
CLASSES = formula("sum(1 + 0*y, axis=-1, keepdims=1)")
INTERNAL = (
    *("expand", "fill", "array", "size", "entry", "first_half", "second_half", "join"),
    *("spread", "unpool", "max_mask", "place"),
)
RANKS = ("number", "vector", "matrix")


def operations_document(table: Table, *, unicode: bool = True) -> Document:
    """Return one row an operation, by kind, then the optimisers."""
    return Document("Operations", "", tuple(_listed(table, unicode)))


def _listed(table: Table, unicode: bool) -> Iterator[DocumentBlock]:
    for kind, head in KINDS.items():
        rows = [row for row in table if row.kind == kind and row.name not in INTERNAL]
        if not rows:
            continue
        yield Section(head)
        for at, (family, members) in enumerate(_families(rows).items()):
            if family:
                name, place = family[0].upper() + family[1:], PagePlace(indent=2, gap=int(at > 0))
                yield Section(name, level=2, ruled=False, place=place)
            listed = tuple((row.name, _meaning(table, row, unicode)) for row in members)
            gap = int(at > 0 and not family)
            yield Facts(listed, between=2, tone="faint", place=PagePlace(indent=2, gap=gap))
    yield Section("Optimisers, under descent:")
    optimisers = tuple((each.name, each.text) for each in OPTIMISERS)
    yield Facts(optimisers, between=2, tone="faint", place=PagePlace(indent=2, gap=0))
    told = "gradcalc ops NAME shows the formula, derivative, kinks and aliases of one."
    yield Paragraph(told, "note", place=PagePlace(indent=0, gap=1))


def _read(text: str) -> Expr:
    """Return a row's formula for print, with K for the number of classes or entries."""

    def change(part: Expr) -> Expr:
        counted = part == CLASSES or (isinstance(part, Apply) and part.op == "size")
        return Symbol("K") if counted else part

    return rebuild(formula(text), change)


def _counted(row: Operation, rule: Expr) -> Expr:
    """Return what an operand receives, with K for the number of its entries."""
    if row.kind != "reduction":
        return rule

    def change(part: Expr) -> Expr:
        if isinstance(part, Apply) and part.op == "size":
            return ONE if part.args == (Symbol(row.output),) else Symbol("K")
        return part

    return simplify(rebuild(rule, change))


def _families(rows: list[Operation]) -> dict[str, list[Operation]]:
    """Return rows by family, in the order of the table."""
    found: dict[str, list[Operation]] = {}
    for row in rows:
        found.setdefault(row.family, []).append(row)
    return found


def _meaning(table: Table, row: Operation, unicode: bool) -> Text | Either:
    """Return the formula of an operation, or words where it has none or no room."""
    if row.definition and row.kind != "layer":
        notation = _notation(table, row, unicode)
        return Either((formula_of(notation, _read(row.definition)),), row.text)
    if row.kind in ("arithmetic", "comparison"):
        return Either(f"{format(_example(row))}    {row.text}", row.text)
    return row.text


def operation_document(table: Table, call: Apply, *, unicode: bool = True) -> Document:
    """Return the sheet of one operation."""
    row = table[call.op]
    blocks: list[DocumentBlock] = [*sheet(_rows(table, call, unicode), _filed(row, unicode))]
    derived = row_derivation(row, table)
    if derived is not None:
        blocks += derivation_blocks(table, row, derived, unicode=unicode)
        blocks += chain_blocks(table, row, derived, unicode=unicode)
    return Document(f"{row.name}: {row.text}", "", tuple(blocks))


def _rows(table: Table, call: Apply, unicode: bool) -> Rows:
    """Yield what the sheet says, a label and words a row."""
    row = table[call.op]
    notation = _notation(table, row, unicode)
    value: dict[str, Expr] = {} if row.kind == "loss" else {row.output: Symbol("f")}
    if row.definition:
        called = call_of(notation, "f", row.params)
        yield "Formula", Equation(called, (formula_of(notation, _read(row.definition)),))
    if row.kind == "loss":
        yield "Entries", REDUCTIONS[row.reduction]
        if row.reduction != "whole":
            yield "", "reduction= sets another: sum, mean, batchmean or none"
    yield from _derivatives(notation, row, value)
    yield from _products(table, row, value, unicode)
    if row.jacobian:
        yield "Jacobian", (formula_of(notation, substitute(formula(row.jacobian), value)),)
    yield "Kink", row.kink_note
    if slopes_at_kink(row):
        yield "", f"kinks: {{{row.name}: 1}} in a file takes another value there"
    domain: list[str | Math] = []
    for rule in row.domain:
        domain += [", "] * bool(domain) + [formula_of(notation, formula(rule))]
    yield "Domain", tuple(domain)
    yield from _parameters(row)
    yield "Aliases", ", ".join(row.aliases)
    yield "Learning", row.remark if unicode else spelled(row.remark)
    yield "As asked", ", ".join(f"{key}={format(setting)}" for key, setting in call.attrs)


def _filed(row: Operation, unicode: bool) -> Rows:
    """Yield how an operation is written in a problem file."""
    for label, usage in zip(("In a file", ""), _usages(row), strict=False):
        yield label, usage if unicode else usage.replace("…", "...")


def _derivatives(notation: Notation, row: Operation, value: dict[str, Expr]) -> Rows:
    """Yield the elementwise derivatives, one a parameter."""
    for param, rule in zip(row.params, row.derivative or (), strict=False):
        if rule is None:
            continue
        left = slope_of(notation, name_of(notation, "f"), name_of(notation, param))
        label = "Derivative" if param == row.params[0] else ""
        if rule == "others":
            yield label, (left, " = the product of the other factors")
        else:
            shown = formula_of(notation, substitute(_read(rule), value))
            yield label, Equation(left, (shown,))


def _parameters(row: Operation) -> Rows:
    """Yield what can be set in a call, and under which names."""
    for name, default in row.defaults:
        yield "Parameter", f"{name} = {default}, unless set: {row.name}({name}={default})"
    for name, says in row.options:
        yield "Parameter", f"{name}: {says}" if says else ""
    for name, ours in row.parameter_names:
        yield "", f"{name} is {ours} by another name"
    for name, other in row.variants:
        yield "Parameter", f"{name} makes it {other}: {row.name}({name}=...)"


def _notation(table: Table, row: Operation, unicode: bool, ranks: tuple[int, ...] = ()) -> Notation:
    """Return a notation in which the symbols of a row have the shapes that it is read with."""
    plain = row.is_elementwise or row.kind == "loss"
    shape: Shape = () if plain else ("n",)
    shapes = dict.fromkeys((*row.params, row.output, "g", "f"), shape)
    if row.kind == "layer":
        shapes |= dict.fromkeys((*row.params, row.output, "g", "f"), ("m", "n"))
    if row.kind == "reduction":
        shapes |= {row.output: (), "f": (), "g": ()}
    for param, rank in zip(row.params, ranks, strict=False):
        shapes[param] = ("m", "n")[:rank]
    shapes |= dict.fromkeys(row.attributes, ())
    return Notation(shapes, unicode=unicode, table=table)


def _products(table: Table, row: Operation, value: dict[str, Expr], unicode: bool) -> Rows:
    """Yield what each operand receives for an upstream gradient g."""
    if row.vjp is None:
        return
    yield from zip(("Backward", *[""] * len(row.told)), row.told, strict=False)
    if row.told:
        yield "", "where g is the gradient of the value"
        return
    rules = row.vjp.items() if isinstance(row.vjp, Mapping) else [((), row.vjp)]
    label = "Backward"
    for ranks, texts in rules:
        notation = _notation(table, row, unicode, ranks)
        which = " times ".join(RANKS[rank] for rank in ranks)
        for param, rule in zip(row.params, texts, strict=False):
            if rule is not None:
                counted = applied(format(_counted(row, formula(rule))), value)
                where = f"   ({which})" if which else ""
                shown = formula_of(notation, counted)
                yield label, (name_of(notation, param), " receives ", shown, where)
                label = ""
    yield "", "where g is the gradient of the value"


def _example(row: Operation) -> Apply:
    params = row.params if not row.variadic else ("a", "b")
    return Apply(row.name, tuple(Symbol(param) for param in params))


def _usages(row: Operation) -> list[str]:
    """Return how an operation is written in a problem file."""
    if row.usage:
        return [f"{usage} under equations" for usage in row.usage]
    setting = f"({row.defaults[0][0]}={row.defaults[0][1]})" if row.defaults else ""
    if row.kind == "activation":
        learned = row.params[1:]
        inside = f"({', '.join(learned)})" if learned else setting
        operands = ", ".join(("z", *learned))
        return [
            f"activations: [{row.name}{inside}, …]",
            f"a = {row.name}({operands}) under equations",
        ]
    if row.kind == "loss" and len(row.params) > 2:
        return [f"L = {row.name}({', '.join(row.params)}) under equations"]
    if row.kind == "loss":
        return [f"loss: {row.name}{setting}", f"L = {row.name}(yhat, y) under equations"]
    return [f"v = {format(_example(row))} under equations"]
