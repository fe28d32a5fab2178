"""The chain rule for what an operation is applied to: one sample, then n samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradcalc.algebra.derivation.components import entry_parts, sum_over
from gradcalc.algebra.derivation.derivation import Derivation, RowDerivation
from gradcalc.algebra.formula.expr import ONE, ZERO, Apply, Expr, Symbol, neg, rebuild
from gradcalc.algebra.operations.operation import Operation, Table
from gradcalc.report.blocks import DocumentBlock, Equalities, PagePlace, Paragraph, Section
from gradcalc.report.catalogue.derivation_notation import DerivationNotation, notation_of
from gradcalc.report.catalogue.formula import call_of, formula_of, name_of, row_of, slope_of
from gradcalc.report.mathematics.tree import Math

SAMPLE, ENTRY = "i", "j"
INDENT = 2


def chain_blocks(
    table: Table, row: Operation, found: RowDerivation, *, unicode: bool = True
) -> Iterator[DocumentBlock]:
    """Yield the chain rule for x = g(w): for one sample and for n samples."""
    made = found.steps
    notation = notation_of(table, made, "∂" if unicode else "d", unicode=unicode)
    yield Section("Chain rule")
    if row.kind == "loss":
        yield from _loss_chain(notation, row, found)
    elif found.vector:
        yield from _vector_chain(notation, row, made)
    else:
        yield from _activation_chain(notation, row, made)


def _activation_chain(
    notation: DerivationNotation, row: Operation, made: Derivation
) -> Iterator[DocumentBlock]:
    attrs = tuple((name, Symbol(name)) for name in row.attributes)
    others = tuple(Symbol(param) for param in row.params[1:])

    def local(name: str) -> Expr:
        value = Apply(row.name, (Symbol(name), *others), attrs)
        plain = Apply(row.name, value.args)  # the parameters are the row's own
        return _renamed(made.result, {made.by: Symbol(name), "f": plain})

    own = name_of(notation, made.by)
    yield _said("one sample, ", own, " = ", _inner(notation), ":")
    slope = times_cases(local("g"), Symbol("dg/dw"))
    yield _equality(notation, "f", slope)
    samples = (name_of(notation, f"{made.by}[{SAMPLE}]"), " = ", _inner(notation, SAMPLE))
    read = name_of(notation, f"f[{SAMPLE}]")
    yield _said("n samples, ", *samples, ", for the loss L that reads all ", read, ":", gap=1)
    gradient = Symbol(f"g[{SAMPLE}]")
    body = _first(Symbol("u"), times_cases(local(gradient.name), Symbol("v")))
    whole = sum_over(body, SAMPLE)
    yield _equality(_written(notation, u=("L", f"f[{SAMPLE}]"), v=_by_w(SAMPLE)), "L", whole)


def _vector_chain(
    notation: DerivationNotation, row: Operation, made: Derivation
) -> Iterator[DocumentBlock]:
    own = name_of(notation, made.by)
    yield _said("one sample, ", own, " = ", _inner(notation, "j"), ":")
    one = sum_over(times_cases(made.result, Symbol("v")), "j")
    single = row.kind != "activation"
    yield _equality(_written(notation, v=_by_w("j")), "f" if single else "f[i]", one)
    if single:
        return
    stem = (entry_parts(made.by) or (made.by, ""))[0]
    samples = (name_of(notation, f"{stem}[sj]"), " = ", _inner(notation, "sj"))
    read = name_of(notation, "f[si]")
    yield _said("n samples, ", *samples, ", for the loss L that reads all ", read, ":", gap=1)
    each = times_cases(_sampled(made.result, "s"), Symbol("v"))
    body = Apply("mul", (Symbol("u"), sum_over(each, "j")))
    whole = sum_over(sum_over(body, "i"), "s")
    yield _equality(_written(notation, u=("L", "f[si]"), v=_by_w("sj")), "L", whole)


def _loss_chain(
    notation: DerivationNotation, row: Operation, found: RowDerivation
) -> Iterator[DocumentBlock]:
    last, own = found.steps.result, row.params[0]
    if not found.vector:
        yield _said("one sample, ", name_of(notation, own), " = ", _inner(notation), ":")
        yield _equality(notation, "f", times_cases(last, Symbol("dg/dw")))
        values = {name: Symbol(f"{name}[{SAMPLE}]") for name in (*row.params, "f")}
        inner, index = times_cases(_renamed(last, {**values}), Symbol("v")), SAMPLE
    else:
        by = name_of(notation, found.steps.by)
        each = f", for each entry {ENTRY}:"
        yield _said("one sample, ", by, " = ", _inner(notation, ENTRY), each)
        one = sum_over(times_cases(last, Symbol("v")), ENTRY)
        yield _equality(_written(notation, v=_by_w(ENTRY)), "f", one)
        if row.reduction == "whole":
            return
        index = SAMPLE + ENTRY
        inner = sum_over(times_cases(_sampled(last), Symbol("v")), ENTRY)
    mean = row.reduction in ("mean", "batchmean")
    lead = "1/n " if mean else ""
    names = ", ".join(notation.name(f"{param}[{SAMPLE}]") for param in row.params)
    total = notation.line(sum_over(Symbol("f"), SAMPLE)).removesuffix("f") + f"f({names})"
    samples = (name_of(notation, f"{own}[{index}]"), " = ", _inner(notation, index))
    yield _said("n samples, ", *samples, ", L = ", row_of(lead + total), ":", gap=1)
    said = "averaged over the samples" if mean else "added over the samples"
    written = _written(notation, v=_by_w(index))
    whole = row_of(lead + written.line(sum_over(inner, SAMPLE)))
    yield Equalities(_slope(notation, "L"), ((whole, said),), PagePlace(INDENT, gap=0))


def _said(*text: str | Math, gap: int = 0) -> Paragraph:
    return Paragraph(text, place=PagePlace(INDENT, hang=INDENT, gap=gap))


def _slope(notation: DerivationNotation, of: str) -> Math:
    """Return the derivative of a quantity by w."""
    return slope_of(notation, name_of(notation, of), name_of(notation, "w"))


def _equality(notation: DerivationNotation, of: str, expr: Expr) -> Equalities:
    """Return what the derivative of a quantity by w is."""
    shown = formula_of(notation, expr)
    return Equalities(_slope(notation, of), ((shown, ""),), PagePlace(INDENT, gap=0))


def _inner(notation: DerivationNotation, index: str = "") -> Math:
    """Return the function of w that an operation is applied to, or an entry of it."""
    return call_of(notation, f"g[{index}]" if index else "g", ("w",))


def _by_w(index: str) -> tuple[str, str]:
    """Return of which derivative by w an index is: of that entry of g."""
    return f"g[{index}]", "w"


def _written(notation: DerivationNotation, **names: tuple[str, str]) -> DerivationNotation:
    """Return a notation in which names stand for derivatives of one name by another."""
    d = notation.d
    written = {
        name: f"{d}{notation.name(of)}/{d}{notation.name(by)}" for name, (of, by) in names.items()
    }
    return replace(notation, written=written)


def times_cases(expr: Expr, factor: Expr) -> Expr:
    """Return a product with the factor last, taken into each case of a formula by cases."""
    if isinstance(expr, Apply):
        if expr.op == "where":
            condition, *cases = expr.args
            return Apply("where", (condition, *(times_cases(case, factor) for case in cases)))
        if expr.op == "neg":
            return neg(times_cases(expr.args[0], factor))
        if expr.op == "mul":
            return Apply("mul", (*expr.args, factor))
    if expr in (ONE, ZERO):
        return factor if expr == ONE else ZERO
    return Apply("mul", (expr, factor))


def _first(factor: Expr, expr: Expr) -> Expr:
    """Return a product with the factor first."""
    if isinstance(expr, Apply) and expr.op == "mul":
        return Apply("mul", (factor, *expr.args))
    return Apply("mul", (factor, expr))


def _renamed(expr: Expr, values: dict[str, Expr]) -> Expr:
    def change(part: Expr) -> Expr:
        return values.get(part.name, part) if isinstance(part, Symbol) else part

    return rebuild(expr, change)


def _sampled(expr: Expr, sample: str = SAMPLE) -> Expr:
    """Return a formula of one sample with the sample's index before every entry's."""

    def change(part: Expr) -> Expr:
        if isinstance(part, Symbol):
            found = entry_parts(part.name)
            if found:
                return Symbol(f"{found[0]}[{sample}{found[1]}]")
            return Symbol(f"f[{sample}]") if part.name == "f" else part
        return part

    return rebuild(expr, change)
