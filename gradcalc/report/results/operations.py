"""The tables of operations and of optimisers as pages: the list, and the sheet of one row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gradcalc.algebra.derivation.derivation import row_derivation
from gradcalc.algebra.formula.expr import ONE, Apply, Expr, Symbol, rebuild, substitute, symbols
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import format
from gradcalc.algebra.operations.operation import Operation, Table, applied, formula, slopes_at_kink
from gradcalc.algebra.optimisers import (
    GRADIENT,
    OPTIMISERS,
    PARAMETER,
    SETTINGS,
    STEP,
    Optimiser,
    UpdateEquation,
    state,
)
from gradcalc.algebra.rewriting.simplify import simplify
from gradcalc.errors import width
from gradcalc.report.mathematics.names import spelled
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.mathematics.unicode import Box, text
from gradcalc.report.page import Page, wrapped
from gradcalc.report.results.derivations import chain_band, derivation_band
from gradcalc.report.steps.value_boxes import named

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
MARGIN = 14

_NEEDS = {"dampening": "momentum", "nesterov": "momentum", "decoupled": "weight_decay"}


def listing(page: Page, table: Table) -> None:
    """Write one line an operation, by kind."""
    page.title("Operations")
    for kind, heading in KINDS.items():
        rows = [row for row in table if row.kind == kind and row.name not in INTERNAL]
        if not rows:
            continue
        page.band(heading)
        for at, (family, members) in enumerate(_families(rows).items()):
            if at:
                page.blank()
            _group(page, table, family, members)
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


def _group(page: Page, table: Table, family: str, rows: list[Operation]) -> None:
    """Write the rows of one family, each with its formula, or in words where that is long."""
    if family:
        page.text(family[0].upper() + family[1:], "heading", 2)
    lead = 2 + max(width(row.name) for row in rows) + 2
    for row in rows:
        meaning = _meaning(page, table, row)
        if lead + width(meaning) > page.columns:
            meaning = row.text
        first, *others = wrapped(meaning, page.columns - lead)
        page.lines.append(((f"  {row.name}".ljust(lead), "plain"), (first, "faint")))
        for line in others:
            page.text(line, "faint", lead)


def _meaning(page: Page, table: Table, row: Operation) -> str:
    if row.definition and row.kind != "layer":
        return _notation(page, table, row).line(_read(row.definition))
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
        _named(page, notation, "Formula", f"f({params})", _read(row.definition))
    if row.kind == "loss":
        field(page, "Entries", REDUCTIONS[row.reduction])
        if row.reduction != "whole":
            field(page, "", "reduction= sets another: sum, mean, batchmean or none")
    _derivatives(page, notation, row, value)
    _products(page, table, row, value)
    if row.jacobian:
        field(page, "Jacobian", notation.line(substitute(formula(row.jacobian), value)))
    field(page, "Kink", row.kink_note)
    if slopes_at_kink(row):
        field(page, "", f"kinks: {{{row.name}: 1}} in a file takes another value there")
    field(page, "Domain", ", ".join(notation.line(formula(rule)) for rule in row.domain))
    _parameters(page, row)
    field(page, "Aliases", ", ".join(row.aliases))
    field(page, "Learning", row.remark if page.unicode else spelled(row.remark))
    field(page, "As asked", ", ".join(f"{key}={format(setting)}" for key, setting in call.attrs))
    page.blank()
    for label, usage in zip(("In a file", ""), _usages(row), strict=False):
        field(page, label, usage if page.unicode else usage.replace("…", "..."))
    derived = row_derivation(row, table)
    if derived is not None:
        derivation_band(page, table, row, derived)
        chain_band(page, table, row, derived)


def _derivatives(page: Page, notation: Notation, row: Operation, value: dict[str, Expr]) -> None:
    """Write the elementwise derivatives, one a parameter."""
    d = "∂" if page.unicode else "d"
    for param, rule in zip(row.params, row.derivative or (), strict=False):
        if rule is None:
            continue
        left = f"{d}f/{d}{notation.name(param)}"
        label = "Derivative" if param == row.params[0] else ""
        if rule == "others":
            boxed(page, label, named(left, text("the product of the other factors")))
        else:
            _named(page, notation, label, left, substitute(_read(rule), value))


def _named(page: Page, notation: Notation, label: str, left: str, expr: Expr) -> None:
    """Write `left = formula`, cases in two rows where the page is wide enough for them."""
    box = named(left, notation.whole(expr))
    if box.height > 1 and box.width > page.columns - MARGIN:
        box = named(left, notation.box(expr))
    boxed(page, label, box)


def _parameters(page: Page, row: Operation) -> None:
    """Write what can be set in a call, and under which names."""
    for name, default in row.defaults:
        field(page, "Parameter", f"{name} = {default}, unless set: {row.name}({name}={default})")
    for name, says in row.options:
        field(page, "Parameter", f"{name}: {says}" if says else "")
    for name, ours in row.parameter_names:
        field(page, "", f"{name} is {ours} by another name")
    for name, other in row.variants:
        field(page, "Parameter", f"{name} makes it {other}: {row.name}({name}=...)")


def _notation(page: Page, table: Table, row: Operation, ranks: tuple[int, ...] = ()) -> Notation:
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
    return Notation(shapes, unicode=page.unicode, table=table)


def _products(page: Page, table: Table, row: Operation, value: dict[str, Expr]) -> None:
    """Write what each operand receives for an upstream gradient g."""
    if row.vjp is None:
        return
    for at, words in enumerate(row.told):
        field(page, "Backward" if at == 0 else "", words)
    if row.told:
        field(page, "", "where g is the gradient of the value")
        return
    rules = row.vjp.items() if isinstance(row.vjp, Mapping) else [((), row.vjp)]
    label = "Backward"
    for ranks, texts in rules:
        notation = _notation(page, table, row, ranks)
        which = " times ".join(RANKS[rank] for rank in ranks)
        for param, rule in zip(row.params, texts, strict=False):
            if rule is not None:
                shown = notation.line(applied(format(_counted(row, formula(rule))), value))
                where = f"   ({which})" if which else ""
                field(page, label, f"{notation.name(param)} receives {shown}{where}")
                label = ""
    field(page, "", "where g is the gradient of the value")


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


def field(page: Page, label: str, content: str) -> None:
    """Write a labelled text, broken at blanks; nothing where there is none."""
    if content:
        lines = wrapped(content, page.columns - MARGIN)
        boxed(page, label, Box(tuple(line for line in lines)))


def boxed(page: Page, label: str, box: Box) -> None:
    """Write a box with its label on the baseline; one row that is too long is broken."""
    room = page.columns - MARGIN
    if box.height == 1 and box.width > room:
        box = replace(box, rows=tuple(wrapped(box.rows[0], room)))
    for at, row in enumerate(box.rows):
        lead = label if at == box.base else ""
        page.lines.append(((lead.ljust(MARGIN), "heading"), (row.rstrip(), "plain")))


def optimiser_sheet(page: Page, row: Optimiser, preset: Iterable[tuple[str, str]] = ()) -> None:
    """Write the sheet of an optimiser; `preset` are settings that its name stands for."""
    defaults = {**dict(row.defaults), **dict(preset)}
    base = {key: float(text) for key, text in defaults.items()}
    lines = row.assignments(base)
    notation = _optimiser_notation(page, lines)
    page.title(f"{row.name}: {row.text}")
    page.blank()
    boxed(page, "Step", Box(tuple(_line(notation, line) for line in lines)))
    kept = [notation.name(letter) for letter in state(lines)]
    if kept:
        joined = " and ".join((", ".join(kept[:-1]), kept[-1])) if len(kept) > 1 else kept[0]
        field(page, "Start", f"{joined} {'start' if len(kept) > 1 else 'starts'} at 0")
    if any(STEP in symbols(line.expr) for line in lines):
        field(page, "", "t is the number of the step")
    for key, default in defaults.items():
        if default != "0":
            continue
        settings = {**base, key: 1.0}
        if key in _NEEDS:
            settings[_NEEDS[key]] = 1.0
        own = tuple(line for line in row.assignments(settings) if line not in lines)
        for line in own:
            boxed(page, key if line is own[0] else "", _box(page, line))
    page.blank()
    for at, (key, default) in enumerate(defaults.items()):
        field(page, "Settings" if not at else "", _setting(notation, key, default))
    names = [alias for alias, _ in row.aliases]
    field(page, "Aliases", ", ".join(names))
    field(page, "Source", row.source)
    page.blank()
    field(page, "In a file", f"descent: {{method: {row.name}, steps: 5}}")


def _setting(notation: Notation, key: str, text: str) -> str:
    row = next(each for each in SETTINGS if each.key == key)
    letter = f", {notation.name(row.letter)}" if row.letter else ""
    value = ("true" if text == "1" else "false") if row.switch else notation.number(text)
    also = f"; also {', '.join(row.aliases)}" if row.aliases else ""
    return f"{key}{letter} = {value}{also}"


def _optimiser_notation(page: Page, lines: Iterable[UpdateEquation]) -> Notation:
    names = {PARAMETER, "L", gradient_name("L", PARAMETER)}
    for line in lines:
        names |= {line.name, *symbols(line.expr)}
    return Notation(dict.fromkeys(names, ()), unicode=page.unicode)


def _box(page: Page, line: UpdateEquation) -> Box:
    return Box((_line(_optimiser_notation(page, [line]), line),))


def _line(notation: Notation, line: UpdateEquation) -> str:
    arrow = " ← " if notation.unicode else " <- "
    gradient = {GRADIENT: Symbol(gradient_name("L", PARAMETER))}
    text = notation.name(line.name) + arrow + notation.line(substitute(line.expr, gradient))
    if line.first is not None:
        text += f"; in the first step {notation.line(substitute(line.first, gradient))}"
    return text
