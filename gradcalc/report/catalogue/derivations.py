"""Derivations as documents: of operations, and of formulas that were typed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gradcalc.algebra.derivation.derivation import Derivation, RowDerivation
from gradcalc.algebra.formula.syntax import format
from gradcalc.algebra.operations.operation import Operation, Table
from gradcalc.engine.typed_formula import CLOSE, ENTRIES, NEAR, FormulaProof, TypedFormula, kinks
from gradcalc.report.blocks import (
    Document,
    DocumentBlock,
    Equalities,
    Facts,
    PagePlace,
    Paragraph,
    Section,
    Text,
)
from gradcalc.report.catalogue.derivation_notation import DerivationNotation, notation_of
from gradcalc.report.catalogue.formula import (
    call_of,
    formula_of,
    listed,
    name_of,
    slope_of,
)
from gradcalc.report.mathematics.names import figure, power
from gradcalc.report.mathematics.tree import Math

INDENT = 2
FIRST, NEXT = PagePlace(INDENT, gap=0), PagePlace(INDENT, gap=1)
"""Where a text page puts what stands under a heading, and what comes after it."""


def step_rows(notation: DerivationNotation, derivation: Derivation) -> Iterator[tuple[Math, Text]]:
    """Yield the derivative that is asked for, then what each step makes of it, with its rules."""
    yield formula_of(notation, derivation.steps[0].before), ""
    for step in derivation.steps:
        rules = ", ".join(notation.words(rule) for rule in step.rules)
        yield formula_of(notation, step.after), rules


def derivation_blocks(
    table: Table, row: Operation, found: RowDerivation, *, unicode: bool = True
) -> Iterator[DocumentBlock]:
    """Yield the derivation of a row, from its definition to its derivative."""
    made = found.steps
    notation = notation_of(table, made, "∂" if unicode else "d", unicode=unicode)
    yield Section("Derivation")
    own = name_of(notation, "f[i]" if row.kind == "activation" and found.vector else "f")
    if found.vector:
        yield Equalities(own, ((formula_of(notation, made.of), "entry by entry"),), FIRST)
    rows = [*step_rows(notation, made)]
    for words, case in found.cases:
        said = f"for {notation.words(words)}" if "t" in words else f"where {notation.words(words)}"
        rows.append((formula_of(notation, case), said))
    left = slope_of(notation, own, name_of(notation, made.by))
    yield Equalities(left, tuple(rows), NEXT if found.vector else FIRST)


def derivation_document(
    typed: TypedFormula,
    derivatives: Sequence[tuple[Derivation, FormulaProof]],
    table: Table,
    *,
    brief: bool = False,
    unicode: bool = True,
) -> Document:
    """Return a formula and its derivatives: steps, results, kinks and proofs."""
    blocks = list(_formula(typed, notation_of(table, derivatives[0][0], unicode=unicode)))
    for made, proof in derivatives:
        notation = notation_of(table, made, unicode=unicode)
        rows = [(formula_of(notation, made.result), "")] if brief else step_rows(notation, made)
        blocks += _derivative(typed, made, notation, tuple(rows))
        blocks += _proved(typed, made, proof, notation, table)
    return Document("Derivation", "", tuple(blocks))


def _formula(typed: TypedFormula, notation: DerivationNotation) -> Iterator[DocumentBlock]:
    """Yield the formula that is derived."""
    own = name_of(notation, "f[i]") if typed.vector else call_of(notation, "f", typed.names)
    yield Equalities(own, ((formula_of(notation, typed.expr), ""),), FIRST)
    if typed.vectors:
        said = "vector" if len(typed.vectors) == 1 else "vectors"
        names = listed([name_of(notation, name) for name in typed.vectors])
        yield Paragraph((*names, f": {said}, written entry by entry"), "note", place=FIRST)


def _derivative(
    typed: TypedFormula,
    made: Derivation,
    notation: DerivationNotation,
    rows: tuple[tuple[Math, Text], ...],
) -> Iterator[DocumentBlock]:
    """Yield the derivative by one name, and how it is typed."""
    by = name_of(notation, made.by)
    left = slope_of(notation, name_of(notation, "f[i]" if typed.vector else "f"), by)
    yield Section(("Derivative by ", by))
    yield Equalities(left, rows, FIRST)
    if not typed.vectors:
        yield Facts((("typed:", format(made.result)),), between=1, place=NEXT)


def _proved(
    typed: TypedFormula,
    made: Derivation,
    proof: FormulaProof,
    notation: DerivationNotation,
    table: Table,
) -> Iterator[DocumentBlock]:
    """Yield where a derivative can have kinks, and what its evaluation has shown."""
    after = NEXT if typed.vectors else FIRST
    bends: list[str | Math] = []
    for at in kinks(made, table):
        bends += [" or "] * bool(bends) + [formula_of(notation, at), " = 0"]
    if bends:
        lie = ("Kinks and jumps can lie where ", *bends)
        yield Paragraph((*lie, "; the derivative holds on either side."), "note", place=after)
        after = FIRST
    said = proved(notation, typed, proof)
    if proof.holds:
        yield Paragraph(said, "note", place=after)
    else:
        yield Paragraph(said, "warning", lead="!", place=replace(after, hang=0))


def proved(notation: DerivationNotation, typed: TypedFormula, proof: FormulaProof) -> str:
    """Return in words what the evaluation of a derivative has shown."""
    if not proof.points:
        return "At none of the points tried do formula and derivative have values: not checked."
    where = f"At {proof.points} points"
    if typed.vectors:
        where += f", vectors of {ENTRIES} entries,"
    if not proof.holds:
        rules, other = (
            notation.number(figure(value, digits=1)) for value in (proof.rules, proof.differences)
        )
        return (
            f"{where} the derivative is off: by {rules} from the rules, {other} from differences."
        )
    rules, other = (power(notation, bound) for bound in (CLOSE, NEAR))
    return (
        f"{where} it equals what the rules gave (largest error < {rules}) and central"
        f" differences (largest error < {other})."
    )
